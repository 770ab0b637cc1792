"""The facts of a month, of which its summary is made. Pure: what was read of counts, decisions and queues goes in.

The months of ``MONTHS_BACK`` are always worked out anew, because a count can be corrected for a while; what is older is
taken from the summary of the month before, so that the work does not grow with the age of the tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from stkr.domain.cause import Cause
from stkr.domain.exact import ZERO
from stkr.domain.instants import moment_of
from stkr.domain.inventory import UnbookedRow
from stkr.domain.line import Line, LineState
from stkr.domain.names import Instant
from stkr.domain.session import LastCount, Session
from stkr.rules.doc import Rules
from stkr.summary.figures import MonthFigures, decided_in, figures_of, percent, posted_size, posted_units
from stkr.summary.month import Month
from stkr.web.wording import place

MONTHS_BACK: Final = 2
"""Months before the summary's that are read as well, for comparison and for shortages that come back."""

MONTHS_COMPARED: Final = 12
"""Months before the summary's that stand beside it: a year shows whether a season or a trend is behind a change."""

COMES_BACK: Final = 2
"""Shortages within those months that make an item one that keeps coming back short."""


@dataclass(frozen=True, slots=True)
class CauseShare:
    """One cause's part in what was approved: lines, and the size of their variances in money."""

    cause: Cause
    lines: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class RepeatedShortage:
    """An item that keeps coming back short: how often, by how many eaches and how much money in all, both positive."""

    sku: str
    location: str
    times: int
    units: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class UndecidedTotal:
    """Variances that wait for a decision: how many, their size in money, and for how many days the oldest waits.

    ``unvalued`` of them have no value: they were not counted, or have no unit cost. ``days`` is ``None`` without any.
    """

    lines: int
    value: Decimal
    unvalued: int
    days: int | None


