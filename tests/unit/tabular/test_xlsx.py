"""XLSX files as people save them, and as an attacker builds them."""

import tracemalloc
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from stkr.capture.core import capture
from stkr.capture.quantities import plain
from stkr.capture.result import Capture, UploadedFile
from stkr.tabular.xlsx import package, strings, worksheets
from tests.unit.capture.builders import count, lines, reasons, snapshot, totals
from tests.unit.capture.workbooks import BOOK, PACKAGE, first_sheet, formatted_tail, raw_workbook, saved, workbook

pytestmark = pytest.mark.unit


def captured(content: bytes, name: str = "sheet.xlsx") -> Capture:
    return capture([UploadedFile(name, content)], snapshot())


def problem(content: bytes) -> str:
    return captured(content).problems[0].problem


def text_cell(text: str) -> str:
    return f"<c t='str'><v>{text}</v></c>"


def row_of(*cells: str) -> str:
    """A sheet with a header and one row."""
    header = text_cell("sku") + text_cell("count")
    return f"<worksheet><sheetData><row>{header}</row><row>{''.join(cells)}</row></sheetData></worksheet>"


def shown(number: str, code: str) -> str:
    """What a number in a format of that code reads as."""
    styles = (
        f'<styleSheet><numFmts><numFmt numFmtId="164" formatCode={quoteattr(code)}/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
    )
    (sheet,) = worksheets.read_workbook(
        raw_workbook(row_of(text_cell("x"), f"<c s='1'><v>{number}</v></c>"), styles=styles)
    )
    return list(sheet.rows())[1][1][1]


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


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        ("4", "General", "4"),
        ("1200", "#,##0", "1200"),
        ("12.5", "0", "12.5"),
        ("4", '0" boxes"', "4 boxes"),
        ("4", 'General" cs"', "4 cs"),
        ("4", r"0\ \b\o\x", "4 box"),
        ("1", '[=1]0" box";0" boxes"', "1 box"),
        ("-4", '0" boxes"', "-4 boxes"),
        ("451", "000000", "000451"),
        ("451", '"SKU-"0000', "SKU-0451"),
        ("4.5", "000000", "4.5"),
        ("12345", "0-00-00", "12345"),
        ("0.05", "0%", "5%"),
        ("4.32", "0.0%", "432%"),
        ("5", '0"%"', "5"),
        ("29", "[$£-809]#,##0.00;[Red]-[$£-809]#,##0.00", "29"),
        ("29.5", '#,##0.00\\ "kr"', "29.5"),
        ("29", '"CHF"\\ #,##0.00', "29"),
        ("300", '_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', "300"),
        ("0.5", "# ?/?", "0.5"),
        ("5012345678900", "0.00E+00", "5012345678900"),
        ("46200", "dd/mm/yyyy", "2026-06-27"),
        ("46200", "[$-407]d. mmmm yyyy;@", "2026-06-27"),
        ("0.5", "h:mm AM/PM", "12:00:00"),
        ("1.5", "[h]", "1899-12-31 12:00:00"),
        ("-0", "General", "0"),
        ("7", "@", "7"),
        ("7", ";;;", "7"),
        ("7", '"unclosed', "7"),
    ],
)
def test_a_number_reads_as_its_format_shows_it_where_that_changes_what_it_says(
    number: str, code: str, text: str
) -> None:
    assert shown(number, code) == text


def test_built_in_percentages_are_told_apart_from_counts() -> None:
    styles = "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='9'/></cellXfs></styleSheet>"
    content = raw_workbook(row_of(text_cell("ROPE"), "<c s='1'><v>4</v></c>"), styles=styles)

    assert [row.quantity for row in captured(content).parked] == ["400%"]


@given(st.decimals("0", "9999999", places=6))
def test_a_number_with_a_fraction_is_exact_by_type_while_the_same_text_may_group_thousands(number: Decimal) -> None:
    result = captured(workbook([["SKU", "Counted"], ["ROPE", number]]))

    assert lines(result) == {"ROPE": plain(number)}


def test_a_text_that_may_group_thousands_stays_parked_beside_the_number() -> None:
    result = captured(workbook([["SKU", "Counted"], ["ROPE", 1.234], ["ROPE", "1.234"], ["NUT", "1.234"]]))

    assert lines(result) == {"ROPE": "1.234"}
    assert reasons(result) == [(3, "unreadable_quantity"), (4, "unreadable_quantity")]


def test_a_formula_of_a_writer_that_cannot_calculate_has_no_result_whatever_it_stored() -> None:
    book = BOOK.replace("</workbook>", '<calcPr fullCalcOnLoad="1"/></workbook>')
    content = raw_workbook(row_of(text_cell("BOLT"), "<c><f>400+32</f><v>0</v></c>"), book=book)

    assert reasons(captured(content)) == [(2, "unreadable_quantity")]
    assert lines(captured(raw_workbook(row_of(text_cell("BOLT"), "<c><v>0</v></c>"), book=book))) == {"BOLT": "0"}


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    for cells in (["SKU", "Counted"], [date(2026, 3, 1), 5]):
        first_sheet(book).append(cells)

    assert [row.code for row in captured(saved(book)).parked] == ["2026-03-01"]


