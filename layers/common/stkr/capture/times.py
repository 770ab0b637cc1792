"""When a row was counted, by the clock of the device that it was counted with.

Nothing is guessed: an ambiguous time is treated as missing, and a row without a time is counted like any other. A time
before the opening of the count or after the upload shows that the clock was wrong.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

from stkr.domain import instants
from stkr.domain.counted import CLOCKS_APART, ClockDoubt
from stkr.domain.names import Instant
from stkr.domain.stock import Snapshot
from stkr.tabular.text import visible

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CENTURY = 2000
_NOON = 12
_CELL = re.compile(
    r"(?:(?P<date>\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/. ])\d{1,2}\3(?:\d{4}|\d{2})"
    r"|\d{1,2}[-/. ]?[a-z]{3,9}\.?[-/. ]?(?:\d{4}|\d{2})|[a-z]{3,9}\.? \d{1,2},? \d{4}|\d{8}))?"
    r"(?:(?:^|[ t]|, )(?P<time>(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?)?)"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?P<offset>z|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(\d{8})(\d\d)(\d\d)(\d\d)?")
_PARTS = re.compile(r"\d+|[a-z]+", re.IGNORECASE)

Moment = tuple[Instant, Instant]
"""The stored instants between which something happened; a time to the minute leaves 60 seconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """When the rows of a file can have been counted: from the opening of the count to the upload, aware and local."""

    opened_at: datetime
    uploaded_at: datetime
    zone: ZoneInfo

    def holds(self, moment: Moment) -> bool:
        """Whether something can have happened then; clocks may be a little apart."""
        first, last = instants.instant(self.opened_at - CLOCKS_APART), instants.instant(self.uploaded_at + CLOCKS_APART)
        return first <= moment[1] and moment[0] <= last

    def days(self) -> Iterator[date]:
        """The days of the window in the shop, of which there are two where it holds a midnight."""
        day, last = (at.astimezone(self.zone).date() for at in (self.opened_at, self.uploaded_at))
        while day <= last:
            yield day
            day += timedelta(days=1)


def window_of(snapshot: Snapshot, uploaded_at: str) -> Window | None:
    """The window of a file that was uploaded at an ISO-8601 instant; ``None`` where either end is unknown."""
    if not (snapshot.taken_at and snapshot.zone and uploaded_at):
        return None
    return Window(
        datetime.fromisoformat(snapshot.taken_at), datetime.fromisoformat(uploaded_at), ZoneInfo(snapshot.zone)
    )


