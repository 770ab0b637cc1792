"""Reads everything that stories and the check need, and writes nothing. It scans, which only an operator may."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from stkr.capture.result import Captured, CaptureOutcome
from stkr.domain.inventory import InventoryRow
from stkr.domain.line import DECIDED, Line, LineState
from stkr.domain.names import NO_SESSION, Instant, SessionId
from stkr.domain.session import Session
from stkr.domain.trail import TrailRow
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.documents import read_document
from stkr.store.dynamodb import attributes
from stkr.store.inventory import inventory_row, read_row
from stkr.store.lines import read_line, read_lines
from stkr.store.refused_uploads import read_refused
from stkr.store.sessions import read_session
from stkr.store.sync_state import read_state
from stkr.store.trail import read_trail, trail_row
from stkr.store.uploads import list_uploads
from stkr_cli.audit.story import CaptureRun, RefusedFile, StoryEvent, UploadedVersion, of_session, of_trail
from stkr_cli.audit.verify import Difference, StoredState, Tally, differences, tally
from stkr_cli.scan import scan

_TRIES = 3
"""A SKU that is being decided at this very moment differs once; what differs three times does."""

_AT_ONCE = 8
"""Reads in flight; below the ten connections the SDK keeps open."""

WatchItems = Callable[[int], None]
"""Called with the number of items that were read since the last call."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the three tables."""

    inventory: str
    counts: str
    adjustments: str


@dataclass(slots=True)
class _ScannedItems:
    """What scans returned of one SKU. If an item is ``unreadable``, the SKU is read again by itself."""

    trail: list[TrailRow] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    rows: list[InventoryRow] = field(default_factory=list)
    unreadable: bool = False
    sessions: set[SessionId] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def verify_all(tables: Tables, watch: WatchItems) -> tuple[Tally, list[Difference]]:
    """Check everything stored: each table is scanned once, then every SKU that seems to differ is read by itself."""
    by_sku = _scanned(tables, watch)
    total, suspects = Tally(), []
    for sku, items in sorted(by_sku.items()):
        trail = tuple(sorted(items.trail, key=lambda row: row.position))
        stored = StoredState(sku, trail, tuple(items.lines), tuple(items.rows))
        total += tally(stored)
        if items.unreadable or differences(stored):
            suspects.append((sku, items))
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        checked = readers.map(
            lambda suspect: _checked(tables, suspect[0], suspect[1].sessions, suspect[1].places)[1], suspects
        )
        return total, [difference for remaining in checked for difference in remaining]


def verify_sku(tables: Tables, sku: str) -> tuple[Tally, list[Difference]]:
    """Check one SKU: its trail, the lines that the trail names, and its rows at all known locations.

    A line whose rows are gone from the trail is found by ``verify_all`` only.
    """
    return _checked(tables, sku, (), read_state(tables.inventory).locations)


def _checked(
    tables: Tables, sku: str, sessions: Iterable[SessionId], places: Iterable[str]
) -> tuple[Tally, list[Difference]]:
    """One SKU, read consistently, again and again while it differs: an approval may be writing it right now."""
    stored, remaining = StoredState(sku), list[Difference]()
    for _ in range(_TRIES):
        try:
            stored = _read(tables, sku, set(sessions), set(places))
        except ValidationError as error:
            where = (
                f"{error.title}: {', '.join(str(problem['loc'][0]) for problem in error.errors() if problem['loc'])}"
            )
            return Tally(), [Difference(sku, where, "an item cannot be read", "restore it (runbook: Restore)")]
        remaining = differences(stored)
        if not remaining:
            break
    return tally(stored), remaining


def _read(tables: Tables, sku: str, sessions: set[SessionId], places: set[str]) -> StoredState:
    trail = tuple(read_trail(tables.adjustments, sku))
    sessions = sessions | {row.session_id for row in trail}
    places = places | {row.location for row in trail}
    lines = [read_line(tables.counts, session_id, sku) for session_id in sorted(sessions)]
    rows = [read_row(tables.inventory, place, sku) for place in sorted(places)]
    with_trail = tuple(line for line in lines if line and line.state in {LineState.QUEUED, *DECIDED})
    return StoredState(sku, trail, with_trail, tuple(row for row in rows if row))


