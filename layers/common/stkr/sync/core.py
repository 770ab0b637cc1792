"""What a sync changes. Pure: from what the system of record lists and has booked, and from what is stored.

``system_qty`` is always ``source_qty + unbooked_qty``, whatever moves:

- An adjustment that the source has booked changes its side of the sum. The stock has not moved, so ``system_qty`` and
  ``snapshot_version`` stay, and a variance that waits for its manager is not held up.
- Any other change of the source is a movement (a sale, a delivery): it raises ``snapshot_version`` and leaves what is
  unbooked alone.
- A row the source stops listing is marked inactive. The source has not said that it is zero, so no quantity changes,
  and a row that comes back with the next file goes on as if it had never been gone.
- A row that a manager put on the books (an unrecorded item) and that the source does not list yet stays as it is.

The source confirms what is booked by the adjustments' ids. Where people book by hand, nothing confirms it: if the
source moved by exactly what waits, that counts as booked, unless the figures are older than the approval. A source that
does confirm is never judged by an amount: a sale of 48 is a sale, whatever waits.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations

from stkr.domain.errors import SourceRefused
from stkr.domain.exact import ZERO
from stkr.domain.inventory import InventoryRow, Unbooked
from stkr.domain.stock import StockRow

_NAMED = 5
"""How many offending rows an error names; the rest are counted."""

_FEW = 8
"""A row with more adjustments is not searched for those that add up to a movement."""


@dataclass(frozen=True, slots=True)
class BookedByHand:
    """People book by hand, so nobody confirms what the quantities contain.

    They contain nothing that was approved later than ``until``, a stored instant.
    """

    until: str


Confirmation = Collection[str] | BookedByHand
"""What the source's quantities contain: the adjustments with these ids, or what people may have booked by hand."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row to write: the row as it is ``stored``, as the source ``listed`` it, and as it is ``wanted``.

    ``stored`` is ``None`` if there is no row yet, ``listed`` if the source does not list it any more.
    """

    stored: InventoryRow | None
    listed: StockRow | None
    wanted: InventoryRow


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What to write, in order of location and SKU, and how many rows need nothing.

    ``vanished`` of the changes are rows that the source has stopped listing.
    """

    changes: tuple[RowChange, ...]
    unchanged: int
    vanished: int


def plan_rows(
    source_rows: Iterable[StockRow],
    inventory: Iterable[InventoryRow],
    max_missing_percent: Decimal,
    confirmed: Confirmation,
) -> SyncPlan:
    """Compare everything the source lists with everything stored at its locations, in any order.

    :param source_rows: the source's rows; their ``system_qty`` is the source's quantity.
    :param max_missing_percent: how many percent of the rows it listed the source may lose from one sync to the next.
    :param confirmed: what the quantities contain.
    :raises SourceRefused: the source is empty, lists a row twice or without a location, or has lost too many rows.
    """
    listed = _by_place(source_rows)
    stored_rows = {(row.location, row.sku): row for row in inventory}
    _refuse_loss(listed.keys(), stored_rows, max_missing_percent, confirmed)
    places = sorted(listed.keys() | stored_rows.keys())
    decisions = (decide(stored_rows.get(place), listed.get(place), confirmed) for place in places)
    changes = tuple(change for change in decisions if change)
    vanished = sum(change.listed is None for change in changes)
    return SyncPlan(changes, len(places) - len(changes), vanished)


def decide(stored: InventoryRow | None, listed: StockRow | None, confirmed: Confirmation) -> RowChange | None:
    """What one row needs; ``None`` for nothing. ``confirmed`` is as in ``plan_rows``."""
    if stored is None:
        wanted = _as_listed(listed, unbooked=(), snapshot_version=1) if listed else None
    else:
        settled = settle(stored, _confirmed_ids(confirmed))
        wanted = _merged(settled, listed, confirmed) if listed else _dropped(settled)
    return RowChange(stored, listed, wanted) if wanted and wanted != stored else None


def waiting(row: InventoryRow) -> tuple[Unbooked, ...]:
    """The adjustments of a row that wait to be booked; they add up to its ``unbooked_qty``.

    Rows of the first version kept no list. They have one adjustment for the whole amount that waited then; the next
    change of the row stores it, so it keeps its id and its units.
    """
    rest = row.unbooked_qty - _total(row.unbooked)
    if not rest:
        return row.unbooked
    earlier = Unbooked(id=f"{row.location}.{row.sku}.earlier", units=rest, at=row.unbooked_since or "")
    return (earlier, *row.unbooked)


def _confirmed_ids(confirmed: Confirmation) -> Collection[str]:
    return () if isinstance(confirmed, BookedByHand) else confirmed


def settle(row: InventoryRow, confirmed: Collection[str]) -> InventoryRow:
    """The row after the source confirmed adjustments: their units are in ``source_qty``, and the sum is as it was."""
    unbooked = tuple(adjustment for adjustment in waiting(row) if adjustment.id not in confirmed)
    booked = row.unbooked_qty - _total(unbooked)
    return row.model_copy(
        update={
            "source_qty": row.source_qty + booked,
            "unbooked_qty": row.unbooked_qty - booked,
            "unbooked": unbooked,
            "unbooked_since": _since(unbooked),
        }
    )


