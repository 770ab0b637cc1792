"""When nobody is mailed: quiet hours on the shop's wall clock, to the second. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo

from stkr.rules.doc import QuietHours

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


def is_quiet(moment: datetime, quiet: QuietHours, zone: tzinfo) -> bool:
    """Whether a clock on the wall shows a time within quiet hours; the start is within them, the end is not."""
    clock = moment.astimezone(zone).time()
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def quiet_until(moment: datetime, quiet: QuietHours | None, zone: tzinfo) -> datetime | None:
    """When the quiet hours that ``moment`` falls into end, as a UTC instant; ``None`` outside quiet hours.

    It is the first instant at which the wall clock no longer shows a quiet time. Mostly it shows the end then; where
    clocks are changed, it may jump over the end or back to before the start.
    """
    if quiet is None or not is_quiet(moment, quiet, zone):
        return None
    candidates = (*_showing(quiet.end, moment, zone), *_clock_changes(moment, zone))
    return min(each for each in candidates if each > moment and not is_quiet(each, quiet, zone))


def _showing(clock: time, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The instants around ``moment`` at which the wall clock shows a time; it may do so twice a day, or not at all."""
    today = moment.astimezone(zone).date()
    for days in range(3):
        for fold in (0, 1):
            wall = datetime.combine(today + timedelta(days=days), clock, tzinfo=zone).replace(fold=fold)
            instant = wall.astimezone(UTC)
            if instant.astimezone(zone).time() == clock:
                yield instant


def _clock_changes(moment: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The instants in the two days after ``moment`` at which the zone's clocks are changed."""

    def offset(instant: datetime) -> timedelta | None:
        return instant.astimezone(zone).utcoffset()

    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for before in (hour + _HOUR * number for number in range(50)):
        first, last = before, before + _HOUR
        if offset(first) == offset(last):
            continue
        while last - first > _SECOND:
            middle = first + (last - first) // 2 // _SECOND * _SECOND
            first, last = (middle, last) if offset(middle) == offset(first) else (first, middle)
        yield last
