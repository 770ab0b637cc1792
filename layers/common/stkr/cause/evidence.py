"""The evidence bundle of a gap: the handful of facts that tell the four causes apart, all computed by code."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from stkr.domain.cause import DatedFact, Evidence, Flag
from stkr.domain.stock import StockRow
from stkr.domain.variance import Gap, Variance


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


def _event(day: str | None, quantity: Decimal | None, today: date) -> DatedFact | None:
    if not day:
        return None
    try:
        happened = date.fromisoformat(day[:10])
    except ValueError:
        return None  # The source's date is not one we can count from: unknown, not guessed.
    return DatedFact(day=happened.isoformat(), days_ago=(today - happened).days, quantity=quantity)


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
