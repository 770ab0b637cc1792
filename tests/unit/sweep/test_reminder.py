"""When a location is to be counted, and what is best counted first."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.instants import months_back
from stkr.domain.inventory import InventoryRow
from stkr.domain.line import Line
from stkr.domain.session import LastCount
from stkr.sweep.reminder import MAX_PROPOSED, overdue, propose, still_to_count
from tests.unit.sweep.builders import LONDON, NOW
from tests.unit.web.samples import line

pytestmark = pytest.mark.unit


def row(sku: str, qty: int = 10, cost: str | None = "1", **more: object) -> InventoryRow:
    stored = {
        "location": "aisle", "sku": sku, "name": f"Item {sku}", "source_qty": qty, "unbooked_qty": 0, "system_qty": qty,
        "snapshot_version": 1, "active": True, "unit_cost": cost, "last_counted_at": "2026-08-01",
    }  # fmt: skip
    return InventoryRow.model_validate({**stored, **more})


def corrected(sku: str, *units: int) -> list[Line]:
    return [line(sku=sku, posted_units=Decimal(each)) for each in units]


def test_each_sign_of_a_wrong_record_ranks_before_all_that_come_after_it() -> None:
    rows = [
        row("VALUE", 1000, "50"),
        row("NEVER", last_counted_at=None),
        row("ONCE"),
        row("OFTEN"),
        row("NEGATIVE", -3, None),
        row("PLAIN"),
    ]
    proposals = propose(rows, [*corrected("ONCE", 4), *corrected("OFTEN", -1, -2)])
    assert [(each.sku, each.reasons) for each in proposals] == [
        ("NEGATIVE", ("negative stock",)),
        ("OFTEN", ("short at 2 counts in the last year",)),
        ("ONCE", ("over at an earlier count",)),
        ("NEVER", ("never counted",)),
        ("VALUE", ("high value",)),
    ]


def test_reasons_add_up_and_between_equals_the_higher_value_comes_first() -> None:
    rows = [row("A", 10), row("B", 20), row("C", 1000, "50")]
    proposals = propose(rows, [*corrected("A", -1), *corrected("B", 1), *corrected("C", 5, -1)])
    assert [each.sku for each in proposals] == ["C", "B", "A"]
    assert proposals[0].reasons == ("off at 2 counts in the last year", "high value")


def test_where_the_record_dates_no_count_nothing_is_said_to_be_never_counted() -> None:
    assert propose([row("A", cost=None, last_counted_at=None)], []) == []


def test_what_a_count_of_ours_has_corrected_was_counted() -> None:
    proposals = propose([row("A", cost=None, last_counted_at=None), row("B", cost=None)], corrected("A", -1))
    assert [each.reasons for each in proposals] == [("short at an earlier count",)]


def test_a_rejected_variance_and_an_agreed_count_are_no_sign() -> None:
    assert propose([row("A", cost=None)], [line(sku="A"), *corrected("A", 0)]) == []


def test_class_a_is_the_few_items_that_make_up_four_fifths_of_the_value() -> None:
    rows = [row("TOP", 70), row("NEXT", 15), row("REST", 15), row("FREE", 5, None), row("OWED", -500, "9")]
    assert [each.sku for each in propose(rows, []) if "high value" in each.reasons] == ["TOP", "NEXT"]


def test_a_proposal_is_no_longer_than_a_round_of_the_aisle() -> None:
    assert len(propose([row(f"S{number}", -1) for number in range(50)], [])) == MAX_PROPOSED


@given(st.lists(st.tuples(st.integers(-5, 5), st.none() | st.decimals(0, 99, places=2)), max_size=30))
def test_no_quantity_shows_and_every_proposal_has_a_reason(stock: list[tuple[int, Decimal | None]]) -> None:
    rows = [row(f"S{number}", qty, str(cost) if cost is not None else None) for number, (qty, cost) in enumerate(stock)]
    proposals = propose(rows, [])
    assert all(each.reasons for each in proposals)
    assert not [char for each in proposals for reason in each.reasons for char in reason if char.isdigit()]
    assert {each.sku for each in rows if each.system_qty < 0} >= {
        each.sku for each in proposals if "negative stock" in each.reasons
    }


def test_only_zones_that_were_counted_in_time_need_no_count() -> None:
    rows = [
        row("A", category="Bulk"), row("B", bin="B2"), row("C", category="Paint", bin="C1"), row("D"),
        row("E", active=False),
    ]  # fmt: skip
    zones = {"bulk": "2026-11-01T10:00:00.000000Z", "b2": "2026-11-01T10:00:00.000000Z"}
    old = {"paint": "2026-07-01T10:00:00.000000Z"}
    assert [each.sku for each in still_to_count(rows, LastCount(zones=zones | old), 90, NOW)] == ["C", "D"]
    assert [each.sku for each in still_to_count(rows, LastCount(), 90, NOW)] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("last", "late"),
    [
        (LastCount(counted_at="2026-08-01T10:00:00.000000Z"), True),
        (LastCount(counted_at="2026-11-20T10:00:00.000000Z"), False),
        (LastCount(), True),
        (LastCount(reminded_at="2026-11-20T10:00:00.000000Z"), False),
        (LastCount(reminded_at="2026-11-14T14:00:01.000000Z"), True),
        (LastCount(reminded_at="2026-11-15T00:00:00.000000Z"), False),
        (LastCount(reminded_at="2026-11-21T07:00:00.000000Z"), True),
    ],
    ids=[
        "long ago",
        "yesterday",
        "never",
        "reminded yesterday",
        "reminded a week ago",
        "reminded six days ago",
        "reminded today",
    ],
)
def test_a_location_is_called_for_when_its_interval_is_over(last: LastCount, late: bool) -> None:
    assert overdue(90, last, NOW, LONDON) is late


def test_months_are_counted_back_over_the_turn_of_the_year() -> None:
    assert months_back(datetime(2026, 2, 28, 23, tzinfo=UTC), 4) == ["2026-02", "2026-01", "2025-12", "2025-11"]
