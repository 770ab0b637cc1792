"""What a sync changes: a pure function of what the system of record says and has booked, and what is stored.

``system_qty`` is always ``source_qty + unbooked_qty``, whatever moves:

- An adjustment that the source has booked changes its side of the sum. The stock has not moved, so ``system_qty`` and
  ``snapshot_version`` stay, and a variance that waits for its manager is not held up.
- Any other change of the source is a movement (a sale, a delivery): it raises ``snapshot_version`` and leaves what is
  unbooked alone.
- A row the source stops listing is marked inactive. The source has not said that it is zero, so no quantity changes,
  and a row that comes back with the next file goes on as if it had never been gone.
- A row that a manager put on the books (an unrecorded item) and that the source does not list yet stays as it is.

What is booked, the source confirms by the adjustments' ids. Where people book by hand there is nobody to confirm, and a
source that moved by exactly what waits has booked it, unless it is of before the approval. A source that does confirm
is never judged by an amount: a sale of 48 is a sale, whatever waits.
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
"""How many offending rows an error names; the rest is counted."""

_FEW = 8
"""Among more adjustments of one row than that, nobody looks for the ones that add up to a movement."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """People book by hand: nobody confirms what the quantities contain.

    They contain nothing that was approved later than ``until``, a stored instant.
    """

    until: str


BookingAnswer = Collection[str] | ByHand
"""Ids of the adjustments that the source's quantities contain, or that people book by hand."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row to write: as it was ``seen``, what the source ``said`` of it, and the row ``wanted``.

    ``seen`` is ``None`` where there is no row yet, ``said`` where the source lists it no more.
    """

    seen: InventoryRow | None
    said: StockRow | None
    wanted: InventoryRow


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What to write, by location and SKU, and how many rows need nothing.

    ``vanished`` of the changes are rows the source has stopped listing.
    """

    changes: tuple[RowChange, ...]
    unchanged: int
    vanished: int


def plan_rows(
    said: Iterable[StockRow],
    stored: Iterable[InventoryRow],
    max_missing_percent: Decimal,
    confirmed: BookingAnswer,
) -> SyncPlan:
    """Compare all the source says with all that is stored at its locations, in any order.

    :param said: the source's rows; their ``system_qty`` is the source's quantity.
    :param max_missing_percent: how many percent of the rows it listed the source may lose from one sync to the next.
    :param confirmed: what the quantities contain.
    :raises SourceRefused: the source is empty, lists a row twice or without a location, or has lost too many rows.
    """
    listed = _by_place(said)
    known = {(row.location, row.sku): row for row in stored}
    _refuse_loss(listed.keys(), known, max_missing_percent, confirmed)
    places = sorted(listed.keys() | known.keys())
    decisions = (decide(known.get(place), listed.get(place), confirmed) for place in places)
    changes = tuple(change for change in decisions if change)
    vanished = sum(change.said is None for change in changes)
    return SyncPlan(changes, len(places) - len(changes), vanished)


def decide(seen: InventoryRow | None, said: StockRow | None, confirmed: BookingAnswer) -> RowChange | None:
    """What one row needs; ``None`` for nothing. ``confirmed`` is as ``plan_rows`` has it."""
    if seen is None:
        wanted = _as_said(said, unbooked=(), snapshot_version=1) if said else None
    else:
        settled = settle(seen, _named(confirmed))
        wanted = _merged(settled, said, confirmed) if said else _dropped(settled)
    return RowChange(seen, said, wanted) if wanted and wanted != seen else None


def waiting(row: InventoryRow) -> tuple[Unbooked, ...]:
    """The adjustments that wait on a row; they add up to its ``unbooked_qty``.

    Rows of the first version, which kept no list, have one of all that waited then. It is stored by the next change of
    the row, and so keeps its id and its units.
    """
    rest = row.unbooked_qty - _total(row.unbooked)
    if not rest:
        return row.unbooked
    earlier = Unbooked(id=f"{row.location}.{row.sku}.earlier", units=rest, at=row.unbooked_since or "")
    return (earlier, *row.unbooked)


