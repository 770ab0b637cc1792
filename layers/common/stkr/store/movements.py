"""The movements documents in the bucket: one a location, written by sync, read whole by whoever judges a count."""

from stkr import keys
from stkr.store import objects
from stkr.store.inventory import InventoryRow
from stkr.sync.movements import Ledger, OnHand


def read_ledger(bucket: str, location: str) -> Ledger | None:
    """What is known of the movements of a location; ``None`` before its first sync."""
    return objects.read_document(bucket, keys.movements_object(location), Ledger)


def on_hand(row: InventoryRow) -> OnHand:
    """The figures of a row that its movements explain."""
    return OnHand(row.system_qty, row.source_qty, row.snapshot_version)


def write_ledger(bucket: str, known: Ledger | None, ledger: Ledger) -> None:
    """Store a ledger, unless it says what was ``known`` already."""
    if ledger != known:
        objects.write_document(bucket, keys.movements_object(ledger.location), ledger)
