"""The system of record as a file: our own columns and the vendors' exports."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from stkr.capture.core import capture
from stkr.capture.result import Reason, UploadedFile
from stkr.domain.errors import CountFileError
from stkr.domain.stock import History, Snapshot, StockRow
from stkr.stockfile.read import exact_number, read_stock, snapshot_of
from tests.unit.capture.workbooks import workbook

pytestmark = pytest.mark.unit

HEADER = "sku,name,location,system_qty,unit_cost,pack_size,aliases"


def read(text: str, name: str = "stock.csv") -> tuple[StockRow, ...]:
    return read_stock(name, text.encode())


def refusal(text: str) -> str:
    with pytest.raises(CountFileError) as refused:
        read(text)
    return str(refused.value)


def test_our_own_columns_are_read_exactly() -> None:
    rows = read(
        f"{HEADER},category,bin,sold_since_count,last_received_at,last_received_qty,last_counted_at,sold_by_measure\n"
        "BOLT-M6-50,M6 bolt,fixings-aisle,480,0.35,24,5012345678900|CASE*24,"
        "fixings,A1,52,2026-05-01,240,2026-05-02,no\n"
    )

    assert rows == (
        StockRow(
            sku="BOLT-M6-50",
            name="M6 bolt",
            location="fixings-aisle",
            system_qty=Decimal(480),
            unit_cost=Decimal("0.35"),
            pack_size=Decimal(24),
            aliases=("5012345678900", "CASE*24"),
            category="fixings",
            bin="A1",
            history=History(Decimal(52), "2026-05-01", Decimal(240), "2026-05-02"),
        ),
    )


def test_what_is_left_blank_is_unknown_and_not_zero() -> None:
    row = read(f"{HEADER}\nX,x,Main,5,,,\n")[0]

    assert (row.unit_cost, row.pack_size, row.aliases, row.history) == (None, None, (), History())


def test_a_workbook_is_read_like_the_text() -> None:
    rows: list[list[object]] = [[*HEADER.split(",")], ["X", "x", "Main", 5, 0.35, 24, "5012345678900"]]

    assert read_stock("stock.xlsx", workbook(rows)) == read(f"{HEADER}\nX,x,Main,5,0.35,24,5012345678900\n")


def test_all_bad_cells_are_reported_at_once_in_one_line() -> None:
    problem = refusal(f"{HEADER}\nX,x,Main,abc,1.2.3,-1,\n,y,Main,5,,,\nZ,z,Main,,,,\nX,x,Main,5,,,\nX,x,Main,5,,,\n")

    assert problem.startswith("7 cells cannot be used: ")
    for part in (
        "row 2, system_qty: 'abc' is not a number",
        "row 2, unit_cost: '1.2.3' is not a number",
        "row 2, pack_size: '-1' is negative",
        "row 3, sku: '' is empty",
        "row 4, system_qty: '' is empty",
        "is there twice at Main",
    ):
        assert part in problem
    assert "\n" not in problem


def test_very_many_bad_cells_are_counted_and_the_first_are_shown() -> None:
    problem = refusal(HEADER + "\n" + "".join(f"S{number},s,Main,abc,,,\n" for number in range(500)))

    assert problem.startswith("500 cells cannot be used: ")
    assert problem.endswith("; and 480 more")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("name,price\nX,5\n", "no header row names a SKU and a quantity"),
        (f"{HEADER}\n", "there is no stock in it"),
        ("sku,qty,quantity\nX,5,6\n", "cannot tell which column is the system quantity: 'qty', 'quantity'"),
        ("sku,counted\nX,5\n", "no column holds the system quantity"),
        (f"{HEADER},sold_by_measure\nX,x,Main,5,,,,maybe\n", "neither yes nor no"),
    ],
)
def test_a_file_that_is_no_stock_list_is_refused(text: str, problem: str) -> None:
    assert problem in refusal(text)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("480", "480"),
        ("-3", "-3"),
        ("12.500", "12.500"),
        ("0.35", "0.35"),
        (".5", ".5"),
        ("0,35", "0.35"),
        ("0,125", "0.125"),
        ("1,250.75", "1250.75"),
        ("1,250", None),
        ("1.250,75", None),
        ("1e3", None),
        ("999999999", "999999999"),
        ("5012345678900", None),
        ("1,250,000.5", "1250000.5"),
        ("9" * 40 + ",5", None),
        ("NaN", None),
        ("ten", None),
        ("\u0663", None),
    ],
)
def test_a_number_is_exact_or_refused(cell: str, number: str | None) -> None:
    assert exact_number(cell) == (None if number is None else Decimal(number))


def test_a_currency_sign_is_no_part_of_the_cost() -> None:
    assert read(f"{HEADER}\nX,x,Main,5,£0.35,,\n")[0].unit_cost == Decimal("0.35")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Token,Item Name,Variation Name,SKU,GTIN,Price,Default Unit Cost,Current Quantity Main,New Quantity Main,"
            "Current Quantity Yard,New Quantity Yard,Stock Alert Count Main\n"
            "T,Bolt,Regular,B,5012345678900,1,0.35,5,,7,,2\nT,Nut,Small,N,,1,,9,,,,2\n",
            [
                ("B", "Bolt", "Main", "5", "0.35"),
                ("B", "Bolt", "Yard", "7", "0.35"),
                ("N", "Nut (Small)", "Main", "9", None),
            ],
        ),
        (
            "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Bin name,Available (not editable),On hand (current),"
            "On hand (new)\nb,Bolt,Size,M6,B,Main,A1,4,5,\nd,Drill,Title,Default Title,D,Main,A2,0,Not stocked,\n",
            [("B", "Bolt (M6)", "Main", "5", None)],
        ),
        (
            "Handle,Title,SKU,Inventory: Main,Inventory: Yard\nb,Bolt,B,5,7\n",
            [("B", "Bolt", "Main", "5", None), ("B", "Bolt", "Yard", "7", None)],
        ),
        (
            "id,handle,sku,name,supply_price,track_inventory,inventory_Main_Outlet,reorder_point_Main_Outlet\n"
            "1,b,B,Bolt,0.35,1,5.00000,2\n",
            [("B", "Bolt", "Main Outlet", "5", "0.35")],
        ),
        (
            "System ID,UPC,EAN,Custom SKU,Manufact. SKU,Item,Qty.,Price,Default Cost,[Main] - Quantity on Hand\n"
            "1,,5012345678900,B,ACME,Bolt,12,1,0.35,5\n",
            [("B", "Bolt", "Main", "5", "0.35")],
        ),
        (
            "Product,Location,Lot/Serial Number,Quantity,Counted Quantity\n[B] Bolt,WH/Stock,,5.0,\n",
            [("B", "Bolt", "WH/Stock", "5", None)],
        ),
        (
            "Internal Reference,Name,Barcode,Quantity On Hand,Forecasted Quantity,Cost,Unit of Measure\n"
            "B,Bolt,501,5.0,9.0,0.35,Units\n",
            [("B", "Bolt", "", "5", "0.35")],
        ),
        ("Item Code,Warehouse,Quantity,Valuation Rate\nB,Main,5,0.35\n", [("B", "", "Main", "5", "0.35")]),
        (
            "ID,Type,SKU,Name,Parent,Stock\n1,simple,B,Bolt,,5\n2,variable,,Paint,,N/A\n3,variable,P,Paint,,parent\n",
            [("B", "Bolt", "", "5", None)],
        ),
        (
            "ID,SKU,Name,In stock?,Stock,Low stock amount,Backorders allowed?,Regular price\n1,B,Bolt,1,5,2,0,1\n",
            [("B", "Bolt", "", "5", None)],
        ),
        (
            "Handle,Title,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
            "Variant Barcode,Cost per item\nb,Bolt,B,shopify,5,deny,501,0.35\n",
            [("B", "Bolt", "", "5", "0.35")],
        ),
        (
            "sku,composite_sku,composite_quantity,name,supply_price,inventory_Main\nB,,,Bolt,0.35,5\n",
            [("B", "Bolt", "Main", "5", "0.35")],
        ),
        (
            "Item,Item Name,Warehouse,Balance Qty,Opening Qty,In Qty,Valuation Rate\nB,Bolt,Main,5,1,9,0.35\n",
            [("B", "Bolt", "Main", "5", "0.35")],
        ),
        (
            "Item,Item Name,Warehouse,Actual Qty,Planned Qty,Projected Qty\nB,Bolt,Main,5,1,9\n",
            [("B", "Bolt", "Main", "5", None)],
        ),
    ],
    ids=[
        "square", "shopify", "shopify wide", "lightspeed x", "lightspeed r", "odoo quants", "odoo", "erpnext", "woo",
        "woo products", "shopify products", "lightspeed x products", "erpnext balance", "erpnext projected",
    ],
)  # fmt: skip
def test_a_vendors_own_export_is_read(text: str, expected: list[tuple[str, str, str, str, str | None]]) -> None:
    assert [(row.sku, row.name, row.location, row.system_qty, row.unit_cost) for row in read(text)] == [
        (sku, name, location, Decimal(quantity), None if cost is None else Decimal(cost))
        for sku, name, location, quantity, cost in expected
    ]


def test_barcode_and_supplier_columns_are_aliases() -> None:
    assert read("SKU,Barcode,Supplier code,Stock\nB,5012345678900,ACME-1,5\n")[0].aliases == ("5012345678900", "ACME-1")


@pytest.mark.parametrize(
    ("unit", "held", "by_measure"),
    [
        ("m", "m", True),
        ("KG", "kg", True),
        ("Metres", "m", True),
        ("ltr.", "l", True),
        ("Units", "", False),
        ("", "", False),
        ("Box", "case", False),
    ],
)
def test_an_item_is_held_in_its_unit_and_by_measure_where_that_is_one(unit: str, held: str, by_measure: bool) -> None:
    row = read(f"sku,stock,uom\nB,5,{unit}\n")[0]

    assert (row.unit, row.by_measure) == (held, by_measure)


def test_an_item_sold_by_measure_may_leave_open_which() -> None:
    row = read("sku,stock,sold_by_measure\nB,5,yes\n")[0]

    assert (row.unit, row.by_measure) == ("", True)


def test_a_count_sheet_with_the_unit_of_the_stock_list_is_counted_in_it() -> None:
    stock = snapshot_of(read("sku,stock,uom\nROPE,60,m\nSAND,2,kg\n"))
    sheet = b"sku,qty,unit\nROPE,55.5,metres\nSAND,3,m\n"

    counted = capture([UploadedFile("count.csv", sheet)], stock)

    assert [(line.sku, line.counted_qty) for line in counted.lines] == [("ROPE", Decimal("55.5"))]
    assert [(row.reason, row.detail) for row in counted.parked] == [
        (Reason.UNKNOWN_UNIT, "SAND is held in kg, not in m: count it in kg")
    ]


def test_a_snapshot_that_was_stored_before_items_had_units_still_loads() -> None:
    snapshots = TypeAdapter(Snapshot)
    stored = snapshots.dump_python(snapshot_of(read("sku,stock\nB,5\n")), mode="json")
    del stored["rows"]["B"]["unit"]

    assert snapshots.validate_python(stored).rows["B"].unit == ""


PLACES = read(f"{HEADER}\nA,a,Main,1,,,\nB,b,Main,2,,,\nB,b,Yard,3,,,\nC,c,Yard,4,,,\n")


def test_a_location_makes_its_rows_the_scope_and_the_rest_elsewhere() -> None:
    snapshot = snapshot_of(PLACES, "main")

    assert snapshot.location == "Main"
    assert {sku: row.system_qty for sku, row in snapshot.rows.items()} == {"A": 1, "B": 2}
    assert {sku: row.location for sku, row in snapshot.elsewhere.items()} == {"C": "Yard"}


def test_an_unknown_location_is_refused_naming_those_there_are() -> None:
    with pytest.raises(CountFileError, match="no location 'Shop' in the stock file, which has: Main, Yard"):
        snapshot_of(PLACES, "Shop")


def test_without_a_location_a_sku_at_several_must_be_chosen() -> None:
    with pytest.raises(CountFileError, match=r"B is stocked at several locations: .*--location \(Main, Yard\)"):
        snapshot_of(PLACES)


def test_without_a_location_distinct_skus_are_all_in_scope() -> None:
    snapshot = snapshot_of([row for row in PLACES if (row.sku, row.location) != ("B", "Yard")])

    assert set(snapshot.rows) == {"A", "B", "C"}
    assert snapshot.elsewhere == {}


def test_the_only_location_or_none_at_all_needs_no_choice() -> None:
    assert snapshot_of(PLACES[:2]).location == "Main"
    assert snapshot_of(read("sku,stock\nA,1\n")).location == ""
