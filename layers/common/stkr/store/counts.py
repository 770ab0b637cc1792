"""The counts table: a session's header and its lines, as stored, and the requests that read and change them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from stkr import aws, keys
from stkr.capture.counted import FileProblem, Kind
from stkr.cause.evidence import Cause, Evidence
from stkr.cause.label import Label
from stkr.errors import UnknownSession
from stkr.store.items import patient_update, put, query, update, values
from stkr.variance.result import Materiality, Timing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class Status(StrEnum):
    """Where a session stands."""

    OPEN = "open"
    CAPTURED = "captured"
    RECONCILED = "reconciled"
    CLOSED = "closed"


class State(StrEnum):
    """Where a line stands: a material variance is queued until somebody decides it."""

    IN_AGREEMENT = "in_agreement"
    MINOR = "minor"
    QUEUED = "queued"
    APPROVED = "approved"
    REJECTED = "rejected"


DECIDED = frozenset({State.APPROVED, State.REJECTED})


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def attributes(self) -> dict[str, Any]:
        """As plain values for DynamoDB, without what is absent."""
        return self.model_dump(exclude_none=True)


class Session(_Stored):
    """A count: who counts what, since when, against which snapshot and which version of the rules doc.

    ``capture_seq`` counts captures begun, ``captured_seq`` is the latest finished one, ``idle_seq`` the latest that
    found nothing new, ``fence_seq`` the one whose variances may be written, ``reconciled_seq`` the one the lines were
    last made from. ``captured_files`` is the fingerprint of the folder as it was then.
    ``label_run`` names the current round of labelling, over when ``labelled_chunks`` holds ``label_chunks`` numbers.
    """

    session_id: str
    location: str
    counter: str
    opened_at: str
    status: Status
    zone: str | None = None
    skus: tuple[str, ...] | None = None
    recount_of: str | None = None
    snapshot_version_id: str | None = None
    rules_version_id: str | None = None
    expected: int = 0
    capture_seq: int = 0
    idle_seq: int = 0
    captured_seq: int = 0
    captured_at: str | None = None
    captured_files: str | None = None
    rows: dict[str, int] | None = None
    fence_seq: int = 0
    reconciled_seq: int = 0
    reconciled_at: str | None = None
    outcome: dict[str, Decimal] | None = None
    label_run: str | None = None
    label_chunks: int = 0


class LastCount(_Stored):
    """When a location was last counted as a whole, when each of its zones was (by the zone's folded name), and when its
    counters were last reminded; stored instants.
    """

    counted_at: str | None = None
    reminded_at: str | None = None
    zones: Mapping[str, str] = {}


class Line(_Stored):
    """One reconciled line of a session. Quantities are eaches, ``gap_pct`` is in percent, ``gap_value`` is money.

    ``system_qty`` and ``snapshot_version`` are what a decision is conditional on: the snapshot's, or live ones after
    a hold; ``held_from_qty`` then keeps the snapshot's. The gap is against ``system_qty`` too, unless ``timing`` says
    what was expected at the moment of counting. ``revision`` is raised by every change; old links die with it.
    ``mails`` counts how often the variance was mailed in this revision; ``digests`` names the latest digest that it was
    taken into, by recipient.
    """

    session_id: str
    sku: str
    name: str
    location: str
    kind: Kind
    materiality: Materiality
    state: State
    system_qty: Decimal
    snapshot_version: int
    revision: int
    rule: str
    capture_seq: int
    counted_qty: Decimal | None = None
    gap_units: Decimal | None = None
    gap_pct: Decimal | None = None
    gap_value: Decimal | None = None
    unit_cost: Decimal | None = None
    pack_size: Decimal | None = None
    incomplete: bool = False
    evidence: Evidence | None = None
    cause: Cause | None = None
    rationale: str | None = None
    held_from_qty: Decimal | None = None
    timing: Timing | None = None
    queued_at: str | None = None
    due_at: str | None = None
    mailed_at: str | None = None
    mails: int = 0
    digests: Mapping[str, str] | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    link_issued_to: str | None = None
    confirmed_cause: Cause | None = None
    posted_units: Decimal | None = None

    @property
    def variance_id(self) -> str:
        """The name of this variance in this revision."""
        return keys.variance_id(self.session_id, self.sku, self.revision)

    @property
    def rolled_qty(self) -> Decimal | None:
        """What the system should have said when the line was counted, where the gap is against that."""
        return self.timing.expected_qty if self.timing else None

    @property
    def expected_qty(self) -> Decimal:
        """What the gap is against."""
        return self.system_qty if self.rolled_qty is None else self.rolled_qty

    @property
    def qty_after(self) -> Decimal | None:
        """What approving brings the system quantity to, in eaches; ``None`` for an uncounted line.

        What moved since a line was counted is no part of its gap, and stays.
        """
        if self.rolled_qty is None or self.gap_units is None:
            return self.counted_qty
        return self.system_qty + self.gap_units


def session_key(session_id: str) -> dict[str, str]:
    """Key of a session's header."""
    return {"PK": keys.session(session_id), "SK": keys.META}


def line_key(session_id: str, sku: str) -> dict[str, str]:
    """Key of a line."""
    return {"PK": keys.session(session_id), "SK": keys.line(sku)}


def line_item(line: Line) -> dict[str, Any]:
    """The item of a line. It is in the queue index while it is queued, and in the month index once it is decided."""
    item = line_key(line.session_id, line.sku) | line.attributes()
    if line.state is State.QUEUED and line.due_at:
        item["queue_pk"] = keys.queue(line.location)
        item["queue_sk"] = keys.queue_position(line.due_at, line.session_id, line.sku)
    if line.decided_at:
        item["month_pk"] = keys.month_of(line.decided_at)
        item["month_sk"] = keys.month_position(keys.DECISION, line.decided_at, line.variance_id)
    return item


def new_session(table: str, session: Session) -> dict[str, Any]:
    """Request that stores a fresh session; an id is used once."""
    item = session_key(session.session_id) | session.attributes()
    item["month_pk"] = keys.month_of(session.opened_at)
    item["month_sk"] = keys.month_position("SESSION", session.opened_at, session.session_id)
    item |= {"queue_pk": keys.OPEN_SESSIONS, "queue_sk": f"{session.opened_at}#{session.session_id}"}
    return put(table, item, condition="attribute_not_exists(PK)")


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
        given={":queued": State.QUEUED, ":seen": revision, **(given or {})},
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
    position = keys.queue_position(due_at, line.session_id, line.sku)
    sets = {"mailed_at": now, "mails": line.mails + 1, "due_at": due_at, "queue_sk": position}
    return _while_queued(table, line.session_id, line.sku, line.revision, sets=sets)


def label_line(table: str, session_id: str, sku: str, revision: int, label: Label) -> "TransactWriteItemTypeDef":
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


def last_count_key(location: str, zone: str | None = None) -> dict[str, str]:
    """Key of the note of when a location, or a zone of it, was last counted."""
    return {"PK": keys.last_count(location), "SK": keys.META if zone is None else keys.zone(zone)}


def note_count(table: str, location: str, zone: str | None, counted_at: str) -> "TransactWriteItemTypeDef":
    """Note a location, or only a zone of it, as counted, unless a later count is noted already."""
    request = update(
        table,
        last_count_key(location, zone),
        condition="attribute_not_exists(#counted_at) OR #counted_at < :counted_at",
        sets={"counted_at": counted_at},
    )
    return {"Update": request}  # type: ignore[typeddict-item]  # built request


def note_reminder(table: str, location: str, reminded_at: str) -> dict[str, Any]:
    """Request that notes a location's counters as reminded."""
    return update(table, last_count_key(location), condition=None, sets={"reminded_at": reminded_at})


def read_last_count(table: str, location: str) -> LastCount:
    """When a location and its zones were last counted, and its counters last reminded."""
    # What sorts before this are the notes of single sessions, of which there are ever more.
    given = {":location": keys.last_count(location), ":first": keys.META}
    notes = {item["SK"]: item for item in query(table, "PK = :location AND SK >= :first", given)}
    of_all = notes.pop(keys.META, {})
    zones = {name.removeprefix(keys.zone("")): note["counted_at"] for name, note in notes.items()}
    return LastCount.model_validate({**of_all, "zones": zones})


class Counted(_Stored):
    """A session that counted a location or a part of it, and when it was opened."""

    session_id: str
    opened_at: str


def note_session(table: str, session: Session) -> "TransactWriteItemTypeDef":
    """Note at a location that a session counted it; once more changes nothing."""
    key = {"PK": keys.last_count(session.location), "SK": keys.counted(session.opened_at, session.session_id)}
    counted = Counted(session_id=session.session_id, opened_at=session.opened_at)
    request = update(table, key, condition=None, sets=counted.attributes())
    return {"Update": request}  # type: ignore[typeddict-item]  # built request


def recent_counts(table: str, location: str, at_most: int) -> list[Counted]:
    """The latest sessions that counted a location, the latest first."""
    found = aws.dynamodb().query(
        TableName=table,
        KeyConditionExpression="PK = :location AND begins_with(SK, :counted)",
        ExpressionAttributeValues={":location": {"S": keys.last_count(location)}, ":counted": {"S": _COUNTED}},
        ScanIndexForward=False,
        Limit=at_most,
    )
    return [Counted.model_validate(values(item)) for item in found["Items"]]


_COUNTED = keys.counted("", "").rstrip("#") + "#"


def read_lines_of(table: str, sku: str, sessions: Sequence[str]) -> dict[str, Line]:
    """The lines of one item in several sessions (at most 100), by session; what is throttled away is left out."""
    if not sessions:
        return {}
    wanted = [{name: {"S": value} for name, value in line_key(session_id, sku).items()} for session_id in sessions]
    found = aws.dynamodb().batch_get_item(RequestItems={table: {"Keys": wanted}})
    lines = (Line.model_validate(values(item)) for item in found["Responses"].get(table, []))
    return {line.session_id: line for line in lines}


def change_session(request: Mapping[str, Any], session_id: str) -> Session | None:
    """Run an update of a session's header that its condition may refuse.

    :returns: the header as it is then, or ``None`` where it was refused.
    :raises UnknownSession: there is no such session.
    """
    try:
        answer = patient_update(
            {**request, "ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        if "Item" in error.response:
            return None
        raise UnknownSession(f"there is no count session {session_id}; open one first") from error
    return Session.model_validate(values(answer["Attributes"]))


def read_session(table: str, session_id: str) -> Session:
    """A session's header, read consistently.

    :raises UnknownSession: when there is none.
    """
    found = aws.dynamodb().get_item(
        TableName=table,
        Key={name: {"S": value} for name, value in session_key(session_id).items()},
        ConsistentRead=True,
    )
    if "Item" not in found:
        raise UnknownSession(f"there is no count session {session_id}; open one first")
    return Session.model_validate(values(found["Item"]))


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
    given = {":session": keys.session(session_id), ":line": keys.line("")}
    yield from map(Line.model_validate, query(table, "PK = :session AND begins_with(SK, :line)", given))


def close_session(table: str, session: Session) -> dict[str, Any]:
    """Request that closes a session, unless something was uploaded to it, or reconciled, since it was read."""
    seen = ("capture_seq", "captured_seq", "reconciled_seq")
    return update(
        table,
        session_key(session.session_id),
        condition=" AND ".join(f"#{name} = :{name}" for name in seen),
        sets={"status": Status.CLOSED},
        removes=("queue_pk", "queue_sk"),
        names={f"#{name}": name for name in seen},
        given={f":{name}": getattr(session, name) for name in seen},
    )


def read_refused(table: str, session_id: str) -> Iterator[FileProblem]:
    """The uploads that the session did not take, by file."""
    given = {":session": keys.session(session_id), ":refused": keys.refused_upload("")}
    for item in query(table, "PK = :session AND begins_with(SK, :refused)", given):
        yield FileProblem(item["file"], item["problem"])


def queued_lines(table: str, location: str, due_by: str) -> Iterator[Line]:
    """The queued variances of a location that are due for a mail by an instant, the longest due first."""
    # `~` sorts after every character of a key, so that what is due this very instant is included.
    given = {":queue": keys.queue(location), ":due": f"{due_by}~"}
    yield from map(Line.model_validate, query(table, "queue_pk = :queue AND queue_sk <= :due", given, index="by_queue"))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Variances of one session that wait to be decided: how many, and the sum of their gaps where those have a value.

    ``more`` says that there may be others beyond those that were looked at.
    """

    number: int
    value: Decimal | None
    more: bool


def waiting_beside(table: str, line: Line, at_most: int) -> Waiting:
    """What else waits of a line's session, among the first ``at_most`` variances that wait at its location.

    The index lags by moments: what was decided just before may still be counted.
    """
    found = aws.dynamodb().query(
        TableName=table,
        IndexName="by_queue",
        KeyConditionExpression="queue_pk = :queue",
        ExpressionAttributeValues={":queue": {"S": keys.queue(line.location)}},
        Limit=at_most,
    )
    queued = (Line.model_validate(values(item)) for item in found["Items"])
    others = [one for one in queued if one.session_id == line.session_id and one.sku != line.sku]
    worth = [one.gap_value for one in others if one.gap_value is not None]
    return Waiting(len(others), sum(worth, Decimal(0)) if worth else None, "LastEvaluatedKey" in found)


def decisions(table: str, month: str) -> Iterator[Line]:
    """The lines of every location that were decided in a UTC month (``2026-11``), in order of time."""
    given = {":month": keys.month_of(month), ":decision": keys.DECISION}
    found = query(table, "month_pk = :month AND begins_with(month_sk, :decision)", given, index="by_month")
    yield from map(Line.model_validate, found)


def open_sessions(table: str) -> Iterator[Session]:
    """The sessions that are not closed, the oldest first."""
    found = query(table, "queue_pk = :open", {":open": keys.OPEN_SESSIONS}, index="by_queue")
    yield from map(Session.model_validate, found)
