"""A month by the shop's calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.summary.month import Month
from tests.unit.summary.counts import NOVEMBER

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")


def test_the_month_of_a_moment_is_the_shops_not_utcs() -> None:
    moment = datetime(2026, 10, 31, 13, 30, tzinfo=UTC)

    assert Month.at(moment, ZoneInfo("Australia/Sydney")) == Month(2026, 11)
    assert Month.at(moment, LONDON) == Month(2026, 10)


def test_a_month_starts_at_local_midnight_with_or_without_daylight_saving() -> None:
    assert Month(2026, 7).start(LONDON) == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert NOVEMBER.start(LONDON) == datetime(2026, 11, 1, tzinfo=UTC)


@given(st.integers(2020, 2040), st.integers(1, 12), st.integers(0, 40))
def test_going_back_month_by_month_is_going_back_at_once(year: int, number: int, months: int) -> None:
    month = Month(year, number)
    for _ in range(months):
        month = month.back(1)

    assert month == Month(year, number).back(months)
    assert 1 <= month.number <= 12


def test_a_month_is_called_what_people_call_it() -> None:
    assert [month.label for month in (NOVEMBER, NOVEMBER.back(11))] == ["November 2026", "December 2025"]
