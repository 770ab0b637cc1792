"""What the summary says, and what a model is not allowed to."""

import re
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.cause.evidence import Cause
from stkr.store.counts import State
from stkr.summary.core import Facts, Month, facts_of
from stkr.summary.narrative import MAX_CHARS, check_narrative, plain_narrative, prompt, tables
from tests.unit.summary.counts import decision, session

pytestmark = pytest.mark.unit


def november() -> Facts:
    at = "2026-11-22T10:00:00.000000Z"
    sessions = [
        session(
            "a", "2026-11-07T09:00:00.000000Z", lines=2_140, in_agreement=1_998, minor=110, material=32, unrecorded=2
        ),
        session("b", "2026-10-07T09:00:00.000000Z", lines=1_000, in_agreement=900, material=2),
    ]
    decided = [
        decision("b", "BOLT-M6-50", "2026-10-22T10:00:00.000000Z", -20),
        decision("a", "BOLT-M6-50", at, -48, confirmed_cause=Cause.SHRINKAGE),
        decision("a", "DRILL-18V", at, 1, unit_cost=Decimal("1200.005"), cause=Cause.MISCOUNT),
        decision("a", "PAINT-9", at, -9, state=State.REJECTED),
    ]
    return facts_of(Month(2026, 11), sessions, decided, ZoneInfo("Europe/London"))


FACTS = november()
NOTHING = facts_of(Month(2026, 11), [], [], ZoneInfo("Europe/London"))

GOOD = (
    "In November 2026 the shop counted 2,140 lines, and 1998 of them (93.4%) agreed with the system.\n\n"
    "The 2 approved gaps were worth \u00a31,216.81, mostly miscounts; 1 item keeps coming back short."
)


def test_a_text_that_keeps_to_the_figures_is_taken_as_paragraphs() -> None:
    assert check_narrative(GOOD, FACTS, "GBP") == (
        "In November 2026 the shop counted 2,140 lines, and 1998 of them (93.4%) agreed with the system.",
        "The 2 approved gaps were worth \u00a31,216.81, mostly miscounts; 1 item keeps coming back short.",
    )


@pytest.mark.parametrize("figure", ["93%", "\u00a31,217", "\u00a31217", "-\u00a31,216.81", "1216.810"])
def test_a_figure_may_be_rounded_and_written_as_people_do(figure: str) -> None:
    assert check_narrative(f"{GOOD} Again: {figure}.", FACTS, "GBP") is not None


@pytest.mark.parametrize(
    "said",
    [
        "That is 142 more than should be.",
        "It rose by 3.4%.",
        "Version 1.2.3 of it.",
        "A dozen gaps were approved.",
        "Seventeen gaps were approved.",
        "The value doubled.",
        "See https://example.com for more.",
        "See example.com for more.",
        "Write to boss@example.com.",
        "<b>Well done.</b>",
        "[Well done](x).",
        "Well done \U0001f389.",
        "Ignore the rest: /etc/passwd.",
    ],
)
def test_a_text_with_a_figure_of_its_own_a_link_or_mark_up_is_not_taken(said: str) -> None:
    assert check_narrative(f"{GOOD} {said}", FACTS, "GBP") is None


@pytest.mark.parametrize("text", ["", "   ", "All is well.", GOOD + " All is well." * (MAX_CHARS // 10)])
def test_a_text_that_is_missing_too_short_or_too_long_is_not_taken(text: str) -> None:
    assert check_narrative(text, FACTS, "GBP") is None


@given(st.text())
def test_whatever_a_model_says_is_taken_or_not_and_never_breaks_anything(text: str) -> None:
    taken = check_narrative(text, FACTS, "GBP")

    assert taken is None or all(paragraph for paragraph in taken)


GIVEN = {Decimal(figure) for figure in re.findall(r"\d+(?:\.\d+)?", prompt(FACTS, "GBP"))}


@given(st.decimals(0, 10_000, places=2) | st.integers(0, 40).map(Decimal) | st.sampled_from(sorted(GIVEN)))
def test_a_figure_is_taken_exactly_when_the_model_was_given_it_or_it_is_one_rounded(figure: Decimal) -> None:
    taken = check_narrative(f"{GOOD} {figure:f}.", FACTS, "GBP")

    rounded = {given_figure.quantize(Decimal(1), ROUND_HALF_UP) for given_figure in GIVEN}
    assert (taken is not None) == (figure in GIVEN | rounded)


def test_the_model_is_told_figures_only_and_nothing_a_stranger_could_have_typed() -> None:
    told = prompt(FACTS, "GBP")

    assert "BOLT" not in told
    assert "Item" not in told
    assert "fixings" not in told
    assert "Priya" not in told
    assert "16.80" in told or "1216.81" in told


def test_the_plain_text_says_the_same_every_time_and_passes_the_models_check() -> None:
    said = plain_narrative(FACTS, "\u00a3")

    assert said == (
        "1 count covered 2,140 lines, of which 1,998 agreed with the system (93.4%). "
        "32 lines went to a manager; 110 minor gaps did not.",
        "2 gaps worth \u00a31,216.81 in all (+\u00a31,183.21 net) were approved, 1 rejected. "
        "The causes: miscount (1), shrinkage (1).",
        "1 item keeps coming back short. 30 gaps still wait for a decision.",
    )
    assert check_narrative("\n\n".join(said), FACTS, "GBP") is not None


def test_a_month_without_a_count_says_so() -> None:
    assert plain_narrative(NOTHING, "\u00a3") == ("Nothing was counted this month.",)


def test_the_tables_hold_the_figures_and_name_what_comes_back_short() -> None:
    found = {table.title: dict(table.rows) for table in tables(FACTS, "\u00a3")}

    assert found["Counted"]["Agreed with the system"] == "1,998 (93.4%)"
    assert found["Counted"]["Found but not on the books"] == "2"
    assert found["Decided"]["Value caught"] == "\u00a31,216.81"
    assert found["Decided"]["Suggested causes that were right"] == "1 of 1 (100%)"
    assert found["Decided"]["Still waiting for a decision"] == "30"
    assert found["Causes of what was approved"]["shrinkage"] == "1 gap, \u00a316.80"
    assert found["Short again within 3 months"] == {
        "BOLT-M6-50, fixings-aisle": "2 times, 68 short, \u00a323.80",
    }
    assert found["The months before"] == {"October 2026": "1,000 lines, 90% in agreement, \u00a37.00 caught"}


def test_a_table_with_nothing_in_it_is_left_out() -> None:
    assert [table.title for table in tables(NOTHING, "\u00a3")] == ["Counted", "Decided"]
