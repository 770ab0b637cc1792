"""Instants as they are stored: UTC text that sorts in order of time. Also the days and months that they fall into."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from stkr.domain.names import Instant

END_OF_TIME: Final = Instant("9999")
"""Sorts after every stored instant there will be: "due at any time"."""

LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)
"""The same as an aware datetime: sorts what has no time behind everything else."""


def instant(moment: datetime) -> Instant:
    """An aware datetime as the stored UTC form, which sorts as text: ``2026-11-23T09:00:00.000000Z``."""
    return Instant(moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"))


def local_day(stored_instant: Instant, zone: tzinfo) -> date:
    """The calendar day of a stored instant in the shop's time zone."""
    return moment_of(stored_instant).astimezone(zone).date()


def months_back(now: datetime, months: int) -> list[str]:
    """The UTC month of ``now`` and those before it, ``months`` in all: ``2026-11``, ``2026-10`` ..."""
    utc = now.astimezone(UTC)
    current = utc.year * 12 + utc.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(current, current - months, -1)]


def months_between(start: datetime, end: datetime) -> list[str]:
    """The UTC months that hold an instant from ``start`` until before ``end`` (aware), the latest first."""
    first, last = start.astimezone(UTC), (end - timedelta.resolution).astimezone(UTC)
    return months_back(last, (last.year - first.year) * 12 + last.month - first.month + 1)


def shifted(stored_instant: Instant, by: timedelta) -> Instant:
    """A stored instant, moved by a time that may be negative."""
    return instant(moment_of(stored_instant) + by)


def moment_of(stored_instant: Instant) -> datetime:
    """A stored instant as an aware datetime."""
    return datetime.fromisoformat(stored_instant)
