"""When a variance is to be mailed, and to whom. Pure: the clock, the rules and the stored lines go in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from stkr.domain.counted import LineKind
from stkr.domain.instants import instant, local_day
from stkr.domain.line import Line
from stkr.domain.session import Session
from stkr.rules.doc import Location, Person, Rules
from stkr.rules.people import counted_by

LABEL_GRACE: Final = timedelta(minutes=15)
"""How long a variance waits for its label before it is mailed without one."""

ESCALATE_AFTER: Final = 2
"""Mails that went unanswered before the escalation contact gets the variance as well."""


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line to be mailed now, and everybody who is to decide it."""

    line: Line
    people: tuple[Person, ...]


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
    due_by, latest = instant(now), instant(now - LABEL_GRACE)
    today = now.astimezone(zone).date()
    return [
        line
        for line in lines
        if (line.due_at or "") <= due_by
        # Due on a later day of the zone that the rules doc had then, which it may have changed.
        and (line.mailed_at is None or local_day(line.mailed_at, zone) != today)
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
