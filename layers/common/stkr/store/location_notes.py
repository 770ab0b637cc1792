"""Notes at a location in the counts table: when it was last counted and reminded, and which sessions counted it."""

from typing import TYPE_CHECKING, Any

from stkr.domain.names import NO_INSTANT, NO_SESSION, Instant
from stkr.domain.session import CountNote, LastCount, Session
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_COUNTED = keyspace.counted(NO_INSTANT, NO_SESSION).rstrip("#") + "#"
"""What the sort keys of the notes of single sessions begin with."""


def last_count_key(location: str, zone: str | None = None) -> dict[str, str]:
    """Key of the note of when a location, or a zone of it, was last counted."""
    return {"PK": keyspace.last_count(location), "SK": keyspace.META if zone is None else keyspace.zone(zone)}


def note_count(table: str, location: str, zone: str | None, counted_at: Instant) -> "TransactWriteItemTypeDef":
    """Action that notes a location, or only a zone of it, as counted."""
    # Counts are reconciled in any order; a correction of an earlier one must not hide the later one.
    no_later_count = "attribute_not_exists(#counted_at) OR #counted_at < :counted_at"
    request = update(
        table,
        last_count_key(location, zone),
        condition=no_later_count,
        sets={"counted_at": counted_at},
    )
    return {"Update": request}  # type: ignore[typeddict-item]  # built request


def note_reminder(table: str, location: str, reminded_at: Instant) -> dict[str, Any]:
    """UpdateItem request that notes a location's counters as reminded."""
    return update(table, last_count_key(location), condition=None, sets={"reminded_at": reminded_at})


def read_last_count(table: str, location: str) -> LastCount:
    """When a location and its zones were last counted, and its counters last reminded."""
    # What sorts before this are the notes of single sessions, of which there are ever more.
    bound = {":location": keyspace.last_count(location), ":first": keyspace.META}
    notes = {item["SK"]: item for item in query(table, "PK = :location AND SK >= :first", bound)}
    whole_location = notes.pop(keyspace.META, {})
    zones = {name.removeprefix(keyspace.zone("")): note["counted_at"] for name, note in notes.items()}
    return LastCount.model_validate({**whole_location, "zones": zones})


def note_session(table: str, session: Session) -> "TransactWriteItemTypeDef":
    """Action that notes at a location that a session counted it; a repeat changes nothing."""
    key = {"PK": keyspace.last_count(session.location), "SK": keyspace.counted(session.opened_at, session.session_id)}
    note = CountNote(session_id=session.session_id, opened_at=session.opened_at)
    request = update(table, key, condition=None, sets=note.attributes())
    return {"Update": request}  # type: ignore[typeddict-item]  # built request


def recent_counts(table: str, location: str, at_most: int) -> list[CountNote]:
    """The latest sessions that counted a location, the latest first."""
    answer = aws.dynamodb().query(
        TableName=table,
        KeyConditionExpression="PK = :location AND begins_with(SK, :counted)",
        ExpressionAttributeValues={":location": {"S": keyspace.last_count(location)}, ":counted": {"S": _COUNTED}},
        ScanIndexForward=False,
        Limit=at_most,
    )
    return [CountNote.model_validate(values(item)) for item in answer["Items"]]
