"""Quiet hours to the second, who is mailed, and what goes into which mail."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.result import Kind
from stkr.cause.evidence import Cause
from stkr.mail.compose import MAX_ITEMS
from stkr.rules.doc import QuietHours, Rules, parse_rules
from stkr.store.counts import LastCount, Line, Session, State, Status
from stkr.sweep.core import mail_id, overdue, parts, quiet_until, ready, recipients
from stkr.variance.core import Materiality

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
NIGHT = QuietHours.model_validate({"from": "20:00", "to": "07:00"})
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


def line(sku: str = "A", value: str | None = "-10", **more: object) -> Line:
    stored = {
        "session_id": "s1", "sku": sku, "name": sku, "location": "aisle", "kind": Kind.COUNTED,
        "materiality": Materiality.MATERIAL, "state": State.QUEUED, "system_qty": 10, "snapshot_version": 1,
        "revision": 100, "rule": "default", "capture_seq": 1, "gap_value": value, "cause": Cause.SHRINKAGE,
    }  # fmt: skip
    return Line.model_validate({**stored, **more})


def session(counter: str = "Sam") -> Session:
    return Session(session_id="s1", location="aisle", counter=counter, opened_at="", status=Status.RECONCILED)


def rules(**more: object) -> Rules:
    location = {
        "name": "Aisle",
        "approver": {"name": "Priya", "email": "priya@example.com"},
        "escalation": {"name": "Morgan", "email": "morgan@example.com"},
    }
    return Rules.model_validate({"locations": {"aisle": location}, **more})


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (local("2026-11-21T21:00"), local("2026-11-22T07:00")),
        (local("2026-11-22T06:59:59"), local("2026-11-22T07:00")),
        (local("2026-11-22T07:00"), None),
        (local("2026-11-21T19:59:59"), None),
        (local("2026-11-21T20:00"), local("2026-11-22T07:00")),
        (local("2026-10-24T22:00"), local("2026-10-25T07:00")),  # the clocks go back in this night
        (local("2026-03-28T22:00"), local("2026-03-29T07:00")),  # and forward in this one
    ],
)
def test_quiet_hours_end_at_the_local_wall_clock_time(moment: datetime, end: datetime | None) -> None:
    assert quiet_until(moment.astimezone(UTC), NIGHT, LONDON) == (end and end.astimezone(UTC))


def test_an_end_that_occurs_twice_is_the_next_one() -> None:
    quiet = QuietHours.model_validate({"from": "23:00", "to": "01:30"})
    second_pass = local("2026-10-25T01:10", fold=1)
    assert quiet_until(second_pass, quiet, LONDON) == local("2026-10-25T01:30", fold=1).astimezone(UTC)


def test_hours_within_one_day_are_quiet_in_between_only() -> None:
    siesta = QuietHours.model_validate({"from": "13:00", "to": "15:00"})
    assert quiet_until(local("2026-11-21T14:00"), siesta, LONDON) == local("2026-11-21T15:00").astimezone(UTC)
    assert quiet_until(local("2026-11-21T15:00"), siesta, LONDON) is None


def test_no_quiet_hours_means_mail_at_any_time() -> None:
    assert quiet_until(NOW, None, LONDON) is None
    assert quiet_until(NOW, QuietHours.model_validate({"from": "07:00", "to": "07:00"}), LONDON) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive by contract
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_the_end_of_quiet_hours_is_always_ahead_and_within_a_day_and_an_hour(
    moment: datetime, start: time, end: time
) -> None:
    until = quiet_until(moment, QuietHours.model_validate({"from": start, "to": end}), LONDON)
    assert until is None or timedelta(0) < until - moment <= timedelta(hours=25)


def test_a_variance_waits_for_its_label_but_not_for_ever() -> None:
    evidence = {
        "gap_units": -1, "gap_pct": None, "gap_value": None, "counted_qty": 9, "system_qty": 10,
        "sold_since_count": None, "last_receipt": None, "last_count": None, "flags": (),
    }  # fmt: skip
    fresh = line("A", cause=None, evidence=evidence, queued_at="2026-11-21T13:50:00.000000Z")
    stale = line("B", cause=None, evidence=evidence, queued_at="2026-11-21T13:40:00.000000Z")
    uncounted = line("C", cause=None, kind=Kind.UNCOUNTED, queued_at="2026-11-21T13:59:00.000000Z")
    assert [found.sku for found in ready([fresh, stale, uncounted, line("D")], NOW)] == ["B", "C", "D"]


def test_the_approver_of_the_location_decides() -> None:
    found = recipients(rules(), rules().locations["aisle"], session(), [line()])
    assert [person.name for person in found] == ["Priya"]


def test_mails_that_went_unanswered_reach_the_escalation_contact_too() -> None:
    found = recipients(rules(), rules().locations["aisle"], session(), [line(mails=2)])
    assert [person.name for person in found] == ["Priya", "Morgan"]


@pytest.mark.parametrize("counter", ["Priya", " priya ", "PRIYA@example.com"])
def test_where_the_rules_say_so_nobody_approves_their_own_count(counter: str) -> None:
    strict = rules(approver_may_count="false")
    found = recipients(strict, strict.locations["aisle"], session(counter), [line()])
    assert [person.name for person in found] == ["Morgan"]


def test_the_most_valuable_gap_comes_first_and_uncounted_lines_last() -> None:
    lines = [line("A", "-10"), line("B", None, kind=Kind.UNCOUNTED), line("C", "300"), line("D", "-400")]
    assert [found.sku for found in parts(lines)[0]] == ["D", "C", "A", "B"]


def test_a_long_list_is_split_and_loses_nothing() -> None:
    lines = [line(f"S{number:03}", str(Decimal(number))) for number in range(MAX_ITEMS * 2 + 1)]
    mails = parts(lines)
    assert [len(mail) for mail in mails] == [MAX_ITEMS, MAX_ITEMS, 1]
    assert {found.sku for mail in mails for found in mail} == {found.sku for found in lines}


def test_a_mail_is_the_same_only_for_the_same_person_day_and_revisions() -> None:
    same = mail_id("2026-11-21", "priya@example.com", [line("A"), line("B")])
    assert same == mail_id("2026-11-21", "priya@example.com", [line("B"), line("A")])
    assert same != mail_id("2026-11-22", "priya@example.com", [line("A"), line("B")])
    assert same != mail_id("2026-11-21", "morgan@example.com", [line("A"), line("B")])
    assert same != mail_id("2026-11-21", "priya@example.com", [line("A"), line("B", revision=101)])


@pytest.mark.parametrize(
    ("last", "days"),
    [
        (LastCount(counted_at="2026-08-01T10:00:00.000000Z"), 112),
        (LastCount(counted_at="2026-11-20T10:00:00.000000Z"), "not due"),
        (LastCount(), None),
        (LastCount(reminded_at="2026-11-20T10:00:00.000000Z"), "not due"),
    ],
    ids=["long ago", "yesterday", "never", "reminded yesterday"],
)
def test_a_location_is_called_for_when_its_interval_is_over(last: LastCount, days: int | str | None) -> None:
    found = overdue("aisle", 90, last, NOW)
    assert (found.days if found else "not due") == days


def test_the_rules_doc_spells_quiet_hours_as_people_do() -> None:
    assert parse_rules('quiet_hours: {from: "20:00", to: "07:00"}').quiet_hours == NIGHT
