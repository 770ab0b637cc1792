"""Capture's reading and writing around its pure core."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from decimal import Decimal

from botocore.exceptions import ClientError

from stkr.capture.core import capture
from stkr.capture.result import Captured, CaptureOutcome, UploadedFile
from stkr.domain.alias import ConfirmedAlias
from stkr.domain.counted import FileProblem
from stkr.domain.errors import SessionClosed, UnknownSession
from stkr.domain.line import DECIDED
from stkr.domain.names import Instant, SessionId
from stkr.domain.session import RefusedUpload, Session
from stkr.domain.stock import Snapshot
from stkr.infra import aws
from stkr.infra.settings import CaptureSettings
from stkr.infra.telemetry import Metric, count, logger
from stkr.store import documents, keyspace, uploads
from stkr.store.aliases import remember
from stkr.store.dynamodb import conditional_update
from stkr.store.lines import read_lines
from stkr.store.refused_uploads import refuse_upload
from stkr.store.sessions import change_session, claim_capture, note_idle_capture, record_capture
from stkr.store.uploads import Upload
from stkr.tabular.sheet import MAX_FILE_BYTES

MAX_FOLDER_BYTES = 80_000_000
"""What a session's files may have together: all are read in one run of a function of 1,024 MB."""


def capture_session(
    settings: CaptureSettings, session_id: SessionId, now: Instant, *, again: bool = False
) -> Captured | None:
    """Read everything in a session's folder and hand on clean lines; every run starts from scratch.

    The run's number is taken *before* the folder is listed, so that of two runs the one with the higher number has
    seen at least what was there when the other began: the highest number wins, in whatever order they finish.

    :param now: stored instant.
    :param again: read the folder even if it is unchanged, because decisions were taken since.
    :returns: what was handed on; ``None`` where the folder is as it was when it was last reconciled (a repeated event).
    :raises UnknownSession: no such session.
    :raises SessionClosed: the session takes no more uploads.
    """
    session = _claim(settings.counts_table, session_id)
    folder = list(uploads.list_uploads(settings.bucket, keyspace.upload_prefix(session_id)))
    fingerprint = uploads.fingerprint(folder)
    unchanged = session.captured_files == fingerprint and session.captured_seq == session.reconciled_seq
    if unchanged and not again:
        logger.info("nothing new in the folder")
        conditional_update(note_idle_capture(settings.counts_table, session))
        return None
    files, too_large = _read_uploads(settings.bucket, folder)
    snapshot = documents.read_document(
        settings.bucket, keyspace.snapshot_object(session_id), Snapshot, session.snapshot_version_id
    )
    if snapshot is None:
        raise UnknownSession(f"the snapshot of count session {session_id} is gone; open a fresh count")
    read = capture(files, snapshot, _decided(settings.counts_table, session))
    kept_out = _remember(settings.counts_table, session_id, read, now)
    outcome = replace(read.outcome, problems=(*read.problems, *too_large, *kept_out))
    captured = Captured(session_id, session.capture_seq, outcome)
    documents.write_rows(settings.bucket, keyspace.parked_object(session_id, session.capture_seq), read.parked)
    # The header before the document: writing the document is the event that starts the reconciliation.
    # A crash in between leaves the message in the queue, and the next run does everything again.
    conditional_update(
        record_capture(
            settings.counts_table,
            session_id,
            captured.seq,
            captured_at=now,
            captured_files=fingerprint,
            rows=asdict(outcome.totals),
        )
    )
    documents.write_document(settings.bucket, keyspace.capture_object(session_id, session.capture_seq), captured)
    count(Metric.ROWS_CAPTURED, outcome.totals.read)
    count(Metric.ROWS_PARKED, outcome.totals.parked)
    logger.info("captured", seq=captured.seq, files=len(files), **asdict(outcome.totals))
    return captured


def note_refused(settings: CaptureSettings, session_id: SessionId, refused: RefusedUpload) -> None:
    """Keep a note of an upload that no session takes, where staff and operators see it; the file itself stays."""
    aws.dynamodb().update_item(**refuse_upload(settings.counts_table, session_id, refused))


def _claim(table: str, session_id: SessionId) -> Session:
    session = change_session(claim_capture(table, session_id), session_id)
    if session is None:
        raise SessionClosed(f"count session {session_id} is closed; open a fresh count for corrections")
    return session


def _read_uploads(bucket: str, uploads: Iterable[Upload]) -> tuple[list[UploadedFile], list[FileProblem]]:
    """The files that fit into the function together, the earliest uploads first."""
    files, too_large = [], []
    room = MAX_FOLDER_BYTES
    for upload in sorted(uploads, key=lambda upload: (upload.uploaded_at, upload.name)):
        if upload.size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1_000_000
            too_large.append(FileProblem(upload.name, f"the file is larger than {limit} MB; split it and upload again"))
        elif upload.size > room:
            limit = MAX_FOLDER_BYTES // 1_000_000
            problem = f"all files of a count together may have {limit} MB, and this one is beyond: open a second count"
            too_large.append(FileProblem(upload.name, problem))
        else:
            room -= upload.size
            files.append(UploadedFile(upload.name, _content(bucket, upload), upload.uploaded_at))
    return files, too_large


def _content(bucket: str, upload: Upload) -> bytes:
    try:
        return uploads.read_upload(bucket, upload.key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidObjectState":
            raise
        # Without it the count would come out as if its lines had never been counted.
        raise SessionClosed(
            f"{upload.name} of this count is in the archive by now, so it cannot be read together with a correction; "
            "open a fresh count"
        ) from error


def _remember(table: str, session_id: SessionId, outcome: CaptureOutcome, now: Instant) -> Iterator[FileProblem]:
    """Keep the codes that a person confirmed, for the counts to come; a repeat of the run changes nothing."""
    for alias in outcome.aliases:
        confirmed = ConfirmedAlias(
            code=alias.code,
            sku=alias.sku,
            pack=alias.pack,
            session_id=session_id,
            file=alias.by.file,
            row=alias.by.row,
            confirmed_at=now,
        )
        before = remember(table, confirmed)
        if before:
            yield FileProblem(
                alias.by.file,
                f"the code {alias.code} stays remembered as {before.alias.meaning}, which count {before.session_id} "
                f"confirmed, and not as {alias.meaning}: ask whoever runs the system to forget it first",
                alias.by.row,
            )


def _decided(table: str, session: Session) -> dict[str, Decimal]:
    if not session.fence_seq:
        return {}  # Nothing can be decided before a first reconciliation has begun.
    decided = (line for line in read_lines(table, session.session_id) if line.state in DECIDED)
    # An uncounted line was decided upon as a true zero.
    return {line.sku: line.counted_qty or Decimal(0) for line in decided}
