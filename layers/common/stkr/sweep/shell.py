"""The sweep's reading, mailing and writing. Lines are due again later only once their mail was sent."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.domain import instants
from stkr.domain.errors import StkrError
from stkr.domain.instants import END_OF_TIME, moment_of, months_back
from stkr.domain.line import Line
from stkr.domain.names import SessionId
from stkr.domain.session import LastCount, Session
from stkr.infra import aws
from stkr.infra.settings import SweepSettings
from stkr.infra.telemetry import following, logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, DecisionLink, LinkAction, SigningKeys, address
from stkr.mail.message import Mail
from stkr.mail.outbox import Outbox
from stkr.rules.doc import Person, Rules
from stkr.store.dynamodb import conditional_update, pause, transact_groups
from stkr.store.inventory import read_location, read_waiting
from stkr.store.lines import decisions, mailed_line, queued_lines, take_in_line
from stkr.store.location_notes import note_reminder, read_last_count
from stkr.store.rules_doc import current_rules
from stkr.store.sessions import close_session, open_sessions, read_session
from stkr.sweep.digest import PlannedDigest, digest_names, plan_digests
from stkr.sweep.digest_mail import CountInDigest, DigestItem, digest_mail
from stkr.sweep.due import DueLine, due_again, ready, recipients
from stkr.sweep.open_sessions import finished
from stkr.sweep.quiet import quiet_until
from stkr.sweep.reminder import PAST_MONTHS, overdue, propose, still_to_count
from stkr.sweep.reminder_mail import LocationToCount, reminder_mail
from stkr.sweep.report import REPORT_WEEKDAY, UNBOOKED_AFTER, Findings, tables_of, title
from stkr.sweep.report_mail import report_mail


class MailsFailed(StkrError):
    """Some mails could not be sent; they are still due, and the sweep is to be run again."""


@dataclass(frozen=True, slots=True)
class Sweeper:
    """What one sweep works with."""

    settings: SweepSettings
    rules: Rules
    signing: SigningKeys
    deliver: Outbox
    now: datetime

    @property
    def today(self) -> str:
        """The shop's calendar day."""
        return self.now.astimezone(self.rules.zone).date().isoformat()


def sweep(settings: SweepSettings, deliver: Outbox, now: datetime, location: str | None = None) -> int:
    """Mail what is due: what is new at one location, or with ``None`` (the daily sweep) all there is to be mailed.

    During quiet hours nobody is mailed; a one-off schedule has the same sweep done when they end.

    :returns: how many mails went out.
    :raises MailsFailed: after everything else is done, when some mails could not be sent.
    """
    rules = current_rules(settings.bucket).rules
    sweeper = Sweeper(settings, rules, signing_keys(settings.signing_secret, now), deliver, now)
    if location is not None and location not in rules.locations:
        logger.error("variances wait at a location that the rules doc does not have", location=location)
        return 0
    quiet_end = quiet_until(now, rules.quiet_hours, rules.zone)
    if quiet_end:
        _schedule_sweep(settings, location, quiet_end)
        return 0
    sent, failed = _sweep_location(sweeper, location) if location else _sweep_all(sweeper)
    if failed:
        raise MailsFailed(f"{failed} mails could not be sent; they are still due")
    return sent


def _sweep_location(sweeper: Sweeper, name: str) -> tuple[int, int]:
    """Mail the first notices of a location; the daily sweep, which sees all locations, mails what waits longer."""
    due = queued_lines(sweeper.settings.counts_table, name, instants.instant(sweeper.now))
    mailed = _mail_variances(sweeper, [line for line in due if not line.mails])
    return mailed.sent, mailed.failed


def _sweep_all(sweeper: Sweeper) -> tuple[int, int]:
    """Mail everything that is due, report, remind, and close what is finished; each queue is read once."""
    table = sweeper.settings.counts_table
    sessions = list(open_sessions(table))
    locations = {*sweeper.rules.locations, *(session.location for session in sessions)}
    queued = [line for name in sorted(locations) for line in queued_lines(table, name, END_OF_TIME)]
    stranded = {line.location for line in queued} - set(sweeper.rules.locations)
    for name in sorted(stranded):
        logger.error("variances wait at a location that the rules doc does not have", location=name)
    mailed = _mail_variances(sweeper, [line for line in queued if line.location not in stranded])
    reminded = _remind(sweeper)
    reported = _report(
        sweeper,
        Findings(sessions=sessions, queued=queued, undecidable=mailed.undecidable, unsent=mailed.unsent),
    )
    _close_finished(sweeper, sessions, {line.session_id for line in queued})
    sent, failed = (sum(figures) for figures in zip(reminded, reported, (mailed.sent, mailed.failed), strict=True))
    return sent, failed + len(stranded)