@dataclass(frozen=True, slots=True)
class LocationFacts:
    """A location: what the month brought there, and how it stands when the summary is made.

    ``days`` since the last count of the whole location, ``None`` where there was none; ``every_days`` is how often it
    is to be counted, ``None`` for a location that the rules doc does not have (any more).
    """

    location: str
    name: str
    figures: MonthFigures
    waiting: UndecidedTotal
    days: int | None
    every_days: int | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class UnbookedTotal:
    """Approved adjustments that the system of record does not show yet, and for how many days the oldest waits."""

    adjustments: int
    days: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a summary says. ``before`` are the months before, the latest first; ``repeats`` the costliest first.

    Of ``labels_judged`` suggestions that a manager looked at, ``labels_confirmed`` were right.
    """

    figures: MonthFigures
    before: tuple[MonthFigures, ...]
    causes: tuple[CauseShare, ...]
    repeats: tuple[RepeatedShortage, ...]
    labels_judged: int
    labels_confirmed: int
    places: tuple[LocationFacts, ...]
    waiting: UndecidedTotal
    unbooked: UnbookedTotal

    @property
    def label_accuracy(self) -> Decimal | None:
        """Percent of the judged labels that were confirmed, to one decimal; ``None`` where none was judged."""
        return percent(self.labels_confirmed, self.labels_judged)

    @property
    def overdue(self) -> tuple[LocationFacts, ...]:
        """The locations that were not counted within their interval."""
        return tuple(location for location in self.places if location.overdue)


@dataclass(frozen=True, slots=True)
class Summary:
    """A month's summary as it is kept, mailed and shown: ``as_of`` which day (as people read it) its facts are.

    ``paragraphs`` are the model's words where it is ``narrated``. ``currency`` is the code, ``sign`` stands before an
    amount.
    """

    facts: Facts
    paragraphs: tuple[str, ...]
    narrated: bool
    currency: str
    sign: str
    as_of: str

    @property
    def month(self) -> Month:
        """The month that is summed up."""
        return self.facts.figures.month


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """What the facts are made of.

    ``sessions`` were opened in the summary's month or the ``MONTHS_BACK`` before, lines ``decided`` in them. What waits
    now: ``queued`` lines by location, when each location was counted last, and what is ``to_book``. ``earlier`` are
    figures of months before, as they were kept.
    """

    sessions: Sequence[Session]
    decided: Sequence[Line]
    queued: Mapping[str, Sequence[Line]]
    last_counts: Mapping[str, LastCount]
    to_book: Sequence[UnbookedRow]
    earlier: Sequence[MonthFigures] = ()


def locations_of(sessions: Iterable[Session], rules: Rules) -> tuple[str, ...]:
    """The locations a summary speaks of: those of the rules doc in its order, then others that were counted."""
    return tuple(dict.fromkeys([*rules.locations, *sorted({session.location for session in sessions})]))


def facts_of(month: Month, gathered: SummaryInput, rules: Rules, now: datetime) -> Facts:
    """The facts of ``month``, made at ``now`` (aware)."""
    zone = rules.zone
    recent = {
        each: figures_of(each, gathered.sessions, gathered.decided, zone)
        for each in (month.back(back) for back in range(MONTHS_BACK + 1))
    }
    by_month = {figures.month: figures for figures in gathered.earlier} | recent
    compared = (month.back(back) for back in range(1, MONTHS_COMPARED + 1))
    this_month = [line for line in gathered.decided if decided_in(line, zone) == month]
    approved = [line for line in this_month if line.state is LineState.APPROVED]
    judged = [line for line in this_month if line.confirmed_cause and line.cause not in (None, Cause.UNKNOWN)]
    repeats = _repeats(line for line in gathered.decided if decided_in(line, zone) in recent)
    queued = [line for lines in gathered.queued.values() for line in lines]
    return Facts(
        figures=recent[month],
        before=tuple(by_month[each] for each in compared if each in by_month),
        causes=tuple(_shares(approved)),
        repeats=tuple(repeats),
        labels_judged=len(judged),
        labels_confirmed=sum(line.cause is line.confirmed_cause for line in judged),
        places=tuple(
            _location_facts(name, month, gathered, rules, now) for name in locations_of(gathered.sessions, rules)
        ),
        waiting=_undecided(queued, now),
        unbooked=_unbooked(gathered.to_book, now),
    )


def _location_facts(name: str, month: Month, gathered: SummaryInput, rules: Rules, now: datetime) -> LocationFacts:
    location = rules.locations.get(name)
    last = gathered.last_counts.get(name, LastCount())
    days = _days(last.counted_at, now)
    return LocationFacts(
        location=name,
        name=place(rules, name),
        figures=figures_of(
            month,
            [session for session in gathered.sessions if session.location == name],
            [line for line in gathered.decided if line.location == name],
            rules.zone,
        ),
        waiting=_undecided(gathered.queued.get(name, ()), now),
        days=days,
        every_days=location.count_every_days if location else None,
        overdue=location is not None and (days is None or days > location.count_every_days),
    )


def _undecided(queued: Sequence[Line], now: datetime) -> UndecidedTotal:
    values = [abs(line.gap_value) for line in queued if line.gap_value is not None]
    since = min((line.queued_at for line in queued if line.queued_at), default=None)
    return UndecidedTotal(
        lines=len(queued), value=sum(values, ZERO), unvalued=len(queued) - len(values), days=_days(since, now)
    )


def _unbooked(to_book: Sequence[UnbookedRow], now: datetime) -> UnbookedTotal:
    since = min((row.since for row in to_book), default=None)
    return UnbookedTotal(sum(len(row.adjustments) for row in to_book), _days(since, now))


def _days(since: Instant | None, now: datetime) -> int | None:
    """Whole days since a stored instant."""
    return None if since is None else max(0, (now - moment_of(since)).days)


def _shares(approved: Sequence[Line]) -> Iterator[CauseShare]:
    """Every cause that had a part, the costliest first; the manager's word counts before the suggestion."""
    by_cause: dict[Cause, list[Line]] = {}
    for line in approved:
        by_cause.setdefault(line.confirmed_cause or line.cause or Cause.UNKNOWN, []).append(line)
    shares = (CauseShare(cause, len(lines), sum(map(posted_size, lines), ZERO)) for cause, lines in by_cause.items())
    yield from sorted(shares, key=lambda share: (-share.value, -share.lines, share.cause))


def _repeats(decided: Iterable[Line]) -> Iterator[RepeatedShortage]:
    """Items that were approved as short at least twice; a rejected shortage may not have been one."""
    short = [line for line in decided if line.state is LineState.APPROVED and posted_units(line) < 0]

    def item(line: Line) -> tuple[str, str]:
        return line.location, line.sku

    repeats = [
        RepeatedShortage(
            sku=sku,
            location=location,
            times=len(lines),
            units=-sum(map(posted_units, lines), ZERO),
            value=sum(map(posted_size, lines), ZERO),
        )
        for (location, sku), lines in ((key, list(group)) for key, group in groupby(sorted(short, key=item), key=item))
        if len(lines) >= COMES_BACK
    ]
    yield from sorted(repeats, key=lambda repeat: (-repeat.value, -repeat.times, repeat.location, repeat.sku))