def _merged(row: InventoryRow, listed: StockRow, confirmed: Confirmation) -> InventoryRow:
    movement = listed.system_qty - row.source_qty
    booked: Sequence[Unbooked] = ()
    if isinstance(confirmed, BookedByHand):
        booked = _booked_by_hand(
            movement, [adjustment for adjustment in row.unbooked if adjustment.at <= confirmed.until]
        )
    unbooked = tuple(adjustment for adjustment in row.unbooked if adjustment not in booked)
    stock_moved = listed.system_qty + _total(unbooked) != row.system_qty
    return _as_listed(listed, unbooked=unbooked, snapshot_version=row.snapshot_version + stock_moved)


def _booked_by_hand(movement: Decimal, unbooked: Sequence[Unbooked]) -> Sequence[Unbooked]:
    """What was booked by hand, judging by the movement: everything that waits, or the only part that adds up to it."""
    total = _total(unbooked)
    if movement == total:
        return unbooked
    sizes = range(1, len(unbooked)) if len(unbooked) <= _FEW else range(0)
    parts = chain.from_iterable(combinations(unbooked, size) for size in sizes)
    fitting_parts = [part for part in parts if _total(part) == movement != ZERO]
    if len(fitting_parts) == 1:
        return fitting_parts[0]
    # What cancels out need not be booked.
    return () if total else unbooked


def _total(unbooked: Iterable[Unbooked]) -> Decimal:
    return sum((adjustment.units for adjustment in unbooked), ZERO)


def _since(unbooked: Iterable[Unbooked]) -> str | None:
    return min((adjustment.at for adjustment in unbooked), default=None)


def _as_listed(listed: StockRow, *, unbooked: tuple[Unbooked, ...], snapshot_version: int) -> InventoryRow:
    unbooked_qty = _total(unbooked)
    return InventoryRow(
        location=listed.location,
        sku=listed.sku,
        name=listed.name,
        category=listed.category,
        bin=listed.bin,
        by_measure=listed.by_measure,
        unit=listed.unit,
        unit_cost=listed.unit_cost,
        pack_size=listed.pack_size,
        aliases=listed.aliases,
        sold_since_count=listed.history.sold_since_count,
        last_received_at=listed.history.last_received_at,
        last_received_qty=listed.history.last_received_qty,
        last_counted_at=listed.history.last_counted_at,
        source_qty=listed.system_qty,
        unbooked_qty=unbooked_qty,
        unbooked=unbooked,
        unbooked_since=_since(unbooked),
        system_qty=listed.system_qty + unbooked_qty,
        snapshot_version=snapshot_version,
        active=True,
    )


def _dropped(stored: InventoryRow) -> InventoryRow:
    return stored if _only_approved(stored) else stored.model_copy(update={"active": False})


def _only_approved(row: InventoryRow) -> bool:
    """Whether all of the row's stock was approved by managers: then the source need not list the row yet."""
    return row.source_qty == ZERO and row.unbooked_qty != ZERO


def _booked_away(row: InventoryRow, confirmed: Collection[str]) -> bool:
    """Whether the confirmed bookings leave nothing of the row: then the source need not list it any longer."""
    settled = settle(row, confirmed)
    return settled.source_qty == ZERO != row.source_qty


def _by_place(listed: Iterable[StockRow]) -> dict[tuple[str, str], StockRow]:
    rows = list(listed)
    if not rows:
        raise SourceRefused("the source lists no stock at all; nothing was changed. Upload a complete file")
    nowhere = [row.sku for row in rows if not row.location]
    if nowhere:
        raise SourceRefused(
            f"the source does not say where {_some(nowhere)} is stocked; nothing was changed. Give every row a location"
        )
    times = Counter((row.location, row.sku) for row in rows)
    repeated = [f"{sku} at {location}" for (location, sku), count in times.items() if count > 1]
    if repeated:
        raise SourceRefused(
            f"the source lists {_some(sorted(repeated))} more than once; nothing was changed. "
            "Keep one row for each SKU and location"
        )
    return {(row.location, row.sku): row for row in rows}


def _refuse_loss(
    listed: Iterable[tuple[str, str]],
    stored: dict[tuple[str, str], InventoryRow],
    max_missing_percent: Decimal,
    confirmed: Confirmation,
) -> None:
    expected = {
        place
        for place, row in stored.items()
        if row.active and not _only_approved(row) and not _booked_away(row, _confirmed_ids(confirmed))
    }
    missing = expected - set(listed)
    if len(missing) * 100 > max_missing_percent * len(expected):
        names = _some(sorted(f"{sku} at {location}" for location, sku in missing))
        raise SourceRefused(
            f"{len(missing):,} of {len(expected):,} rows are gone from the source ({names}), more than the "
            f"{max_missing_percent} % it may lose; nothing was changed. Upload a complete file, or raise "
            "max_missing_percent in the rules doc if they are really gone"
        )


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
