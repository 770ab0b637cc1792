"""Notes that a person has booked an adjustment in the system of record, such as for stock that it keeps by lots."""

from typing import Any

from stkr.domain.errors import Busy, NothingWaits
from stkr.domain.inventory import InventoryRow
from stkr.domain.names import Instant
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import change_row, read_row, read_waiting
from stkr.store.sync_state import read_afresh, read_state
from stkr.sync.core import settle, waiting


def mark_booked(table: str, adjustment: str, now: Instant) -> InventoryRow:
    """Count an adjustment's units as the source's own, and have the next sync read the source afresh.

    It does not matter whether the last sync has read the booking already: the next one compares the quantities again.

    :param adjustment: its id.
    :param now: stored instant.
    :returns: the row as it is now; its ``system_qty`` is as it was, until that sync.
    :raises NothingWaits: no adjustment of this id waits to be booked.
    :raises Busy: a sync is at work, or the row has changed; trying again is safe.
    """
    state = read_state(table)
    indexed = next((row for row in read_waiting(table) if adjustment in {item.id for item in row.adjustments}), None)
    stored = read_row(table, indexed.location, indexed.sku) if indexed else None
    if stored is None or adjustment not in {item.id for item in waiting(stored)}:
        raise NothingWaits(f"no adjustment {adjustment} waits to be booked: `stkr bookings` lists those that do")
    settled = settle(stored, {adjustment})
    # In one transaction: a sync between the two writes would find nothing to do for the row.
    requests: list[Any] = [change_row(table, stored, settled), read_afresh(table, state, now=now)]
    if "condition" in transact([{"Update": request} for request in requests], pause):
        raise Busy("a sync is at work or the stock has just changed; try again in a minute")
    return settled
