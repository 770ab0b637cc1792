"""Which column is which, in the naming of real systems."""

import pytest

from stkr.capture.codes import Codebook
from stkr.capture.layout.column_report import column_report
from stkr.capture.layout.find import find_layout, judge_rows
from stkr.capture.result import ColumnReport
from stkr.headings.titles import QuantityRank, Role, heading
from stkr.tabular.files import open_tables
from stkr.tabular.sheet import SAMPLE_ROWS
from tests.unit.capture.builders import count, lines, reasons, snapshot, stock

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("rank", "names"),
    [
        (QuantityRank.RECOUNTED, ["Quantity Recounted", "Recount", "Final", "Final count"]),
        (
            QuantityRank.COUNTED,
            [
                "counted_qty", "CountedQty", "Counted Quantity", "COUNT", "Qty counted", "Actual", "Physical QoH",
                "On hand (new)", "New Quantity Main", "New Quantity Old Town", "inventory_quantity", "Stock count",
                "Gez\u00e4hlt", "Quantit\u00e9 compt\u00e9e", "Scanned Qty", "Stock take qty",
                "Number of units counted", "New Quantity (required)", "Bestand neu", "Gezaehlt", "Contagem",
            ],
        ),
        (
            QuantityRank.PLAIN,
            ["Qty", "qty.", "Quantity", "Units", "Menge", "Cantidad", "QUANTITY (EA)", "Quantity (Items)", "Scans",
             "St\u00fcck"],
        ),
        (
            QuantityRank.STOCK,
            [
                "Stock", "Quantity on Hand", "Inventory: Main", "inventory_Main", "OB QoH", "Current count",
                "Stock actual", "Cantidad actual",
            ],
        ),
        (
            QuantityRank.EXPECTED,
            [
                "Expected", "System Qty", "On hand (current)", "Current Quantity Main", "Book stock", "Last count",
                "Should have", "Aktueller Bestand", "Current Qty (Items)",
            ],
        ),
    ],
)  # fmt: skip
def test_a_quantity_column_is_ranked_by_how_surely_it_is_the_count(rank: QuantityRank, names: list[str]) -> None:
    for name in names:
        title = heading(name)
        assert title is not None, name
        assert (title.role, title.rank) == (Role.QUANTITY, rank), name


@pytest.mark.parametrize(
    "name",
    [
        "Counted by", "Count date", "Date Counted", "Cycle count item id", "Difference", "Variance qty", "Unit cost",
        "Pack Size", "Case qty", "Reorder Qty", "Stock Alert Count Main", "reorder_point_Main", "Order quantity",
        "Incoming (not editable)", "Price", "Name", "Account", "In stock?", "Low stock amount",
        "Variant Inventory Tracker", "composite_quantity", "composite_sku", "Planned Qty", "Requested Qty",
        "Scanned at", "Count session", "Has Item Scanned", "Count gain", "Picked qty", "Qty to order", "Adjusted qty",
        "inventory_date", "inventory_diff_quantity", "inventory_item_id", "Differenz Menge", "Meta: _count",
        "Shelf count", "Counted?",
    ],
)  # fmt: skip
def test_a_column_that_only_sounds_like_a_count_is_none(name: str) -> None:
    title = heading(name)
    assert title is not None
    assert title.role is Role.OTHER