@pytest.mark.parametrize("rename", [str.upper, str.lower, lambda path: path.replace("/", "\\")])
def test_parts_are_found_in_any_case_and_with_either_slash(rename: Callable[[str], str]) -> None:
    content = raw_workbook(row_of(text_cell("BOLT"), "<c><v>432</v></c>"), rename=rename)

    assert lines(captured(content)) == {"BOLT": "432"}


def test_the_workbook_may_be_anywhere_in_the_package() -> None:
    content = raw_workbook(
        row_of(text_cell("BOLT"), "<c><v>432</v></c>"),
        package=PACKAGE.replace("/xl/workbook.xml", "book/main.xml"),
        rename=lambda path: path.replace("xl/", "book/").replace("workbook.xml", "main.xml"),
    )

    assert lines(captured(content)) == {"BOLT": "432"}


@pytest.mark.parametrize("target", ["/xl/workbook.bin", "/word/document.xml", "/xl/missing.xml"])
def test_another_kind_of_office_file_is_refused_and_said_to_be(target: str) -> None:
    content = raw_workbook("<worksheet/>", package=PACKAGE.replace("/xl/workbook.xml", target))

    assert "no XLSX workbook" in problem(content)


def test_a_sheet_formatted_down_to_its_last_row_holds_nothing_in_memory() -> None:
    content = formatted_tail(1_048_576)

    tracemalloc.start()
    result = captured(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines(result) == {"BOLT": "432", "NUT": "7"}
    assert [row for line in result.lines for rows in line.rows.values() for row in rows] == [2, 1_048_576]
    assert peak < 5_000_000


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
    assert list(result.lines[0].rows.values()) == [(6,)]


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


def test_a_list_of_prices_beside_the_count_is_passed_over_and_alone_it_is_refused() -> None:
    book = Workbook()
    prices: list[list[str | float]] = [["SKU", "Unit price", "Pack size"], ["BOLT", 0.9, 24]]
    for cells in prices:
        first_sheet(book).append(cells)
    book.create_sheet("Count").append(["SKU", "Counted"])
    book["Count"].append(["BOLT", 432])

    assert lines(captured(saved(book))) == {"BOLT": "432"}
    assert "'Unit price' (0.9), 'Pack size' (24)" in problem(workbook(prices))


def test_a_sheet_whose_count_cannot_be_told_is_not_passed_over() -> None:
    book = Workbook()
    first_sheet(book).append(["SKU", "Counted"])
    first_sheet(book).append(["BOLT", 5])
    other = book.create_sheet("Back")
    other.append(["SKU", "Qty", "Quantity"])
    other.append(["NUT", 5, 6])

    assert "'Qty' (5), 'Quantity' (6)" in problem(saved(book))


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


@pytest.mark.parametrize("part", ["sheet", "shared", "styles", "relations", "book", "package"])
def test_entities_are_refused_unexpanded(part: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'

    assert "entities" in problem(raw_workbook(**{"sheet": "<worksheet/>", part: bomb}))  # type: ignore[arg-type]  # parts are texts


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    assert "zip bomb" in problem(raw_workbook(" " * 40_000_000))


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_UNPACKED", 1_000)

    assert "unpacks to more" in problem(workbook([["SKU", "Counted"], ["BOLT", 432]]))


def test_a_workbook_with_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MAX_SHARED_BYTES", 20)

    assert "too much text" in problem(raw_workbook("<worksheet/>", shared="<sst><si><t>BOLT</t></si></sst>"))


def test_a_cell_or_a_row_of_endless_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MAX_CELL_CHARS", 10)
    monkeypatch.setattr(worksheets, "MAX_ROW_CHARS", 15)

    assert "more than 10 characters" in problem(workbook([["SKU", "Counted"], ["BOLT", "x" * 11]]))
    assert "more than 10 characters" in problem(raw_workbook(row_of(text_cell("x" * 11))))
    assert "row 2 has more than 15 characters" in problem(workbook([["SKU", "Counted"], ["B" * 8, "x" * 8]]))


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


def two_sheets(front: list[tuple[object, ...]], back: list[tuple[object, ...]]) -> bytes:
    book = Workbook()
    for title, rows in (("Front", front), ("Back", back)):
        page = book.create_sheet(title)
        for row in [("sku", "count"), *rows]:
            page.append(row)
    del book["Sheet"]
    return saved(book)


def test_an_item_in_two_sheets_of_a_workbook_is_asked_about_even_where_the_counts_agree() -> None:
    result = captured(two_sheets([("BOLT", 5), ("NUT", 7)], [("BOLT", 5)]))

    assert lines(result) == {"NUT": "7"}
    assert [row.reason for row in result.parked] == ["conflicting_counts", "conflicting_counts"]
    assert "in two sheets (sheet.xlsx [Front] row 2 and sheet.xlsx [Back] row 2)" in result.parked[0].detail


def test_sheets_of_different_items_are_one_count() -> None:
    assert lines(captured(two_sheets([("BOLT", 5)], [("NUT", 7)]))) == {"BOLT": "5", "NUT": "7"}


def test_a_sheet_that_is_no_count_is_named_so_that_nothing_is_dropped_in_silence() -> None:
    result = captured(two_sheets([("BOLT", 5)], []))
    assert result.passed_over == ()
    book = Workbook()
    book.worksheets[0].append(("sku", "count"))
    book.worksheets[0].append(("BOLT", 5))
    book.create_sheet("Ding").append(("XX1", 3))

    assert captured(saved(book)).passed_over == ("sheet.xlsx [Ding]",)
