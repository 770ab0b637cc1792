"""The movements documents in the bucket: one a location, written by sync, read whole by whoever judges a count."""

from stkr.domain.movement import Ledger
from stkr.store import documents, keyspace


def read_ledger(bucket: str, location: str) -> Ledger | None:
    """What is known of the movements of a location; ``None`` before its first sync."""
    return documents.read_document(bucket, keyspace.movements_object(location), Ledger)


def write_ledger(bucket: str, known: Ledger | None, ledger: Ledger) -> None:
    """Store a ledger, unless it says what was ``known`` already."""
    if ledger != known:
        documents.write_document(bucket, keyspace.movements_object(ledger.location), ledger)
