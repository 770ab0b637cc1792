"""Overrides: the most specific one that fits a line sets its tolerance, wherever it stands in the doc."""

import json
import random
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.errors import RulesError
from stkr.rules import patterns
from stkr.rules.doc import Override, Rules, parse_rules, tolerance_for

pytestmark = pytest.mark.unit

DOC = """
overrides:
  - {location: aisle, units: 9}
  - {category: tools, units: 8}
  - {category: tools, location: aisle, units: 7}
  - {sku: "DRILL-*", units: 6}
  - {sku: "DRILL-*", category: tools, units: 5}
  - {sku: "DRILL-18V-*", units: 4}
  - {sku: "DRILL-18V-X", units: 3}
"""


@pytest.mark.parametrize(
    ("sku", "category", "location", "rule"),
    [
        ("DRILL-18V-X", "tools", "aisle", "sku DRILL-18V-X"),
        ("drill-18v-y", "tools", "aisle", "sku DRILL-18V-*"),
        ("DRILL-9", "Tools", "aisle", "sku DRILL-*, category tools"),
        ("drill-9", "", "aisle", "sku DRILL-*"),
        ("SAW", "tools", "Aisle", "category tools, location aisle"),
        ("SAW", "Tools", "yard", "category tools"),
        ("SAW", "garden", "aisle", "location aisle"),
        ("SAW", "", "yard", "default"),
    ],
)
def test_the_most_specific_override_wins(sku: str, category: str, location: str, rule: str) -> None:
    assert tolerance_for(parse_rules(DOC), sku, category, location).rule == rule


def test_an_override_leaves_the_thresholds_it_does_not_name() -> None:
    rules = parse_rules("tolerance: {value: 50}\noverrides: [{sku: A, units: 0}]")
    applied = tolerance_for(rules, "A", "", "aisle")
    assert (applied.units, applied.percent, applied.value) == (Decimal(0), Decimal(1), Decimal(50))


def test_a_sku_with_brackets_is_itself() -> None:
    assert patterns.fits("A[1]*", "a[1]-x")
    assert not patterns.fits("A[1]*", "A1-x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{sku: 'A-*', units: 1}", "{sku: '*-A', units: 2}"),
        ("{sku: 'A-1', units: 1}", "{sku: 'a-1', value: 2}"),
        ("{sku: 'A?', units: 1}", "{sku: 'a*', units: 2}"),
        ("{category: tools, units: 1}", "{category: Tools, units: 1}"),
        ("{location: yard, units: 1}", "{location: YARD, percent: 2}"),
        ("{sku: 'A-*', category: c, units: 1}", "{sku: '*-A', category: C, units: 2}"),
    ],
)
def test_two_overrides_of_which_neither_is_more_specific_are_refused(one: str, other: str) -> None:
    with pytest.raises(RulesError) as raised:
        parse_rules(f"overrides:\n  - {one}\n  - {other}\n")
    (problem,) = raised.value.problems
    assert str(problem).startswith("line 3, column 5: this override and the one in line 2 fit some of the same lines")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{sku: 'A-*', units: 1}", "{sku: 'B-*', units: 2}"),
        ("{sku: 'A-*', category: c, units: 1}", "{sku: '*-A', category: d, units: 2}"),
        ("{sku: 'A-*', location: c, units: 1}", "{sku: '*-A', location: d, units: 2}"),
        ("{category: tools, units: 1}", "{location: yard, units: 2}"),
    ],
)
def test_overrides_that_never_meet_or_have_an_order_are_taken(one: str, other: str) -> None:
    assert len(parse_rules(f"overrides: [{one}, {other}]").overrides) == 2


some_patterns = st.text("ab*?", min_size=1, max_size=5)
SKUS = ["".join(letters) for length in range(1, 11) for letters in product("ab", repeat=length)]


@given(some_patterns, some_patterns)
def test_patterns_overlap_exactly_if_some_sku_fits_both(one: str, other: str) -> None:
    # Two patterns of five characters have a SKU of ten in common, if any; the empty one nobody has.
    found = any(patterns.fits(one, sku) and patterns.fits(other, sku) for sku in ["", *SKUS])
    assert patterns.overlap(one, other) == found == patterns.overlap(other, one)


def as_override(selectors: tuple[str | None, str | None, str | None], units: int) -> dict[str, object]:
    given_ones = {name: text for name, text in zip(("sku", "category", "location"), selectors, strict=True) if text}
    return {**given_ones, "units": units}


selectors = st.tuples(
    st.none() | st.text("ab*?", min_size=1, max_size=4).filter(lambda text: text.strip("*?")),
    st.none() | st.sampled_from(["c", "C", "d"]),
    st.none() | st.sampled_from(["x", "X", "y"]),
).filter(any)
lines = st.tuples(st.text("ab", min_size=1, max_size=4), st.sampled_from(["c", "d", ""]), st.sampled_from(["x", "y"]))


@given(st.lists(selectors, min_size=1, max_size=6), lines, st.randoms())
def test_the_order_of_the_overrides_never_matters(
    chosen: list[tuple[str | None, str | None, str | None]], line: tuple[str, str, str], chance: random.Random
) -> None:
    overrides = [as_override(selector, units) for units, selector in enumerate(chosen)]
    shuffled = chance.sample(overrides, len(overrides))

    def applied(ordered: list[dict[str, object]]) -> object:
        try:
            return tolerance_for(parse_rules(json.dumps({"overrides": ordered})), *line)
        except RulesError as error:
            return len(error.problems)

    assert applied(overrides) == applied(shuffled)


@given(st.lists(selectors, min_size=2, max_size=6), lines)
def test_a_doc_is_refused_whenever_two_overrides_could_both_be_the_one_for_a_line(
    chosen: list[tuple[str | None, str | None, str | None]], line: tuple[str, str, str]
) -> None:
    overrides = tuple(Override.model_validate(as_override(selector, 1)) for selector in chosen)
    fitting = [override.specificity for override in Rules(overrides=overrides).overrides if override.fits(*line)]
    if fitting and fitting.count(max(fitting)) > 1:
        with pytest.raises(RulesError):
            parse_rules(json.dumps({"overrides": [as_override(selector, 1) for selector in chosen]}))