@dataclass(slots=True)
class MailedVariances:
    """What became of the variances that were due: mails sent, and by location those that could not be sent.

    ``undecidable`` are the sessions that nobody may decide.
    """

    undecidable: set[SessionId] = field(default_factory=set)
    unsent: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def failed(self) -> int:
        """How much is to be tried again."""
        return self.unsent.total() + len(self.undecidable)


def _mail_variances(sweeper: Sweeper, queued: Iterable[Line]) -> MailedVariances:
    """Mail what is due of the ``queued`` lines: to each person one digest a new session, and one of all that waits."""
    mailed = MailedVariances()
    due: list[DueLine] = []
    sessions: dict[str, Session] = {}
    for line in ready(queued, sweeper.now, sweeper.rules.zone):
        if line.session_id not in sessions:
            sessions[line.session_id] = read_session(sweeper.settings.counts_table, line.session_id)
        session = sessions[line.session_id]
        people = recipients(sweeper.rules, sweeper.rules.locations[line.location], session, line)
        if people:
            due.append(DueLine(line, people))
        else:
            mailed.undecidable.add(line.session_id)
    for session_id in sorted(mailed.undecidable):
        with following(session_id):
            logger.error("nobody may decide this count: the rules doc needs an escalation contact")
    planned = plan_digests(due, sweeper.today)
    ours = _note_digests(sweeper, [due_line.line for due_line in due], planned)
    people_left = {due_line.line.variance_id: len(due_line.people) for due_line in due}
    for digest in planned:
        lines = [line for line in digest.lines if line.variance_id in ours]
        if not lines:
            continue
        if not _deliver(sweeper, f"digest {digest.name}", _digest_mail(sweeper, digest, lines, sessions)):
            mailed.unsent[lines[0].location] += 1
            continue
        mailed.sent += 1
        for session_id, number in Counter(line.session_id for line in lines).items():
            with following(session_id):
                logger.info("mailed", lines=number, part=digest.part, parts=digest.parts)
        for line in lines:
            people_left[line.variance_id] -= 1
        # When one person's mail failed, all are tried again; the outbox knows by the name who has theirs already.
        _make_due_again(sweeper, [line for line in lines if not people_left[line.variance_id]])
    return mailed


def _note_digests(sweeper: Sweeper, lines: Sequence[Line], planned: Iterable[PlannedDigest]) -> set[str]:
    """Record on each line which digests it goes out in, before sending, so that a retry builds the same digests.

    :returns: the variance ids of the lines to mail; the others were decided meanwhile or belong to a concurrent run.
    """
    table = sweeper.settings.counts_table
    names = digest_names(planned)
    groups = {
        line.variance_id: [take_in_line(table, line, names[line.variance_id])]
        for line in lines
        if line.digests != names[line.variance_id]
    }
    refused = {id(group) for group in transact_groups(groups.values(), pause)}
    return names.keys() - {variance_id for variance_id, group in groups.items() if id(group) in refused}


def _digest_mail(
    sweeper: Sweeper, digest: PlannedDigest, lines: Iterable[Line], sessions: Mapping[str, Session]
) -> Mail:
    by_session: dict[str, list[DigestItem]] = {}
    for line in lines:
        by_session.setdefault(line.session_id, []).append(_item(sweeper, line, digest.to))
    counts = [CountInDigest(sessions[session_id], items) for session_id, items in by_session.items()]
    return digest_mail(digest.to, counts, sweeper.rules, sweeper.now, part=digest.part, parts=digest.parts)


def _item(sweeper: Sweeper, line: Line, person: Person) -> DigestItem:
    """A variance with its two buttons: each a link of its own, for this revision and this person."""

    def button(action: LinkAction, home: str) -> str:
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
    return DigestItem(
        line=line,
        approve_url=button(LinkAction.APPROVE, settings.approve_url),
        reject_url=button(LinkAction.REJECT, settings.reject_url),
    )


def _make_due_again(sweeper: Sweeper, lines: Iterable[Line]) -> None:
    """Have lines that were mailed due again after the due window; what was decided meanwhile is left alone."""
    now = instants.instant(sweeper.now)
    again = instants.instant(due_again(sweeper.now, sweeper.rules.due_days, sweeper.rules.zone))
    table = sweeper.settings.counts_table
    transact_groups(([mailed_line(table, line, now, again)] for line in lines), pause)


