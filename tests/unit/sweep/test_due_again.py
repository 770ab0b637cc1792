"""When a variance that was mailed comes up again."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.sweep.core import due_again

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")


def test_a_sweep_that_comes_some_seconds_sooner_than_the_last_one_finds_it_due() -> None:
    mailed = datetime(2026, 1, 23, 7, 0, 37, tzinfo=UTC)
    assert due_again(mailed, 2, LONDON) <= datetime(2026, 1, 25, 7, 0, 8, tzinfo=UTC)


def test_a_sweep_that_comes_an_hour_sooner_because_the_clocks_went_forward_finds_it_due() -> None:
    saturday = datetime(2026, 3, 28, 7, tzinfo=LONDON)
    assert due_again(saturday.astimezone(UTC), 2, LONDON) <= datetime(2026, 3, 30, 7, tzinfo=LONDON).astimezone(UTC)


@given(
    day=st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    clock=st.times(),
    days=st.integers(1, 60),
    name=st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_it_is_due_from_the_beginning_of_a_later_day_of_the_shop(day: date, clock: time, days: int, name: str) -> None:
    zone = ZoneInfo(name)
    moment = datetime.combine(day, clock, tzinfo=UTC)
    due, later = due_again(moment, days, zone), moment.astimezone(zone).date() + timedelta(days=days)
    assert due.astimezone(zone).date() == later
    assert (due - timedelta(microseconds=1)).astimezone(zone).date() < later
