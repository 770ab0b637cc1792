"""Who is to be mailed about what, and when not. Pure: the clock, the rules and the stored lines go in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from hashlib import sha256
from itertools import groupby

from stkr import keys
from stkr.approval.core import counted_by
from stkr.capture.result import Kind
from stkr.mail.compose import MAX_ITEMS
from stkr.rules.doc import Location, Person, QuietHours, Rules
from stkr.store.counts import LastCount, Line, Session, Status

ZERO = Decimal(0)

LABEL_GRACE = timedelta(minutes=15)
"""How long a variance waits for its label before it is mailed without one."""

ESCALATE_AFTER = 2
"""Mails that went unanswered before the escalation contact gets the variance as well."""

REMIND_EVERY = timedelta(days=7)

UNBOOKED_AFTER = timedelta(days=7)
"""How long the system of record may take to show an approved adjustment before operations are told."""

REPORT_WEEKDAY = 0
"""Mondays: operations get one report a week."""


def quiet_until(moment: datetime, quiet: QuietHours | None, zone: tzinfo) -> datetime | None:
    """When the quiet hours that ``moment`` falls into end, as a UTC instant; ``None`` outside quiet hours.

    Exact across daylight saving: the hours are local wall-clock times, and an end that occurs twice is the next one.
    """
    if quiet is None or quiet.start == quiet.end:
        return None
    local = moment.astimezone(zone)
    clock = local.time()
    spans_midnight = quiet.start > quiet.end
    inside = clock >= quiet.start or clock < quiet.end if spans_midnight else quiet.start <= clock < quiet.end
    if not inside:
        return None
    days = (local.date(), local.date() + timedelta(days=1))
    ends = (
        datetime.combine(day, quiet.end, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        for day in days
        for fold in (0, 1)
    )
    return min(end for end in ends if end > moment)


def due_again(now: datetime, due_days: int, zone: tzinfo) -> datetime:
    """When a variance that is mailed ``now`` is due once more, as a UTC instant: when that day of the shop begins.

    By the calendar and not to the hour: the daily sweep comes some seconds sooner on one day than on another, and an
    hour when the clocks go forward, and would find nothing due yet until the day after.
    """
    day = now.astimezone(zone).date() + timedelta(days=due_days)
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def ready(lines: Iterable[Line], now: datetime) -> list[Line]:
    """The due lines that can be mailed: labelled, not to be labelled, or waiting for a label for too long."""
    latest = keys.instant(now - LABEL_GRACE)
    return [
        line
        for line in lines
        if line.cause is not None
        or line.kind is Kind.UNCOUNTED
        or line.evidence is None
        or (line.queued_at or "") <= latest
    ]


def by_session(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Lines grouped by their session."""
    ordered = sorted(lines, key=lambda line: line.session_id)
    return [(session_id, list(group)) for session_id, group in groupby(ordered, key=lambda line: line.session_id)]


def recipients(rules: Rules, location: Location, session: Session, lines: Sequence[Line]) -> tuple[Person, ...]:
    """Who is to decide these lines: the location's approver, and the escalation contact once mails went unanswered.

    Where the rules keep approving and counting apart, a counter gets no mail about their own count; then the escalation
    contact decides. Empty when nobody is left, which is for operations to mend.
    """
    people = [location.approver]
    if location.escalation and any(line.mails >= ESCALATE_AFTER for line in lines):
        people.append(location.escalation)
    if not rules.approver_may_count:
        candidates = [*people, *([location.escalation] if location.escalation else [])]
        others = [person for person in candidates if not counted_by(session, rules, person.name, person.email)]
        people = [person for person in people if person in others] or others[:1]
    return tuple(dict.fromkeys(people))


def parts(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Lines in mails of at most ``MAX_ITEMS``: the most valuable gap first, uncounted lines last."""

    def weight(line: Line) -> tuple[bool, Decimal, Decimal, str]:
        value, units = abs(line.gap_value or ZERO), abs(line.gap_units or ZERO)
        return (line.kind is Kind.UNCOUNTED, -value, -units, line.sku)

    ordered = sorted(lines, key=weight)
    return [ordered[start : start + MAX_ITEMS] for start in range(0, len(ordered), MAX_ITEMS)]


def mail_id(day: str, recipient: str, lines: Sequence[Line]) -> str:
    """The identity of a mail: the same variances, in the same revision, to the same person, on the same day."""
    content = "|".join([day, recipient, *(sorted(line.variance_id for line in lines))])
    return sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Overdue:
    """A location that was not counted within its interval; ``days`` since the last count, ``None`` if never."""

    location: str
    days: int | None


def overdue(location: str, interval_days: int, last: LastCount, now: datetime) -> Overdue | None:
    """Whether a location's counters are to be reminded now; at most once a week."""
    if last.reminded_at and now - datetime.fromisoformat(last.reminded_at) < REMIND_EVERY:
        return None
    if last.counted_at is None:
        return Overdue(location, None)
    days = (now - datetime.fromisoformat(last.counted_at)).days
    return Overdue(location, days) if days > interval_days else None


def finished(session: Session, waiting: Collection[str], close_days: int, now: datetime) -> bool:
    """Whether a session can be closed: reconciled long enough ago, and not among those with variances ``waiting``."""
    if session.status is not Status.RECONCILED or session.reconciled_at is None or session.session_id in waiting:
        return False
    return now - datetime.fromisoformat(session.reconciled_at) >= timedelta(days=close_days)
