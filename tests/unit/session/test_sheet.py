"""The blind sheet: what it shows, what it does not, and that it comes back through capture."""

import csv
import io
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from stkr.capture.core import capture
from stkr.capture.result import Reason, UploadedFile
from stkr.domain.stock import History, Snapshot, StockRow
from stkr.domain.units import CASE
from stkr.session.sheet import HEADER, csv_sheet, xlsx_sheet
from tests.unit.web.samples import SESSION

pytestmark = pytest.mark.unit


def row(
    sku: str,
    bin_name: str = "",
    *,
    name: str = "Item",
    pack: str | None = None,
    unit: str = "",
    by_measure: bool = False,
) -> StockRow:
    return StockRow(
        sku,
        name,
        SESSION.location,
        system_qty=Decimal("48151623.42"),
        unit_cost=Decimal("9173.5"),
        pack_size=Decimal(pack) if pack else None,
        bin=bin_name,
        unit=unit,
        by_measure=by_measure,
        history=History(sold_since_count=Decimal(733733)),
    )


def snapshot(*rows: StockRow) -> Snapshot:
    return Snapshot(SESSION.location, {each.sku: each for each in rows})


def page_of(content: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(content)).worksheets[0]


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


SHELF = snapshot(row("B-10", "A10"), row("B-2", "A10"), row("Z", "A2", pack="24"), row("A", ""), row("000123", "A10"))


def test_rows_come_in_the_order_of_walking_the_shelves() -> None:
    expected = [["Z", "A2"], ["000123", "A10"], ["B-2", "A10"], ["B-10", "A10"], ["A", ""]]
    assert [[cells[0], cells[2]] for cells in table(csv_sheet(SESSION, SHELF))[1:]] == expected
    page = page_of(xlsx_sheet(SESSION, SHELF))
    assert [[page.cell(n, 1).value, page.cell(n, 3).value or ""] for n in range(2, 7)] == expected


@given(st.lists(st.tuples(st.text("aB1 9-", min_size=1, max_size=4), st.text("aB1 9-", max_size=4)), max_size=20))
def test_a_bin_is_never_visited_twice(codes: list[tuple[str, str]]) -> None:
    bins = [cells[2] for cells in table(csv_sheet(SESSION, snapshot(*(row(sku, where) for sku, where in codes))))[1:]]
    folded = [each.casefold() for each in bins]
    assert len([n for n in range(len(folded)) if n == 0 or folded[n] != folded[n - 1]]) == len(set(folded))


def test_codes_are_text_and_the_quantity_is_empty_and_checked() -> None:
    page = page_of(xlsx_sheet(SESSION, SHELF))
    assert [cell.value for cell in page[1]] == list(HEADER)
    for cells in page.iter_rows(min_row=2):
        assert {cell.number_format for cell in cells[:5]} == {"@"}
        assert cells[5].value is None
    (check,) = page.data_validations.dataValidation
    assert (check.type, check.operator, check.formula1, check.errorStyle) == (
        "decimal",
        "greaterThanOrEqual",
        "0",
        "warning",
    )
    assert "F2" in check.sqref
    assert "F400" in check.sqref


def test_the_sheet_prints_with_its_header_on_every_page() -> None:
    page = page_of(xlsx_sheet(SESSION.model_copy(update={"location": "nuts & bolts"}), SHELF))
    assert (page.freeze_panes, page.print_title_rows) == ("A2", "$1:$1")
    assert page.oddHeader is not None
    assert page.oddHeader.left.text == "nuts && bolts"


def test_no_figure_of_the_system_is_anywhere_in_the_file() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_sheet(SESSION, SHELF))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()) + csv_sheet(SESSION, SHELF)
    for figure in (b"48151623", b"9173", b"733733"):
        assert figure not in everything


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_nothing_in_the_sheet_is_a_formula(start: str) -> None:
    hostile = f'{start}HYPERLINK("http://x","y")'
    shelf = snapshot(row(f"{start}1", hostile, name=hostile))
    page = page_of(xlsx_sheet(SESSION, shelf))
    assert [cell.data_type for cell in page[2][:3]] == ["s", "s", "s"]
    assert page["B2"].value == hostile
    assert all(cell.startswith("'") for cell in table(csv_sheet(SESSION, shelf))[1][:3])


def test_control_characters_do_not_break_the_file() -> None:
    shelf = snapshot(row("A\x01B", name="line one\r\nline two\x0b"))
    page = page_of(xlsx_sheet(SESSION, shelf))
    assert (page["A2"].value, page["B2"].value) == ("AB", "line one line two")


