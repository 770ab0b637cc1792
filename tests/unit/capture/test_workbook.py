"""XLSX files as people save them, and as an attacker builds them."""

from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from stkr.capture.core import capture
from stkr.capture.result import Capture, UploadedFile
from stkr.tabular import workbook as reader
from tests.unit.capture.builders import count, lines, reasons, snapshot, totals
from tests.unit.capture.workbooks import first_sheet, raw_workbook, saved, workbook

pytestmark = pytest.mark.unit


def captured(content: bytes, name: str = "sheet.xlsx") -> Capture:
    return capture([UploadedFile(name, content)], snapshot())


def problem(content: bytes) -> str:
    return captured(content).problems[0].problem


def test_numbers_stored_as_text_and_text_as_numbers_are_the_same_count() -> None:
    result = captured(workbook([["SKU", "Counted"], ["BOLT", 432], [4006381333931, "7"], ["ROPE", 0.1 + 0.2]]))

    assert lines(result) == {"BOLT": "432", "NUT": "7", "ROPE": "0.3"}


def test_errors_and_formulas_that_were_never_calculated_are_parked_and_not_blank() -> None:
    result = captured(
        workbook([["SKU", "Counted"], ["BOLT", "=400+32"], ["NUT", "#N/A"], ["ROPE", "#DIV/0!"], ["BOLT", None]])
    )

    assert reasons(result) == [(row, "unreadable_quantity") for row in (2, 3, 4)]
    assert totals(result) == (4, 0, 0, 1, 3)


def test_a_formula_counts_by_the_result_that_was_saved_with_it() -> None:
    sheet = (
        "<worksheet><sheetData><row r='1'><c r='A1' t='str'><v>sku</v></c><c r='B1' t='str'><v>count</v></c></row>"
        "<row r='2'><c r='A2' t='str'><v>BOLT</v></c><c r='B2'><f>400+32</f><v>432</v></c></row>"
        "<row r='3'><c r='A3' t='str'><v>NUT</v></c><c r='B3' t='str'><f>IF(1,\"\")</f><v></v></c></row>"
        "</sheetData></worksheet>"
    )

    result = captured(raw_workbook(sheet))

    assert lines(result) == {"BOLT": "432"}
    assert totals(result) == (2, 1, 0, 1, 0)


def test_a_date_where_a_code_should_be_is_parked_as_the_date_people_see() -> None:
    result = captured(workbook([["SKU", "Counted"], [date(2026, 3, 1), 5], [datetime(2026, 3, 1, 9, 30), 5]]))  # noqa: DTZ001

    assert [row.code for row in result.parked] == ["2026-03-01", "2026-03-01 09:30:00"]
    assert {row.reason for row in result.parked} == {"unknown_code"}


def test_a_code_of_more_digits_than_a_spreadsheet_keeps_is_mangled() -> None:
    assert reasons(captured(workbook([["SKU", "Counted"], [1234567890123456789, 5]]))) == [(2, "mangled_barcode")]


@pytest.mark.parametrize("number", ["1E999999999", "1E-999999999", "NaN", "-Infinity"])
@pytest.mark.parametrize("style", ["0", "1"])
def test_a_number_that_no_spreadsheet_holds_is_parked_as_it_stands(number: str, style: str) -> None:
    sheet = (
        "<worksheet><sheetData><row><c t='str'><v>sku</v></c><c t='str'><v>count</v></c></row>"
        f"<row><c t='str'><v>BOLT</v></c><c s='{style}'><v>{number}</v></c></row></sheetData></worksheet>"
    )
    styles = "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>"

    result = captured(raw_workbook(sheet, styles=styles))

    assert [row.quantity for row in result.parked] == [number]


def test_half_a_character_is_replaced_since_nothing_could_store_it() -> None:
    sheet = (
        "<worksheet><sheetData><row><c t='str'><v>sku</v></c><c t='str'><v>count</v></c></row>"
        "<row><c t='str'><v>_xD800_A_xD83D__xDE00_</v></c><c><v>1</v></c></row></sheetData></worksheet>"
    )

    assert captured(raw_workbook(sheet)).parked[0].code == "\ufffdA\U0001f600"


def test_a_cover_sheet_of_two_columns_is_no_count() -> None:
    book = Workbook()
    for cells in (["Stock count", "June"], ["Location", "Main"], ["Counted by", "Sam"]):
        first_sheet(book).append(cells)
    book.create_sheet("Count").append(["SKU", "Counted"])
    book["Count"].append(["BOLT", 432])

    result = captured(saved(book))

    assert lines(result) == {"BOLT": "432"}
    assert totals(result) == (1, 1, 0, 0, 0)


def test_row_numbers_are_those_of_the_spreadsheet() -> None:
    result = captured(workbook([["Stock count"], [], [], ["SKU", "Counted"], [], ["BOLT", 432], ["X", 1]]))

    assert reasons(result) == [(7, "unknown_code")]
    assert result.lines[0].sightings[0].row == 6


def test_titles_merged_cells_hidden_rows_and_formatted_emptiness_change_nothing() -> None:
    book = Workbook()
    sheet = first_sheet(book)
    sheet.append(["Stock count of Saturday"])
    sheet.merge_cells("A1:C1")
    for cells in (["SKU", "Counted"], ["BOLT", 432], ["NUT", 7]):
        sheet.append(cells)
    sheet.row_dimensions[4].hidden = True
    for row in range(5, 5_000):
        sheet.cell(row, 2).number_format = "0.00"
    sheet.cell(1_048_576, 3).number_format = "0"

    assert lines(captured(saved(book))) == {"BOLT": "432", "NUT": "7"}


