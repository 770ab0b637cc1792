"""The evidence bundle: facts and patterns that code computes before any model is asked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from stkr.cause.evidence import gather
from stkr.domain.cause import Evidence, Flag
from stkr.domain.counted import LineKind
from stkr.domain.stock import History, StockRow
from stkr.domain.variance import Materiality, Timing, Variance, gap_between

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 21)


def variance(sku: str, counted: int, system: int, pack: int | None = None, history: History | None = None) -> Variance:
    stock = StockRow(
        sku,
        sku,
        "aisle",
        Decimal(system),
        Decimal("0.35"),
        Decimal(pack) if pack else None,
        history=history or History(),
    )
    gap = gap_between(Decimal(counted), Decimal(system), stock.unit_cost)
    return Variance(
        sku, sku, LineKind.COUNTED, Materiality.MATERIAL, Decimal(counted), Decimal(system), gap, "default", stock
    )


def evidence(*variances: Variance) -> Evidence:
    return gather(variances, TODAY)[variances[0].sku]


def test_what_the_source_does_not_tell_is_unknown_and_not_zero() -> None:
    bundle = evidence(variance("A", 432, 480))
    assert (bundle.sold_since_count, bundle.last_receipt, bundle.last_count) == (None, None, None)


def test_dates_become_days_before_the_count() -> None:
    history = History(Decimal(120), "2026-10-01", Decimal(200), "2026-09-26T08:00:00Z")
    bundle = evidence(variance("A", 432, 480, history=history))
    assert bundle.last_receipt is not None
    assert bundle.last_count is not None
    assert (bundle.last_receipt.days_ago, bundle.last_receipt.quantity, bundle.last_count.days_ago) == (
        51,
        Decimal(200),
        56,
    )


def test_a_date_that_cannot_be_read_is_unknown() -> None:
    assert evidence(variance("A", 432, 480, history=History(last_received_at="last week"))).last_receipt is None


@pytest.mark.parametrize(("expected", "moved"), [(480, None), (None, Decimal(-9))])
def test_stock_that_moved_is_a_fact_only_where_nobody_knows_which_part_is_in_the_count(
    expected: int | None, moved: Decimal | None
) -> None:
    rolled = None if expected is None else Decimal(expected)
    timing = Timing(snapshot_qty=Decimal(480), moved_qty=Decimal(-9), expected_qty=rolled)
    bundle = evidence(replace(variance("A", 432, 471), timing=timing))
    assert (bundle.moved_during_count, bundle.system_qty) == (moved, Decimal(expected or 471))


@pytest.mark.parametrize(
    ("subject", "flag"),
    [
        (variance("A", 432, 480, pack=24), Flag.MULTIPLE_OF_PACK_SIZE),
        (variance("A", 432, 480, history=History(last_received_qty=Decimal(48))), Flag.EQUALS_LAST_RECEIPT),
        (variance("A", 432, 480, history=History(last_received_qty=Decimal(24))), Flag.MULTIPLE_OF_LAST_RECEIPT),
        (variance("A", 243, 234), Flag.SWAPPED_DIGITS),
    ],
)
def test_a_pattern_in_the_gap_is_flagged(subject: Variance, flag: Flag) -> None:
    assert evidence(subject).flags == (flag,)


@pytest.mark.parametrize(
    "subject",
    [
        variance("A", 432, 480, pack=1),
        variance("A", 432, 480, history=History(last_received_qty=Decimal(1))),
        variance("A", 432, 480, history=History(last_received_qty=Decimal(0))),
        variance("A", 4320, 480),
        variance("A", 324, 423),
    ],
)
def test_what_is_no_pattern_is_not_flagged(subject: Variance) -> None:
    assert evidence(subject).flags == ()


def test_one_opposite_gap_in_the_session_is_named() -> None:
    bundle = evidence(variance("A", 90, 100), variance("B", 60, 50), variance("C", 7, 7))
    assert bundle.flags == (Flag.OFFSETTING_GAP,)
    assert bundle.offset_by == "B"


def test_several_opposite_gaps_are_flagged_without_picking_one() -> None:
    bundle = evidence(variance("A", 90, 100), variance("B", 60, 50), variance("C", 20, 10))
    assert bundle.flags == (Flag.OFFSETTING_GAP,)
    assert bundle.offset_by is None
