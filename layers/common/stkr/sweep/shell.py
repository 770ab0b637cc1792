"""The sweep's reading, mailing and writing. A mail counts as sent once it was; then its lines move on."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from botocore.exceptions import BotoCoreError, ClientError

from stkr import aws, keys
from stkr.errors import StkrError
from stkr.links import Action, CountLink, DecisionLink, Keys, address
from stkr.mail.compose import Item, Mail, Table, digest, reminder, report
from stkr.mail.outbox import Outbox
from stkr.rules.doc import Location, Person, Rules
from stkr.rules.store import current_rules
from stkr.settings import Sweep as Settings
from stkr.signing import signing_keys
from stkr.store.counts import (
    Line,
    Session,
    close_session,
    mailed_line,
    note_reminder,
    open_sessions,
    queued_lines,
    read_last_count,
    read_session,
)
from stkr.store.inventory import Waiting, read_waiting
from stkr.store.items import conditional_update, pause, transact_groups
from stkr.sweep.core import (
    REPORT_WEEKDAY,
    UNBOOKED_AFTER,
    ZERO,
    by_session,
    due_again,
    finished,
    mail_id,
    overdue,
    parts,
    quiet_until,
    ready,
    recipients,
)
from stkr.telemetry import logger
from stkr.web.figures import day, signed, stored

END_OF_TIME = "9999"
"""Sorts after every instant: due at all."""


class MailsFailed(StkrError):
    """Some mails could not be sent; they are still due, and the sweep is to be run again."""


@dataclass(frozen=True, slots=True)
class Sweeper:
    """What one sweep works with."""

    settings: Settings
    rules: Rules
    signing: Keys
    deliver: Outbox
    now: datetime

    @property
    def today(self) -> str:
        """The shop's calendar day."""
        return self.now.astimezone(self.rules.zone).date().isoformat()


def sweep(settings: Settings, deliver: Outbox, now: datetime, location: str | None = None) -> int:
    """Mail what is due: one location's variances, or with ``None`` (the daily sweep) everybody's, and the reminders.

    During quiet hours nobody is mailed; a one-off schedule has the same sweep done when they end.

    :returns: how many mails went out.
    :raises MailsFailed: after everything else is done, when some mails could not be sent.
    """
    rules = current_rules(settings.bucket).rules
    sweeper = Sweeper(settings, rules, signing_keys(settings.signing_secret, now), deliver, now)
    if location is not None and location not in rules.locations:
        logger.error("variances wait at a location that the rules doc does not have", location=location)
        return 0
    quiet = quiet_until(now, rules.quiet_hours, rules.zone)
    if quiet:
        _come_back(settings, location, quiet)
        return 0
    sent = failed = 0
    for name in [location] if location else rules.locations:
        done, undone = _mail_variances(sweeper, name, rules.locations[name])
        if location is None:
            reminded, unreminded = _remind(sweeper, name, rules.locations[name])
            done, undone = done + reminded, undone + unreminded
        sent, failed = sent + done, failed + undone
    if location is None:
        reported, unreported = _report_unbooked(sweeper)
        sent, failed = sent + reported, failed + unreported + _stranded(sweeper)
        _close_finished(sweeper)
    if failed:
        raise MailsFailed(f"{failed} mails could not be sent; they are still due")
    return sent


def _mail_variances(sweeper: Sweeper, name: str, location: Location) -> tuple[int, int]:
    """Digests of what is due at a location, for each session and recipient; returns how many were and were not sent."""
    sent = failed = 0
    due = queued_lines(sweeper.settings.counts_table, name, keys.instant(sweeper.now))
    for session_id, lines in by_session(ready(due, sweeper.now)):
        session = read_session(sweeper.settings.counts_table, session_id)
        people = recipients(sweeper.rules, location, session, lines)
        if not people:
            logger.error(
                "nobody may decide this count: the rules doc needs an escalation contact", session_id=session_id
            )
            failed += 1
            continue
        in_parts = parts(lines)
        for number, part in enumerate(in_parts, start=1):
            delivered = [_deliver_digest(sweeper, session, person, part, (number, len(in_parts))) for person in people]
            sent, failed = sent + sum(delivered), failed + len(delivered) - sum(delivered)
            # Whoever got the mail again after a failure of the other's is spared by the mail's identity.
            if all(delivered):
                _move_on(sweeper, part)
    return sent, failed


def _deliver_digest(
    sweeper: Sweeper,
    session: Session,
    person: Person,
    lines: Sequence[Line],
    part: tuple[int, int],
) -> bool:
    number, total = part
    items = [_item(sweeper, line, person) for line in lines]
    mail = digest(person, session, items, sweeper.rules, sweeper.now, part=number, parts=total)
    return _deliver(sweeper, mail_id(sweeper.today, person.email, lines), mail)


def _item(sweeper: Sweeper, line: Line, person: Person) -> Item:
    """A variance with its two buttons: each a link of its own, for this revision and this person."""

    def tap(action: Action, home: str) -> str:
        link = DecisionLink(
            home=home,
            action=action,
            session_id=line.session_id,
            sku=line.sku,
            revision=line.revision,
            addressee=person.email,
            expires_at=int((sweeper.now + timedelta(days=sweeper.rules.link_days)).timestamp()),
        )
        return address(link, sweeper.signing)

    settings = sweeper.settings
    return Item(line, tap(Action.APPROVE, settings.approve_url), tap(Action.REJECT, settings.reject_url))


