"""Session headers in the counts table: the requests that read and change them, each with its condition.

``session`` opens a header; ``capture`` and ``variance`` record their runs in it, each under the number of its capture.
The conditions compare these numbers, so that a run which a later one overtook changes nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from stkr.domain.errors import UnknownSession
from stkr.domain.names import Instant, SessionId
from stkr.domain.session import Session, SessionStatus
from stkr.infra import aws
from stkr.store import keyspace, month_index
from stkr.store.dynamodb import attributes, patient_update, put, query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def session_key(session_id: SessionId) -> dict[str, str]:
    """Key of a session's header."""
    return {"PK": keyspace.session(session_id), "SK": keyspace.META}


def new_session(table: str, session: Session) -> dict[str, Any]:
    """PutItem request that stores a fresh session."""
    # The random part of an id may come twice; the count that has it already must not be written over.
    id_is_unused = "attribute_not_exists(PK)"
    item = session_key(session.session_id) | session.attributes()
    item["month_pk"] = keyspace.month_of(session.opened_at)
    item["month_sk"] = keyspace.month_position(keyspace.OPENED, session.opened_at, session.session_id)
    item |= {"queue_pk": keyspace.OPEN_SESSIONS, "queue_sk": f"{session.opened_at}#{session.session_id}"}
    return put(table, item, condition=id_is_unused)


def claim_capture(table: str, session_id: SessionId) -> dict[str, Any]:
    """UpdateItem request that takes the next capture number of a session (``capture_seq``)."""
    # An update creates a missing item: an upload into a folder without a session would open a count.
    exists = "attribute_exists(PK)"
    # Nothing compares the lines of a closed session any more, so that a correction would seem to be taken and be lost.
    takes_uploads = "#status <> :closed"
    return update(
        table,
        session_key(session_id),
        condition=f"{exists} AND {takes_uploads}",
        adds={"capture_seq": 1},
        names={"#status": "status"},
        bound={":closed": SessionStatus.CLOSED},
    )


def note_idle_capture(table: str, session: Session) -> dict[str, Any]:
    """UpdateItem request that notes that the session's latest capture had nothing new to read.

    Without the note it would look as if that run had died, and the session would stay open.
    """
    # Of two idle runs the earlier may come last.
    no_later_one_was_idle = "attribute_not_exists(#idle_seq) OR #idle_seq < :idle_seq"
    return update(
        table,
        session_key(session.session_id),
        condition=no_later_one_was_idle,
        sets={"idle_seq": session.capture_seq},
    )


def record_capture(
    table: str, session_id: SessionId, seq: int, *, captured_at: Instant, captured_files: str, rows: Mapping[str, int]
) -> dict[str, Any]:
    """UpdateItem request that records a capture as finished.

    :param captured_files: fingerprint of the folder as this capture saw it.
    :param rows: how many rows it read, counted, parked ...
    """
    # A run that was overtaken leaves the header to the later one.
    no_later_one_finished = "attribute_not_exists(#captured_seq) OR #captured_seq < :captured_seq"
    return update(
        table,
        session_key(session_id),
        condition=no_later_one_finished,
        sets={
            "captured_seq": seq,
            "captured_at": captured_at,
            "captured_files": captured_files,
            "status": SessionStatus.CAPTURED,
            "rows": rows,
        },
    )


def move_fence(table: str, session_id: SessionId, seq: int) -> dict[str, Any]:
    """UpdateItem request that claims the session's lines for capture ``seq``.

    From then on no write of an earlier capture goes through, because each one carries its ``fence_guard``.
    """
    # See ``claim_capture``.
    exists = "attribute_exists(PK)"
    # A later capture has seen all that this one has. The same number once more is a repeat, which may go on.
    no_later_one_began = "(attribute_not_exists(#fence_seq) OR #fence_seq <= :fence_seq)"
    # A repeated event of what is reconciled would order its labels anew.
    is_not_reconciled = "(attribute_not_exists(reconciled_seq) OR reconciled_seq < :fence_seq)"
    return update(
        table,
        session_key(session_id),
        condition=f"{exists} AND {no_later_one_began} AND {is_not_reconciled}",
        sets={"fence_seq": seq},
    )


