"""Uploads that no session took, noted beside the session's header in the counts table; the file itself stays."""

from collections.abc import Iterator
from typing import Any

from stkr.domain.names import SessionId
from stkr.domain.session import RefusedUpload
from stkr.store import keyspace
from stkr.store.dynamodb import query, update


def refuse_upload(table: str, session_id: SessionId, refused: RefusedUpload) -> dict[str, Any]:
    """UpdateItem request that notes an upload as refused."""
    key = {"PK": keyspace.session(session_id), "SK": keyspace.refused_upload(refused.file)}
    # No condition: a file of the same name that is refused again has the later note.
    return update(table, key, condition=None, sets=refused.attributes())


def read_refused(table: str, session_id: SessionId) -> Iterator[RefusedUpload]:
    """The uploads that a session did not take, by file; there need not be such a session."""
    bound = {":session": keyspace.session(session_id), ":refused": keyspace.refused_upload("")}
    yield from map(RefusedUpload.model_validate, query(table, "PK = :session AND begins_with(SK, :refused)", bound))
