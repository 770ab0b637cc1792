"""Quiet hours to the second, in zones whose clocks jump by an hour, by half of one, and not at all."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.rules.doc import QuietHours, parse_rules
from stkr.sweep.quiet import is_quiet, quiet_until

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
NIGHT = QuietHours.model_validate({"from": "20:00", "to": "07:00"})
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "UTC")
CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # London, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2026, 4, 4, 15, 0, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),  # Casablanca, for Ramadan
)
MINUTES = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)) | st.builds(  # noqa: DTZ001 - bounds are naive by contract
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-1500, 180)
)


def hours(start: str, end: str) -> QuietHours:
    return QuietHours.model_validate({"from": start, "to": end})


def local(text: str, fold: int = 0, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (local("2026-11-21T14:00"), None),
        (local("2026-11-21T20:00"), local("2026-11-22T07:00")),
        (local("2026-11-22T06:59"), local("2026-11-22T07:00")),
        (local("2026-11-22T07:00"), None),
        (local("2026-10-24T22:00"), local("2026-10-25T07:00")),  # the clocks go back in this night
        (local("2026-03-28T22:00"), local("2026-03-29T07:00")),  # and forward in this one
    ],
)
def test_quiet_hours_end_at_the_local_wall_clock_time(moment: datetime, end: datetime | None) -> None:
    assert quiet_until(moment.astimezone(UTC), NIGHT, LONDON) == (end and end.astimezone(UTC))


def test_an_end_that_occurs_twice_is_the_next_one() -> None:
    second_pass = local("2026-10-25T01:10", fold=1)
    expected = local("2026-10-25T01:30", fold=1).astimezone(UTC)
    assert quiet_until(second_pass, hours("23:00", "01:30"), LONDON) == expected


def test_an_end_that_does_not_exist_is_when_the_clocks_jump_over_it() -> None:
    # 01:30 is skipped: at 00:59:59 comes 02:00.
    quiet_end = quiet_until(local("2026-03-28T23:30"), hours("23:00", "01:30"), LONDON)
    assert quiet_end == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_start_that_the_clocks_go_back_behind_ends_quiet_hours_until_it_comes_again() -> None:
    quiet = hours("01:40", "02:20")
    first_pass, between, second_pass = (datetime(2026, 10, 25, *at, tzinfo=UTC) for at in ((0, 50), (1, 10), (1, 50)))
    assert quiet_until(first_pass, quiet, LONDON) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert quiet_until(between, quiet, LONDON) is None
    assert quiet_until(second_pass, quiet, LONDON) == datetime(2026, 10, 25, 2, 20, tzinfo=UTC)


def test_clocks_that_jump_by_half_an_hour_are_followed() -> None:
    island = ZoneInfo("Australia/Lord_Howe")
    # 02:15 is skipped there: at 01:59:59 comes 02:30.
    quiet_end = quiet_until(local("2026-10-04T01:30", zone=island), hours("22:00", "02:15"), island)
    assert quiet_end == local("2026-10-04T02:30", zone=island).astimezone(UTC)


def test_a_day_that_a_zone_leaves_out_has_no_end_of_quiet_hours() -> None:
    # Samoa went from the end of 29 December 2011 to the beginning of the 31st.
    samoa = ZoneInfo("Pacific/Apia")
    quiet_end = quiet_until(local("2011-12-29T23:00", zone=samoa), NIGHT, samoa)
    assert quiet_end == local("2011-12-31T07:00", zone=samoa).astimezone(UTC)


def test_hours_within_one_day_are_quiet_in_between_only() -> None:
    siesta = hours("13:00", "15:00")
    assert quiet_until(local("2026-11-21T14:00"), siesta, LONDON) == local("2026-11-21T15:00").astimezone(UTC)
    assert quiet_until(local("2026-11-21T15:00"), siesta, LONDON) is None


def test_no_quiet_hours_means_mail_at_any_time() -> None:
    assert quiet_until(NOW, None, LONDON) is None
    assert quiet_until(NOW, hours("07:00", "07:00"), LONDON) is None


@given(MOMENTS, MINUTES, MINUTES, st.sampled_from(ZONES).map(ZoneInfo))
def test_quiet_hours_end_at_the_first_instant_that_is_not_quiet(
    moment: datetime, start: time, end: time, zone: ZoneInfo
) -> None:
    quiet = QuietHours.model_validate({"from": start, "to": end})
    until = quiet_until(moment, quiet, zone)
    if until is None:
        assert not is_quiet(moment, quiet, zone)
        return
    assert moment < until <= moment + timedelta(hours=25)
    assert not is_quiet(until, quiet, zone)
    # Clocks show whole minutes only now and then; every minute in between, and the last second, have to be quiet.
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    between = (minute + timedelta(minutes=number) for number in range((until - minute) // timedelta(minutes=1)))
    assert all(is_quiet(each, quiet, zone) for each in (moment, *between, until - timedelta(microseconds=1)))


def test_the_rules_doc_spells_quiet_hours_as_people_do() -> None:
    assert parse_rules('quiet_hours: {from: "20:00", to: "07:00"}').quiet_hours == NIGHT