class Order(StrEnum):
    """In which order a clock writes day, month and year, where they are all numbers."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


@dataclass(frozen=True, slots=True)
class _Written:
    """What the cells of a row say: a date as it is written, a time of day, and how exact and in which zone it is."""

    day: str
    at: time
    exact_to: timedelta
    offset: timezone | None


class Clock:
    """The clock behind one file."""

    def __init__(self, order: Order, window: Window) -> None:
        self._order = order
        self._window = window
        self._moments: dict[tuple[str, ...], Moment | ClockDoubt | None] = {}

    def moment(self, cells: tuple[str, ...]) -> Moment | ClockDoubt | None:
        """When a row was counted, by the cells of the layout's ``times``.

        :returns: ``None`` where they do not say, ``ClockDoubt.WRONG`` where they say what cannot be.
        """
        if cells not in self._moments:
            self._moments[cells] = self._judged(cells)
        return self._moments[cells]

    def _judged(self, cells: tuple[str, ...]) -> Moment | ClockDoubt | None:
        written = _written(cells)
        if written is None:
            return None
        days = [_date(written.day, self._order)] if written.day else list(self._window.days())
        moments = [_moment(day, written, self._window.zone) for day in days if day]
        possible = [moment for moment in moments if moment and self._window.holds(moment)]
        if len(possible) == 1 and None not in moments:
            return possible[0]
        return ClockDoubt.WRONG if not possible and None not in moments else None


def clock_of(sample: Iterable[Sequence[str]], window: Window) -> Clock | None:
    """The clock that wrote the time cells of a file's first rows; ``None`` where there are no times, or where its order
    of day and month is not certain: the dates are real in several orders, and in more than one they are of this count.
    """
    rows = {tuple(cells) for cells in sample}
    written_times = [written for cells in rows if (written := _written(cells))]
    dates = {written.day for written in written_times if written.day}
    orders = [order for order in Order if all(_date(day, order) for day in dates)]
    clocks = {order: Clock(order, window) for order in orders}
    moments = {order: {cells: clock.moment(cells) for cells in rows} for order, clock in clocks.items()}
    fitting = [order for order in orders if any(isinstance(moment, tuple) for moment in moments[order].values())]
    candidates = fitting or orders
    if not written_times or not candidates or any(moments[order] != moments[candidates[0]] for order in candidates):
        return None
    return clocks[candidates[0]]


def spanned(moments: Iterable[Moment | ClockDoubt | None]) -> tuple[Instant | None, Instant | None, ClockDoubt | None]:
    """From when to when the rows of a line were counted, or why that is not known; see ``CountedLine``."""
    distinct = set(moments)
    if ClockDoubt.WRONG in distinct:
        return None, None, ClockDoubt.WRONG
    certain = [moment for moment in distinct if isinstance(moment, tuple)]
    if not certain:
        return None, None, None
    if None in distinct:
        return None, None, ClockDoubt.MIXED
    return min(first for first, _ in certain), max(last for _, last in certain), None


def _written(cells: Sequence[str]) -> _Written | None:
    """What the cells say together; ``None`` without a time of day, and where they contradict each other."""
    days: set[str] = set()
    times: set[tuple[time, timedelta, timezone | None]] = set()
    for cell in map(visible, cells):
        stamp = _STAMP.fullmatch(cell)
        text = f"{stamp[1]} {stamp[2]}:{stamp[3]}:{stamp[4]}".removesuffix(":None") if stamp else cell
        parts = _CELL.fullmatch(text)
        if parts and parts["date"]:
            days.add(parts["date"].casefold())
        if parts and parts["time"]:
            time_of_day = _time_of_day(parts)
            if time_of_day is None:
                return None
            times.add(time_of_day)
    if len(times) != 1 or len(days) > 1:
        return None
    [(at_time, exact_to, offset)] = times
    return _Written(next(iter(days), ""), at_time, exact_to, offset)


def _time_of_day(parts: re.Match[str]) -> tuple[time, timedelta, timezone | None] | None:
    hour, half = int(parts["hour"]), (parts["half"] or "")[:1].casefold()
    if half and not 1 <= hour <= _NOON:
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    micro = int((parts["part"] or "").ljust(6, "0"))
    try:
        at = time(hour, int(parts["minute"]), int(parts["second"] or 0), micro)
    except ValueError:
        return None
    unit = timedelta(seconds=1) if parts["second"] else timedelta(minutes=1)
    return at, unit - timedelta.resolution if not parts["part"] else timedelta(), _offset(parts["offset"])


def _offset(written: str | None) -> timezone | None:
    if not written:
        return None
    if written in "zZ":
        return timezone.utc  # noqa: UP017 - of the type that other offsets have
    ahead = timedelta(hours=int(written[1:3]), minutes=int(written[-2:]))
    return timezone(-ahead if written[0] == "-" else ahead)


def _date(written: str, order: Order) -> date | None:
    """A date as it is written; ``None`` where there is no such day."""
    parts = [written[:4], written[4:6], written[6:]] if written.isdecimal() else _PARTS.findall(written)
    named = [part for part in parts if part.isalpha()]
    numbers = [part for part in parts if not part.isalpha()]
    if named:
        day, year = numbers
        month = _MONTHS.index(named[0][:3]) + 1 if named[0][:3] in _MONTHS else 0
    else:
        first, second, third = numbers
        year_first = len(first) > len("21") or order is Order.YEAR_FIRST
        year, rest = (first, (second, third)) if year_first else (third, (first, second))
        day, month = (rest[0], int(rest[1])) if order is Order.DAY_FIRST and not year_first else (rest[1], int(rest[0]))
    try:
        return date(int(year) + (0 if len(year) > len("26") else _CENTURY), month, int(day))
    except ValueError:
        return None


def _moment(day: date, written: _Written, zone: ZoneInfo) -> Moment | None:
    """A local time as instants; ``None`` in the hour that a change of the clocks repeats or leaves out."""
    local = datetime.combine(day, written.at, written.offset or zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return None
    return instants.instant(local), instants.instant(local + written.exact_to)