@pytest.mark.parametrize("name", ["Counted on", "Counted in", "Found at"])
def test_a_title_that_goes_on_with_a_day_or_a_place_is_no_count(name: str) -> None:
    title = heading(name)
    assert title is None or title.role is Role.OTHER


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.CODE, ["Product/Internal Reference", "product_id/default_code", "Item Code (Items)", "SKU*"]),
        (Role.BIN, ["Bin", "Bin / Shelf", "Aisle no.", "Count area", "Count zone", "Lagerplatz", "Shelf location"]),
        (Role.LOT, ["Lot Number", "Lot/Serial Number", "batch_no", "Serial"]),
        (Role.LOCATION, ["Warehouse (Items)", "Location name", "Store"]),
        (Role.UNIT, ["Count UOM", "Stock UOM (Items)"]),
    ],
)  # fmt: skip
def test_the_other_columns_are_told_by_any_of_their_names(role: Role, names: list[str]) -> None:
    for name in names:
        title = heading(name)
        assert title is not None, name
        assert title.role is role, name


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
        ("sku,qty,quantity", "'qty' (1), 'quantity' (2)"),
        ("sku,Qty,Qty", "'Qty' (column 2) (1), 'Qty' (column 3) (2)"),
        ("sku,counted,actual", "'counted' (1), 'actual' (2)"),
        ("sku,on hand,quantity", "'on hand' (1), 'quantity' (2)"),
        ("sku,New Quantity Yard,New Quantity Shop", "'New Quantity Yard' (1), 'New Quantity Shop' (2)"),
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


@pytest.mark.parametrize(
    "header", ["sku,Zahlwert", "sku,price", "sku,", "sku,pack size", "sku,Number counted", "sku,Lot qty"]
)
@pytest.mark.parametrize("cell", ["5", "-48", "(3)", '"1,200"', "=...", "#N/A"])
def test_figures_under_an_unknown_name_are_not_taken_for_scans_of_one(header: str, cell: str) -> None:
    problem = count(f"{header}\nBOLT,{cell}\n").problems[0].problem

    assert "If it is what was counted on the shelf, in single units, call it counted_qty" in problem


def test_a_recount_of_some_rows_only_is_refused_rather_than_losing_the_counts_that_stand() -> None:
    problem = count("sku,Counted,Recount\nBOLT,5,6\nNUT,7,\n").problems[0].problem

    assert problem.startswith("'Recount' is empty in rows that have a count in 'Counted'")
    assert lines(count("sku,Counted,Recount\nBOLT,5,6\nNUT,7,7\nROPE,,\n")) == {"BOLT": "6", "NUT": "7"}


def test_a_running_number_called_count_is_not_taken_before_a_quantity() -> None:
    rows = [("BOLT", 480), ("NUT", 7), ("ROPE", 3)]

    problem = count("Count,sku,qty\n" + "".join(f"{n},{sku},{qty}\n" for n, (sku, qty) in enumerate(rows, 1)))
    assert "'Count' is the count or numbers the rows" in problem.problems[0].problem
    assert lines(count("Count,sku,qty\n432,BOLT,480\n7,NUT,7\n2,ROPE,3\n"))["BOLT"] == "432"


def test_yes_and_no_are_no_count_and_what_asks_for_a_number_is_asked_about() -> None:
    assert lines(count("sku,Counted?,qty\nBOLT,Yes,432\n")) == {"BOLT": "432"}
    assert "'Qty?'" in count("sku,Qty?\nBOLT,432\n").problems[0].problem


@pytest.mark.parametrize("counted", ["Loose", "Units", "Qty", "Units counted"])
def test_loose_units_beside_a_column_of_cases_are_refused_naming_both(counted: str) -> None:
    problem = count(f"sku,Full cases,{counted}\nBOLT,4,7\n").problems[0].problem

    assert f"cannot tell how 'Full cases', '{counted}' make up the count" in problem


def test_a_total_beside_columns_of_cases_and_units_is_the_count() -> None:
    assert lines(count("sku,Cases,Loose,Counted\nBOLT,4,7,103\n")) == {"BOLT": "103"}
    assert lines(count("sku,Cases,Units\nBOLT,,7\n")) == {"BOLT": "7"}


def test_equal_counts_that_differ_in_their_lot_or_in_a_larger_place_are_not_taken_for_one() -> None:
    for header in ("sku,bin,lot number,count", "sku,bin,aisle,count", "sku,serial no,bin,qty"):
        title = header.split(",")[1 if "serial" in header else 2]
        row = "BOLT,{other},A,5" if "serial" in header else "BOLT,A,{other},5"
        text = "\n".join([header, row.format(other="1"), row.format(other="2")])
        assert f"rows 2 and 3 that differ in {title} (1 and 2)" in count(text).parked[0].detail
        assert lines(count(text)) == {}
        assert lines(count("\n".join([header, row.format(other="1"), row.format(other="1")]))) == {"BOLT": "5"}


