"""The movements documents in the bucket, one per location: written by sync, read when a count is compared."""

from stkr.domain.movement import Ledger
from stkr.store import documents, keyspace


def read_ledger(bucket: str, location: str) -> Ledger | None:
    """The known movements of a location; ``None`` before its first sync."""
    return documents.read_document(bucket, keyspace.movements_object(location), Ledger)


def write_ledger(bucket: str, stored: Ledger | None, ledger: Ledger) -> None:
    """Store a ledger, unless it is equal to the one that is ``stored``."""
    if ledger != stored:
        documents.write_document(bucket, keyspace.movements_object(ledger.location), ledger)
