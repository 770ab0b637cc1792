"""Who is to be mailed about what, and when not. Pure: the clock, the rules and the stored lines go in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from hashlib import sha256

from stkr.domain import instants
from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.line import Line
from stkr.domain.session import LastCount, Session
from stkr.mail.compose import MAX_ITEMS, MAX_WAITING
from stkr.rules.doc import Location, Person, Rules
from stkr.rules.people import counted_by

LABEL_GRACE = timedelta(minutes=15)
"""How long a variance waits for its label before it is mailed without one."""

ESCALATE_AFTER = 2
"""Mails that went unanswered before the escalation contact gets the variance as well."""

REMIND_EVERY = timedelta(days=7)

UNBOOKED_AFTER = timedelta(days=7)
"""How long the system of record may take to show an approved adjustment before operations are told."""

UNUSED_AFTER = timedelta(days=30)
"""How long a count in which nothing was ever counted is kept open; operations have been told of it by then."""

REPORT_WEEKDAY = 0
"""Mondays: operations get one report a week."""


def due_again(now: datetime, due_days: int, zone: tzinfo) -> datetime:
    """When a variance that is mailed ``now`` is due once more, as a UTC instant: when that day of the shop begins.

    By the calendar and not to the hour: the daily sweep comes some seconds sooner on one day than on another, and an
    hour when the clocks go forward, and would find nothing due yet until the day after.
    """
    day = now.astimezone(zone).date() + timedelta(days=due_days)
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def ready(lines: Iterable[Line], now: datetime, zone: tzinfo) -> list[Line]:
    """The queued lines that are to be mailed now: due, not mailed yet on this calendar day, and labelled, not to be
    labelled, or waiting for a label for too long.
    """
    due_by, latest = instants.instant(now), instants.instant(now - LABEL_GRACE)
    today = now.astimezone(zone).date()
    return [
        line
        for line in lines
        if (line.due_at or "") <= due_by
        # Due on a later day of the zone that the rules doc had then, which it may have changed.
        and (line.mailed_at is None or instants.local_day(line.mailed_at, zone) != today)
        and (
            line.cause is not None
            or line.kind is LineKind.UNCOUNTED
            or line.evidence is None
            or (line.queued_at or "") <= latest
        )
    ]


def recipients(rules: Rules, location: Location, session: Session, line: Line) -> tuple[Person, ...]:
    """Who is to decide a line: the location's approver, and the escalation contact once mails went unanswered.

    Where the rules keep approving and counting apart, a counter gets no mail about their own count; then the escalation
    contact decides. Empty when nobody is left, which is for operations to mend.
    """
    people = [location.approver]
    if location.escalation and line.mails >= ESCALATE_AFTER:
        people.append(location.escalation)
    if not rules.approver_may_count:
        candidates = [*people, *([location.escalation] if location.escalation else [])]
        others = [person for person in candidates if not counted_by(session, rules, person.name, person.email)]
        people = [person for person in people if person in others] or others[:1]
    by_address: dict[str, Person] = {}
    for person in people:
        by_address.setdefault(person.email.casefold(), person)
    return tuple(by_address.values())


@dataclass(frozen=True, slots=True)
class Due:
    """A line to be mailed now, and everybody who is to decide it."""

    line: Line
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail to one person: ``part`` of ``parts``, first notices of one session, or whatever has been waiting.

    ``name`` is what the mail is remembered by.
    """

    name: str
    to: Person
    lines: tuple[Line, ...]
    part: int
    parts: int


def digests(due: Iterable[Due], day: str) -> list[Digest]:
    """The mails of a calendar day: to each person one for each session that is new to them, and one for all that waits.

    A line that a digest of the day has already taken in stays in it, whatever became of the digest's other lines since;
    only what no digest has is put into further ones. So no repeat can mail a person the same line in another mail.
    """
    to: dict[str, Person] = {}
    bundles: dict[tuple[str, str], list[Line]] = {}
    for one in due:
        for person in one.people:
            address = person.email.casefold()
            to.setdefault(address, person)
            # Of what was mailed before, one mail names all sessions.
            bundles.setdefault((address, "" if one.line.mails else one.line.session_id), []).append(one.line)
    return [
        Digest(name, to[address], tuple(by_weight(lines)), number, len(mails))
        for (address, session_id), bundle in sorted(bundles.items())
        for mails in [_split(bundle, address, day, MAX_ITEMS if session_id else MAX_WAITING)]
        for number, (name, lines) in enumerate(mails.items(), start=1)
    ]


def _split(bundle: Iterable[Line], address: str, day: str, most: int) -> dict[str, list[Line]]:
    """The lines of one person in mails of at most ``most`` lines, by name: those of before, then new ones."""
    mails: dict[str, list[Line]] = {}
    fresh: list[Line] = []
    for line in bundle:
        name = (line.digests or {}).get(address, "")
        if name.startswith(day):
            mails.setdefault(name, []).append(line)
        else:
            fresh.append(line)
    ordered = by_weight(fresh)
    for start in range(0, len(ordered), most):
        part = ordered[start : start + most]
        content = "|".join([address, *sorted(line.variance_id for line in part)])
        mails[f"{day} {sha256(content.encode()).hexdigest()[:24]}"] = part
    return mails


def by_weight(lines: Iterable[Line]) -> list[Line]:
    """The most valuable gap first, uncounted lines last."""

    def weight(line: Line) -> tuple[bool, Decimal, Decimal, str, str]:
        value, units = abs(line.gap_value or ZERO), abs(line.gap_units or ZERO)
        return (line.kind is LineKind.UNCOUNTED, -value, -units, line.sku, line.session_id)

    return sorted(lines, key=weight)


def taken_in(planned: Iterable[Digest]) -> dict[str, dict[str, str]]:
    """For each line's variance id: the digest in which each recipient (by address) gets it."""
    found: dict[str, dict[str, str]] = {}
    for digest in planned:
        for line in digest.lines:
            found.setdefault(line.variance_id, {})[digest.to.email.casefold()] = digest.name
    return found


def overdue(interval_days: int, last: LastCount, now: datetime, zone: tzinfo) -> bool:
    """Whether a location was not counted as a whole within its interval, and nobody was reminded of it for a week.

    The week is one of calendar days, whatever the second at which a sweep begins. Its first day is no part of it: a
    repeat on that day reaches those whose mail failed, and the outbox spares everybody else.
    """
    if last.reminded_at:
        since = now.astimezone(zone).date() - instants.local_day(last.reminded_at, zone)
        if timedelta(0) < since < REMIND_EVERY:
            return False
    return last.counted_at is None or (now - datetime.fromisoformat(last.counted_at)).days > interval_days


def stuck(session: Session) -> bool:
    """Whether an upload of a session did not become variances, although it counts something or was never read."""
    unread = session.capture_seq > max(session.captured_seq, session.idle_seq)
    return unread or (session.captured_seq > session.reconciled_seq and bool((session.rows or {}).get("counted")))


def finished(session: Session, waiting: Collection[str], close_days: int, now: datetime) -> bool:
    """Whether a session can be closed: nothing has happened in it for long enough, and nothing is to be done in it.

    :param waiting: ids of the sessions with variances that wait for a decision.
    """
    if session.session_id in waiting or stuck(session):
        return False
    latest = max(filter(None, (session.opened_at, session.captured_at, session.reconciled_at)))
    patience = timedelta(days=close_days) if session.reconciled_seq else UNUSED_AFTER
    return now - datetime.fromisoformat(latest) >= patience
