"""What a reconciliation says of a line, apart from how it comes about, which only variance itself has to load."""

from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from stkr.domain.counted import LineKind
from stkr.domain.exact import HUNDRED, ZERO
from stkr.domain.stock import StockRow

_WIDE = Context(prec=60)
"""Rounds any percentage that two quantities can make; the default's 28 digits would refuse an absurd one."""


class Unrolled(StrEnum):
    """Why the stock at the moment of counting is not known although the time is, or seems to be."""

    MIXED_TIMES = "mixed_times"
    WRONG_CLOCK = "wrong_clock"
    NOT_LISTED = "not_listed"
    NOT_KNOWN_YET = "not_known_yet"
    MOVED_MEANWHILE = "moved_meanwhile"
    UNEXPLAINED = "unexplained"
    CORRECTED = "corrected"
    OVERSOLD = "oversold"


class Timing(BaseModel):
    """How a line stands in time. Quantities are eaches, times stored instants.

    ``expected_qty`` is what the system should have said when the line was counted; its gap is against that, and
    approving moves live stock by the gap. ``None`` where that is not known, for the reason ``unrolled``: then the gap
    is against ``system_qty`` as ever.
    ``snapshot_qty`` is what the system said when the count began, ``moved_qty`` by how much that figure has changed
    since, as far as that is known. ``known_until`` is when what is known ends, if that is before the line was counted.
    ``counted_from`` and ``counted_to`` are ``None`` without times that can be used.
    """

    model_config = ConfigDict(frozen=True)

    snapshot_qty: Decimal
    counted_from: str | None = None
    counted_to: str | None = None
    expected_qty: Decimal | None = None
    known_until: str | None = None
    moved_qty: Decimal = ZERO
    unrolled: Unrolled | None = None


class Materiality(StrEnum):
    """What the tolerance makes of a line. There is no fourth."""

    IN_AGREEMENT = "in_agreement"
    MINOR = "minor"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap three ways: eaches, percent of the system quantity, and money.

    ``percent`` is ``None`` where the system quantity is not positive, ``value`` where the unit cost is unknown.
    """

    units: Decimal
    percent: Decimal | None
    value: Decimal | None


def gap_between(counted_qty: Decimal, system_qty: Decimal, unit_cost: Decimal | None) -> Gap:
    """``units = counted - system``; ``percent = units / system``; ``value = units x unit cost`` (the seed, part 3).

    The percentage is rounded to four places for show; the tolerance is tested without dividing (``judge``).
    """
    units = counted_qty - system_qty
    if not units:  # as on most lines, which is why nothing is worked out for it
        return Gap(ZERO, ZERO if system_qty > 0 else None, None if unit_cost is None else ZERO)
    percent = _WIDE.quantize(units * HUNDRED / system_qty, Decimal("0.0001")) if system_qty > 0 else None
    return Gap(units, percent, None if unit_cost is None else units * unit_cost)


@dataclass(frozen=True, slots=True)
class Variance:
    """One line of the reconciliation. ``gap`` and ``counted_qty`` are ``None`` for an uncounted line only.

    ``system_qty`` is what approving is conditional on, of ``stock``, and the gap is against it unless ``timing`` says
    what was expected when the line was counted.
    """

    sku: str
    name: str
    kind: LineKind
    materiality: Materiality
    counted_qty: Decimal | None
    system_qty: Decimal
    gap: Gap | None
    rule: str
    stock: StockRow
    incomplete: bool = False
    timing: Timing | None = None

    @property
    def expected_qty(self) -> Decimal:
        """What the gap is against."""
        rolled = self.timing.expected_qty if self.timing else None
        return self.system_qty if rolled is None else rolled
