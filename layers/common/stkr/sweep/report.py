"""The report that operations get once a week: what was left undone, and would be without them. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from stkr.domain.exact import ZERO
from stkr.domain.instants import moment_of
from stkr.domain.inventory import UnbookedRow
from stkr.domain.line import Line
from stkr.domain.names import NO_INSTANT, Instant
from stkr.domain.session import Session
from stkr.rules.doc import Rules
from stkr.sweep.open_sessions import UNUSED_AFTER, stuck
from stkr.web.formatting import counted_noun, day, signed
from stkr.web.wording import place

REPORT_WEEKDAY: Final = 0
"""Mondays."""

UNBOOKED_AFTER: Final = timedelta(days=7)
"""How long the system of record may take to show an approved adjustment before it is reported."""

LEFT_AFTER: Final = timedelta(days=3)
"""How long a count may stay open, a row parked or a label away before it is reported."""

MAX_TABLE_ROWS: Final = 30
"""Rows of one kind in a report; of more it says how many there are."""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Facts of a report: what they are about, label and figure of each, and what to do about them."""

    title: str
    rows: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a sweep came across.

    ``unbooked`` are adjustments that were approved long ago, ``sessions`` all that are not closed, ``queued`` all
    variances that wait. ``undecidable`` names the sessions that nobody may decide, ``unsent`` says by location how many
    mails could not be sent.
    """

    unbooked: Sequence[UnbookedRow] = ()
    sessions: Sequence[Session] = ()
    queued: Sequence[Line] = ()
    undecidable: Iterable[str] = ()
    unsent: Mapping[str, int] | None = None


def title(tables: Sequence[ReportTable]) -> str:
    """The subject of a report of these ``tables``, of which there is at least one."""
    others = len(tables) - 1
    return tables[0].title + (f", and {counted_noun(others, 'other matter')}" if others else "")


def tables_of(findings: Findings, rules: Rules, now: datetime) -> list[ReportTable]:
    """A table for each kind of thing that was left undone, with what to do about it; empty where all is well."""
    tables = (
        ReportTable(
            "Approved adjustments that are not booked yet",
            [*_unbooked(findings.unbooked, rules)],
            "Your stock system does not show them yet, and the quantities here and there differ by them. Book them "
            "there; `stkr bookings` lists all of them.",
        ),
        ReportTable(
            "Counts that were left open",
            [*_left_open(findings.sessions, rules, now)],
            "Upload what was counted. A count in which nothing is counted is closed after "
            f"{counted_noun(UNUSED_AFTER.days, 'day')}.",
        ),
        ReportTable(
            "Uploads that did not become variances",
            [*_stuck(findings.sessions, rules, now)],
            "Something failed on the way. `stkr redrive capture` and `stkr redrive events` try it again; uploading the "
            "file once more does, too.",
        ),
        ReportTable(
            "Parked rows that nobody has mended",
            [*_parked(findings.sessions, rules, now)],
            "What is on them is not counted. `stkr status SESSION` says why; the count's page has a sheet to mend them "
            "with.",
        ),
        ReportTable(
            "Variances whose likely cause never came",
            [*_unlabelled(findings.queued, rules, now)],
            "They are mailed without one. `stkr redrive label` asks again where the model failed.",
        ),
        ReportTable(
            "Variances that nobody is asked about",
            [*_undecidable(findings, rules)],
            "Name the location, or another person who may decide there, in the rules doc.",
        ),
        ReportTable(
            "Mails that could not be sent",
            [*_unsent(findings.unsent or {}, rules)],
            "Every sweep tries again. Look at the addresses in the rules doc and at the bounces.",
        ),
    )
    return [_cut(table) for table in tables if table.rows]


def _cut(table: ReportTable) -> ReportTable:
    more = len(table.rows) - MAX_TABLE_ROWS
    if more <= 0:
        return table
    return ReportTable(table.title, [*table.rows[:MAX_TABLE_ROWS], ("and others", f"{more:,} more")], table.note)


def _unbooked(waiting: Iterable[UnbookedRow], rules: Rules) -> Iterator[tuple[str, str]]:
    for row in sorted(waiting, key=lambda row: (row.location, row.sku)):
        units = sum((adjustment.units for adjustment in row.adjustments), ZERO)
        what = f"{place(rules, row.location)}, {row.sku}: {row.name}"
        yield what, f"{signed(units)} since {day(moment_of(row.since), rules.zone)}"


def _left_open(sessions: Iterable[Session], rules: Rules, now: datetime) -> Iterator[tuple[str, str]]:
    for session in sessions:
        if session.reconciled_seq or stuck(session) or not _long_ago(session.captured_at or session.opened_at, now):
            continue
        if session.captured_at:
            state = f"uploaded {day(moment_of(session.captured_at), rules.zone)}, but no item is counted in it"
        else:
            state = f"opened {day(moment_of(session.opened_at), rules.zone)}, nothing uploaded"
        yield _name_of(session, rules), state


def _stuck(sessions: Iterable[Session], rules: Rules, now: datetime) -> Iterator[tuple[str, str]]:
    for session in sessions:
        since = session.captured_at or session.opened_at
        # Capture and reconciliation take minutes; in an hour both had their retries.
        if stuck(session) and now - moment_of(since) >= timedelta(hours=1):
            yield _name_of(session, rules), f"since {day(moment_of(since), rules.zone)}"


def _parked(sessions: Iterable[Session], rules: Rules, now: datetime) -> Iterator[tuple[str, str]]:
    for session in sessions:
        parked = (session.rows or {}).get("parked", 0)
        if parked and session.captured_at and _long_ago(session.captured_at, now):
            since = day(moment_of(session.captured_at), rules.zone)
            yield _name_of(session, rules), f"{counted_noun(parked, 'row')} since {since}"


def _unlabelled(queued: Iterable[Line], rules: Rules, now: datetime) -> Iterator[tuple[str, str]]:
    waiting = [
        line for line in queued if line.evidence and line.cause is None and _long_ago(line.queued_at or NO_INSTANT, now)
    ]
    waiting.sort(key=lambda line: line.session_id)
    for session_id, lines in groupby(waiting, key=lambda line: line.session_id):
        session_lines = [*lines]
        since = min(filter(None, (line.queued_at for line in session_lines)))
        number = counted_noun(len(session_lines), "variance")
        yield (
            f"{place(rules, session_lines[0].location)}, {session_id}",
            f"{number} since {day(moment_of(since), rules.zone)}",
        )


def _undecidable(findings: Findings, rules: Rules) -> Iterator[tuple[str, str]]:
    stranded = Counter(line.location for line in findings.queued if line.location not in rules.locations)
    for name, lines in sorted(stranded.items()):
        yield name, f"{counted_noun(lines, 'variance')}; the rules doc does not have this location"
    for session_id in sorted(set(findings.undecidable)):
        yield session_id, "whoever could decide has counted it"


def _unsent(mails_by_location: Mapping[str, int], rules: Rules) -> Iterator[tuple[str, str]]:
    for name, mails in sorted(mails_by_location.items()):
        yield place(rules, name), counted_noun(mails, "mail")


def _name_of(session: Session, rules: Rules) -> str:
    zone = f", {session.zone}" if session.zone else ""
    return f"{place(rules, session.location)}{zone}, {session.session_id}"


def _long_ago(instant: Instant, now: datetime) -> bool:
    return bool(instant) and now - moment_of(instant) >= LEFT_AFTER
