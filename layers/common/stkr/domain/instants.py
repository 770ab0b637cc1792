"""Instants as they are stored: UTC text that sorts in order of time. Days and months are the shop's."""

from datetime import UTC, date, datetime, timedelta, tzinfo

END_OF_TIME = "9999"
"""Sorts after every stored instant."""


def instant(moment: datetime) -> str:
    """An aware datetime as the stored UTC form, which sorts as text: ``2026-11-23T09:00:00.000000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def local_day(stored_instant: str, zone: tzinfo) -> date:
    """The calendar day of a stored instant where the shop is."""
    return datetime.fromisoformat(stored_instant).astimezone(zone).date()


def months_back(now: datetime, months: int) -> list[str]:
    """The UTC month of ``now`` and those before it, ``months`` in all: ``2026-11``, ``2026-10`` ..."""
    this = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(this, this - months, -1)]


def months_between(start: datetime, end: datetime) -> list[str]:
    """The UTC months that hold an instant from ``start`` until before ``end`` (aware), the latest first."""
    first, last = start.astimezone(UTC), (end - timedelta.resolution).astimezone(UTC)
    return months_back(last, (last.year - first.year) * 12 + last.month - first.month + 1)


def shifted(stored_instant: str, by: timedelta) -> str:
    """A stored instant, earlier or later."""
    return instant(datetime.fromisoformat(stored_instant) + by)


def moment_of(instant: str) -> datetime:
    """A stored instant (see ``instant``) as an aware datetime."""
    return datetime.fromisoformat(instant)