def _scanned(tables: Tables, watch: WatchItems) -> dict[str, _ScannedItems]:
    by_sku: dict[str, _ScannedItems] = {}

    def items_of(sku: str) -> _ScannedItems:
        return by_sku.setdefault(sku, _ScannedItems())

    for item in scan(tables.adjustments, watch):
        with _reading(items_of(item["PK"].removeprefix(keyspace.sku("")))) as items:
            items.trail.append(trail_row(item))
    for item in scan(tables.counts, watch, **_LINES_WITH_TRAIL):
        with _reading(items_of(item["SK"].removeprefix(keyspace.line("")))) as items:
            items.sessions.add(SessionId(item["PK"].removeprefix(keyspace.session(NO_SESSION))))
            items.lines.append(Line.model_validate(item))
    for item in scan(tables.inventory, watch, **_STOCK):
        with _reading(items_of(item["SK"].removeprefix(keyspace.sku("")))) as items:
            items.places.add(item["PK"].removeprefix(keyspace.location("")))
            items.rows.append(inventory_row(item))
    return by_sku


_LINES_WITH_TRAIL: Final = {
    "FilterExpression": "begins_with(SK, :line) AND #state IN (:queued, :approved, :rejected)",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": attributes(
        {":line": keyspace.line("")} | {f":{state}": state for state in (LineState.QUEUED, *DECIDED)}
    ),
}
"""Leaves only the lines that have a trail, of everything in the counts table."""

_STOCK: Final = {
    "FilterExpression": "begins_with(PK, :location)",
    "ExpressionAttributeValues": attributes({":location": keyspace.location("")}),
}
"""Leaves only the rows of stock, of everything in the inventory table."""


@contextmanager
def _reading(items: _ScannedItems) -> Iterator[_ScannedItems]:
    try:
        yield items
    except ValidationError:
        items.unreadable = True


def story_of_sku(tables: Tables, sku: str) -> list[StoryEvent]:
    """Everything in the trail of a SKU, at every location; nothing if it has no trail."""
    rows = list(read_trail(tables.adjustments, sku))
    return of_trail(rows, _waiting(tables, sku, {row.location for row in rows}))


def story_of_session(tables: Tables, bucket: str, session_id: SessionId) -> list[StoryEvent]:
    """Everything that is stored of a session.

    :raises UnknownSession: there is none.
    """
    session = read_session(tables.counts, session_id)
    documents = list(_captured(bucket, session_id))
    skus = sorted(_with_a_trail(tables, session, [captured.outcome for _, captured in documents]))
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        stories = readers.map(lambda sku: story_of_sku(tables, sku), skus)
        trail_events = [event for events in stories for event in events if event.session_id == session_id]
    return of_session(
        session,
        _uploaded(bucket, session_id),
        [CaptureRun(Instant(at), captured.seq, captured.outcome.totals) for at, captured in documents],
        _refused(tables.counts, session_id),
        trail_events,
    )


def _waiting(tables: Tables, sku: str, places: Iterable[str]) -> set[str]:
    rows = (read_row(tables.inventory, place, sku) for place in sorted(places))
    return {adjustment.id for row in rows if row for adjustment in row.unbooked}


def _uploaded(bucket: str, session_id: SessionId) -> Iterator[UploadedVersion]:
    """Every version of every file in the session's folder, including those that a later upload has replaced."""
    folder = keyspace.upload_prefix(session_id)
    for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=folder):
        for version in page.get("Versions", []):
            name = version["Key"].removeprefix(folder)
            if name and not name.endswith("/"):
                yield UploadedVersion(Instant(version["LastModified"].isoformat()), name, version["Size"])


def _captured(bucket: str, session_id: SessionId) -> Iterator[tuple[str, Captured]]:
    """Each capture of a session with the time it was stored, the first one first."""
    for upload in list_uploads(bucket, f"{keyspace.CAPTURES}{session_id}/"):
        if keyspace.capture_of(upload.key):
            captured = read_document(bucket, upload.key, Captured)
            if captured:
                yield upload.uploaded_at, captured


def _with_a_trail(tables: Tables, session: Session, outcomes: Sequence[CaptureOutcome]) -> set[str]:
    """The SKUs that may have rows of this session in their trail."""
    lines = list(read_lines(tables.counts, session.session_id))
    if len(outcomes) < 2:  # noqa: PLR2004 - nothing was corrected
        return {line.sku for line in lines if line.state in {LineState.QUEUED, *DECIDED}}
    # A correction may have brought a line into agreement, or have taken it out of the count, after it was queued.
    named = (sku for outcome in outcomes for sku in (*(line.sku for line in outcome.lines), *outcome.parked_skus))
    return {line.sku for line in lines} | set(named)


def _refused(table: str, session_id: SessionId) -> list[RefusedFile]:
    return [RefusedFile(note.refused_at, note.file, note.problem) for note in read_refused(table, session_id)]
