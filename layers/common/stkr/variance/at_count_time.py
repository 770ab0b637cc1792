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
        for one in ledger.observed:
            self._observed.setdefault(one.sku, []).append((one.since, one.until, one.units))

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
        # Nobody can tell their order, or whether what was read right then contains them.
        lately = shifted(self._ledger.read_at, -CLOCKS_APART)
        if any(first <= one.at <= last or one.at > lately for one in moved):
            return Unrolled.MOVED_MEANWHILE
        since = [one for one in moved if one.at > last]
        if any(one.kind is MovementKind.ADJUSTMENT for one in since):
            # A breakage left the shelf, another count only corrected the books, and both look the same.
            return Unrolled.CORRECTED
        moved_since = sum((one.units for one in since), ZERO)
        if counted_qty + moved_since < 0:
            return Unrolled.OVERSOLD
        known_until = self._ledger.read_at if self._ledger.read_at < span[1] else None
        return Rolled(live.system_qty - moved_since, known_until)

    def _doubt(self, sku: str, first: Instant, live: OnHand) -> Unrolled | None:
        """Why the movements of a SKU since it was counted are not known, if so."""
        ledger, known, moved = self._ledger, self.on_hand(sku), self._moved.get(sku, ())
        if ledger.listed is None:
            return Unrolled.NOT_LISTED
        # Once sync writes what it read, the row is ahead of the ledger until that is written, too.
        if known is None or known.source_qty != live.source_qty or first < max(ledger.first_read, ledger.listed_since):
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
            units == sum((one.units for one in moved if since < one.at <= until), ZERO)
            for since, until, units in stretches
            if until > first
        )


def mistrusted(lines: Iterable[CountedLine]) -> frozenset[str]:
    """The files that hold a time which cannot be right: the clock that wrote it wrote the others, too."""
    return frozenset(file for line in lines if line.clock is ClockDoubt.WRONG for file in line.rows)


def timing(
    line: CountedLine, stock: StockRow, forward: RollBack | None, wrong_clocks: frozenset[str]
) -> tuple[Timing | None, StockRow]:
    """How a counted line stands in time, and the row that approving it is conditional on.

    :param stock: the row as it is in the snapshot.
    :param wrong_clocks: files whose times cannot be trusted.
    :returns: no timing where there is nothing to say: no times, and no movement that is known of.
    """
    known = forward.on_hand(line.sku) if forward else None
    if known and known.snapshot_version < stock.snapshot_version:
        known = None  # The snapshot is of later than the latest reading.
    moved_qty = known.system_qty - stock.system_qty if known else ZERO
    unrolled: Unrolled | None = None
    if line.clock is ClockDoubt.WRONG or wrong_clocks.intersection(line.rows):
        unrolled = Unrolled.WRONG_CLOCK
    elif line.clock is ClockDoubt.MIXED:
        unrolled = Unrolled.MIXED_TIMES
    timed = unrolled is None and bool(line.counted_from and line.counted_to)
    if not (unrolled or timed or moved_qty):
        return None, stock
    found = Timing(
        snapshot_qty=stock.system_qty,
        counted_from=line.counted_from if timed else None,
        counted_to=line.counted_to if timed else None,
        moved_qty=moved_qty,
        unrolled=unrolled,
    )
    if not timed or forward is None or known is None:
        return found, stock
    found = retimed(found, line.sku, line.counted_qty, known, forward)
    if found.expected_qty is None:
        return found, stock
    return found, replace(stock, system_qty=known.system_qty, snapshot_version=known.snapshot_version)


def retimed(known: Timing, sku: str, counted_qty: Decimal, live: OnHand, forward: RollBack | None) -> Timing:
    """The timing of a line with the row as it is ``live`` now.

    :param forward: made from the latest ledger; ``None`` where there is none.
    """
    moved_qty = live.system_qty - known.snapshot_qty
    if known.counted_from is None or known.counted_to is None:
        return known.model_copy(update={"moved_qty": moved_qty})
    found: Rolled | Unrolled = Unrolled.NOT_KNOWN_YET
    if forward:
        found = forward.at_count(sku, counted_qty, (known.counted_from, known.counted_to), live)
    told: dict[str, object] = {"expected_qty": None, "known_until": None, "unrolled": found}
    if isinstance(found, Rolled):
        told = {"expected_qty": found.expected_qty, "known_until": found.known_until, "unrolled": None}
    return known.model_copy(update={"moved_qty": moved_qty, **told})