def _named(confirmed: BookingAnswer) -> Collection[str]:
    return () if isinstance(confirmed, ByHand) else confirmed


def settle(row: InventoryRow, confirmed: Collection[str]) -> InventoryRow:
    """The row once the source has what it confirmed: the amount is the source's now, and the sum is as it was."""
    unbooked = tuple(one for one in waiting(row) if one.id not in confirmed)
    booked = row.unbooked_qty - _total(unbooked)
    return row.model_copy(
        update={
            "source_qty": row.source_qty + booked,
            "unbooked_qty": row.unbooked_qty - booked,
            "unbooked": unbooked,
            "unbooked_since": _since(unbooked),
        }
    )


def _merged(row: InventoryRow, said: StockRow, confirmed: BookingAnswer) -> InventoryRow:
    movement = said.system_qty - row.source_qty
    booked: Sequence[Unbooked] = ()
    if isinstance(confirmed, ByHand):
        booked = _told_by(movement, [one for one in row.unbooked if one.at <= confirmed.until])
    unbooked = tuple(one for one in row.unbooked if one not in booked)
    stock_moved = said.system_qty + _total(unbooked) != row.system_qty
    return _as_said(said, unbooked=unbooked, snapshot_version=row.snapshot_version + stock_moved)


def _told_by(movement: Decimal, unbooked: Sequence[Unbooked]) -> Sequence[Unbooked]:
    """What was booked by hand, judging by how the source moved: all that waits, or the only part that adds up to it."""
    total = _total(unbooked)
    if movement == total:
        return unbooked
    sizes = range(1, len(unbooked)) if len(unbooked) <= _FEW else range(0)
    parts = chain.from_iterable(combinations(unbooked, size) for size in sizes)
    fitting = [part for part in parts if _total(part) == movement != ZERO]
    if len(fitting) == 1:
        return fitting[0]
    # Nobody need book what cancels out.
    return () if total else unbooked


def _total(unbooked: Iterable[Unbooked]) -> Decimal:
    return sum((one.units for one in unbooked), ZERO)


def _since(unbooked: Iterable[Unbooked]) -> str | None:
    return min((one.at for one in unbooked), default=None)


def _as_said(said: StockRow, *, unbooked: tuple[Unbooked, ...], snapshot_version: int) -> InventoryRow:
    unbooked_qty = _total(unbooked)
    return InventoryRow(
        location=said.location,
        sku=said.sku,
        name=said.name,
        category=said.category,
        bin=said.bin,
        by_measure=said.by_measure,
        unit=said.unit,
        unit_cost=said.unit_cost,
        pack_size=said.pack_size,
        aliases=said.aliases,
        sold_since_count=said.history.sold_since_count,
        last_received_at=said.history.last_received_at,
        last_received_qty=said.history.last_received_qty,
        last_counted_at=said.history.last_counted_at,
        source_qty=said.system_qty,
        unbooked_qty=unbooked_qty,
        unbooked=unbooked,
        unbooked_since=_since(unbooked),
        system_qty=said.system_qty + unbooked_qty,
        snapshot_version=snapshot_version,
        active=True,
    )


def _dropped(seen: InventoryRow) -> InventoryRow:
    return seen if _only_approved(seen) else seen.model_copy(update={"active": False})


def _only_approved(row: InventoryRow) -> bool:
    """Whether all of the row's stock is what managers approved: then the source need not know the row."""
    return row.source_qty == ZERO and row.unbooked_qty != ZERO


def _booked_away(row: InventoryRow, confirmed: Collection[str]) -> bool:
    """Whether nothing is left of the row by what was booked: then the source need not list it any longer."""
    settled = settle(row, confirmed)
    return settled.source_qty == ZERO != row.source_qty


def _by_place(said: Iterable[StockRow]) -> dict[tuple[str, str], StockRow]:
    rows = list(said)
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
    known: dict[tuple[str, str], InventoryRow],
    max_missing_percent: Decimal,
    confirmed: BookingAnswer,
) -> None:
    expected = {
        place
        for place, row in known.items()
        if row.active and not _only_approved(row) and not _booked_away(row, _named(confirmed))
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
