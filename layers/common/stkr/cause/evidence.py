"""The evidence bundle of a gap: the handful of facts that tell the four causes apart, all computed by code."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from stkr.stock import StockRow
from stkr.variance.result import Gap, Variance


class Cause(StrEnum):
    """The likely causes of a gap: the seed's four, and ``unknown`` where there is no usable suggestion."""

    SHRINKAGE = "shrinkage"
    MISCOUNT = "miscount"
    UNRECORDED_SALE = "unrecorded_sale"
    RECEIVING_ERROR = "receiving_error"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """In plain English."""
        return "cause unknown" if self is Cause.UNKNOWN else self.value.replace("_", " ")


class Flag(StrEnum):
    """Patterns in a gap that point at a cause."""

    MULTIPLE_OF_PACK_SIZE = "multiple_of_pack_size"
    EQUALS_LAST_RECEIPT = "equals_last_receipt"
    MULTIPLE_OF_LAST_RECEIPT = "multiple_of_last_receipt"
    SWAPPED_DIGITS = "swapped_digits"
    OFFSETTING_GAP = "offsetting_gap"


class Event(BaseModel):
    """Something that happened to a SKU: the day (ISO-8601), how many days ago, and how many eaches if known."""

    model_config = ConfigDict(frozen=True)

    day: str
    days_ago: int
    quantity: Decimal | None = None


class Evidence(BaseModel):
    """What the model and the manager are shown. ``None`` means unknown, never zero.

    ``system_qty`` is what the gap is against. ``moved_during_count`` is by how much the system's figure has changed
    since the count began, where nobody knows which part of that was before the shelf was counted.
    ``offset_by`` names the SKU of the same session with the opposite gap, when there is exactly one.
    """

    model_config = ConfigDict(frozen=True)

    gap_units: Decimal
    counted_qty: Decimal
    system_qty: Decimal
    gap_pct: Decimal | None = None
    gap_value: Decimal | None = None
    moved_during_count: Decimal | None = None
    sold_since_count: Decimal | None = None
    last_receipt: Event | None = None
    last_count: Event | None = None
    flags: tuple[Flag, ...] = ()
    offset_by: str | None = None


def gather(variances: Sequence[Variance], today: date) -> dict[str, Evidence]:
    """Evidence for each of ``variances`` that has a gap, by SKU.

    ``today`` is the day the count was made, in the shop's time zone.
    """
    by_gap: dict[Decimal, list[str]] = {}
    for variance in variances:
        if variance.gap and variance.gap.units:
            by_gap.setdefault(variance.gap.units, []).append(variance.sku)
    return {
        variance.sku: _evidence(variance, variance.gap, by_gap.get(-variance.gap.units, []), today)
        for variance in variances
        if variance.gap and variance.gap.units
    }


def _evidence(variance: Variance, gap: Gap, opposite: Sequence[str], today: date) -> Evidence:
    counted = variance.counted_qty if variance.counted_qty is not None else Decimal(0)
    history = variance.stock.history
    return Evidence(
        gap_units=gap.units,
        gap_pct=gap.percent,
        gap_value=gap.value,
        counted_qty=counted,
        system_qty=variance.expected_qty,
        moved_during_count=_moved(variance),
        sold_since_count=history.sold_since_count,
        last_receipt=_event(history.last_received_at, history.last_received_qty, today),
        last_count=_event(history.last_counted_at, None, today),
        flags=_flags(gap.units, counted, variance.expected_qty, variance.stock, opposite),
        offset_by=opposite[0] if len(opposite) == 1 else None,
    )


def _moved(variance: Variance) -> Decimal | None:
    timing = variance.timing
    return timing.moved_qty or None if timing and timing.expected_qty is None else None


def _event(day: str | None, quantity: Decimal | None, today: date) -> Event | None:
    if not day:
        return None
    try:
        happened = date.fromisoformat(day[:10])
    except ValueError:
        return None  # The source's date is not one we can count from: unknown, not guessed.
    return Event(day=happened.isoformat(), days_ago=(today - happened).days, quantity=quantity)


def _flags(
    units: Decimal, counted: Decimal, system: Decimal, stock: StockRow, opposite: Sequence[str]
) -> tuple[Flag, ...]:
    size, pack, received = abs(units), stock.pack_size, stock.history.last_received_qty
    flags: list[Flag] = []
    if pack and pack > 1 and size % pack == 0:
        flags.append(Flag.MULTIPLE_OF_PACK_SIZE)
    if received and received > 0 and size == received:
        flags.append(Flag.EQUALS_LAST_RECEIPT)
    # One each received makes every gap a multiple, which says nothing.
    elif received and received > 1 and size % received == 0:
        flags.append(Flag.MULTIPLE_OF_LAST_RECEIPT)
    if _digits_swapped(counted, system):
        flags.append(Flag.SWAPPED_DIGITS)
    # Two SKUs of one session that are off by the same amount in opposite directions: one counted as the other.
    if opposite:
        flags.append(Flag.OFFSETTING_GAP)
    return tuple(flags)


def _digits_swapped(counted: Decimal, system: Decimal) -> bool:
    """Whether two neighbouring digits changed places, as in 234 and 243."""
    left, right = f"{counted:f}", f"{system:f}"
    if len(left) != len(right):
        return False
    differing = [place for place in range(len(left)) if left[place] != right[place]]
    return (
        len(differing) == 2  # noqa: PLR2004 - two digits that swapped
        and differing[1] - differing[0] == 1
        and left[differing[0]] == right[differing[1]]
        and left[differing[1]] == right[differing[0]]
    )
