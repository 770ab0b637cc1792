"""What a sync changes: a pure function of what the system of record says and what is stored.

``system_qty`` is always ``source_qty + unbooked_qty``, whatever moves:

- When the source moves by exactly the unbooked amount, the adjustment counts as booked: the amount changes its side of
  the sum. The stock has not moved, so ``system_qty`` and ``snapshot_version`` stay, and a variance that waits for its
  manager is not held up.
- Any other change of the source is a movement (a sale, a delivery): it raises ``snapshot_version`` and leaves the
  unbooked amount alone.
- A row the source stops listing is marked inactive. The source has not said that it is zero, so no quantity changes,
  and a row that comes back with the next file goes on as if it had never been gone.
- A row that a manager put on the books (an unrecorded item) and that the source does not list yet stays as it is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from stkr.errors import SourceRefused
from stkr.stock import StockRow
from stkr.store.inventory import ZERO, InventoryRow

_NAMED = 5
"""How many offending rows an error names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row to write: as it was ``seen``, what the source ``said`` of it, and the row ``wanted``.

    ``seen`` is ``None`` where there is no row yet, ``said`` where the source lists it no more.
    """

    seen: InventoryRow | None
    said: StockRow | None
    wanted: InventoryRow


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, by location and SKU, and how many rows need nothing.

    ``vanished`` of the changes are rows the source has stopped listing.
    """

    changes: tuple[Change, ...]
    unchanged: int
    vanished: int


def plan(said: Iterable[StockRow], stored: Iterable[InventoryRow], max_missing_percent: Decimal) -> Plan:
    """Compare all the source says with all that is stored at its locations, in any order.

    :param said: the source's rows; their ``system_qty`` is the source's quantity.
    :param max_missing_percent: how many percent of the rows it listed the source may lose from one sync to the next.
    :raises SourceRefused: the source is empty, lists a row twice or without a location, or has lost too many rows.
    """
    listed = _by_place(said)
    known = {(row.location, row.sku): row for row in stored}
    _refuse_loss(listed.keys(), known, max_missing_percent)
    places = sorted(listed.keys() | known.keys())
    decisions = (decide(known.get(place), listed.get(place)) for place in places)
    changes = tuple(change for change in decisions if change)
    vanished = sum(change.said is None for change in changes)
    return Plan(changes, len(places) - len(changes), vanished)


def decide(seen: InventoryRow | None, said: StockRow | None) -> Change | None:
    """What one row needs; ``None`` for nothing."""
    if said is None:
        wanted = _dropped(seen) if seen else None
    elif seen is None:
        wanted = _as_said(said, unbooked_qty=ZERO, unbooked_since=None, snapshot_version=1)
    else:
        wanted = _merged(seen, said)
    return Change(seen, said, wanted) if wanted and wanted != seen else None


def _merged(seen: InventoryRow, said: StockRow) -> InventoryRow:
    movement = said.system_qty - seen.source_qty
    is_booked = movement == seen.unbooked_qty
    unbooked_qty = ZERO if is_booked else seen.unbooked_qty
    stock_moved = said.system_qty + unbooked_qty != seen.system_qty
    return _as_said(
        said,
        unbooked_qty=unbooked_qty,
        unbooked_since=seen.unbooked_since if unbooked_qty else None,
        snapshot_version=seen.snapshot_version + stock_moved,
    )


def _as_said(
    said: StockRow, *, unbooked_qty: Decimal, unbooked_since: str | None, snapshot_version: int
) -> InventoryRow:
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
        unbooked_since=unbooked_since,
        system_qty=said.system_qty + unbooked_qty,
        snapshot_version=snapshot_version,
        active=True,
    )


def _dropped(seen: InventoryRow) -> InventoryRow:
    return seen if _only_approved(seen) else seen.model_copy(update={"active": False})


def _only_approved(row: InventoryRow) -> bool:
    """Whether all of the row's stock is what managers approved: then the source need not know the row."""
    return row.source_qty == ZERO and row.unbooked_qty != ZERO


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
) -> None:
    expected = {place for place, row in known.items() if row.active and not _only_approved(row)}
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
