"""The rules doc: exact values, every problem named, and the most specific tolerance."""

from decimal import Decimal

import pytest

from stkr.errors import RulesError
from stkr.rules.doc import default_rules, parse_rules, tolerance_for

pytestmark = pytest.mark.unit


def test_the_default_is_the_seeds_tolerance_and_mails_nobody() -> None:
    rules = default_rules()
    applied = tolerance_for(rules, "A", "", "aisle")
    assert (applied.units, applied.percent, applied.value, applied.rule) == (
        Decimal(2),
        Decimal(1),
        Decimal(20),
        "default",
    )
    assert rules.locations == {}


def test_an_empty_doc_is_the_default() -> None:
    assert parse_rules("").tolerance == default_rules().tolerance


def test_numbers_are_exact() -> None:
    assert parse_rules("tolerance: {units: 2, percent: 0.1, value: 19.99}").tolerance.percent == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tolerance: {units: many}", "tolerance.units"),
        ("tolerance: {units: -1}", "tolerance.units"),
        ("tolerance: {units: NaN}", "tolerance.units"),
        ("tolerance: {unit: 1}", "tolerance.unit"),
        ("time_zone: London", "time_zone"),
        ("currency: pounds", "currency"),
        ("quiet_hours: {from: '25:00', to: '07:00'}", "quiet_hours.from"),
        ("overrides: [{units: 3}]", "needs a sku pattern"),
        ("overrides: [{sku: A}]", "at least one of"),
        ("locations: {aisle: {name: Aisle}}", "locations.aisle.approver"),
        ("locations: {aisle: {name: Aisle, approver: {name: P, email: nobody}}}", "locations.aisle.approver.email"),
        ("locations: {'a/b': {name: A, approver: {name: P, email: p@example.com}}}", "locations"),
        ("- a list", "doc"),
        ("just text", "doc"),
        ("a: [unclosed", "not YAML"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(RulesError, match=told):
        parse_rules(text)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(RulesError) as raised:
        parse_rules("tolerance: {units: many, value: much}\ncurrency: pounds")
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("sku", "category", "rule"),
    [
        ("DRILL-18V", "tools", "sku DRILL-*"),
        ("DRILL-18V-X", "tools", "sku DRILL-18V-*"),
        ("drill-9", "", "sku DRILL-*"),
        ("SAW", "Tools", "category tools"),
        ("SAW", "garden", "location aisle"),
    ],
)
def test_the_most_specific_override_wins(sku: str, category: str, rule: str) -> None:
    rules = parse_rules(
        "overrides: [{location: aisle, units: 9}, {category: tools, units: 8}, {sku: 'DRILL-*', units: 7},"
        " {sku: 'DRILL-18V-*', units: 6}]"
    )
    assert tolerance_for(rules, sku, category, "aisle").rule == rule


def test_an_override_leaves_the_thresholds_it_does_not_name() -> None:
    rules = parse_rules("tolerance: {value: 50}\noverrides: [{sku: A, units: 0}]")
    applied = tolerance_for(rules, "A", "", "aisle")
    assert (applied.units, applied.percent, applied.value) == (Decimal(0), Decimal(1), Decimal(50))