def _move_on(sweeper: Sweeper, lines: Iterable[Line]) -> None:
    """Lines that were mailed are due again after the due window; one that was decided meanwhile is left alone."""
    now = keys.instant(sweeper.now)
    again = keys.instant(due_again(sweeper.now, sweeper.rules.due_days, sweeper.rules.zone))
    table = sweeper.settings.counts_table
    transact_groups(([mailed_line(table, line, now, again)] for line in lines), pause)


def _remind(sweeper: Sweeper, name: str, location: Location) -> tuple[int, int]:
    """Ask the counters of a location to count it, if that is overdue."""
    table = sweeper.settings.counts_table
    call = overdue(name, location.count_every_days, read_last_count(table, name), sweeper.now)
    if call is None or not location.counters:
        return 0, 0
    expires = int((sweeper.now + timedelta(days=sweeper.rules.link_days)).timestamp())
    link = CountLink(home=sweeper.settings.session_url, location=name, expires_at=expires)
    opening = address(link, sweeper.signing)
    delivered = [
        _deliver(
            sweeper,
            f"reminder {sweeper.today} {name} {person.email}",
            reminder(person, name, sweeper.rules, call.days, opening),
        )
        for person in location.counters
    ]
    if all(delivered):
        conditional_update(note_reminder(table, name, keys.instant(sweeper.now)))
    return sum(delivered), len(delivered) - sum(delivered)


def _report_unbooked(sweeper: Sweeper) -> tuple[int, int]:
    """Tell operations, once a week, which approved adjustments the system of record still does not show."""
    rules = sweeper.rules
    if sweeper.now.astimezone(rules.zone).weekday() != REPORT_WEEKDAY:
        return 0, 0
    latest = keys.instant(sweeper.now - UNBOOKED_AFTER)
    waiting = sorted(read_waiting(sweeper.settings.inventory_table, until=latest), key=lambda row: row.location)
    tables = [
        Table(
            rules.locations[place].name if place in rules.locations else place, [_unbooked(row, rules) for row in rows]
        )
        for place, rows in groupby(waiting, key=lambda row: row.location)
    ]
    if not tables:
        return 0, 0
    if rules.operations is None:
        logger.warning("approved adjustments stay unbooked, and the rules doc names no operations address")
        return 0, 0
    paragraphs = [
        "These adjustments were approved, but your stock system does not show them yet. Book them there; "
        "until then the quantities here and there differ by them."
    ]
    mail = report(rules.operations, "Approved adjustments that are not booked yet", paragraphs, tables)
    delivered = _deliver(sweeper, f"unbooked {sweeper.today}", mail)
    return int(delivered), int(not delivered)


def _unbooked(row: Waiting, rules: Rules) -> tuple[str, str]:
    units = sum((one.units for one in row.adjustments), ZERO)
    return f"{row.sku}: {row.name}", f"{signed(units)} since {day(stored(row.since), rules.zone)}"


def _stranded(sweeper: Sweeper) -> int:
    """How many locations that left the rules doc still have variances waiting: nobody is mailed about those."""
    table = sweeper.settings.counts_table
    gone = {session.location for session in open_sessions(table)} - set(sweeper.rules.locations)
    stranded = [name for name in sorted(gone) if any(queued_lines(table, name, due_by=END_OF_TIME))]
    for name in stranded:
        logger.error("variances wait at a location that the rules doc does not have", location=name)
    return len(stranded)


def _close_finished(sweeper: Sweeper) -> None:
    """Close the counts that have had nothing left to decide for long enough."""
    table = sweeper.settings.counts_table
    waiting = {
        line.session_id
        for location in sweeper.rules.locations
        for line in queued_lines(table, location, due_by=END_OF_TIME)
    }
    for session in open_sessions(table):
        # A location that left the rules doc is not asked about above, so its counts stay open.
        known = session.location in sweeper.rules.locations
        if known and finished(session, waiting, sweeper.rules.close_days, sweeper.now):
            conditional_update(close_session(table, session))


def _deliver(sweeper: Sweeper, identity: str, mail: Mail) -> bool:
    try:
        return sweeper.deliver(identity, mail)
    except (BotoCoreError, ClientError, IdempotencyPersistenceLayerError) as error:
        # Not the error itself: SES names the address that it refuses.
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        logger.error("a mail could not be sent; it stays due", error=code)
        return False


def _come_back(settings: Settings, location: str | None, at: datetime) -> None:
    """Have the sweep done when quiet hours end. The name makes a repeated request one schedule."""
    digest_of_name = sha256((location or "").encode()).hexdigest()[:12]  # A location's own name may hold a space.
    try:
        aws.scheduler().create_schedule(
            Name=f"after-quiet-{at:%Y%m%dT%H%M%S}-{digest_of_name}",
            GroupName=settings.schedule_group,
            ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": settings.sweep_arn,
                "RoleArn": settings.schedule_role_arn,
                "Input": json.dumps({"detail": {"location": location}}),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConflictException":
            raise
