"""Lines in the counts table: the requests that read and change them, each with its condition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stkr.domain.cause import SuggestedCause
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import put, query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef
from stkr.domain.line import Line, LineState


def line_key(session_id: str, sku: str) -> dict[str, str]:
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
        item["month_sk"] = keyspace.month_position(keyspace.DECISION, line.decided_at, line.variance_id)
    return item


def write_line(table: str, line: Line, replaces: Line | None) -> "TransactWriteItemTypeDef":
    """Action that stores a line: a new one only where there is none, a change only over exactly what was read.

    Comparing revision and state (a decision changes the state, everything else the revision) means that a decision
    made since, or a later capture, is never overwritten.
    """
    if replaces is None:
        return {"Put": put(table, line_item(line), condition="attribute_not_exists(PK)")}  # type: ignore[typeddict-item]  # built request
    request = put(table, line_item(line), condition="#revision = :seen AND #state = :was")
    request["ExpressionAttributeNames"] = {"#revision": "revision", "#state": "state"}
    request["ExpressionAttributeValues"] = {":seen": {"N": str(replaces.revision)}, ":was": {"S": replaces.state}}
    return {"Put": request}  # type: ignore[typeddict-item]  # built request


def _while_queued(  # noqa: PLR0913 - a line's name, and the parts of an update
    table: str,
    session_id: str,
    sku: str,
    revision: int,
    *,
    sets: dict[str, Any],
    removes: tuple[str, ...] = (),
    also: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> "TransactWriteItemTypeDef":
    """Action that changes a line provided it is still queued in the revision that was read.

    The state keeps a second tap from deciding again; the revision keeps figures nobody saw from being decided.

    :param also: a further condition, whose values are ``given``.
    """
    is_as_read = "#state = :queued AND #revision = :seen"
    request = update(
        table,
        line_key(session_id, sku),
        condition=f"{is_as_read} AND {also}" if also else is_as_read,
        sets=sets,
        removes=removes,
        names={"#state": "state", "#revision": "revision"},
        given={":queued": LineState.QUEUED, ":seen": revision, **(given or {})},
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
    """Action that notes in which digest each recipient gets a queued line, unless another run has noted it since."""
    is_untouched = "#digests = :before" if line.digests is not None else "attribute_not_exists(#digests)"
    before = {":before": dict(line.digests)} if line.digests is not None else {}
    return _while_queued(
        table,
        line.session_id,
        line.sku,
        line.revision,
        sets={"digests": dict(digests)},
        also=is_untouched,
        given=before,
    )


def mailed_line(table: str, line: Line, now: str, due_at: str) -> "TransactWriteItemTypeDef":
    """Action that notes a mail about a queued line and moves it to when it is due again."""
    position = keyspace.queue_position(due_at, line.session_id, line.sku)
    sets = {"mailed_at": now, "mails": line.mails + 1, "due_at": due_at, "queue_sk": position}
    return _while_queued(table, line.session_id, line.sku, line.revision, sets=sets)


def label_line(
    table: str, session_id: str, sku: str, revision: int, label: SuggestedCause
) -> "TransactWriteItemTypeDef":
    """Action that stores a suggested cause, provided the line is still as it was when the cause was asked for."""
    return _while_queued(table, session_id, sku, revision, sets={"cause": label.cause, "rationale": label.rationale})


def drop_line(table: str, line: Line) -> "TransactWriteItemTypeDef":
    """Action that removes an undecided line that the latest capture no longer has."""
    return {
        "Delete": {
            "TableName": table,
            "Key": {name: {"S": value} for name, value in line_key(line.session_id, line.sku).items()},
            "ConditionExpression": "#revision = :seen AND #state = :was",
            "ExpressionAttributeNames": {"#revision": "revision", "#state": "state"},
            "ExpressionAttributeValues": {":seen": {"N": str(line.revision)}, ":was": {"S": line.state}},
        }
    }


def read_lines_of(table: str, sku: str, sessions: Sequence[str]) -> dict[str, Line]:
    """The lines of one item in several sessions (at most 100), by session; what is throttled away is left out."""
    if not sessions:
        return {}
    wanted = [{name: {"S": value} for name, value in line_key(session_id, sku).items()} for session_id in sessions]
    found = aws.dynamodb().batch_get_item(RequestItems={table: {"Keys": wanted}})
    lines = (Line.model_validate(values(item)) for item in found["Responses"].get(table, []))
    return {line.session_id: line for line in lines}


def read_line(table: str, session_id: str, sku: str) -> Line | None:
    """A line, read consistently."""
    found = aws.dynamodb().get_item(
        TableName=table,
        Key={name: {"S": value} for name, value in line_key(session_id, sku).items()},
        ConsistentRead=True,
    )
    return Line.model_validate(values(found["Item"])) if "Item" in found else None


def read_lines(table: str, session_id: str) -> Iterator[Line]:
    """All lines of a session, read consistently, by SKU."""
    given = {":session": keyspace.session(session_id), ":line": keyspace.line("")}
    yield from map(Line.model_validate, query(table, "PK = :session AND begins_with(SK, :line)", given))


def queued_lines(table: str, location: str, due_by: str) -> Iterator[Line]:
    """The queued variances of a location that are due for a mail by an instant, the longest due first."""
    # `~` sorts after every character of a key, so that what is due this very instant is included.
    given = {":queue": keyspace.queue(location), ":due": f"{due_by}~"}
    yield from map(Line.model_validate, query(table, "queue_pk = :queue AND queue_sk <= :due", given, index="by_queue"))


@dataclass(frozen=True, slots=True)
class StillQueued:
    """Variances of one session that wait to be decided: how many, and the sum of their gaps where those have a value.

    ``more`` says that there may be others beyond those that were looked at.
    """

    number: int
    value: Decimal | None
    more: bool


def waiting_beside(table: str, line: Line, at_most: int) -> StillQueued:
    """What else waits of a line's session, among the first ``at_most`` variances that wait at its location.

    The index lags by moments: what was decided just before may still be counted.
    """
    found = aws.dynamodb().query(
        TableName=table,
        IndexName="by_queue",
        KeyConditionExpression="queue_pk = :queue",
        ExpressionAttributeValues={":queue": {"S": keyspace.queue(line.location)}},
        Limit=at_most,
    )
    queued = (Line.model_validate(values(item)) for item in found["Items"])
    others = [one for one in queued if one.session_id == line.session_id and one.sku != line.sku]
    worth = [one.gap_value for one in others if one.gap_value is not None]
    return StillQueued(len(others), sum(worth, Decimal(0)) if worth else None, "LastEvaluatedKey" in found)


def decisions(table: str, month: str) -> Iterator[Line]:
    """The lines of every location that were decided in a UTC month (``2026-11``), in order of time."""
    given = {":month": keyspace.month_of(month), ":decision": keyspace.DECISION}
    found = query(table, "month_pk = :month AND begins_with(month_sk, :decision)", given, index="by_month")
    yield from map(Line.model_validate, found)