@pytest.mark.parametrize("codes", [("BOLT-M6-50", "000123"), ("=1+1", "-A"), ("4006381333931", "PAINT red 5 l")])
def test_a_filled_in_sheet_comes_back_through_capture(codes: tuple[str, str]) -> None:
    shelf = snapshot(row(codes[0], "A1", pack="24"), row(codes[1], "A2"), row("LEFT-BLANK", "A3"))
    book = load_workbook(io.BytesIO(xlsx_sheet(SESSION, shelf)))
    page = book.worksheets[0]
    page["F2"], page["F3"] = "2 boxes + 3", 0
    saved = io.BytesIO()
    book.save(saved)
    filled = [
        [*cells[:5], {1: "2 boxes + 3", 2: "0"}.get(n, "")] for n, cells in enumerate(table(csv_sheet(SESSION, shelf)))
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(HEADER), *filled[1:]])
    for file in (UploadedFile("sheet.xlsx", saved.getvalue()), UploadedFile("sheet.csv", text.getvalue().encode())):
        outcome = capture([file], shelf)
        assert {line.sku: line.counted_qty for line in outcome.lines} == {codes[0]: Decimal(51), codes[1]: Decimal(0)}
        assert (outcome.totals.read, outcome.totals.blank, outcome.parked) == (3, 1, ())


HELD = ["", "", "m", "kg", "l", CASE, "measure"]
"""What an item is held in, as the stock says it; ``measure`` is sold by measure, and nobody knows in which."""


@given(st.lists(st.tuples(st.sampled_from(HELD), st.integers(0, 500)), min_size=1, max_size=12))
def test_a_number_counts_in_what_its_item_is_sold_by_whatever_the_sheet_says_it_is(
    items: list[tuple[str, int]],
) -> None:
    held = [
        row(f"SKU-{n}", f"A{n}", unit="" if unit == "measure" else unit, by_measure=unit not in {"", CASE})
        for n, (unit, _) in enumerate(items)
    ]
    shelf = snapshot(*held)
    text = io.StringIO(newline="")
    header, *rows = table(csv_sheet(SESSION, shelf))
    assert [each[4] for each in rows] == [unit for unit, _ in items]
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([*each[:5], str(counted)] for each, (_, counted) in zip(rows, items, strict=True))
    book = load_workbook(io.BytesIO(xlsx_sheet(SESSION, shelf)))
    for n, (_, counted) in enumerate(items, 2):
        book.worksheets[0].cell(n, 6).value = counted
    saved = io.BytesIO()
    book.save(saved)
    for file in (UploadedFile("sheet.csv", text.getvalue().encode()), UploadedFile("sheet.xlsx", saved.getvalue())):
        outcome = capture([file], shelf)
        assert not outcome.parked
        assert {line.sku: line.counted_qty for line in outcome.lines} == {
            f"SKU-{n}": Decimal(counted) for n, (_, counted) in enumerate(items)
        }


def test_a_measure_and_its_unit_may_be_written_out_and_another_unit_is_asked_about() -> None:
    shelf = snapshot(row("HOSE", "A1", unit="m", by_measure=True), row("ROPE", "A2", unit="m", by_measure=True))
    sheet = (
        csv_sheet(SESSION, shelf).decode("utf-8-sig").replace("A1,,m,", "A1,,m,55.5 m").replace("A2,,m,", "A2,,m,3 kg")
    )
    outcome = capture([UploadedFile("sheet.csv", sheet.encode())], shelf)
    assert [(line.sku, line.counted_qty) for line in outcome.lines] == [("HOSE", Decimal("55.5"))]
    assert [parked.reason for parked in outcome.parked] == [Reason.UNKNOWN_UNIT]


def test_a_list_has_a_row_for_what_the_system_does_not_stock_here_and_does_not_say_so() -> None:
    session = SESSION.model_copy(update={"skus": ("bolt", "Paint"), "recount_of": "x"})
    shelf = replace(snapshot(row("BOLT", "A1")), elsewhere={"PAINT": row("PAINT", "Z9", name="Red"), "X": row("X")})
    assert [each[:3] for each in table(csv_sheet(session, shelf))[1:]] == [["BOLT", "Item", "A1"], ["PAINT", "Red", ""]]
    assert [page_of(xlsx_sheet(session, shelf)).cell(n, 1).value for n in (2, 3, 4)] == ["BOLT", "PAINT", None]


def test_the_same_count_as_a_scan_and_as_a_sheet_is_counted_once() -> None:
    shelf = snapshot(row("BOLT", "A1"))
    sheet = csv_sheet(SESSION, shelf).decode("utf-8-sig").replace("A1,,,", "A1,,,432")
    files = (UploadedFile("sheet.csv", sheet.encode()), UploadedFile("scan.csv", b"SKU,Quantity\r\nBOLT,432\r\n"))
    outcome = capture(files, shelf)
    assert [line.counted_qty for line in outcome.lines] == [Decimal(432)]
    assert outcome.totals.collapsed == 1


@settings(max_examples=25)
@given(st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=12), max_size=8))
def test_any_names_make_a_readable_workbook(names: dict[str, str]) -> None:
    shelf = snapshot(*(row(sku, name, name=name) for sku, name in names.items()))
    assert page_of(xlsx_sheet(SESSION, shelf)).max_row >= 1 + len(names)
