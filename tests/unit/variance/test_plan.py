"""What a reconciliation writes: new and changed lines, nothing on a repeat, and never over a decision."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState
from stkr.domain.names import Instant
from stkr.domain.session import Session, SessionStatus
from stkr.domain.stock import StockRow
from stkr.domain.variance import Materiality, Timing, Variance, gap_between
from stkr.rules.doc import default_rules, tolerance_for
from stkr.variance.core import judge
from stkr.variance.plan import LinesPlan, figures, plan_lines, unlabelled

pytestmark = pytest.mark.unit

SESSION = Session(session_id="s1", location="aisle", counter="Sam", opened_at="", status=SessionStatus.CAPTURED)
NOW, LATER = "2026-11-21T14:00:00.000000Z", "2026-11-21T15:00:00.000000Z"


def variance(sku: str, counted: int | str, system: int | str = 480) -> Variance:
    counted_qty, system_qty, cost = Decimal(counted), Decimal(system), Decimal("0.35")
    gap = gap_between(counted_qty, system_qty, cost)
    tolerance = tolerance_for(default_rules(), sku, "", "aisle")
    stock = StockRow(sku, sku, "aisle", system_qty, cost, snapshot_version=3)
    return Variance(
        sku, sku, LineKind.COUNTED, judge(gap, system_qty, tolerance), counted_qty, system_qty, gap, "default", stock
    )


def planned(seq: int, variances: list[Variance], stored: dict[str, Line] | None = None, now: str = NOW) -> LinesPlan:
    return plan_lines(SESSION, seq, variances, {}, stored or {}, Instant(now))


def stored(*lines: Line) -> dict[str, Line]:
    return {line.sku: line for line in lines}


def first(*variances: Variance) -> dict[str, Line]:
    return stored(*planned(1, list(variances)).lines)


def test_every_line_is_stored_with_its_state() -> None:
    lines = first(variance("A", 432), variance("B", 479), variance("C", 476))
    assert {sku: line.state for sku, line in lines.items()} == {
        "A": LineState.QUEUED,
        "B": LineState.IN_AGREEMENT,
        "C": LineState.MINOR,
    }


def test_a_material_line_is_queued_and_due_at_once_and_carries_what_the_post_depends_on() -> None:
    line = first(variance("A", 432))["A"]
    assert (line.due_at, line.queued_at) == (NOW, NOW)
    assert (line.system_qty, line.snapshot_version, line.gap_units) == (Decimal(480), 3, Decimal(-48))


def test_the_same_capture_again_changes_nothing() -> None:
    variances = [variance("A", 432), variance("B", 479)]
    assert planned(1, variances, first(*variances), LATER).changes == ()


def test_a_later_capture_with_the_same_figures_changes_nothing_and_keeps_the_label() -> None:
    labelled = first(variance("A", 432))["A"].model_copy(update={"cause": Cause.SHRINKAGE, "mails": 1})
    result = planned(2, [variance("A", 432)], stored(labelled), LATER)
    assert result.changes == ()
    assert result.lines == (labelled,)


def test_a_corrected_count_gets_a_new_revision_so_that_old_links_die() -> None:
    before = first(variance("A", 432))
    [change] = planned(2, [variance("A", 440)], before, LATER).changes
    assert change.replaces == before["A"]
    assert change.line is not None
    assert change.line.revision > before["A"].revision
    assert change.queues
    assert change.withdraws


def test_a_correction_that_settles_the_gap_withdraws_the_variance() -> None:
    [change] = planned(2, [variance("A", 480)], first(variance("A", 432)), LATER).changes
    assert change.withdraws
    assert not change.queues


def test_a_line_that_is_no_longer_counted_goes_and_meets_no_old_link_when_it_returns() -> None:
    before = first(variance("A", 432))
    [change] = planned(2, [], before, LATER).changes
    assert (change.line, change.replaces) == (None, before["A"])
    [back] = planned(3, [variance("A", 432)]).lines
    assert back.revision > before["A"].revision


@pytest.mark.parametrize("state", [LineState.APPROVED, LineState.REJECTED])
def test_a_decided_line_is_never_touched(state: LineState) -> None:
    decided = first(variance("A", 432))["A"].model_copy(update={"state": state})
    for variances in ([variance("A", 432)], [variance("A", 400)], []):
        assert planned(2, variances, stored(decided), LATER).changes == ()


def test_a_decided_line_whose_corrected_count_was_parked_stays_part_of_the_sessions_figures() -> None:
    decided = first(variance("A", 432))["A"].model_copy(update={"state": LineState.APPROVED})
    result = planned(2, [variance("B", 479)], stored(decided))
    assert (result.lines[-1], result.changes[-1].replaces) == (decided, None)
    assert figures(result.lines)["lines"] == 2


def test_a_decision_that_overtook_its_correction_is_reported() -> None:
    decided = first(variance("A", 432))["A"].model_copy(update={"state": LineState.APPROVED})
    assert planned(2, [variance("A", 432)], stored(decided)).overtaken == ()
    assert planned(2, [variance("A", 400)], stored(decided)).overtaken == ("A",)


def test_a_held_line_stays_as_it_was_asked_again_while_the_count_is_the_same() -> None:
    line = first(variance("A", 432))["A"]
    held = line.model_copy(update={"held_from_qty": line.system_qty, "system_qty": Decimal(470), "revision": 101})
    assert planned(2, [variance("A", 432)], stored(held), LATER).changes == ()


def rolled(counted: int, expected: int, live: int, version: int) -> Variance:
    """A variance against what was expected when it was counted."""
    gap = gap_between(Decimal(counted), Decimal(expected), Decimal("0.35"))
    timing = Timing(snapshot_qty=Decimal(480), expected_qty=Decimal(expected), moved_qty=Decimal(live - 480))
    stock = StockRow("A", "A", "aisle", Decimal(live), Decimal("0.35"), snapshot_version=version)
    return Variance(
        "A", "A", LineKind.COUNTED, Materiality.MATERIAL, Decimal(counted), Decimal(live), gap, "default", stock,
        timing=timing,
    )  # fmt: skip


def test_a_rolled_line_carries_what_was_expected_and_the_live_stock_its_post_depends_on() -> None:
    line = first(rolled(432, 480, 471, 4))["A"]
    assert (line.expected_qty, line.gap_units) == (Decimal(480), Decimal(-48))
    assert (line.system_qty, line.snapshot_version, line.qty_after) == (Decimal(471), 4, Decimal(423))


def test_stock_that_moves_on_does_not_ask_again_about_the_same_gap() -> None:
    before = first(rolled(432, 480, 471, 4))
    assert planned(2, [rolled(432, 480, 460, 5)], before, LATER).changes == ()
    waiting = before["A"].model_copy(update={"held_from_qty": Decimal(480), "system_qty": Decimal(465)})
    assert planned(2, [rolled(432, 480, 460, 5)], stored(waiting), LATER).changes == ()


def test_another_gap_at_the_moment_of_counting_is_another_question() -> None:
    before = first(rolled(432, 480, 471, 4))
    for fresh in (rolled(432, 471, 471, 4), rolled(430, 480, 471, 4), variance("A", 432)):
        [change] = planned(2, [fresh], before, LATER).changes
        assert change.withdraws
    [change] = planned(2, [rolled(432, 480, 480, 3)], first(variance("A", 432)), LATER).changes
    assert change.queues


def test_a_line_as_it_was_stored_before_it_could_be_rolled_still_loads() -> None:
    kept = first(variance("A", 432))["A"].attributes()
    assert "timing" not in kept
    assert Line.model_validate(kept).qty_after == 432


def test_a_rolled_line_is_stored_and_read_back_as_it_was() -> None:
    line = first(rolled(432, 480, 471, 4))["A"]
    assert Line.model_validate(line.attributes()) == line


def test_the_sessions_figures_add_up() -> None:
    found = figures(planned(1, [variance("A", 432), variance("B", 479), variance("C", 490)]).lines)
    assert found["lines"] == found["material"] + found["minor"] + found["in_agreement"] == 3
    assert (found["value_abs"], found["value_net"]) == (Decimal("20.65"), Decimal("-13.65"))


def test_accuracy_is_of_what_was_expected_and_counted_whatever_sign_the_system_has() -> None:
    agreeing, short, below_none, free = (
        variance("A", 480),
        variance("B", 432),
        variance("C", 0, -10),
        variance("D", 5, 5),
    )
    free = replace(free, stock=replace(free.stock, unit_cost=None), gap=gap_between(Decimal(5), Decimal(5), None))
    found_there = replace(variance("E", 7, 0), kind=LineKind.UNRECORDED)
    never_seen = replace(variance("F", 0), kind=LineKind.UNCOUNTED, counted_qty=None, gap=None)

    found = figures(planned(1, [agreeing, short, below_none, free, found_there, never_seen]).lines)

    assert (found["counted"], found["counted_in_agreement"], found["counted_unpriced"]) == (*map(Decimal, (4, 2, 1)),)
    assert found["counted_value_abs"] == Decimal("20.30")  # 48 and 10 at 0.35
    assert found["counted_system_value"] == Decimal("339.50")  # 480, 480 and 10
    assert found["value_abs"] == Decimal("22.75")  # with the 7 that were found


def test_only_queued_lines_without_a_label_are_asked_about() -> None:
    lines = planned(1, [variance("A", 432), variance("B", 479)]).lines
    assert list(unlabelled(lines)) == []  # no evidence was gathered for them


counts = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 600).map(str), min_size=1)


@given(st.lists(counts, min_size=1, max_size=5))
def test_after_any_series_of_captures_the_lines_say_what_the_last_one_says(captures: list[dict[str, str]]) -> None:
    lines: dict[str, Line] = {}
    for seq, capture in enumerate(captures, start=1):
        result = planned(seq, [variance(sku, qty) for sku, qty in sorted(capture.items())], lines)
        lines = stored(*result.lines)
        assert planned(seq, [variance(sku, qty) for sku, qty in sorted(capture.items())], lines).changes == ()
    assert {sku: str(line.counted_qty) for sku, line in lines.items()} == captures[-1]
