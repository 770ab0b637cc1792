"""What the system should have said at the moment a line was counted. Pure.

A count takes hours, and the shop goes on selling. The gap of a line is exact only against the stock at the moment its
shelf was counted: the books as they are now, without what moved since. That is the same as the snapshot with what moved
until then, and it holds whatever was approved in between, because an approval corrects the books and moves no stock.

It is only ever said where it is sure. Otherwise the gap stays against the snapshot, with the reason beside it, and a
manager who approves after stock has moved is asked afresh.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from stkr.domain.counted import CLOCKS_APART, ClockDoubt, CountedLine
from stkr.domain.exact import ZERO
from stkr.domain.instants import shifted
from stkr.domain.movement import Ledger, Movement, MovementKind, OnHand
from stkr.domain.names import Instant
from stkr.domain.stock import StockRow
from stkr.domain.variance import Timing, Unrolled
from stkr.sync.ledger import stock_movements


@dataclass(frozen=True, slots=True)
class Rolled:
    """What the system should have said at the moment of counting, and until when the movements before it are known."""

    expected_qty: Decimal
    known_until: Instant | None


class RollBack:
    """The movements of a location, made ready for many lines."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._moved = stock_movements(ledger.listed or ())
        self._observed: dict[str, list[tuple[Instant, Instant, Decimal]]] = {}
        for change in ledger.observed:
            self._observed.setdefault(change.sku, []).append((change.since, change.until, change.units))

    def on_hand(self, sku: str) -> OnHand | None:
        """The row as it stood after the latest reading; ``None`` where the source did not list it."""
        return self._ledger.stock.get(sku)

    def at_count(
        self, sku: str, counted_qty: Decimal, span: tuple[Instant, Instant], live: OnHand
    ) -> Rolled | Unrolled:
        """What the system should have said of a SKU while it was counted, from and to these instants.

        :param live: the row as it is now.
        """
        first, last = shifted(span[0], -CLOCKS_APART), shifted(span[1], CLOCKS_APART)
        doubt = self._doubt(sku, first, live)
        if doubt:
            return doubt
        moved = self._moved.get(sku) or ()
        # Their order is not known, nor whether a reading at that moment contains them.
        lately = shifted(self._ledger.read_at, -CLOCKS_APART)
        if any(first <= movement.at <= last or movement.at > lately for movement in moved):
            return Unrolled.MOVED_MEANWHILE
        since = [movement for movement in moved if movement.at > last]
        if any(movement.kind is MovementKind.ADJUSTMENT for movement in since):
            # A breakage left the shelf, another count only corrected the books, and both look the same.
            return Unrolled.CORRECTED
        moved_since = sum((movement.units for movement in since), ZERO)
        if counted_qty + moved_since < 0:
            return Unrolled.OVERSOLD
        known_until = self._ledger.read_at if self._ledger.read_at < span[1] else None
        return Rolled(live.system_qty - moved_since, known_until)

    def _doubt(self, sku: str, first: Instant, live: OnHand) -> Unrolled | None:
        """Why the movements of a SKU since it was counted are not known, if so."""
        ledger, latest, moved = self._ledger, self.on_hand(sku), self._moved.get(sku, ())
        if ledger.listed is None:
            return Unrolled.NOT_LISTED
        # Once sync writes what it read, the row is ahead of the ledger until that is written, too.
        began = max(ledger.first_read, ledger.listed_since)
        if latest is None or latest.source_qty != live.source_qty or first < began:
            return Unrolled.NOT_KNOWN_YET
        return None if moved is not None and self._explains(sku, moved, first) else Unrolled.UNEXPLAINED

    def _explains(self, sku: str, moved: Sequence[Movement], first: Instant) -> bool:
        """Whether what the source lists adds up to what was seen between any two readings since the line was counted.

        A source may list its sales and not its deliveries.
        """
        stretches: list[tuple[Instant, Instant, Decimal]] = []
        begin = self._ledger.first_read
        for since, until, units in self._observed.get(sku, ()):
            stretches += [(begin, since, ZERO), (since, until, units)]
            begin = until
        stretches.append((begin, self._ledger.read_at, ZERO))
        return all(
            units == sum((movement.units for movement in moved if since < movement.at <= until), ZERO)
            for since, until, units in stretches
            if until > first
        )


def mistrusted(lines: Iterable[CountedLine]) -> frozenset[str]:
    """The files that hold a time which cannot be right: the clock that wrote it wrote the others, too."""
    return frozenset(file for line in lines if line.clock is ClockDoubt.WRONG for file in line.rows)


def timing(
    line: CountedLine, stock: StockRow, roll_back: RollBack | None, wrong_clocks: frozenset[str]
) -> tuple[Timing | None, StockRow]:
    """How a counted line stands in time, and the row that approving it is conditional on.

    :param stock: the row as it is in the snapshot.
    :param wrong_clocks: files whose times cannot be trusted.
    :returns: no timing where there is nothing to say: no times, and no movement that is known of.
    """
    latest = roll_back.on_hand(line.sku) if roll_back else None
    if latest and latest.snapshot_version < stock.snapshot_version:
        latest = None  # The snapshot was taken after the latest reading.
    moved_qty = latest.system_qty - stock.system_qty if latest else ZERO
    unrolled: Unrolled | None = None
    if line.clock is ClockDoubt.WRONG or wrong_clocks.intersection(line.rows):
        unrolled = Unrolled.WRONG_CLOCK
    elif line.clock is ClockDoubt.MIXED:
        unrolled = Unrolled.MIXED_TIMES
    timed = unrolled is None and bool(line.counted_from and line.counted_to)
    if not (unrolled or timed or moved_qty):
        return None, stock
    line_timing = Timing(
        snapshot_qty=stock.system_qty,
        counted_from=line.counted_from if timed else None,
        counted_to=line.counted_to if timed else None,
        moved_qty=moved_qty,
        unrolled=unrolled,
    )
    if not timed or roll_back is None or latest is None:
        return line_timing, stock
    line_timing = retimed(line_timing, line.sku, line.counted_qty, latest, roll_back)
    if line_timing.expected_qty is None:
        return line_timing, stock
    return line_timing, replace(stock, system_qty=latest.system_qty, snapshot_version=latest.snapshot_version)


def retimed(before: Timing, sku: str, counted_qty: Decimal, live: OnHand, roll_back: RollBack | None) -> Timing:
    """The timing of a line (``before``) with its stock row as it is now (``live``).

    :param roll_back: made from the latest ledger; ``None`` where there is none.
    """
    moved_qty = live.system_qty - before.snapshot_qty
    if before.counted_from is None or before.counted_to is None:
        return before.model_copy(update={"moved_qty": moved_qty})
    rolled: Rolled | Unrolled = Unrolled.NOT_KNOWN_YET
    if roll_back:
        rolled = roll_back.at_count(sku, counted_qty, (before.counted_from, before.counted_to), live)
    outcome: dict[str, object] = {"expected_qty": None, "known_until": None, "unrolled": rolled}
    if isinstance(rolled, Rolled):
        outcome = {"expected_qty": rolled.expected_qty, "known_until": rolled.known_until, "unrolled": None}
    return before.model_copy(update={"moved_qty": moved_qty, **outcome})
