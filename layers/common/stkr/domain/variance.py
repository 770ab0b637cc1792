"""Variances: the result of comparing a count with the stock."""

from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from stkr.domain.counted import LineKind
from stkr.domain.exact import HUNDRED, ZERO
from stkr.domain.names import Instant
from stkr.domain.stock import StockRow

_WIDE = Context(prec=60)
"""Can round the percentage of any two quantities; the default context's 28 digits would refuse an absurd one."""


class Unrolled(StrEnum):
    """Why the stock could not be rolled back to the time of counting, although the rows have times."""

    MIXED_TIMES = "mixed_times"
    WRONG_CLOCK = "wrong_clock"
    NOT_LISTED = "not_listed"
    NOT_KNOWN_YET = "not_known_yet"
    MOVED_MEANWHILE = "moved_meanwhile"
    UNEXPLAINED = "unexplained"
    CORRECTED = "corrected"
    OVERSOLD = "oversold"


class Timing(BaseModel):
    """The quantities of a line over time, in eaches; times are stored instants.

    ``expected_qty`` is the quantity that was expected when the line was counted; the variance is against it, and an
    approval changes live stock by the variance. It is ``None`` where it is not known, for the reason ``unrolled``; then
    the variance is against ``system_qty``.
    ``snapshot_qty`` is the system quantity when the count began, ``moved_qty`` its known change since. ``known_until``
    is where the known movements end, if that is before the line was counted. ``counted_from`` and ``counted_to`` are
    ``None`` without usable times.
    """

    model_config = ConfigDict(frozen=True)

    snapshot_qty: Decimal
    counted_from: Instant | None = None
    counted_to: Instant | None = None
    expected_qty: Decimal | None = None
    known_until: Instant | None = None
    moved_qty: Decimal = ZERO
    unrolled: Unrolled | None = None


class Materiality(StrEnum):
    """How a line compares with the tolerance."""

    IN_AGREEMENT = "in_agreement"
    MINOR = "minor"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference in eaches, in percent of the system quantity, and in money.

    ``percent`` is ``None`` where the system quantity is not positive, ``value`` where the unit cost is unknown.
    """

    units: Decimal
    percent: Decimal | None
    value: Decimal | None


def gap_between(counted_qty: Decimal, system_qty: Decimal, unit_cost: Decimal | None) -> Gap:
    """``units = counted - system``; ``percent = 100 x units / system``; ``value = units x unit cost``.

    The percentage is rounded to four places, for display only; the tolerance is tested without dividing
    (``stkr.variance.core.judge``).
    """
    units = counted_qty - system_qty
    if not units:  # most lines: the short way
        return Gap(ZERO, ZERO if system_qty > 0 else None, None if unit_cost is None else ZERO)
    percent = _WIDE.quantize(units * HUNDRED / system_qty, Decimal("0.0001")) if system_qty > 0 else None
    return Gap(units, percent, None if unit_cost is None else units * unit_cost)


@dataclass(frozen=True, slots=True)
class Variance:
    """One line of the reconciliation. ``gap`` and ``counted_qty`` are ``None`` for an uncounted line only.

    An approval is conditional on ``system_qty``, which is that of ``stock``. The variance is against it, unless
    ``timing`` has the quantity that was expected when the line was counted. ``rule`` names the tolerance that applied.
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
        """The quantity that the variance is against."""
        rolled = self.timing.expected_qty if self.timing else None
        return self.system_qty if rolled is None else rolled
