"""The facts of a month."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.result import Kind
from stkr.cause.evidence import Cause
from stkr.store.counts import State
from stkr.summary.core import Facts, Month, Repeat, Share, facts_of
from tests.unit.summary.counts import decision, session

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
NOVEMBER = Month(2026, 11)


def facts(sessions: object = (), decided: object = (), zone: ZoneInfo = LONDON) -> Facts:
    return facts_of(NOVEMBER, sessions, decided, zone)  # type: ignore[arg-type]  # lists in every test


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


def test_the_sessions_of_the_month_are_added_up_and_those_before_stand_beside() -> None:
    november = session(
        "a", "2026-11-07T09:00:00.000000Z", lines=120, in_agreement=112, minor=5, material=3, value_abs="40.5"
    )
    also = session("b", "2026-11-21T09:00:00.000000Z", lines=80, in_agreement=80, uncounted=4, unrecorded=2)
    september = session("c", "2026-09-05T09:00:00.000000Z", lines=10, in_agreement=9, material=1)

    found = facts([november, also, september])

    assert (found.figures.sessions, found.figures.lines, found.figures.counted) == (2, 200, 196)
    assert (found.figures.in_agreement, found.figures.minor, found.figures.material) == (192, 5, 3)
    assert (found.figures.uncounted, found.figures.unrecorded) == (4, 2)
    assert found.figures.gaps_value == Decimal("40.5")
    assert found.figures.accuracy == Decimal("96.0")
    assert [(figures.month.number, figures.lines) for figures in found.before] == [(10, 0), (9, 10)]


def test_a_month_without_a_count_has_no_accuracy() -> None:
    assert facts().figures.accuracy is None
    assert facts().label_accuracy is None


def test_a_session_that_was_never_reconciled_brings_nothing() -> None:
    opened = session("a", "2026-11-07T09:00:00.000000Z").model_copy(update={"outcome": None})

    assert facts([opened]).figures.sessions == 0


def test_what_was_approved_in_the_month_is_what_was_caught() -> None:
    found = facts(
        decided=[
            decision("a", "BOLT", "2026-11-22T10:00:00.000000Z", -48),
            decision("a", "NUT", "2026-11-22T10:00:00.000000Z", 10),
            decision("a", "PAINT", "2026-11-22T10:00:00.000000Z", -9, state=State.REJECTED),
            decision("b", "SAND", "2026-10-31T23:59:59.000000Z", -100),
            decision("b", "GRAVEL", "2026-12-01T00:00:00.000000Z", -100),
        ]
    )

    assert (found.figures.approved, found.figures.rejected) == (2, 1)
    assert (found.figures.caught_value, found.figures.net_value) == (Decimal("20.30"), Decimal("-13.30"))


def test_an_uncounted_item_confirmed_as_gone_is_worth_what_was_written_off() -> None:
    gone = decision(
        "a",
        "DRILL",
        "2026-11-22T10:00:00.000000Z",
        -3,
        kind=Kind.UNCOUNTED,
        counted_qty=None,
        gap_units=None,
        gap_value=None,
        unit_cost=Decimal(200),
        cause=None,
    )

    found = facts(decided=[gone])

    assert found.figures.caught_value == Decimal(600)
    assert found.causes == (Share(Cause.UNKNOWN, 1, Decimal(600)),)


def test_causes_are_split_by_the_managers_word_where_there_is_one_the_costliest_first() -> None:
    at = "2026-11-22T10:00:00.000000Z"
    found = facts(
        decided=[
            decision("a", "A", at, -10),
            decision("a", "B", at, -20, confirmed_cause=Cause.MISCOUNT),
            decision("a", "C", at, -30, cause=Cause.RECEIVING_ERROR, confirmed_cause=Cause.RECEIVING_ERROR),
            decision("a", "D", at, -90, state=State.REJECTED, confirmed_cause=Cause.MISCOUNT),
        ]
    )

    assert found.causes == (
        Share(Cause.RECEIVING_ERROR, 1, Decimal("10.50")),
        Share(Cause.MISCOUNT, 1, Decimal("7.00")),
        Share(Cause.SHRINKAGE, 1, Decimal("3.50")),
    )


def test_a_label_was_right_when_the_manager_confirmed_it_and_counts_only_where_there_was_one() -> None:
    at = "2026-11-22T10:00:00.000000Z"
    found = facts(
        decided=[
            decision("a", "A", at, -10, confirmed_cause=Cause.SHRINKAGE),
            decision("a", "B", at, -10, confirmed_cause=Cause.MISCOUNT, state=State.REJECTED),
            decision("a", "C", at, -10, confirmed_cause=Cause.SHRINKAGE),
            decision("a", "D", at, -10),
            decision("a", "E", at, -10, cause=Cause.UNKNOWN, confirmed_cause=Cause.MISCOUNT),
            decision("a", "F", "2026-10-22T10:00:00.000000Z", -10, confirmed_cause=Cause.SHRINKAGE),
        ]
    )

    assert (found.labels_judged, found.labels_confirmed, found.label_accuracy) == (3, 2, Decimal("66.7"))


def test_an_item_short_twice_within_three_months_keeps_coming_back() -> None:
    found = facts(
        decided=[
            decision("a", "BOLT", "2026-09-01T00:00:00.000000Z", -48),
            decision("b", "BOLT", "2026-11-22T10:00:00.000000Z", -10),
            decision("b", "NUT", "2026-11-22T10:00:00.000000Z", -10),
            decision("a", "NUT", "2026-08-31T10:00:00.000000Z", -10),
            decision("a", "PAINT", "2026-10-22T10:00:00.000000Z", -10),
            decision("b", "PAINT", "2026-11-22T10:00:00.000000Z", 10),
            decision("a", "SAND", "2026-10-22T10:00:00.000000Z", -10),
            decision("b", "SAND", "2026-11-22T10:00:00.000000Z", -10, state=State.REJECTED),
            decision("a", "TAPE", "2026-10-22T10:00:00.000000Z", -10),
            decision("b", "TAPE", "2026-11-22T10:00:00.000000Z", -10, location="yard"),
        ]
    )

    assert found.repeats == (Repeat("BOLT", "fixings-aisle", 2, Decimal(58), Decimal("20.30")),)


def test_what_is_not_decided_yet_is_waiting_whenever_it_was_found() -> None:
    sessions = [
        session("a", "2026-10-07T09:00:00.000000Z", lines=9, material=3),
        session("b", "2026-11-07T09:00:00.000000Z", lines=9, material=2),
    ]
    decided = [
        decision("a", "BOLT", "2026-10-22T10:00:00.000000Z", -48),
        decision("b", "NUT", "2026-12-01T07:00:00.000000Z", -10, state=State.REJECTED),
        decision("b", "BOLT", "2026-12-01T07:30:00.000000Z", -10),
    ]

    assert facts(sessions, decided).waiting == 2
