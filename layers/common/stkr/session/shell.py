"""A session's reading and writing: opening it on a snapshot, and showing how it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from time import sleep
from typing import Any

from stkr.capture.result import Captured, ParkedRow
from stkr.domain import instants
from stkr.domain.counted import FileProblem
from stkr.domain.errors import UnknownSession
from stkr.domain.names import SessionId
from stkr.domain.session import Session, SessionStatus
from stkr.domain.stock import Snapshot, StockRow
from stkr.infra import aws
from stkr.infra.settings import SessionSettings
from stkr.session.core import Opening, SessionProgress, checked, new_session_id, snapshot_for, with_aliases
from stkr.store import documents, keyspace, uploads
from stkr.store.aliases import read_aliases
from stkr.store.inventory import read_location
from stkr.store.refused_uploads import read_refused
from stkr.store.rules_doc import VersionedRules
from stkr.store.sessions import new_session, read_session
from stkr.tabular.sheet import MAX_FILE_BYTES

UPLOAD_LASTS = timedelta(minutes=60)
"""How long an upload form works: longer than a page stays open, shorter than anybody would share it."""

READ_SECONDS = 10
"""How long a page waits for a file to be read: mostly two to five seconds pass, and the function has thirty."""


def open_session(
    settings: SessionSettings, opening: Opening, rules: VersionedRules, now: datetime, nonce: str
) -> Session:
    """Open a count on a snapshot of the stock as it is now.

    The snapshot is stored before the session: a crash in between leaves an unused object, never a session without a
    snapshot.

    :param nonce: random characters that make the id unguessable.
    :raises ScopeError: see ``session.core``.
    """
    opening = checked(opening, rules.rules)
    aliases = (confirmed.alias for confirmed in read_aliases(settings.counts_table))
    stock = with_aliases(_stock(settings.inventory_table, rules), aliases)
    snapshot = replace(snapshot_for(opening, stock), taken_at=instants.instant(now), zone=rules.rules.time_zone)
    session_id = new_session_id(opening, now.astimezone(rules.rules.zone).date().isoformat(), nonce)
    version = documents.write_document(settings.bucket, keyspace.snapshot_object(session_id), snapshot)
    session = Session(
        session_id=session_id,
        location=opening.location,
        counter=opening.counter,
        opened_at=instants.instant(now),
        status=SessionStatus.OPEN,
        zone=opening.zone,
        skus=opening.skus,
        recount_of=opening.recount_of,
        snapshot_version_id=version,
        rules_version_id=rules.version_id,
        expected=len(snapshot.rows),
    )
    aws.dynamodb().put_item(**new_session(settings.counts_table, session))
    return session


def _stock(table: str, rules: VersionedRules) -> Iterator[StockRow]:
    for location in rules.rules.locations:
        yield from (row.stock() for row in read_location(table, location) if row.active)


def session_standing(settings: SessionSettings, session_id: SessionId, shown: int) -> SessionProgress:
    """How a session stands: its header, what was understood of the latest upload with the first ``shown`` parked rows,
    and the files that were refused.

    :raises UnknownSession: no such session.
    """
    session = read_session(settings.counts_table, session_id)
    refused = _refused(settings, session_id)
    captured = None
    if session.captured_seq:
        key = keyspace.capture_object(session_id, session.captured_seq)
        captured = documents.read_document(settings.bucket, key, Captured)
    return SessionProgress(
        session,
        captured.outcome if captured else None,
        tuple(islice(parked_rows(settings, session), shown)),
        refused,
        _unread_since(settings, session, refused),
    )


def _refused(settings: SessionSettings, session_id: SessionId) -> tuple[FileProblem, ...]:
    return tuple(FileProblem(note.file, note.problem) for note in read_refused(settings.counts_table, session_id))


def wait_until_read(settings: SessionSettings, session_id: SessionId) -> None:
    """Wait until capture has read a file that has just come, at most ``READ_SECONDS``.

    The page that follows then says what was understood. A page that reloads itself would disturb its reader, above all
    one with a screen reader.

    :raises UnknownSession: no such session.
    """
    for _ in range(READ_SECONDS):
        session = read_session(settings.counts_table, session_id)
        if not _unread_since(settings, session, _refused(settings, session_id)):
            return
        sleep(1)


def _unread_since(settings: SessionSettings, session: Session, refused: Iterable[FileProblem]) -> str | None:
    """When the latest file came that no capture has seen; ``None`` where all were read or refused."""
    if session.status is SessionStatus.CLOSED:
        return None
    files = list(uploads.list_uploads(settings.bucket, keyspace.upload_prefix(session.session_id)))
    if not files or uploads.fingerprint(files) == session.captured_files:
        return None
    latest = max(files, key=lambda file: file.uploaded_at)
    return None if latest.name in {problem.file for problem in refused} else latest.uploaded_at


def parked_rows(settings: SessionSettings, session: Session) -> Iterator[ParkedRow]:
    """The rows that the latest capture parked, by file and row."""
    key = keyspace.parked_object(session.session_id, session.captured_seq)
    yield from documents.read_rows(settings.bucket, key, ParkedRow)


def session_snapshot(settings: SessionSettings, session: Session) -> Snapshot:
    """The snapshot a session was opened on.

    :raises UnknownSession: the snapshot is gone.
    """
    key = keyspace.snapshot_object(session.session_id)
    snapshot = documents.read_document(settings.bucket, key, Snapshot, session.snapshot_version_id)
    if snapshot is None:
        raise UnknownSession(f"the snapshot of count session {session.session_id} is gone; open a fresh count")
    return snapshot


def upload_form(settings: SessionSettings, session_id: SessionId, area: str, *, after: str) -> dict[str, Any]:
    """A presigned POST (``url`` and ``fields``) that takes one file of bounded size into the session's folder.

    :param area: the area that was counted, as ``session.core.area_name`` has it; empty for the session as a whole.
    :param after: address the browser is led to once the file has arrived.
    """
    return uploads.presigned_form(
        settings.bucket,
        keyspace.upload_prefix(session_id, area),
        leads_to=after,
        most_bytes=MAX_FILE_BYTES,
        lasts=UPLOAD_LASTS,
    )
