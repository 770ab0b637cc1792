"""Session headers in the counts table: the requests that read and change them."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from stkr.domain.counted import FileProblem
from stkr.domain.errors import UnknownSession
from stkr.domain.session import Session, SessionStatus
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import patient_update, put, query, update, values


def session_key(session_id: str) -> dict[str, str]:
    """Key of a session's header."""
    return {"PK": keyspace.session(session_id), "SK": keyspace.META}


def new_session(table: str, session: Session) -> dict[str, Any]:
    """Request that stores a fresh session; an id is used once."""
    item = session_key(session.session_id) | session.attributes()
    item["month_pk"] = keyspace.month_of(session.opened_at)
    item["month_sk"] = keyspace.month_position("SESSION", session.opened_at, session.session_id)
    item |= {"queue_pk": keyspace.OPEN_SESSIONS, "queue_sk": f"{session.opened_at}#{session.session_id}"}
    return put(table, item, condition="attribute_not_exists(PK)")


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


def close_session(table: str, session: Session) -> dict[str, Any]:
    """Request that closes a session, unless something was uploaded to it, or reconciled, since it was read."""
    seen = ("capture_seq", "captured_seq", "reconciled_seq")
    return update(
        table,
        session_key(session.session_id),
        condition=" AND ".join(f"#{name} = :{name}" for name in seen),
        sets={"status": SessionStatus.CLOSED},
        removes=("queue_pk", "queue_sk"),
        names={f"#{name}": name for name in seen},
        given={f":{name}": getattr(session, name) for name in seen},
    )


def read_refused(table: str, session_id: str) -> Iterator[FileProblem]:
    """The uploads that the session did not take, by file."""
    given = {":session": keyspace.session(session_id), ":refused": keyspace.refused_upload("")}
    for item in query(table, "PK = :session AND begins_with(SK, :refused)", given):
        yield FileProblem(item["file"], item["problem"])


def open_sessions(table: str) -> Iterator[Session]:
    """The sessions that are not closed, the oldest first."""
    found = query(table, "queue_pk = :open", {":open": keyspace.OPEN_SESSIONS}, index="by_queue")
    yield from map(Session.model_validate, found)
