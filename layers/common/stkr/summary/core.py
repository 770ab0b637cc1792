"""The facts of a month, and what may be said about them. Pure: sessions, decided lines and the zone go in.

A session belongs to the month it was opened in, a decision to the month it was made in, both by the shop's calendar.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from stkr.cause.evidence import Cause
from stkr.store.counts import Line, Session, State

MONTHS_BACK: Final = 2
"""Months before the summary's that are looked at as well, for comparison and for shortages that come back."""

COMES_BACK: Final = 2
"""Shortages within those months that make an item one that keeps coming back short."""

_NAMES = (
    "January February March April May June July August September October November December".split()  # not the locale's
)
_ZERO = Decimal(0)


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
    def label(self) -> str:
        """As people write it: ``November 2026``."""
        return f"{_NAMES[self.number - 1]} {self.year}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one month brought. Lines are numbers of lines, values are money.

    ``sessions`` were reconciled, and their lines are ``in_agreement``, ``minor`` or ``material``; ``uncounted`` of them
    were expected and not counted, ``unrecorded`` counted and not expected. ``gaps_value`` is the size of all counted
    gaps, over and short alike. Of what was approved, ``caught_value`` is the size and ``net_value`` the sum.
    """

    month: Month
    sessions: int
    lines: int
    in_agreement: int
    minor: int
    material: int
    uncounted: int
    unrecorded: int
    gaps_value: Decimal
    approved: int
    rejected: int
    caught_value: Decimal
    net_value: Decimal

    @property
    def counted(self) -> int:
        """Lines somebody counted."""
        return self.lines - self.uncounted

    @property
    def accuracy(self) -> Decimal | None:
        """Percent of the lines that agreed with the system, to one decimal; ``None`` in a month without a count."""
        return _percent(self.in_agreement, self.lines)


@dataclass(frozen=True, slots=True)
class Share:
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
class Facts:
    """All that a summary says. ``before`` are the months before, the latest first; ``repeats`` the costliest first.

    Of ``labels_judged`` suggestions that a manager looked at, ``labels_confirmed`` were right. ``waiting`` variances of
    these months' sessions are not decided yet.
    """

    figures: Figures
    before: tuple[Figures, ...]
    causes: tuple[Share, ...]
    repeats: tuple[Repeat, ...]
    labels_judged: int
    labels_confirmed: int
    waiting: int

    @property
    def label_accuracy(self) -> Decimal | None:
        """Percent of the judged labels that were confirmed, to one decimal; ``None`` where none was judged."""
        return _percent(self.labels_confirmed, self.labels_judged)


def facts_of(month: Month, sessions: Sequence[Session], decided: Sequence[Line], zone: tzinfo) -> Facts:
    """The facts of ``month``.

    :param sessions: those opened in ``month`` and the two months before.
    :param decided: the lines decided since then, up to now: what was decided after the month is not waiting any more.
    """
    months = [month.back(back) for back in range(MONTHS_BACK + 1)]
    figures = [_figures(one, sessions, decided, zone) for one in months]
    this_month = [line for line in decided if _decided_in(line, zone) == month]
    approved = [line for line in this_month if line.state is State.APPROVED]
    recent = [line for line in decided if months[-1] <= _decided_in(line, zone) <= month]
    judged = [line for line in this_month if line.confirmed_cause and line.cause not in (None, Cause.UNKNOWN)]
    return Facts(
        figures=figures[0],
        before=tuple(figures[1:]),
        causes=tuple(_shares(approved)),
        repeats=tuple(_repeats(recent)),
        labels_judged=len(judged),
        labels_confirmed=sum(line.cause is line.confirmed_cause for line in judged),
        waiting=_waiting(sessions, decided),
    )


def _figures(month: Month, sessions: Iterable[Session], decided: Iterable[Line], zone: tzinfo) -> Figures:
    outcomes = [
        session.outcome
        for session in sessions
        if session.outcome and Month.at(datetime.fromisoformat(session.opened_at), zone) == month
    ]
    decisions = [line for line in decided if _decided_in(line, zone) == month]
    approved = [line for line in decisions if line.state is State.APPROVED]

    def total(key: str) -> Decimal:
        return sum((outcome[key] for outcome in outcomes), _ZERO)

    return Figures(
        month=month,
        sessions=len(outcomes),
        lines=int(total("lines")),
        in_agreement=int(total("in_agreement")),
        minor=int(total("minor")),
        material=int(total("material")),
        uncounted=int(total("uncounted")),
        unrecorded=int(total("unrecorded")),
        gaps_value=total("value_abs"),
        approved=len(approved),
        rejected=len(decisions) - len(approved),
        caught_value=sum(map(_size, approved), _ZERO),
        net_value=sum(map(_posted_value, approved), _ZERO),
    )


def _shares(approved: Sequence[Line]) -> Iterator[Share]:
    """Every cause that had a part, the costliest first; the manager's word counts before the suggestion."""
    by_cause: dict[Cause, list[Line]] = {}
    for line in approved:
        by_cause.setdefault(line.confirmed_cause or line.cause or Cause.UNKNOWN, []).append(line)
    shares = (Share(cause, len(lines), sum(map(_size, lines), _ZERO)) for cause, lines in by_cause.items())
    yield from sorted(shares, key=lambda share: (-share.value, -share.lines, share.cause))


def _repeats(decided: Iterable[Line]) -> Iterator[Repeat]:
    """Items that were approved as short at least twice; a rejected shortage may not have been one."""
    short = [line for line in decided if line.state is State.APPROVED and _posted_units(line) < 0]

    def item(line: Line) -> tuple[str, str]:
        return line.location, line.sku

    repeats = [
        Repeat(sku, location, len(lines), -sum(map(_posted_units, lines), _ZERO), sum(map(_size, lines), _ZERO))
        for (location, sku), lines in ((key, list(group)) for key, group in groupby(sorted(short, key=item), key=item))
        if len(lines) >= COMES_BACK
    ]
    yield from sorted(repeats, key=lambda repeat: (-repeat.value, -repeat.times, repeat.location, repeat.sku))


def _waiting(sessions: Iterable[Session], decided: Iterable[Line]) -> int:
    """Every material line is queued until it is decided."""
    done = Counter(line.session_id for line in decided)
    return sum(
        max(0, int(session.outcome["material"]) - done[session.session_id]) for session in sessions if session.outcome
    )


def _decided_in(line: Line, zone: tzinfo) -> Month:
    return Month.at(datetime.fromisoformat(line.decided_at or ""), zone)


def _posted_units(line: Line) -> Decimal:
    """What an approval changed the stock by; an uncounted line that was confirmed as zero has no gap but this."""
    return line.posted_units or _ZERO


def _posted_value(line: Line) -> Decimal:
    return _posted_units(line) * (line.unit_cost or _ZERO)


def _size(line: Line) -> Decimal:
    return abs(_posted_value(line))


def _percent(part: int, whole: int) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
