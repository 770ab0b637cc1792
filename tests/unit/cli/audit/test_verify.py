"""What the system stores is consistent, and whatever is changed in it by hand is reported."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.inventory import Unbooked
from stkr.domain.line import LineState
from stkr.domain.trail import TrailAction
from stkr_cli.audit.verify import StoredState, Tally, differences, tally
from tests.unit.cli.audit.stories import COUNTS, ENDS, Count, told, with_row, without

pytestmark = pytest.mark.unit

ONE = Decimal(1)
LATER = "2026-12-24T00:00:00.000000Z"


def problems(stored: StoredState) -> list[str]:
    return [one.problem for one in differences(stored)]


@given(COUNTS)
def test_whatever_the_system_does_the_trail_accounts_for(counts: list[Count]) -> None:
    assert differences(told(counts)) == []


@given(COUNTS, st.data())
def test_no_row_of_the_trail_can_go_unnoticed(counts: list[Count], data: st.DataObject) -> None:
    stored = told(counts)
    gone = data.draw(st.integers(0, len(stored.trail) - 1))
    assert differences(without(stored, gone))


@given(COUNTS, st.data())
def test_no_row_can_be_written_twice(counts: list[Count], data: st.DataObject) -> None:
    stored = told(counts)
    again = stored.trail[data.draw(st.integers(0, len(stored.trail) - 1))]
    position = again.position.replace(again.at, LATER)
    twice = again.model_copy(update={"at": LATER, "position": position})
    assert differences(replace(stored, trail=(*stored.trail, twice)))


TRAIL_CHANGES: Mapping[str, Any] = {
    "partition": "SKU#OTHER",
    "position": "TS#2020",
    "action": "undone",
    "at": LATER,
    "sku": "OTHER",
    "location": "attic",
    "session_id": "2026-11-21-other",
    "variance_id": "2026-11-21-other.BOLT-M6-50.r100",
    "qty_before": Decimal(9999),
    "qty_after": Decimal(9999),
    "gap_units": Decimal(9999),
}


@given(COUNTS, st.sampled_from(sorted(TRAIL_CHANGES)), st.data())
def test_no_figure_and_no_name_in_a_row_of_the_trail_can_be_changed_unnoticed(
    counts: list[Count], name: str, data: st.DataObject
) -> None:
    stored = told(counts)
    position = data.draw(st.integers(0, len(stored.trail) - 1))
    held = stored.trail[position].user == "approve" or stored.trail[position].gap_units is None
    if name in {"location", "qty_after", "gap_units", "qty_before"} and held:
        return  # These of a row that nothing else tells: see the test of what is not told twice.
    if name == "location" and _superseded(stored, position):
        return
    assert differences(with_row(stored, position, {name: TRAIL_CHANGES[name]}))


def _superseded(stored: StoredState, position: int) -> bool:
    """Whether a row is of a revision that a hold has replaced, which no line is in any more."""
    row = stored.trail[position]
    return row.variance_id not in {line.variance_id for line in stored.lines}


@given(COUNTS, st.sampled_from(("user", "link_issued_to", "confirmed_cause", "cause", "rationale", "gap_value")))
def test_nobody_can_be_made_to_have_decided_what_somebody_else_did(counts: list[Count], name: str) -> None:
    stored = told(counts)
    for position, row in enumerate(stored.trail):
        if row.action in {TrailAction.APPROVED, TrailAction.POSTED, TrailAction.REJECTED}:
            other = ONE if name == "gap_value" else "somebody else"
            assert differences(with_row(stored, position, {name: other})), row.action


LINE_CHANGES: Mapping[str, Any] = {
    "revision": 777,
    "state": LineState.REJECTED,
    "location": "attic",
    "system_qty": Decimal(9999),
    "gap_units": Decimal(9999),
    "gap_value": Decimal(9999),
    "decided_at": LATER,
    "decided_by": "Somebody else",
    "link_issued_to": "somebody@example.com",
    "posted_units": Decimal(9999),
}


@pytest.mark.parametrize("name", LINE_CHANGES)
@pytest.mark.parametrize("sold", [0, 3])
@pytest.mark.parametrize("counted", [432, None])
def test_no_line_can_be_changed_unnoticed(name: str, sold: int, counted: int | None) -> None:
    stored = told([Count(counted, sold)])
    [line] = stored.lines
    changed = replace(stored, lines=(line.model_copy(update={name: LINE_CHANGES[name]}),))
    assert differences(changed)


@pytest.mark.parametrize("end", [end for end in ENDS if end != "withdrawn"])
def test_no_line_can_go_and_none_can_come(end: str) -> None:
    stored = told([Count(end=end)])
    assert differences(replace(stored, lines=()))
    assert differences(replace(stored, trail=()))
    foreign = stored.lines[0].model_copy(update={"session_id": "2026-11-21-foreign"})
    assert differences(replace(stored, lines=(*stored.lines, foreign)))


STOCK_CHANGES: Mapping[str, Any] = {
    "source_qty": Decimal(9999),
    "unbooked_qty": Decimal(9999),
    "system_qty": Decimal(9999),
    "snapshot_version": 1,
    "unbooked": (),
    "unbooked_since": LATER,
}


@given(COUNTS, st.sampled_from(sorted(STOCK_CHANGES)))
def test_no_quantity_can_be_changed_unnoticed(counts: list[Count], name: str) -> None:
    stored = told([*counts, Count(counted=431)])
    if stored.rows[0].unbooked == () and name.startswith("unbooked"):
        return  # The last count found nothing to correct.
    changed = stored.rows[0].model_copy(update={name: STOCK_CHANGES[name]})
    assert differences(replace(stored, rows=(changed,)))


@given(COUNTS)
def test_stock_that_has_not_moved_since_the_last_post_is_what_that_post_left(counts: list[Count]) -> None:
    stored = told([*counts, Count(counted=431)])
    [row] = stored.rows
    both = row.model_copy(update={"source_qty": row.source_qty - 5, "system_qty": row.system_qty - 5})
    assert any("has not moved since" in problem for problem in problems(replace(stored, rows=(both,))))


def test_a_sale_since_the_last_post_is_no_difference() -> None:
    stored = told([Count(), Count(sold=7, end="waiting")])
    assert differences(stored) == []
    assert stored.rows[0].system_qty == 425


def test_a_row_of_stock_cannot_go() -> None:
    assert problems(replace(told([Count()]), rows=())) == ["posts of the trail have no row of stock"]


@pytest.mark.parametrize("changes", [{"id": "2026-11-21-count-0.BOLT-M6-50.r900"}, {"units": -ONE}, {"at": LATER}])
def test_what_waits_to_be_booked_is_what_was_posted(changes: dict[str, Any]) -> None:
    stored = told([Count()])
    [row] = stored.rows
    changed = row.model_copy(update={"unbooked": (row.unbooked[0].model_copy(update=changes),)})
    assert differences(replace(stored, rows=(changed,)))


def test_nothing_waits_twice() -> None:
    stored = told([Count()])
    [row] = stored.rows
    twice = row.model_copy(update={"unbooked": row.unbooked * 2, "unbooked_qty": row.unbooked_qty * 2})
    assert any("2 times" in problem for problem in problems(replace(stored, rows=(twice,))))


def test_two_posts_on_the_same_stock_are_told() -> None:
    stored = told([Count(), Count(counted=400)])
    first, second = stored.lines
    same = second.model_copy(update={"snapshot_version": first.snapshot_version})
    assert any("same stock" in problem for problem in problems(replace(stored, lines=(first, same))))


def test_a_post_that_follows_another_begins_where_that_one_ended() -> None:
    stored = told([Count(), Count(counted=400)])
    first, second = stored.lines
    before = {"system_qty": Decimal(440), "gap_units": Decimal(-40), "posted_units": Decimal(-40)}
    rows = [
        row.model_copy(update={"qty_before": Decimal(440), "gap_units": Decimal(-40)})
        if row.session_id == second.session_id
        else row
        for row in stored.trail
    ]
    changed = replace(stored, trail=tuple(rows), lines=(first, second.model_copy(update=before)))
    assert any("right after" in problem for problem in problems(changed))


def test_tables_of_different_moments_do_not_fit_each_other() -> None:
    before, after = told([Count()]), told([Count(), Count(counted=400)])
    assert problems(replace(after, rows=before.rows))
    assert problems(replace(after, lines=before.lines))
    assert problems(replace(after, trail=before.trail))


def test_what_was_booked_is_not_asked_for_again() -> None:
    booked, waiting = told([Count(booked=True)]), told([Count()])
    assert differences(booked) == differences(waiting) == []
    assert tally(booked) == Tally(variances=1, posts=1, changes=1, waiting=0)
    assert tally(booked) + tally(waiting) == Tally(variances=2, posts=2, changes=2, waiting=1)


def test_a_hundred_units_that_nobody_approved_are_told_with_what_to_do() -> None:
    stored = told([Count(end="rejected")])
    [row] = stored.rows
    smuggled = Unbooked(id="by hand", units=Decimal(100), at=LATER)
    changed = row.model_copy(
        update={
            "unbooked": (smuggled,),
            "unbooked_qty": Decimal(100),
            "system_qty": row.system_qty + 100,
            "unbooked_since": LATER,
        }
    )
    [one] = differences(replace(stored, rows=(changed,)))
    assert (one.sku, one.where) == ("BOLT-M6-50", "by hand")
    assert one.problem == "100 wait at fixings-aisle that nobody posted"
    assert "stkr booked" in one.remedy
