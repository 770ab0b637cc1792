"""What happened, in order: of a SKU from its trail, of a session from all that is stored of it. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stkr.capture.result import Totals
from stkr.domain.exact import ZERO
from stkr.domain.instants import LAST_MOMENT
from stkr.domain.session import Session, SessionStatus
from stkr.domain.trail import TrailAction, TrailRow


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One thing that happened: when (stored instant; ``None`` where that is not kept), what, and by whom.

    ``before`` and ``after`` are the quantity in eaches, ``gap`` counted minus expected, ``value`` the gap in money.
    ``cause`` was suggested, ``confirmed_cause`` is what the manager made of it, ``link_issued_to`` whose link was used.
    """

    at: str | None
    what: str
    who: str = ""
    sku: str = ""
    session_id: str = ""
    before: Decimal | None = None
    after: Decimal | None = None
    gap: Decimal | None = None
    value: Decimal | None = None
    cause: str | None = None
    confirmed_cause: str | None = None
    link_issued_to: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was put into a session's folder: when, its path there, and its size in bytes."""

    at: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class CaptureRun:
    """One capture of a session: when it was stored, and the rows it understood."""

    at: str
    seq: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class Refused:
    """An upload that the session did not take, when, and why."""

    at: str
    file: str
    problem: str


def of_trail(rows: Iterable[TrailRow], waiting: Collection[str]) -> list[StoryEvent]:
    """What the trail tells.

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
    uploads: Iterable[Uploaded],
    captures: Iterable[CaptureRun],
    refused: Iterable[Refused],
    told: Sequence[StoryEvent],
) -> list[StoryEvent]:
    """The story of a session, in order; what is told of no time comes last.

    :param told: what the trails of its SKUs tell.
    """
    scope = ", ".join(session.skus) if session.skus else session.zone or "the whole location"
    note = f"{session.location}, {scope}: {session.expected:,} SKUs expected"
    if session.recount_of:
        note += f"; a recount of {session.recount_of}"
    events = [StoryEvent(session.opened_at, "opened", session.counter, note=note)]
    events += [StoryEvent(one.at, "uploaded", note=f"{one.name}, {one.size:,} bytes") for one in uploads]
    events += [
        StoryEvent(
            one.at,
            "read",
            note=f"capture {one.seq}: {one.totals.read:,} rows = {one.totals.counted:,} counted + "
            f"{one.totals.collapsed:,} collapsed + {one.totals.blank:,} blank + {one.totals.parked:,} parked",
        )
        for one in captures
    ]
    events += [StoryEvent(one.at, "refused", note=f"{one.file}: {one.problem}") for one in refused]
    if session.reconciled_at:
        figures = ", ".join(f"{name.replace('_', ' ')} {amount:f}" for name, amount in (session.outcome or {}).items())
        events.append(
            StoryEvent(session.reconciled_at, "reconciled", note=f"capture {session.reconciled_seq}: {figures}")
        )
    events += told
    if session.status is SessionStatus.CLOSED:
        events.append(StoryEvent(None, "closed"))
    # As times, not as texts: the bucket knows whole seconds only. What it tells comes first within its second.
    return sorted(events, key=lambda event: datetime.fromisoformat(event.at) if event.at else LAST_MOMENT)
