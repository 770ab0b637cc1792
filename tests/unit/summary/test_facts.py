"""The facts of a month."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.line import LineState
from stkr.domain.session import LastCount
from stkr.summary.facts import MONTHS_COMPARED, CauseShare, RepeatedShortage, UnbookedTotal, UndecidedTotal
from tests.unit.summary.counts import NOVEMBER, as_first_stored, decision, facts, queued, session, to_book

pytestmark = pytest.mark.unit


def test_the_sessions_of_the_month_are_added_up_and_those_before_stand_beside() -> None:
    november = session(
        "a", "2026-11-07T09:00:00.000000Z", counted=120, counted_in_agreement=112, minor=5, material=3, unrecorded=2
    )
    also = session("b", "2026-11-21T09:00:00.000000Z", counted=80, counted_in_agreement=80, uncounted=4)
    september = session("c", "2026-09-05T09:00:00.000000Z", counted=10, counted_in_agreement=9, material=1)

    found = facts([november, also, september])

    assert (found.figures.sessions, found.figures.counted, found.figures.lines_counted) == (2, 200, 202)
    assert (found.figures.in_agreement, found.figures.minor, found.figures.material) == (192, 5, 3)
    assert (found.figures.uncounted, found.figures.unrecorded) == (4, 2)
    assert [(figures.month.number, figures.counted) for figures in found.before] == [(10, 0), (9, 10)]


def test_accuracy_leaves_out_what_nobody_expected_and_what_nobody_counted() -> None:
    counted = session(
        "a", "2026-11-07T09:00:00.000000Z", counted=200, unrecorded=50, uncounted=50, in_agreement=190,
        counted_in_agreement=192, counted_value_abs="125.50", counted_system_value="10000",
    )  # fmt: skip

    figures = facts([counted]).figures

    assert figures.accuracy_by_lines == Decimal("96.0")
    assert figures.accuracy_by_value == Decimal("98.7")


@pytest.mark.parametrize(
    ("variances", "books", "accuracy"),
    [("0", "0", None), ("5", "0", None), ("30", "10", "0"), ("0", "10", "100"), ("0.001", "1000", "99.9")],
)
def test_accuracy_by_value_is_none_without_a_book_value_never_negative_and_whole_only_without_a_variance(
    variances: str, books: str, accuracy: str | None
) -> None:
    counted = session(
        "a", "2026-11-07T09:00:00.000000Z", counted=3, counted_value_abs=variances, counted_system_value=books
    )

    assert facts([counted]).figures.accuracy_by_value == (None if accuracy is None else Decimal(accuracy))


def test_accuracy_is_not_known_where_a_session_of_the_month_was_stored_without_it() -> None:
    old = as_first_stored(session("a", "2026-11-07T09:00:00.000000Z", counted=10, in_agreement=9))
    new = session("b", "2026-11-21T09:00:00.000000Z", counted=10, counted_in_agreement=10, counted_system_value=5)

    figures = facts([old, new]).figures

    assert figures.counted == 20
    assert (figures.in_agreement, figures.unpriced) == (None, None)
    assert (figures.accuracy_by_lines, figures.accuracy_by_value) == (None, None)


@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_accuracy_is_whole_only_when_all_lines_agree_and_nothing_only_when_none_does(agree: int, differ: int) -> None:
    lines = session("a", "2026-11-07T09:00:00.000000Z", counted=agree + differ, counted_in_agreement=agree)

    accuracy = facts([lines]).figures.accuracy_by_lines

    if accuracy is None:
        assert not agree + differ
    else:
        assert (accuracy == 100) == (not differ)
        assert (accuracy == 0) == (not agree)
        assert abs(accuracy - Decimal(agree) * 100 / (agree + differ)) <= Decimal("0.1")


def test_a_month_without_a_count_has_no_accuracy() -> None:
    assert facts().figures.accuracy_by_lines is None
    assert facts().figures.accuracy_by_value is None
    assert facts().label_accuracy is None


def test_a_year_of_months_stands_beside_and_the_latest_ones_are_worked_out_anew() -> None:
    october = session("a", "2026-10-07T09:00:00.000000Z", counted=7)
    kept = [replace(facts().figures, month=NOVEMBER.back(back), counted=1_000 + back) for back in range(1, 20)]

    found = facts([october], earlier=kept)

    assert [figures.month for figures in found.before] == [
        NOVEMBER.back(back) for back in range(1, MONTHS_COMPARED + 1)
    ]
    assert [figures.counted for figures in found.before][:4] == [7, 0, 1_003, 1_004]


def test_months_that_were_never_kept_are_left_out_and_made_up_by_nobody() -> None:
    kept = [replace(facts().figures, month=NOVEMBER.back(5), counted=50)]

    assert [figures.month.number for figures in facts(earlier=kept).before] == [10, 9, 6]


def test_a_session_that_was_never_reconciled_brings_nothing() -> None:
    opened = session("a", "2026-11-07T09:00:00.000000Z").model_copy(update={"outcome": None})

    assert facts([opened]).figures.sessions == 0


def test_what_was_approved_in_the_month_is_what_was_caught() -> None:
    found = facts(
        decided=[
            decision("a", "BOLT", "2026-11-22T10:00:00.000000Z", -48),
            decision("a", "NUT", "2026-11-22T10:00:00.000000Z", 10),
            decision("a", "PAINT", "2026-11-22T10:00:00.000000Z", -9, state=LineState.REJECTED),
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
        kind=LineKind.UNCOUNTED,
        counted_qty=None,
        gap_units=None,
        gap_value=None,
        unit_cost=Decimal(200),
        cause=None,
    )

    found = facts(decided=[gone])

    assert found.figures.caught_value == Decimal(600)
    assert found.causes == (CauseShare(Cause.UNKNOWN, 1, Decimal(600)),)


def test_causes_are_split_by_the_managers_word_where_there_is_one_the_costliest_first() -> None:
    at = "2026-11-22T10:00:00.000000Z"
    found = facts(
        decided=[
            decision("a", "A", at, -10),
            decision("a", "B", at, -20, confirmed_cause=Cause.MISCOUNT),
            decision("a", "C", at, -30, cause=Cause.RECEIVING_ERROR, confirmed_cause=Cause.RECEIVING_ERROR),
            decision("a", "D", at, -90, state=LineState.REJECTED, confirmed_cause=Cause.MISCOUNT),
        ]
    )

    assert found.causes == (
        CauseShare(Cause.RECEIVING_ERROR, 1, Decimal("10.50")),
        CauseShare(Cause.MISCOUNT, 1, Decimal("7.00")),
        CauseShare(Cause.SHRINKAGE, 1, Decimal("3.50")),
    )


def test_a_label_was_right_when_the_manager_confirmed_it_and_counts_only_where_there_was_one() -> None:
    at = "2026-11-22T10:00:00.000000Z"
    found = facts(
        decided=[
            decision("a", "A", at, -10, confirmed_cause=Cause.SHRINKAGE),
            decision("a", "B", at, -10, confirmed_cause=Cause.MISCOUNT, state=LineState.REJECTED),
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
            decision("b", "SAND", "2026-11-22T10:00:00.000000Z", -10, state=LineState.REJECTED),
            decision("a", "TAPE", "2026-10-22T10:00:00.000000Z", -10),
            decision("b", "TAPE", "2026-11-22T10:00:00.000000Z", -10, location="yard"),
        ]
    )

    assert found.repeats == (RepeatedShortage("BOLT", "fixings-aisle", 2, Decimal(58), Decimal("20.30")),)


def test_what_waits_is_what_is_in_the_queues_with_its_value_and_its_age() -> None:
    fixings = [
        queued("BOLT", "2026-11-19T08:00:00.000000Z", -48),
        queued("NUT", "2026-11-30T09:00:00.000000Z", 10),
        queued("LAMP", "2026-11-25T09:00:00.000000Z", 0, gap_value=None),
    ]
    paint = [queued("RED", "2026-08-03T07:00:00.000000Z", -1)]

    found = facts(waiting={"fixings-aisle": fixings, "paint-aisle": paint})

    assert found.waiting == UndecidedTotal(4, Decimal("20.65"), 1, 120)
    by_place = {place.location: place.waiting for place in found.places}
    assert by_place["fixings-aisle"] == UndecidedTotal(3, Decimal("20.30"), 1, 12)
    assert facts().waiting == UndecidedTotal(0, Decimal(0), 0, None)


def test_a_location_is_overdue_when_its_last_count_is_longer_ago_than_its_interval() -> None:
    def overdue(last: LastCount) -> list[str]:
        on_time = LastCount(counted_at="2026-11-30T08:00:00.000000Z")
        return [one.name for one in facts(last_counts={"fixings-aisle": last, "paint-aisle": on_time}).overdue]

    assert overdue(LastCount(counted_at="2026-10-02T07:00:00.000000Z")) == []  # sixty days
    assert overdue(LastCount(counted_at="2026-10-01T07:00:00.000000Z")) == ["Fixings aisle"]
    assert overdue(LastCount(counted_at="2026-10-01T07:00:00.000000Z", reminded_at="2026-11-30T07:00:00.000000Z")) == [
        "Fixings aisle"
    ]
    assert overdue(LastCount()) == ["Fixings aisle"]


def test_a_location_that_left_the_rules_doc_is_told_of_by_its_key_and_never_overdue() -> None:
    yard = session("a", "2026-11-07T09:00:00.000000Z", location="yard", counted=5, counted_in_agreement=5)
    at_home = session("b", "2026-11-08T09:00:00.000000Z", counted=8)

    found = {place.location: place for place in facts([yard, at_home]).places}

    assert list(found) == ["fixings-aisle", "paint-aisle", "yard"]
    assert (found["yard"].name, found["yard"].every_days, found["yard"].overdue) == ("yard", None, False)
    assert [place.figures.counted for place in found.values()] == [8, 0, 5]


def test_what_is_not_booked_is_counted_by_adjustment_and_dated_by_the_oldest() -> None:
    rows = [to_book("BOLT", "2026-11-28T08:00:00.000000Z", 3), to_book("NUT", "2026-11-21T09:00:00.000000Z")]

    assert facts(unbooked=rows).unbooked == UnbookedTotal(4, 9)
    assert facts().unbooked == UnbookedTotal(0, None)


def test_what_was_approved_without_a_unit_cost_is_in_no_value_and_said_to_be_so() -> None:
    at = "2026-11-22T10:00:00.000000Z"

    figures = facts(decided=[decision("a", "A", at, -10, unit_cost=None), decision("a", "B", at, -10)]).figures

    assert (figures.approved, figures.approved_unpriced, figures.caught_value) == (2, 1, Decimal("3.50"))