def test_lots_are_told_apart_in_every_row_of_a_long_file() -> None:
    rows = [f"X{number},L,1" for number in range(1_000)]
    text = "\n".join(["sku,lot,count", *rows, "BOLT,,5", "BOLT,L1,5", "BOLT,L2,5"])

    parked = [row for row in count(text).parked if row.code == "BOLT"]

    assert [row.row for row in parked] == [1002, 1003, 1004]
    assert "differ in lot (empty and L1)" in parked[0].detail


def test_a_scanners_own_running_serial_is_no_lot() -> None:
    text = "Barcode,Qty,Serial,Time\n5012345678900,12,003278,14:41\n5012345678900,12,003279,14:43\n"

    assert lines(count(text)) == {"BOLT": "12"}


def test_the_smallest_of_several_places_is_the_bin() -> None:
    assert lines(count("sku,zone,aisle,shelf,count\nBOLT,Z,1,A,5\nBOLT,Z,1,B,5\n")) == {"BOLT": "10"}


def test_an_unknown_column_that_may_be_a_shelf_is_asked_about_where_there_is_no_header() -> None:
    assert "differ in column 1 (A1 and A2)" in count("A1,BOLT,5\nA2,BOLT,5\n").parked[0].detail
    assert "differ in column 3 (Front and Back)" in count("BOLT,5,Front\nBOLT,5,Back\n").parked[0].detail
    assert lines(count("A1,BOLT,5\nA1,BOLT,5\nA2,NUT,3\n")) == {"BOLT": "5", "NUT": "3"}
    assert lines(count("1,BOLT,5\n2,BOLT,5\n3,NUT,2\n")) == {"BOLT": "5", "NUT": "2"}


def test_units_of_counting_win_over_units_of_stock_and_contradictions_are_refused() -> None:
    assert lines(count("sku,qty,stock uom,count uom\nBOLT,4,ea,boxes\n")) == {"BOLT": "96"}
    assert lines(count("sku,qty,unit,uom\nBOLT,4,boxes,\n")) == {"BOLT": "96"}
    assert "'unit', 'uom'" in count("sku,qty,unit,uom\nBOLT,4,boxes,ea\n").problems[0].problem


def test_units_are_units_whatever_their_column_is_called() -> None:
    assert lines(count("GTIN;Menge;ME\nBOLT;18;Karton\nNUT;7;ST\n")) == {"BOLT": "432", "NUT": "7"}
    assert lines(count("sku,qty,\nBOLT,18,boxes\n")) == {"BOLT": "432"}
    assert lines(count("sku,qty\nBOLT,18,boxes\n")) == {"BOLT": "432"}
    assert lines(count("GTIN;Menge;ME\nBOLT;18;ST\nNUT;7;ST\n")) == {"BOLT": "18", "NUT": "7"}


def test_a_locations_name_is_taken_over_its_number() -> None:
    captured = count("sku,location,location_name,qty\nBOLT,12,Main,5\nTILE,13,Yard,7\n")

    assert lines(captured) == {"BOLT": "5"}
    assert reasons(captured) == [(3, "conflicting_counts")]


def test_of_headers_on_top_of_each_other_the_lowest_is_the_header() -> None:
    assert lines(count("Item,,Count\nSKU,Name,Qty\nBOLT,x,5\n")) == {"BOLT": "5"}


def understood(text: str) -> ColumnReport:
    codebook = Codebook(snapshot())
    (sheet,) = open_tables("1.csv", text.encode(), lambda rows: judge_rows(rows, codebook))
    return column_report(find_layout(sheet.sample(), codebook, "Main"), times_used=False)


