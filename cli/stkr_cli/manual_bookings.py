"""What a person has booked in the system of record because nothing else could, such as stock that is kept by lots."""

from typing import Any

from stkr.domain.errors import Busy, NothingWaits
from stkr.domain.inventory import InventoryRow
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import change_row, read_row, read_waiting
from stkr.store.sync_state import read_afresh, read_state
from stkr.sync.core import settle, waiting


def booked_by_hand(table: str, adjustment: str, now: str) -> InventoryRow:
    """Take an adjustment's units for the source's own, and have the next sync read what the source makes of them.

    Whether the last sync has read them already does not matter: the next one sees what they moved.

    :param adjustment: its id.
    :param now: stored instant.
    :returns: the row as it is now; its ``system_qty`` is as it was, until that sync.
    :raises NothingWaits: no adjustment of this id waits to be booked.
    :raises Busy: a sync is at work, or the row has changed; trying again is safe.
    """
    state = read_state(table)
    named = next((row for row in read_waiting(table) if any(one.id == adjustment for one in row.adjustments)), None)
    seen = read_row(table, named.location, named.sku) if named else None
    if seen is None or all(one.id != adjustment for one in waiting(seen)):
        raise NothingWaits(f"no adjustment {adjustment} waits to be booked: `stkr bookings` lists those that do")
    wanted = settle(seen, {adjustment})
    # Together, because a sync in between would find nothing to do with the row.
    requests: list[Any] = [change_row(table, seen, wanted), read_afresh(table, state, now=now)]
    if "condition" in transact([{"Update": request} for request in requests], pause):
        raise Busy("a sync is at work or the stock has just changed; try again in a minute")
    return wanted
