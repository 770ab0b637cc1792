"""Which column is which, in the naming of real systems."""

import pytest

from stkr.capture.headers import Rank, Role, heading
from tests.unit.capture.builders import count, lines, reasons

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("rank", "names"),
    [
        (Rank.RECOUNTED, ["Quantity Recounted", "Recount"]),
        (
            Rank.COUNTED,
            [
                "counted_qty", "CountedQty", "Counted Quantity", "COUNT", "Qty counted", "Actual", "Physical QoH",
                "On hand (new)", "New Quantity Main", "New Quantity Old Town", "inventory_quantity", "Stock count",
                "Gez\u00e4hlt", "Quantit\u00e9 compt\u00e9e", "Scanned Qty", "Stock take qty",
            ],
        ),
        (Rank.PLAIN, ["Qty", "qty.", "Quantity", "Units", "Menge", "Cantidad", "QUANTITY (EA)"]),
        (Rank.STOCK, ["Stock", "Quantity on Hand", "Inventory: Main", "inventory_Main", "OB QoH", "Current count"]),
        (
            Rank.EXPECTED,
            ["Expected", "System Qty", "On hand (current)", "Current Quantity Main", "Book stock", "Last count"],
        ),
    ],
)  # fmt: skip
def test_a_quantity_column_is_ranked_by_how_surely_it_is_the_count(rank: Rank, names: list[str]) -> None:
    for name in names:
        found = heading(name)
        assert found is not None, name
        assert (found.role, found.rank) == (Role.QUANTITY, rank), name


@pytest.mark.parametrize(
    "name",
    [
        "Counted by", "Count date", "Date Counted", "Cycle count item id", "Difference", "Variance qty", "Unit cost",
        "Pack Size", "Case qty", "Reorder Qty", "Stock Alert Count Main", "reorder_point_Main", "Order quantity",
        "Incoming (not editable)", "Price", "Name", "Account", "In stock?", "Low stock amount",
        "Variant Inventory Tracker", "composite_quantity", "composite_sku", "Planned Qty", "Requested Qty",
    ],
)  # fmt: skip
def test_a_column_that_only_sounds_like_a_count_is_none(name: str) -> None:
    found = heading(name)
    assert found is not None
    assert found.role is Role.OTHER


@pytest.mark.parametrize("name", ["SKU-0001", "5012345678900", "12", "Foo", "", "x" * 200])
def test_data_is_not_taken_for_a_header(name: str) -> None:
    assert heading(name) is None


def test_the_counted_column_wins_over_the_expected_one_in_any_order() -> None:
    assert lines(count("sku,expected,counted\nBOLT,480,432\n")) == {"BOLT": "432"}
    assert lines(count("counted,sku,system qty,qty\n432,BOLT,480,1\n")) == {"BOLT": "432"}
    assert lines(count("sku,qty,system_qty\nBOLT,432,480\n")) == {"BOLT": "432"}


@pytest.mark.parametrize(
    ("header", "candidates"),
    [
        ("sku,qty,quantity", "'qty', 'quantity'"),
        ("sku,counted,actual", "'counted', 'actual'"),
        ("sku,on hand,quantity", "'on hand', 'quantity'"),
        ("sku,New Quantity Yard,New Quantity Shop", "'New Quantity Yard', 'New Quantity Shop'"),
    ],
)
def test_a_count_column_that_cannot_be_told_is_refused_naming_the_candidates(header: str, candidates: str) -> None:
    problems = count(f"{header}\nBOLT,1,2\n").problems

    assert candidates in problems[0].problem


def test_an_amount_beside_a_quantity_is_one_of_money() -> None:
    assert lines(count("sku,Quantity,Amount\nBOLT,432,151.20\n")) == {"BOLT": "432"}
    assert lines(count("sku,Amount\nBOLT,432\n")) == {"BOLT": "432"}


def test_of_several_locations_columns_the_sessions_own_is_taken() -> None:
    assert lines(count("sku,New Quantity Yard,New Quantity Main\nBOLT,1,2\n")) == {"BOLT": "2"}


def test_a_column_of_units_is_not_overlooked_where_there_is_no_header() -> None:
    captured = count("BOLT,4,boxes\nNUT,7,ea\nBOLT,4,pallets\nNUT,7,\n")

    assert lines(captured) == {"BOLT": "96", "NUT": "7"}
    assert reasons(captured) == [(3, "unknown_unit")]


def test_rows_that_were_counted_at_another_location_are_parked() -> None:
    captured = count("sku,location,count\nBOLT,Main,5\nBOLT,Yard,7\nTILE,Yard,\n")

    assert lines(captured) == {"BOLT": "5"}
    assert reasons(captured) == [(3, "conflicting_counts")]
    assert "upload it to a count of Yard" in captured.parked[0].detail
    assert not captured.lines[0].incomplete


@pytest.mark.parametrize("header", ["sku,Zahlwert", "sku,price", "sku,", "sku,pack size"])
def test_numbers_under_an_unknown_name_are_not_taken_for_scans_of_one(header: str) -> None:
    assert "name the count column counted_qty" in count(f"{header}\nBOLT,5\n").problems[0].problem


def test_lines_above_the_header_are_not_data_but_counted_rows_above_it_are_not_dropped() -> None:
    assert lines(count("Stock count\nBy,Sam\n\nsku,count\nBOLT,5\n")) == {"BOLT": "5"}
    assert "row 1 looks like a counted row" in count("BOLT,7\nsku,count\nBOLT,5\n").problems[0].problem