def test_what_was_understood_is_said_in_the_words_of_the_file() -> None:
    assert understood(
        "Count of Saturday\nSKU,Barcode,Count UOM,Bin,Site,COUNTED Qty,Name,\nBOLT,,ea,A1,Main,5,x,y,z\n"
    ) == (
        ColumnReport(
            header=2,
            codes=("SKU", "Barcode"),
            count="COUNTED Qty",
            unit="Count UOM",
            bin="Bin",
            location="Site",
            ignored=("Name", "column 8", "column 9"),
        )
    )
    assert understood("5012345678900,12,003278,14:41:03,23/11/2009\n") == ColumnReport(
        header=0,
        codes=("column 1",),
        count="column 2",
        unit=None,
        bin=None,
        location=None,
        ignored=("column 3", "column 4", "column 5"),
    )
    assert understood("Barcode,Time\n5012345678900,14:41\n").count is None


def test_lines_above_the_header_are_not_data_but_counted_rows_above_it_are_not_dropped() -> None:
    assert lines(count("Stock count\nBy,Sam\n\nsku,count\nBOLT,5\n")) == {"BOLT": "5"}
    assert "row 1 looks like a counted row" in count("BOLT,7\nsku,count\nBOLT,5\n").problems[0].problem


def test_the_column_of_another_location_is_not_this_ones_count() -> None:
    problem = count("sku,New Quantity Yard\nBOLT,5\n").problems[0].problem
    assert "'New Quantity Yard' is a count of Yard, but this count is of Main" in problem
    assert lines(count("sku,New Quantity Yard,New Quantity Main\nBOLT,5,7\n")) == {"BOLT": "7"}
    assert lines(count("sku,New Quantity Our shop\nBOLT,5\n")) == {"BOLT": "5"}


def test_a_size_beside_a_scanned_code_is_no_count() -> None:
    assert lines(count("Barcode,Size\n5012345678900,500 ml\n5012345678900,500 ml\n")) == {"BOLT": "2"}


@pytest.mark.parametrize(
    ("header", "plain", "telling", "problem"),
    [
        ("sku,loose qty,cases", ",1,", "BOLT,3,2", "make up the count"),
        ("sku,count,recount", ",1,1", "BOLT,3,", "is empty in rows that have a count"),
        ("sku,menga", ",", "BOLT,3", "cannot tell whether 'menga' (3) is the count"),
        ("sku,name", ",x", "BOLT,x,3", "cannot tell whether column 3 (3) is the count"),
        ("sku,count,verpakking", ",1,", "BOLT,3,boxes", "may be of the count"),
        ("sku,count,verpakking", ",1,xyz", "BOLT,3,boxes", "may be of the count"),
        ("sku,count,uom,unit of measure", ",1,ea,ea", "BOLT,3,ea,boxes", "which unit was counted in"),
        ("sku,count,uom,stock uom", ",1,,", "BOLT,3,,boxes", "may be of the count"),
        ("", ",1", "BOLT,3,boxes", "may be of the count"),
        ("", ",2026-11-21", "BOLT,2026-11-21,3", "may be of the count"),
    ],
)
def test_what_only_a_late_row_says_about_the_columns_holds_as_if_it_came_first(
    header: str, plain: str, telling: str, problem: str
) -> None:
    items = [stock(f"S{number}") for number in range(SAMPLE_ROWS + 50)]
    text = "\n".join([*filter(None, [header]), *(item.sku + plain for item in items), telling])

    captured = count(text, against=snapshot(stock("BOLT", pack="24"), *items))

    assert lines(captured) == {}
    assert problem in captured.problems[0].problem


def test_late_notes_change_nothing() -> None:
    items = [stock(f"S{number}") for number in range(SAMPLE_ROWS * 3)]
    rows = [f"{item.sku},1," + (f"see {item.sku}" if number > SAMPLE_ROWS else "") for number, item in enumerate(items)]

    captured = count("sku,count,remark\n" + "\n".join(rows), against=snapshot(*items))

    assert len(lines(captured)) == len(items)
    assert captured.problems == ()


def test_a_late_row_may_be_shorter_than_the_code_column() -> None:
    captured = count("extra,name,sku,count\n" + ",x,BOLT,1\n" * SAMPLE_ROWS + "late\n")

    assert (lines(captured), captured.problems) == ({"BOLT": "1"}, ())