def fence_guard(table: str, session_id: SessionId, seq: int) -> "TransactWriteItemTypeDef":
    """Check that every transaction of the reconciliation of capture ``seq`` carries."""
    # Once a later capture has moved the fence, the lines of this one would take what that one has read back.
    fence_is_ours = "fence_seq = :seq"
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": attributes(session_key(session_id)),
            "ConditionExpression": fence_is_ours,
            "ExpressionAttributeValues": attributes({":seq": seq}),
        }
    }


def begin_label_round(table: str, session_id: SessionId, seq: int, *, run: str, chunks: int) -> dict[str, Any]:
    """UpdateItem request that starts the round of labelling named ``run`` for capture ``seq``, and ends any other."""
    # The round of a later capture must not be ended: its lines would never be announced.
    fence_is_ours = "#fence_seq = :seq"
    return update(
        table,
        session_key(session_id),
        condition=fence_is_ours,
        sets={"label_run": run, "label_chunks": chunks},
        removes=["labelled_chunks"],
        names={"#fence_seq": "fence_seq"},
        bound={":seq": seq},
    )


def complete_label_chunk(table: str, session_id: SessionId, *, run: str, number: int) -> dict[str, Any]:
    """UpdateItem request that notes one chunk of a round as labelled, and answers with the header.

    The numbers are a set, so that a repeated message counts once.
    """
    # The chunks of a round that was ended say nothing of how far the present one is.
    is_current_round = "#label_run = :run"
    request = update(
        table,
        session_key(session_id),
        condition=is_current_round,
        adds={"labelled_chunks": {number}},
        names={"#label_run": "label_run"},
        bound={":run": run},
    )
    return {**request, "ReturnValues": "ALL_NEW"}


def finish_reconciliation(
    table: str, session_id: SessionId, seq: int, *, reconciled_at: Instant, outcome: Mapping[str, Decimal]
) -> dict[str, Any]:
    """UpdateItem request that notes the session as reconciled up to capture ``seq``.

    :param outcome: the figures of its lines that the month's summary is made from.
    """
    # The figures of a capture that was overtaken are not those of the lines that are stored.
    fence_is_ours = "#fence_seq = :seq"
    # A sweep may have closed the session meanwhile; this write would open it again.
    is_not_closed = "#status <> :closed"
    return update(
        table,
        session_key(session_id),
        condition=f"{fence_is_ours} AND {is_not_closed}",
        sets={
            "reconciled_seq": seq,
            "reconciled_at": reconciled_at,
            "status": SessionStatus.RECONCILED,
            "outcome": outcome,
        },
        names={"#fence_seq": "fence_seq"},
        bound={":seq": seq, ":closed": SessionStatus.CLOSED},
    )


def close_session(table: str, session: Session) -> dict[str, Any]:
    """UpdateItem request that closes a session as it was read, and takes it out of the index of open ones."""
    compared = ("capture_seq", "captured_seq", "reconciled_seq")
    # What was uploaded or reconciled since it was read is a reason to keep it open.
    nothing_happened_since = " AND ".join(f"#{name} = :{name}" for name in compared)
    return update(
        table,
        session_key(session.session_id),
        condition=nothing_happened_since,
        sets={"status": SessionStatus.CLOSED},
        removes=("queue_pk", "queue_sk"),
        names={f"#{name}": name for name in compared},
        bound={f":{name}": getattr(session, name) for name in compared},
    )


def change_session(request: Mapping[str, Any], session_id: SessionId) -> Session | None:
    """Run an update of a session's header that its condition may refuse.

    :returns: the header after the update, or ``None`` where it was refused.
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


def read_session(table: str, session_id: SessionId) -> Session:
    """A session's header, read consistently.

    :raises UnknownSession: when there is none.
    """
    answer = aws.dynamodb().get_item(TableName=table, Key=attributes(session_key(session_id)), ConsistentRead=True)
    if "Item" not in answer:
        raise UnknownSession(f"there is no count session {session_id}; open one first")
    return Session.model_validate(values(answer["Item"]))


def open_sessions(table: str) -> Iterator[Session]:
    """The sessions that are not closed, the oldest first."""
    items = query(table, "queue_pk = :open", {":open": keyspace.OPEN_SESSIONS}, index="by_queue")
    yield from map(Session.model_validate, items)


def sessions_between(table: str, start: datetime, end: datetime) -> Iterator[Session]:
    """The sessions that were opened from ``start`` until before ``end`` (aware), by UTC month, the latest first."""
    yield from map(Session.model_validate, month_index.entries(table, keyspace.OPENED, start, end))
