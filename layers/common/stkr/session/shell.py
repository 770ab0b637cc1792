"""A session's reading and writing: opening it on a snapshot, and showing how it stands."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from time import sleep
from typing import Any

from stkr import aws, keys
from stkr.capture.counted import FileProblem
from stkr.capture.result import Captured, ParkedRow
from stkr.errors import UnknownSession
from stkr.rules.store import VersionedRules
from stkr.session.core import Opening, Standing, checked, new_session_id, snapshot_for, with_aliases
from stkr.settings import Session as Settings
from stkr.stock import Snapshot, StockRow
from stkr.store import objects
from stkr.store.aliases import read_aliases
from stkr.store.counts import Session, Status, new_session, read_refused, read_session
from stkr.store.inventory import read_location
from stkr.tabular.sheet import MAX_FILE_BYTES

UPLOAD_MINUTES = 60
"""How long an upload form works: longer than a page stays open, shorter than anybody would share it."""

READ_SECONDS = 10
"""How long a page waits for a file to be read: mostly two to five seconds pass, and the function has thirty."""


def open_session(settings: Settings, opening: Opening, rules: VersionedRules, now: datetime, nonce: str) -> Session:
    """Open a count on a snapshot of the stock as it is now.

    The snapshot is stored before the session: a crash in between leaves an object nobody refers to, never a session
    without a snapshot.

    :param nonce: random characters that make the id unguessable.
    :raises ScopeError: see ``session.core``.
    """
    opening = checked(opening, rules.rules)
    aliases = (confirmed.alias for confirmed in read_aliases(settings.counts_table))
    stock = with_aliases(_stock(settings.inventory_table, rules), aliases)
    snapshot = replace(snapshot_for(opening, stock), taken_at=keys.instant(now), zone=rules.rules.time_zone)
    session_id = new_session_id(opening, now.astimezone(rules.rules.zone).date().isoformat(), nonce)
    version = objects.write_document(settings.bucket, keys.snapshot_object(session_id), snapshot)
    session = Session(
        session_id=session_id,
        location=opening.location,
        counter=opening.counter,
        opened_at=keys.instant(now),
        status=Status.OPEN,
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


def session_standing(settings: Settings, session_id: str, shown: int) -> Standing:
    """How a session stands: its header, what was understood of the latest upload with the first ``shown`` parked rows,
    and the files that were refused.

    :raises UnknownSession: no such session.
    """
    session = read_session(settings.counts_table, session_id)
    refused = tuple(read_refused(settings.counts_table, session_id))
    captured = None
    if session.captured_seq:
        key = keys.capture_object(session_id, session.captured_seq)
        captured = objects.read_document(settings.bucket, key, Captured)
    return Standing(
        session,
        captured.outcome if captured else None,
        tuple(islice(parked_rows(settings, session), shown)),
        refused,
        _unread_since(settings, session, refused),
    )


def wait_until_read(settings: Settings, session_id: str) -> None:
    """Give capture the seconds that it takes for a file that has just come, at most ``READ_SECONDS``.

    The page that follows then says what was understood. A page that reloads itself would do so under the eyes, or the
    screen reader, of whoever reads it.

    :raises UnknownSession: no such session.
    """
    for _ in range(READ_SECONDS):
        session = read_session(settings.counts_table, session_id)
        if not _unread_since(settings, session, tuple(read_refused(settings.counts_table, session_id))):
            return
        sleep(1)


def _unread_since(settings: Settings, session: Session, refused: Iterable[FileProblem]) -> str | None:
    """When the latest file came that no capture has seen; ``None`` where all were read or refused."""
    if session.status is Status.CLOSED:
        return None
    files = list(objects.uploads(settings.bucket, keys.upload_prefix(session.session_id)))
    if not files or objects.fingerprint(files) == session.captured_files:
        return None
    latest = max(files, key=lambda file: file.uploaded_at)
    return None if latest.name in {problem.file for problem in refused} else latest.uploaded_at


def parked_rows(settings: Settings, session: Session) -> Iterator[ParkedRow]:
    """The rows that the latest capture parked, by file and row."""
    key = keys.parked_object(session.session_id, session.captured_seq)
    yield from objects.read_rows(settings.bucket, key, ParkedRow)


def session_snapshot(settings: Settings, session: Session) -> Snapshot:
    """The snapshot a session was opened on.

    :raises UnknownSession: the snapshot is gone.
    """
    key = keys.snapshot_object(session.session_id)
    snapshot = objects.read_document(settings.bucket, key, Snapshot, session.snapshot_version_id)
    if snapshot is None:
        raise UnknownSession(f"the snapshot of count session {session.session_id} is gone; open a fresh count")
    return snapshot


def upload_form(settings: Settings, session_id: str, area: str, *, after: str) -> dict[str, Any]:
    """A presigned POST (``url`` and ``fields``) that takes one file of bounded size into the session's folder.

    :param area: the area that was counted, as ``session.core.area_name`` has it; empty for the session as a whole.
    :param after: address the browser is led to once the file has arrived.
    """
    folder = keys.upload_prefix(session_id, area)
    return aws.s3().generate_presigned_post(
        Bucket=settings.bucket,
        Key=folder + "${filename}",
        Fields={"success_action_redirect": after},
        Conditions=[
            {"success_action_redirect": after},
            ["starts-with", "$key", folder],
            ["content-length-range", 1, MAX_FILE_BYTES],
        ],
        ExpiresIn=UPLOAD_MINUTES * 60,
    )
