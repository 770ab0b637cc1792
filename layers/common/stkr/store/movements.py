"""The movements documents in the bucket: one a location, written by sync, read whole by whoever judges a count."""

from stkr import keys
from stkr.store import objects
from stkr.sync.movements import Ledger


def read_ledger(bucket: str, location: str) -> Ledger | None:
    """What is known of the movements of a location; ``None`` before its first sync."""
    return objects.read_document(bucket, keys.movements_object(location), Ledger)


def write_ledger(bucket: str, known: Ledger | None, ledger: Ledger) -> None:
    """Store a ledger, unless it says what was ``known`` already."""
    if ledger != known:
        objects.write_document(bucket, keys.movements_object(ledger.location), ledger)
