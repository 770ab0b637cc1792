"""Counts of one item, side by side: the line that is to be decided among those before and after it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from stkr.domain.line import Line
from stkr.domain.names import NO_INSTANT, Instant

MAX_COUNTS = 8
"""Counts that are looked at; more would not fit on a phone, and what is older explains less."""

_FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class EarlierCount:
    """One count of the item: when its session was opened (a stored instant), and what was counted and expected.

    ``counted_qty`` is ``None`` where the item was not counted. The bars are percent of the longest one shown.
    """

    at: Instant
    counted_qty: Decimal | None
    expected_qty: Decimal
    current: bool
    counted_bar: Decimal
    expected_bar: Decimal

    @property
    def gap_units(self) -> Decimal | None:
        """Counted less expected."""
        return None if self.counted_qty is None else self.counted_qty - self.expected_qty


def history(line: Line, counts: Iterable[tuple[Instant, Line]]) -> tuple[EarlierCount, ...]:
    """The counts with the line's own among them, the oldest first; empty where there is no other.

    :param counts: when each session was opened, and its line of the item; the line's own session may be among them.
    """
    opened, others = line.queued_at or NO_INSTANT, []
    for at, counted in counts:
        if counted.session_id == line.session_id:
            opened = at
        else:
            others.append((at, counted))
    if not others:
        return ()
    # The line itself, as the rest of the page has it: the copy among the counts was read less strictly.
    lines = sorted([*others, (opened, line)], key=lambda count: count[0])
    longest = max(qty for _, counted in lines for qty in (_counted(counted), counted.expected_qty))
    return tuple(
        EarlierCount(
            at=at,
            counted_qty=counted.counted_qty,
            expected_qty=counted.expected_qty,
            current=counted.session_id == line.session_id,
            counted_bar=_share(_counted(counted), longest),
            expected_bar=_share(counted.expected_qty, longest),
        )
        for at, counted in lines
    )


def _counted(line: Line) -> Decimal:
    return Decimal(0) if line.counted_qty is None else line.counted_qty


def _share(quantity: Decimal, longest: Decimal) -> Decimal:
    """Percent of the longest bar, to a tenth; stock below zero has no bar."""
    if quantity <= 0 or longest <= 0:
        return Decimal(0)
    return (quantity * _FULL / longest).quantize(Decimal("0.1"))
