"""When a variance is mailed, when again, and who gets the mail."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain import instants
from stkr.domain.counted import LineKind
from stkr.domain.session import Session, SessionStatus
from stkr.rules.doc import Rules
from stkr.sweep.due import due_again, ready, recipients
from tests.unit.sweep.builders import LONDON, NOW, line

pytestmark = pytest.mark.unit


def session(counter: str = "Sam") -> Session:
    return Session(session_id="s1", location="aisle", counter=counter, opened_at="", status=SessionStatus.RECONCILED)


def rules(**more: object) -> Rules:
    location = {
        "name": "Aisle",
        "approver": {"name": "Priya", "email": "priya@example.com"},
        "escalation": {"name": "Morgan", "email": "morgan@example.com"},
    }
    return Rules.model_validate({"locations": {"aisle": location}, **more})


def test_a_variance_waits_for_its_label_but_not_for_ever() -> None:
    evidence = {
        "gap_units": -1, "gap_pct": None, "gap_value": None, "counted_qty": 9, "system_qty": 10,
        "sold_since_count": None, "last_receipt": None, "last_count": None, "flags": (),
    }  # fmt: skip
    fresh = line("A", cause=None, evidence=evidence, queued_at="2026-11-21T13:50:00.000000Z")
    stale = line("B", cause=None, evidence=evidence, queued_at="2026-11-21T13:40:00.000000Z")
    uncounted = line("C", cause=None, kind=LineKind.UNCOUNTED, queued_at="2026-11-21T13:59:00.000000Z")
    assert [due.sku for due in ready([fresh, stale, uncounted, line("D")], NOW, LONDON)] == ["B", "C", "D"]


def test_the_approver_of_the_location_decides() -> None:
    people = recipients(rules(), rules().locations["aisle"], session(), line())
    assert [person.name for person in people] == ["Priya"]


def test_mails_that_went_unanswered_reach_the_escalation_contact_too() -> None:
    people = recipients(rules(), rules().locations["aisle"], session(), line(mails=2))
    assert [person.name for person in people] == ["Priya", "Morgan"]


@pytest.mark.parametrize("counter", ["Priya", " priya ", "PRIYA@example.com"])
def test_where_the_rules_say_so_nobody_approves_their_own_count(counter: str) -> None:
    strict = rules(approver_may_count="false")
    people = recipients(strict, strict.locations["aisle"], session(counter), line())
    assert [person.name for person in people] == ["Morgan"]


def test_what_is_not_due_yet_or_was_mailed_today_is_left_alone() -> None:
    lines = [
        line("A", due_at="2026-11-21T14:00:00.000000Z", mailed_at="2026-11-20T23:59:00.000000Z"),
        line("B", due_at="2026-11-21T14:00:00.000001Z"),
        line("C", due_at="2026-11-21T13:00:00.000000Z", mailed_at="2026-11-21T00:10:00.000000Z"),
    ]
    assert [due.sku for due in ready(lines, NOW, LONDON)] == ["A"]


def test_a_daily_sweep_that_begins_a_second_earlier_than_the_last_one_mails_again_all_the_same() -> None:
    sent_at = datetime(2026, 11, 19, 7, 0, 5, tzinfo=UTC)
    due_at = instants.instant(due_again(sent_at, 2, LONDON))
    mailed = line(mails=1, mailed_at=instants.instant(sent_at), due_at=due_at)
    a_second_early = datetime(2026, 11, 21, 7, 0, 4, tzinfo=UTC)
    assert ready([mailed], a_second_early, LONDON) == [mailed]
    assert ready([mailed], datetime(2026, 11, 20, 7, 0, 4, tzinfo=UTC), LONDON) == []


def test_a_day_of_the_shop_is_not_one_of_utc() -> None:
    mailed = line(due_at="2026-07-01T23:00:00.000000Z", mailed_at="2026-06-30T23:10:00.000000Z")
    late, next_day = datetime(2026, 7, 1, 22, 59, tzinfo=UTC), datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    assert ready([mailed], late, LONDON) == []
    assert ready([mailed], next_day, LONDON) == [mailed]


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