def _remind(sweeper: Sweeper) -> tuple[int, int]:
    """Ask the counters of every location that is overdue to count it, and say what to begin with."""
    table, rules, now = sweeper.settings.counts_table, sweeper.rules, sweeper.now
    last_counts = {
        name: read_last_count(table, name) for name, location in rules.locations.items() if location.counters
    }
    late = [
        name
        for name, last in last_counts.items()
        if overdue(rules.locations[name].count_every_days, last, now, rules.zone)
    ]
    # Read once for all locations; most days there is none to remind.
    months = months_back(now, PAST_MONTHS) if late else []
    # Only what is a sign of drift: all the decisions of a year may be more than the function's memory holds.
    decided = [
        line for month in months for line in decisions(table, month) if line.posted_units and line.location in late
    ]
    sent = failed = 0
    for name in late:
        delivered = [
            _deliver(sweeper, f"reminder {sweeper.today} {name} {mail.to}", mail)
            for mail in _reminders(
                sweeper, name, last_counts[name], [line for line in decided if line.location == name]
            )
        ]
        # Otherwise an address that is always refused would have everybody else reminded daily.
        if any(delivered):
            conditional_update(note_reminder(table, name, instants.instant(now)))
        sent, failed = sent + sum(delivered), failed + len(delivered) - sum(delivered)
    return sent, failed


def _reminders(sweeper: Sweeper, name: str, last: LastCount, decided: Sequence[Line]) -> list[Mail]:
    """The mails to a location's counters; none where counts of its zones have covered all of it."""
    location = sweeper.rules.locations[name]
    rows = [row for row in read_location(sweeper.settings.inventory_table, name) if row.active]
    uncounted = still_to_count(rows, last, location.count_every_days, sweeper.now)
    if rows and not uncounted:
        return []
    proposals = propose(uncounted, decided)
    expires = int((sweeper.now + timedelta(days=sweeper.rules.link_days)).timestamp())
    whole = CountLink(home=sweeper.settings.session_url, location=name, expires_at=expires)
    first = whole.model_copy(update={"skus": tuple(proposal.sku for proposal in proposals)})
    try:
        first_url = address(first, sweeper.signing) if proposals else ""
    except ValueError:  # Long codes in a foreign script; the page takes them typed.
        first_url = ""
    to_count = LocationToCount(
        location=name,
        days=(sweeper.now - moment_of(last.counted_at)).days if last.counted_at else None,
        # Where zones were counted, the mail must not say that nothing was.
        share=(len(uncounted), len(rows)) if len(uncounted) < len(rows) else None,
        proposals=proposals,
        open_url=address(whole, sweeper.signing),
        first_url=first_url,
    )
    return [reminder_mail(person, to_count, sweeper.rules) for person in location.counters]


def _report(sweeper: Sweeper, findings: Findings) -> tuple[int, int]:
    """Tell operations, once a week, what was left undone."""
    rules = sweeper.rules
    if sweeper.now.astimezone(rules.zone).weekday() != REPORT_WEEKDAY:
        return 0, 0
    latest = instants.instant(sweeper.now - UNBOOKED_AFTER)
    unbooked = list(read_waiting(sweeper.settings.inventory_table, until=latest))
    tables = tables_of(replace(findings, unbooked=unbooked), rules, sweeper.now)
    if not tables:
        return 0, 0
    if rules.operations is None:
        logger.warning("there is something to report, and the rules doc names no operations address")
        return 0, 0
    delivered = _deliver(sweeper, f"report {sweeper.today}", report_mail(rules.operations, title(tables), [], tables))
    return int(delivered), int(not delivered)


def _close_finished(sweeper: Sweeper, sessions: Iterable[Session], waiting: Collection[str]) -> None:
    """Close the counts in which nothing is left to be done, and nothing has happened for long enough."""
    for session in sessions:
        if finished(session, waiting, sweeper.rules.close_days, sweeper.now):
            with following(session.session_id):
                closed = conditional_update(close_session(sweeper.settings.counts_table, session)) is not None
                logger.info("closed" if closed else "something was uploaded just now; the session stays open")


def _deliver(sweeper: Sweeper, identity: str, mail: Mail) -> bool:
    try:
        return sweeper.deliver(identity, mail)
    except (BotoCoreError, ClientError, IdempotencyPersistenceLayerError) as error:
        # Not the error itself: SES names the address that it refuses.
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        logger.error("a mail could not be sent; it stays due", error=code)
        return False


def _schedule_sweep(settings: SweepSettings, location: str | None, at: datetime) -> None:
    """Have the sweep done when quiet hours end. A repeated request makes the same name, and so no second schedule."""
    name_hash = sha256((location or "").encode()).hexdigest()[:12]  # A location's own name may hold a space.
    try:
        aws.scheduler().create_schedule(
            Name=f"after-quiet-{at:%Y%m%dT%H%M%S}-{name_hash}",
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
