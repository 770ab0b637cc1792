"""Lines in the counts table: the requests that read and change them, each with its condition."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stkr.domain.cause import SuggestedCause
from stkr.domain.line import Line, LineState, StillQueued
from stkr.domain.names import Instant, SessionId
from stkr.infra import aws
from stkr.store import keyspace, month_index
from stkr.store.dynamodb import attributes, put, query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from stkr.store.dynamodb import Attributes

# Compared by revision and state: a decision changes the state, everything else the revision. So a decision that was
# made since a line was read, or what a later capture made of it, is never written over.
_IS_AS_READ = "#revision = :seen AND #state = :was"
_READ_NAMES = {"#revision": "revision", "#state": "state"}


def line_key(session_id: SessionId, sku: str) -> dict[str, str]:
    """Key of a line."""
    return {"PK": keyspace.session(session_id), "SK": keyspace.line(sku)}


def line_item(line: Line) -> dict[str, Any]:
    """The item of a line. It is in the queue index while it is queued, and in the month index once it is decided."""
    item = line_key(line.session_id, line.sku) | line.attributes()
    if line.state is LineState.QUEUED and line.due_at:
        item["queue_pk"] = keyspace.queue(line.location)
        item["queue_sk"] = keyspace.queue_position(line.due_at, line.session_id, line.sku)
    if line.decided_at:
        item["month_pk"] = keyspace.month_of(line.decided_at)
        item["month_sk"] = keyspace.month_position(keyspace.DECIDED, line.decided_at, line.variance_id)
    return item


def write_line(table: str, line: Line, replaces: Line | None) -> "TransactWriteItemTypeDef":
    """Action that stores a line: a new one only where there is none, a change only over exactly what was read."""
    if replaces is None:
        # Another run may have written the line since it was looked for.
        is_new = "attribute_not_exists(PK)"
        return {"Put": put(table, line_item(line), condition=is_new)}  # type: ignore[typeddict-item]  # built request
    request = put(table, line_item(line), condition=_IS_AS_READ)
    request["ExpressionAttributeNames"] = _READ_NAMES
    request["ExpressionAttributeValues"] = _as_read(replaces)
    return {"Put": request}  # type: ignore[typeddict-item]  # built request


def _as_read(line: Line) -> "Attributes":
    return attributes({":seen": line.revision, ":was": line.state})


def _while_queued(  # noqa: PLR0913 - a line's name, and the parts of an update
    table: str,
    session_id: SessionId,
    sku: str,
    revision: int,
    *,
    sets: dict[str, Any],
    removes: tuple[str, ...] = (),
    also: str | None = None,
    bound: Mapping[str, Any] | None = None,
) -> "TransactWriteItemTypeDef":
    """Action that changes a line provided it is still queued in the revision that was read.

    :param also: a further condition, whose values are ``bound``.
    """
    # The state keeps a second tap from deciding again; the revision keeps a decision from figures that its
    # maker has not seen.
    is_still_queued = "#state = :queued AND #revision = :seen"
    request = update(
        table,
        line_key(session_id, sku),
        condition=f"{is_still_queued} AND {also}" if also else is_still_queued,
        sets=sets,
        removes=removes,
        names={"#state": "state", "#revision": "revision"},
        bound={":queued": LineState.QUEUED, ":seen": revision, **(bound or {})},
    )
    return {"Update": request}  # type: ignore[typeddict-item]  # built request


def decide_line(table: str, line: Line, after: Line) -> "TransactWriteItemTypeDef":
    """Action that turns a queued line into a decided one: out of the queue index, into the month's."""
    item = line_item(after)
    decision = ("state", "decided_at", "decided_by", "link_issued_to", "confirmed_cause", "posted_units")
    # As the trail has it: a label that was stored since the line was read came too late for this decision.
    suggestion = ("cause", "rationale")
    return _while_queued(
        table,
        line.session_id,
        line.sku,
        line.revision,
        sets={name: item.get(name) for name in (*decision, *suggestion, "month_pk", "month_sk")},
        removes=("queue_pk", "queue_sk", "due_at"),
    )


def take_in_line(table: str, line: Line, digests: Mapping[str, str]) -> "TransactWriteItemTypeDef":
    """Action that notes in which digest each recipient gets a queued line."""
    # Of two sweeps at a time one takes the line in; the other would mail it a second time.
    is_untouched = "#digests = :before" if line.digests is not None else "attribute_not_exists(#digests)"
    before = {":before": dict(line.digests)} if line.digests is not None else {}
    return _while_queued(
        table,
        line.session_id,
        line.sku,
        line.revision,
        sets={"digests": dict(digests)},
        also=is_untouched,
        bound=before,
    )