def test_every_visible_sheet_with_a_count_is_read_and_notes_are_not() -> None:
    book = Workbook()
    first_sheet(book).append(["Counted by Sam"])
    for title, sku in (("Front", "BOLT"), ("Back", "NUT"), ("Old", "ROPE")):
        sheet = book.create_sheet(title)
        sheet.append(["SKU", "Counted"])
        sheet.append([sku, 5])
        sheet.append(["X", 1])
    book["Old"].sheet_state = "hidden"
    expected = book.create_sheet("Stock")
    expected.append(["SKU", "System qty"])
    expected.append(["BOLT", 480])

    result = captured(saved(book))

    assert lines(result) == {"BOLT": "5", "NUT": "5"}
    assert [row.file for row in result.parked] == ["sheet.xlsx [Back]", "sheet.xlsx [Front]"]


def test_a_sheet_whose_count_cannot_be_told_is_not_passed_over() -> None:
    book = Workbook()
    first_sheet(book).append(["SKU", "Counted"])
    first_sheet(book).append(["BOLT", 5])
    other = book.create_sheet("Back")
    other.append(["SKU", "Qty", "Quantity"])
    other.append(["NUT", 5, 6])

    assert "'Qty', 'Quantity'" in problem(saved(book))


def test_rich_text_is_read_without_its_reading_aids() -> None:
    shared = (
        "<sst><si><r><t>BO</t></r><r><t>LT</t></r>"
        "<rPh><t>reading</t></rPh></si><si><t>sku</t></si><si><t>count</t></si></sst>"
    )
    sheet = (
        "<worksheet><sheetData><row><c t='s'><v>1</v></c><c t='s'><v>2</v></c></row>"
        "<row><c t='s'><v>0</v></c><c t='inlineStr'><is><t>43</t><t>2</t></is></c></row>"
        "<row><c t='s'><v>99</v></c><c><v>1</v></c></row></sheetData></worksheet>"
    )

    result = captured(raw_workbook(sheet, shared=shared))

    assert lines(result) == {"BOLT": "432"}
    assert reasons(result) == [(3, "unknown_code")]


def test_a_workbook_named_csv_and_a_csv_named_xlsx_are_read_for_what_they_are() -> None:
    assert lines(captured(workbook([["SKU", "Counted"], ["BOLT", 432]]), "scan.csv")) == {"BOLT": "432"}
    assert lines(captured(b"sku,counted\nBOLT,432\n")) == {"BOLT": "432"}


def test_entities_are_refused_unexpanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'

    assert "entities" in problem(raw_workbook(bomb))
    assert "entities" in problem(raw_workbook("<worksheet/>", shared=bomb))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    assert "zip bomb" in problem(raw_workbook(" " * 40_000_000))


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_UNPACKED", 1_000)

    assert "unpacks to more" in problem(workbook([["SKU", "Counted"], ["BOLT", 432]]))


def test_a_workbook_with_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_SHARED_CHARS", 3)

    assert "too much text" in problem(raw_workbook("<worksheet/>", shared="<sst><si><t>BOLT</t></si></sst>"))


def test_a_cell_far_out_costs_nothing_and_is_refused() -> None:
    sheet = "<worksheet><sheetData><row r='1'><c r='XFD1'><v>1</v></c></row></sheetData></worksheet>"
    assert "columns" in problem(raw_workbook(sheet))
    beyond = "<worksheet><sheetData><row r='1'><c r='ZZZZ1'><v>1</v></c></row></sheetData></worksheet>"
    assert "no place in a sheet" in problem(raw_workbook(beyond))


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 not a zip at all",
        workbook([["SKU", "Counted"], ["BOLT", 432]])[:-200],
        raw_workbook("<worksheet><sheetData><row>"),
        raw_workbook("<worksheet/>", relations="<Relationships/>"),
        raw_workbook("<worksheet><sheetData><row r='x'><c><v>1</v></c></row></sheetData></worksheet>"),
        raw_workbook("<worksheet><sheetData><row><c t='s'><v>x</v></c></row></sheetData></worksheet>"),
        raw_workbook("<worksheet/>", book="<workbook><sheets>"),
    ],
)
def test_a_damaged_workbook_is_refused_and_said_to_be(content: bytes) -> None:
    assert any(words in problem(content) for words in ("damaged", "empty"))


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr("scan.csv", "sku,count\nBOLT,1\n")

    assert "no XLSX workbook" in problem(stream.getvalue())


def test_a_workbook_comes_out_like_the_same_table_as_text() -> None:
    rows = [["SKU", "Bin", "Counted"], ["BOLT", "A1", "4 boxes"], ["NUT", "A2", "7"], ["X", "", "1"], ["NUT", "", ""]]
    text = "\n".join(",".join(row) for row in rows)

    of_text, of_sheet = count(text), captured(workbook(rows), "1.csv")

    assert (of_sheet.lines, of_sheet.totals) == (of_text.lines, of_text.totals)
    assert reasons(of_sheet) == reasons(of_text)
