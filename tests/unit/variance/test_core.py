"""The reconciliation's arithmetic: worked lines, the tolerance, and laws that hold for any line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.result import CaptureOutcome, Totals
from stkr.domain.counted import CountedLine, LineKind
from stkr.domain.stock import Snapshot, StockRow
from stkr.domain.variance import Materiality, gap_between
from stkr.rules.doc import AppliedTolerance, default_rules, parse_rules
from stkr.variance.core import find_variances, judge

pytestmark = pytest.mark.unit

quantities = st.decimals(min_value=0, max_value=100_000, places=0)
prices = st.decimals(min_value=0, max_value=5_000, places=2)
SEED = AppliedTolerance(Decimal(2), Decimal(1), Decimal(20), "default")


def row(sku: str, qty: int | str, cost: str | None = "0.35", **more: str) -> StockRow:
    price = None if cost is None else Decimal(cost)
    return StockRow(sku, sku.title(), "fixings-aisle", Decimal(qty), price, category=more.get("category", ""))


def captured(
    *counts: tuple[str, int | str], kind: LineKind = LineKind.COUNTED, parked_skus: tuple[str, ...] = ()
) -> CaptureOutcome:
    lines = tuple(CountedLine(sku, kind, Decimal(qty)) for sku, qty in counts)
    return CaptureOutcome(lines=lines, problems=(), totals=Totals(), parked_skus=parked_skus)


def snapshot(*rows: StockRow, elsewhere: tuple[StockRow, ...] = ()) -> Snapshot:
    return Snapshot("fixings-aisle", {r.sku: r for r in rows}, {r.sku: r for r in elsewhere})


@pytest.mark.parametrize(
    ("counted", "system", "cost", "units", "percent", "value", "expected"),
    [
        ("432", "480", "0.35", "-48", "-10", "-16.80", Materiality.MATERIAL),
        ("479", "480", "0.35", "-1", "-0.2083", "-0.35", Materiality.IN_AGREEMENT),
        ("476", "480", "0.35", "-4", "-0.8333", "-1.40", Materiality.MINOR),
        ("498", "500", "200", "-2", "-0.4", "-400", Materiality.MATERIAL),
    ],
    ids=["432 of 480 is material", "479 agrees", "476 is minor", "two units of 200 pounds are material by value"],
)
def test_the_seeds_worked_lines_come_out(
    counted: str, system: str, cost: str, units: str, percent: str, value: str, expected: Materiality
) -> None:
    [variance] = find_variances(
        captured(("BOLT-M6-50", counted)), snapshot(row("BOLT-M6-50", system, cost)), default_rules()
    )
    assert variance.gap is not None
    assert (variance.gap.units, variance.gap.percent, variance.gap.value) == (
        Decimal(units),
        Decimal(percent),
        Decimal(value),
    )
    assert variance.materiality is expected


@pytest.mark.parametrize(
    ("counted", "system", "cost", "expected"),
    [
        ("98", "100", "0.01", Materiality.MINOR),  # two units do not exceed two; two percent exceed one
        ("297", "300", "0.01", Materiality.MINOR),  # three units exceed two; one percent does not exceed one
        ("296", "300", "0.01", Materiality.MATERIAL),
        ("99", "100", "20", Materiality.IN_AGREEMENT),  # a value of exactly twenty does not exceed it
        ("99", "100", "20.01", Materiality.MATERIAL),
        ("1", "0", "0.01", Materiality.MINOR),  # without a percentage the percent test counts as exceeded
        ("3", "0", "0.01", Materiality.MATERIAL),
        ("0", "0", "0.01", Materiality.IN_AGREEMENT),
        ("0", "-3", "0.01", Materiality.MATERIAL),
    ],
)
def test_every_threshold_has_to_be_exceeded(counted: str, system: str, cost: str, expected: Materiality) -> None:
    gap = gap_between(Decimal(counted), Decimal(system), Decimal(cost))
    assert judge(gap, Decimal(system), SEED) is expected


def test_a_system_quantity_that_is_not_positive_has_no_percentage() -> None:
    assert gap_between(Decimal(4), Decimal(0), None).percent is None
    assert gap_between(Decimal(4), Decimal(-2), None).percent is None


def test_an_unknown_cost_leaves_the_value_unknown_and_the_other_tests_in_force() -> None:
    [variance] = find_variances(captured(("A", 50)), snapshot(row("A", 100, None)), default_rules())
    assert variance.gap is not None
    assert variance.gap.value is None
    assert variance.materiality is Materiality.MATERIAL


def test_an_unrecorded_item_is_material_for_all_that_was_counted() -> None:
    paint = row("PAINT", 7, "12.50")
    [variance] = find_variances(
        captured(("PAINT", 1), kind=LineKind.UNRECORDED), snapshot(elsewhere=(paint,)), default_rules()
    )
    assert variance.materiality is Materiality.MATERIAL
    assert variance.system_qty == 0
    assert variance.gap is not None
    assert (variance.gap.units, variance.gap.value) == (Decimal(1), Decimal("12.50"))


def test_an_expected_item_without_a_row_is_uncounted_and_never_assumed_zero() -> None:
    [variance] = find_variances(captured(), snapshot(row("A", 30)), default_rules())
    assert (variance.kind, variance.counted_qty, variance.gap) == (LineKind.UNCOUNTED, None, None)
    assert variance.materiality is Materiality.MATERIAL


def test_an_item_that_a_parked_row_names_is_not_uncounted() -> None:
    assert find_variances(captured(parked_skus=("A",)), snapshot(row("A", 30)), default_rules()) == ()


def test_items_that_an_ambiguous_code_may_mean_are_not_uncounted() -> None:
    [variance] = find_variances(
        captured(parked_skus=("A", "B")), snapshot(row("A", 30), row("B", 5), row("C", 1)), default_rules()
    )
    assert variance.sku == "C"


def test_a_percentage_beyond_all_reason_is_still_a_percentage() -> None:
    assert gap_between(Decimal("999999999"), Decimal("0.000000000001"), None).percent is not None


def test_an_uncounted_item_of_which_none_is_expected_asks_nobody() -> None:
    [variance] = find_variances(captured(), snapshot(row("A", 0)), default_rules())
    assert variance.materiality is Materiality.IN_AGREEMENT


def test_the_most_specific_override_sets_the_tolerance_and_is_named_on_the_line() -> None:
    rules = parse_rules(
        "overrides: [{location: fixings-aisle, units: 500}, {category: bulk, units: 100}, {sku: 'BOLT-*', units: 50}]"
    )
    rows = (row("BOLT-1", 480), row("NAIL", 480, category="bulk"), row("SCREW", 480))
    variances = find_variances(captured(("BOLT-1", 432), ("NAIL", 432), ("SCREW", 432)), snapshot(*rows), rules)
    assert {v.sku: v.rule for v in variances} == {
        "BOLT-1": "sku BOLT-*",
        "NAIL": "category bulk",
        "SCREW": "location fixings-aisle",
    }
    assert {v.materiality for v in variances} == {Materiality.MINOR}


@given(quantities, quantities, prices)
def test_counted_is_always_system_plus_gap(counted: Decimal, system: Decimal, cost: Decimal) -> None:
    gap = gap_between(counted, system, cost)
    assert system + gap.units == counted
    assert gap.value == counted * cost - system * cost


@given(quantities, quantities, prices)
def test_a_larger_gap_in_the_same_direction_is_never_less_material(
    counted: Decimal, system: Decimal, cost: Decimal
) -> None:
    rank = list(Materiality).index
    further = counted + 1 if counted >= system else max(counted - 1, Decimal(0))
    near = judge(gap_between(counted, system, cost), system, SEED)
    far = judge(gap_between(further, system, cost), system, SEED)
    assert rank(far) >= rank(near)


@given(
    st.dictionaries(st.sampled_from("ABCDEFGH"), quantities), st.dictionaries(st.sampled_from("ABCDEFGH"), quantities)
)
def test_every_counted_and_every_expected_item_comes_out_exactly_once(
    counts: dict[str, Decimal], stock: dict[str, Decimal]
) -> None:
    known = {sku: row(sku, 1) for sku in counts if sku not in stock}
    lines = tuple(
        CountedLine(sku, LineKind.COUNTED if sku in stock else LineKind.UNRECORDED, qty) for sku, qty in counts.items()
    )
    shot = Snapshot("fixings-aisle", {sku: row(sku, str(qty)) for sku, qty in stock.items()}, known)
    variances = find_variances(CaptureOutcome(lines=lines, problems=(), totals=Totals()), shot, default_rules())
    assert [variance.sku for variance in variances] == sorted({*counts, *stock})
