"""The facts of a month. Pure: what was read of counts, decisions and what waits goes in.

A session belongs to the month it was opened in, a decision to the month it was made in, both by the shop's calendar.
The months of ``MONTHS_BACK`` are always worked out anew, because a count can be corrected for a while; what is older is
taken from the summary of the month before, so that the work does not grow with the age of the tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from stkr.domain.cause import Cause
from stkr.domain.inventory import UnbookedRow
from stkr.domain.line import Line, LineState
from stkr.domain.session import LastCount, Session
from stkr.rules.doc import Rules
from stkr.web.wording import place

MONTHS_BACK: Final = 2
"""Months before the summary's that are read as well, for comparison and for shortages that come back."""

MONTHS_COMPARED: Final = 12
"""Months before the summary's that stand beside it: a year shows whether a season or a trend is behind a change."""

COMES_BACK: Final = 2
"""Shortages within those months that make an item one that keeps coming back short."""

_NAMES = (
    "January February March April May June July August September October November December".split()  # not the locale's
)
_ZERO = Decimal(0)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; ``number`` is 1 to 12."""

    year: int
    number: int

    @classmethod
    def at(cls, moment: datetime, zone: tzinfo) -> "Month":
        """The month an aware datetime falls into by the shop's calendar."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    def back(self, months: int) -> "Month":
        """The month so many months before."""
        index = self.year * 12 + self.number - 1 - months
        return Month(index // 12, index % 12 + 1)

    def start(self, zone: tzinfo) -> datetime:
        """The first moment of the month in the shop's zone, as a UTC instant."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    @property
    def key(self) -> str:
        """As it is stored: ``2026-11``."""
        return f"{self.year}-{self.number:02}"

    @property
    def label(self) -> str:
        """As people write it: ``November 2026``."""
        return f"{_NAMES[self.number - 1]} {self.year}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one month brought. Lines are numbers of lines, values are money.

    ``sessions`` were reconciled. Of their lines ``counted`` were expected and counted, ``uncounted`` expected and not
    counted, ``unrecorded`` counted and not expected; ``minor`` and ``material`` are gaps of all three kinds.
    ``in_agreement`` of the counted lines were within tolerance; the size of the counted lines' gaps is ``gap_value``,
    and ``system_value`` what the system says they are worth, both without the ``unpriced`` ones, which have no unit
    cost. These four are ``None`` where a session of the month was reconciled before they were kept.

    Of what was ``approved``, ``caught_value`` is the size and ``net_value`` the sum, both without the
    ``approved_unpriced`` lines.
    """

    month: Month
    sessions: int
    counted: int
    uncounted: int
    unrecorded: int
    minor: int
    material: int
    in_agreement: int | None
    gap_value: Decimal | None
    system_value: Decimal | None
    unpriced: int | None
    approved: int
    approved_unpriced: int
    rejected: int
    caught_value: Decimal
    net_value: Decimal

    @property
    def lines_counted(self) -> int:
        """Lines somebody counted, expected or not."""
        return self.counted + self.unrecorded

    @property
    def happened(self) -> bool:
        """Whether anything was counted or decided."""
        return bool(self.sessions or self.approved or self.rejected)

    @property
    def accuracy_by_lines(self) -> Decimal | None:
        """Inventory record accuracy in percent, to one decimal: counted lines within tolerance / counted lines.

        It is the usual definition, e.g. of the APICS Dictionary: a record is accurate when the quantity on hand is
        within an allowed tolerance of the recorded balance. A line that was not counted says nothing of its record, and
        one that was not expected has none. A book quantity of zero or below is a record like any other. ``None`` where
        nothing was counted, or the figure is not known.
        """
        return None if self.in_agreement is None else _percent(self.in_agreement, self.counted)

    @property
    def accuracy_by_value(self) -> Decimal | None:
        """``1 - sum(|gap value|) / sum(|book value|)`` of the counted lines in percent, to one decimal, at least 0.

        Gaps over and short add up, since netting them would hide both: the gross, or absolute, variance that is usual
        in cycle counting. ``None`` where the books had no value, or the figure is not known.
        """
        if self.gap_value is None or not self.system_value:
            return None
        return _percent(max(_ZERO, self.system_value - self.gap_value), self.system_value)


@dataclass(frozen=True, slots=True)
class CauseShare:
    """One cause's part in what was approved: lines, and the size of their gaps in money."""

    cause: Cause
    lines: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item that keeps coming back short: how often, by how many eaches and how much money in all, both positive."""

    sku: str
    location: str
    times: int
    units: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Undecided:
    """Variances nobody has decided: how many, the size of their gaps in money, and for how many days the oldest waits.

    ``unvalued`` of them have no value: they were not counted, or have no unit cost. ``days`` is ``None`` without any.
    """

    lines: int
    value: Decimal
    unvalued: int
    days: int | None


@dataclass(frozen=True, slots=True)
class LocationFigures:
    """A location: what the month brought there, and how it stands when the summary is made.

    ``days`` since the last count of the whole location, ``None`` where there was none; ``every_days`` is how often it
    is to be counted, ``None`` for a location that the rules doc does not have (any more).
    """

    location: str
    name: str
    figures: Figures
    waiting: Undecided
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

    figures: Figures
    before: tuple[Figures, ...]
    causes: tuple[CauseShare, ...]
    repeats: tuple[Repeat, ...]
    labels_judged: int
    labels_confirmed: int
    places: tuple[LocationFigures, ...]
    waiting: Undecided
    unbooked: UnbookedTotal

    @property
    def label_accuracy(self) -> Decimal | None:
        """Percent of the judged labels that were confirmed, to one decimal; ``None`` where none was judged."""
        return _percent(self.labels_confirmed, self.labels_judged)

    @property
    def overdue(self) -> tuple[LocationFigures, ...]:
        """The locations that were not counted within their interval."""
        return tuple(one for one in self.places if one.overdue)


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
class Gathered:
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
    earlier: Sequence[Figures] = ()


def locations_of(sessions: Iterable[Session], rules: Rules) -> tuple[str, ...]:
    """The locations a summary speaks of: those of the rules doc in its order, then others that were counted."""
    return tuple(dict.fromkeys([*rules.locations, *sorted({session.location for session in sessions})]))


def facts_of(month: Month, gathered: Gathered, rules: Rules, now: datetime) -> Facts:
    """The facts of ``month``, made at ``now`` (aware)."""
    zone = rules.zone
    recent = {
        one: _figures(one, gathered.sessions, gathered.decided, zone)
        for one in (month.back(back) for back in range(MONTHS_BACK + 1))
    }
    known = {figures.month: figures for figures in gathered.earlier} | recent
    compared = (month.back(back) for back in range(1, MONTHS_COMPARED + 1))
    this_month = [line for line in gathered.decided if _decided_in(line, zone) == month]
    approved = [line for line in this_month if line.state is LineState.APPROVED]
    judged = [line for line in this_month if line.confirmed_cause and line.cause not in (None, Cause.UNKNOWN)]
    repeats = _repeats(line for line in gathered.decided if _decided_in(line, zone) in recent)
    queued = [line for lines in gathered.queued.values() for line in lines]
    return Facts(
        figures=recent[month],
        before=tuple(known[one] for one in compared if one in known),
        causes=tuple(_shares(approved)),
        repeats=tuple(repeats),
        labels_judged=len(judged),
        labels_confirmed=sum(line.cause is line.confirmed_cause for line in judged),
        places=tuple(_place(name, month, gathered, rules, now) for name in locations_of(gathered.sessions, rules)),
        waiting=_waiting(queued, now),
        unbooked=_unbooked(gathered.to_book, now),
    )


def _figures(month: Month, sessions: Iterable[Session], decided: Iterable[Line], zone: tzinfo) -> Figures:
    outcomes = [
        session.outcome
        for session in sessions
        if session.outcome and Month.at(datetime.fromisoformat(session.opened_at), zone) == month
    ]
    decisions = [line for line in decided if _decided_in(line, zone) == month]
    approved = [line for line in decisions if line.state is LineState.APPROVED]

    def total(key: str) -> Decimal:
        return sum((outcome[key] for outcome in outcomes), _ZERO)

    def total_if_kept(key: str) -> Decimal | None:
        return total(key) if all(key in outcome for outcome in outcomes) else None

    def number_if_kept(key: str) -> int | None:
        found = total_if_kept(key)
        return None if found is None else int(found)

    return Figures(
        month=month,
        sessions=len(outcomes),
        counted=int(total("counted")),
        uncounted=int(total("uncounted")),
        unrecorded=int(total("unrecorded")),
        minor=int(total("minor")),
        material=int(total("material")),
        in_agreement=number_if_kept("counted_in_agreement"),
        gap_value=total_if_kept("counted_value_abs"),
        system_value=total_if_kept("counted_system_value"),
        unpriced=number_if_kept("counted_unpriced"),
        approved=len(approved),
        approved_unpriced=sum(line.unit_cost is None for line in approved),
        rejected=len(decisions) - len(approved),
        caught_value=sum(map(_size, approved), _ZERO),
        net_value=sum(map(_posted_value, approved), _ZERO),
    )


def _place(name: str, month: Month, gathered: Gathered, rules: Rules, now: datetime) -> LocationFigures:
    known = rules.locations.get(name)
    last = gathered.last_counts.get(name, LastCount())
    days = _days(last.counted_at, now)
    return LocationFigures(
        location=name,
        name=place(rules, name),
        figures=_figures(
            month,
            [session for session in gathered.sessions if session.location == name],
            [line for line in gathered.decided if line.location == name],
            rules.zone,
        ),
        waiting=_waiting(gathered.queued.get(name, ()), now),
        days=days,
        every_days=known.count_every_days if known else None,
        overdue=known is not None and (days is None or days > known.count_every_days),
    )


def _waiting(queued: Sequence[Line], now: datetime) -> Undecided:
    values = [abs(line.gap_value) for line in queued if line.gap_value is not None]
    since = min((line.queued_at for line in queued if line.queued_at), default=None)
    return Undecided(len(queued), sum(values, _ZERO), len(queued) - len(values), _days(since, now))


def _unbooked(to_book: Sequence[UnbookedRow], now: datetime) -> UnbookedTotal:
    since = min((row.since for row in to_book), default=None)
    return UnbookedTotal(sum(len(row.adjustments) for row in to_book), _days(since, now))


def _days(since: str | None, now: datetime) -> int | None:
    """Whole days since a stored instant."""
    return None if since is None else max(0, (now - datetime.fromisoformat(since)).days)


def _shares(approved: Sequence[Line]) -> Iterator[CauseShare]:
    """Every cause that had a part, the costliest first; the manager's word counts before the suggestion."""
    by_cause: dict[Cause, list[Line]] = {}
    for line in approved:
        by_cause.setdefault(line.confirmed_cause or line.cause or Cause.UNKNOWN, []).append(line)
    shares = (CauseShare(cause, len(lines), sum(map(_size, lines), _ZERO)) for cause, lines in by_cause.items())
    yield from sorted(shares, key=lambda share: (-share.value, -share.lines, share.cause))


def _repeats(decided: Iterable[Line]) -> Iterator[Repeat]:
    """Items that were approved as short at least twice; a rejected shortage may not have been one."""
    short = [line for line in decided if line.state is LineState.APPROVED and _posted_units(line) < 0]

    def item(line: Line) -> tuple[str, str]:
        return line.location, line.sku

    repeats = [
        Repeat(sku, location, len(lines), -sum(map(_posted_units, lines), _ZERO), sum(map(_size, lines), _ZERO))
        for (location, sku), lines in ((key, list(group)) for key, group in groupby(sorted(short, key=item), key=item))
        if len(lines) >= COMES_BACK
    ]
    yield from sorted(repeats, key=lambda repeat: (-repeat.value, -repeat.times, repeat.location, repeat.sku))


def _decided_in(line: Line, zone: tzinfo) -> Month:
    return Month.at(datetime.fromisoformat(line.decided_at or ""), zone)


def _posted_units(line: Line) -> Decimal:
    """What an approval changed the stock by; an uncounted line that was confirmed as zero has no gap but this."""
    return line.posted_units or _ZERO


def _posted_value(line: Line) -> Decimal:
    return _posted_units(line) * (line.unit_cost or _ZERO)


def _size(line: Line) -> Decimal:
    return abs(_posted_value(line))


def _percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """To one decimal, but 100 only of all and 0 only of none: rounding must not hide what there is to look for."""
    if not whole:
        return None
    rounded = (Decimal(part) * 100 / whole).quantize(_TENTH, ROUND_HALF_UP)
    if 0 < part < whole:
        return min(max(rounded, _TENTH), 100 - _TENTH)
    return rounded