def mailed_line(table: str, line: Line, now: Instant, due_at: Instant) -> "TransactWriteItemTypeDef":
    """Action that notes a mail about a queued line and moves it to when it is due again."""
    position = keyspace.queue_position(due_at, line.session_id, line.sku)
    sets = {"mailed_at": now, "mails": line.mails + 1, "due_at": due_at, "queue_sk": position}
    return _while_queued(table, line.session_id, line.sku, line.revision, sets=sets)


def label_line(
    table: str, session_id: SessionId, sku: str, revision: int, label: SuggestedCause
) -> "TransactWriteItemTypeDef":
    """Action that stores a suggested cause, provided the line is still as it was when the cause was asked for."""
    return _while_queued(table, session_id, sku, revision, sets={"cause": label.cause, "rationale": label.rationale})


def drop_line(table: str, line: Line) -> "TransactWriteItemTypeDef":
    """Action that removes an undecided line that the latest capture no longer has."""
    return {
        "Delete": {
            "TableName": table,
            "Key": attributes(line_key(line.session_id, line.sku)),
            "ConditionExpression": _IS_AS_READ,
            "ExpressionAttributeNames": _READ_NAMES,
            "ExpressionAttributeValues": _as_read(line),
        }
    }


def read_lines_of(table: str, sku: str, sessions: Sequence[SessionId]) -> dict[str, Line]:
    """The lines of one item in several sessions (at most 100), by session; those that are throttled are left out."""
    if not sessions:
        return {}
    keys = [attributes(line_key(session_id, sku)) for session_id in sessions]
    answer = aws.dynamodb().batch_get_item(RequestItems={table: {"Keys": keys}})
    lines = (Line.model_validate(values(item)) for item in answer["Responses"].get(table, []))
    return {line.session_id: line for line in lines}


def read_line(table: str, session_id: SessionId, sku: str) -> Line | None:
    """A line, read consistently."""
    key = attributes(line_key(session_id, sku))
    answer = aws.dynamodb().get_item(TableName=table, Key=key, ConsistentRead=True)
    return Line.model_validate(values(answer["Item"])) if "Item" in answer else None


def read_lines(table: str, session_id: SessionId) -> Iterator[Line]:
    """All lines of a session, read consistently, by SKU."""
    bound = {":session": keyspace.session(session_id), ":line": keyspace.line("")}
    yield from map(Line.model_validate, query(table, "PK = :session AND begins_with(SK, :line)", bound))


def queued_lines(table: str, location: str, due_by: Instant) -> Iterator[Line]:
    """The queued variances of a location that are due for a mail by an instant, the longest due first."""
    # `~` sorts after every character of a key, so that what is due this very instant is included.
    bound = {":queue": keyspace.queue(location), ":due": f"{due_by}~"}
    yield from map(Line.model_validate, query(table, "queue_pk = :queue AND queue_sk <= :due", bound, index="by_queue"))


def waiting_beside(table: str, line: Line, at_most: int) -> StillQueued:
    """The other queued variances of a line's session, among the first ``at_most`` that wait at its location.

    The index lags by moments: what was decided just before may still be counted.
    """
    answer = aws.dynamodb().query(
        TableName=table,
        IndexName="by_queue",
        KeyConditionExpression="queue_pk = :queue",
        ExpressionAttributeValues={":queue": {"S": keyspace.queue(line.location)}},
        Limit=at_most,
    )
    queued = (Line.model_validate(values(item)) for item in answer["Items"])
    others = [other for other in queued if other.session_id == line.session_id and other.sku != line.sku]
    amounts = [other.gap_value for other in others if other.gap_value is not None]
    return StillQueued(len(others), sum(amounts, Decimal(0)) if amounts else None, "LastEvaluatedKey" in answer)


def decisions(table: str, month: str) -> Iterator[Line]:
    """The lines of every location that were decided in a UTC month (``2026-11``), in order of time."""
    yield from map(Line.model_validate, month_index.entries_of_month(table, keyspace.DECIDED, month))


def decisions_between(table: str, start: datetime, end: datetime) -> Iterator[Line]:
    """The lines that were decided from ``start`` until before ``end`` (aware), by UTC month, the latest first."""
    yield from map(Line.model_validate, month_index.entries(table, keyspace.DECIDED, start, end))
