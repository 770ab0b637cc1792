"""What happened, in order: to a SKU by its trail, in a session by everything stored of it. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stkr.capture.result import Totals
from stkr.domain.exact import ZERO
from stkr.domain.instants import LAST_MOMENT
from stkr.domain.names import NO_SESSION, Instant, SessionId
from stkr.domain.session import Session, SessionStatus
from stkr.domain.trail import TrailAction, TrailRow


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One thing that happened: when (stored instant; ``None`` where that is not kept), what, and by whom.

    ``before`` and ``after`` are the quantity in eaches, ``gap`` counted minus expected, ``value`` the gap in money.
    ``cause`` was suggested, ``confirmed_cause`` is what the manager made of it, ``link_issued_to`` whose link was used.
    """

    at: Instant | None
    what: str
    who: str = ""
    sku: str = ""
    session_id: SessionId = NO_SESSION
    before: Decimal | None = None
    after: Decimal | None = None
    gap: Decimal | None = None
    value: Decimal | None = None
    cause: str | None = None
    confirmed_cause: str | None = None
    link_issued_to: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class UploadedVersion:
    """A file that was put into a session's folder: when, its path there, and its size in bytes."""

    at: Instant
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class CaptureRun:
    """One capture of a session: when it was stored, and the rows it understood."""

    at: Instant
    seq: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """An upload that the session did not take, when, and why."""

    at: Instant
    file: str
    problem: str


def of_trail(rows: Iterable[TrailRow], waiting: Collection[str]) -> list[StoryEvent]:
    """The rows of a trail as events.

    :param waiting: the ids of the adjustments that the system of record does not show yet.
    """
    return [_of_row(row, row.variance_id in waiting) for row in rows]


def _of_row(row: TrailRow, waits: bool) -> StoryEvent:
    notes = [row.reason or ""]
    if row.action == TrailAction.POSTED and row.units != ZERO:
        notes.append("waits to be booked" if waits else "no longer waits to be booked")
    return StoryEvent(
        at=row.at,
        what=row.action,
        who=row.user,
        sku=row.sku,
        session_id=row.session_id,
        before=row.qty_before,
        after=row.qty_after,
        gap=row.gap_units,
        value=row.gap_value,
        cause=row.cause,
        confirmed_cause=row.confirmed_cause,
        link_issued_to=row.link_issued_to,
        note="; ".join(filter(None, notes)),
    )


def of_session(
    session: Session,
    uploads: Iterable[UploadedVersion],
    captures: Iterable[CaptureRun],
    refused: Iterable[RefusedFile],
    trail_events: Sequence[StoryEvent],
) -> list[StoryEvent]:
    """The story of a session, in order; events whose time is not kept come last.

    :param trail_events: the events of the session in the trails of its SKUs.
    """
    scope = ", ".join(session.skus) if session.skus else session.zone or "the whole location"
    note = f"{session.location}, {scope}: {session.expected:,} SKUs expected"
    if session.recount_of:
        note += f"; a recount of {session.recount_of}"
    events = [StoryEvent(session.opened_at, "opened", session.counter, note=note)]
    events += [StoryEvent(file.at, "uploaded", note=f"{file.name}, {file.size:,} bytes") for file in uploads]
    events += [
        StoryEvent(
            run.at,
            "read",
            note=f"capture {run.seq}: {run.totals.read:,} rows = {run.totals.counted:,} counted + "
            f"{run.totals.collapsed:,} collapsed + {run.totals.blank:,} blank + {run.totals.parked:,} parked",
        )
        for run in captures
    ]
    events += [StoryEvent(upload.at, "refused", note=f"{upload.file}: {upload.problem}") for upload in refused]
    if session.reconciled_at:
        figures = ", ".join(f"{name.replace('_', ' ')} {amount:f}" for name, amount in (session.outcome or {}).items())
        events.append(
            StoryEvent(session.reconciled_at, "reconciled", note=f"capture {session.reconciled_seq}: {figures}")
        )
    events += trail_events
    if session.status is SessionStatus.CLOSED:
        events.append(StoryEvent(None, "closed"))
    # Compared as times, not as texts: the bucket keeps whole seconds only. Its events come first within their second.
    return sorted(events, key=lambda event: datetime.fromisoformat(event.at) if event.at else LAST_MOMENT)
