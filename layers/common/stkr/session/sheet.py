"""The blind sheet: what is expected at a location, and an empty column to fill in. No figure of the system is in it.

Both formats come back through capture, which takes the code and the counted quantity from them. The usual bin and the
pack size only help to find and to count: they are named so that capture takes neither for where or in what unit an item
was counted. Otherwise the same count, uploaded as a scan and as a sheet, would be one of two bins, and add up.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC
from itertools import chain
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from stkr.stock import Snapshot, StockRow
from stkr.store.counts import Session
from stkr.web.figures import quantity, stored
from stkr.web.forms import one_line

HEADER: Final = ("SKU", "Name", "Usual bin", "Pack size", "Counted quantity")
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE: Final = "text/csv; charset=utf-8"

_WIDTHS = {"A": 24, "B": 46, "C": 12, "D": 11, "E": 20}
_HEADING, _EXPECTED, _TO_FILL = "Heading", "Expected item", "To fill in"
_SPARE_ROWS = 40
"""Empty rows for what is found beside the expected, already formatted so that a typed barcode keeps its digits."""

_LAST_ROW = 1_048_576
_A4 = 9
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = re.compile(r"(\d+)")


def xlsx_sheet(session: Session, snapshot: Snapshot) -> bytes:
    """The sheet as a workbook: codes are text, the quantity column is checked, and the header row stays in view and
    repeats on every printed page. The same session always gives the same cells.
    """
    book = Workbook()
    book.properties.creator = ""
    book.properties.created = stored(session.opened_at).astimezone(UTC).replace(tzinfo=None)
    for style in _styles():
        book.add_named_style(style)
    page = book.worksheets[0]
    page.title = "Count"
    _lay_out(page, session)
    page.append([_cell(page, _HEADING, title) for title in HEADER])
    spare = (("", "", "", "") for _ in range(_SPARE_ROWS))
    for row in chain(map(_cells, _in_walking_order(snapshot)), spare):
        page.append([*(_cell(page, _EXPECTED, value) for value in row), _cell(page, _TO_FILL, "")])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def csv_sheet(snapshot: Snapshot) -> bytes:
    """The sheet as UTF-8 with a byte order mark, which makes Excel read it as such.

    A cell that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(HEADER)
    for row in _in_walking_order(snapshot):
        writer.writerow([*(_harmless(cell) for cell in _cells(row)), ""])
    return target.getvalue().encode("utf-8-sig")


def _in_walking_order(snapshot: Snapshot) -> list[StockRow]:
    """By bin, then SKU, ``A2`` before ``A10``; what has no bin comes last."""

    def place(row: StockRow) -> tuple[object, ...]:
        where = one_line(row.bin).casefold()
        return (not where, tuple(_natural(where)), where, tuple(_natural(row.sku)), row.sku)

    return sorted(snapshot.rows.values(), key=place)


def _natural(text: str) -> Iterator[tuple[bool, int, str]]:
    """Sorts the digits of a code as numbers; the last, empty part keeps codes of different lengths comparable."""
    for part in _NUMBERS.split(text.casefold()):
        yield (True, int(part), "") if part.isdecimal() else (False, 0, part)


def _cells(row: StockRow) -> tuple[str, str, str, str]:
    pack = quantity(row.pack_size) if row.pack_size is not None and row.pack_size > 1 else ""
    return one_line(row.sku), one_line(row.name), one_line(row.bin), pack


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _lay_out(page: Worksheet, session: Session) -> None:
    page.freeze_panes = "A2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation, page.page_setup.paperSize = "portrait", _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    header, footer = HeaderFooterItem(), HeaderFooterItem()
    header.left.text, header.right.text = _printed(session.location), _printed(session.session_id)
    footer.center.text = "Page &P of &N"
    page.HeaderFooter.oddHeader, page.HeaderFooter.oddFooter = header, footer
    for column, width in _WIDTHS.items():
        page.column_dimensions[column].width = width
    # A warning, not a stop: "3 boxes + 7" is understood as well.
    check = DataValidation(
        type="decimal",
        operator="greaterThanOrEqual",
        formula1="0",
        allow_blank=True,
        errorStyle="warning",
        showInputMessage=True,
        promptTitle="Counted quantity",
        prompt="Single units. Leave it empty if not counted; type 0 if there is none.",
        showErrorMessage=True,
        errorTitle="Not a plain number",
        error="A number is safest; 4 boxes, or 3 boxes + 7, is understood too. Keep it?",
    )
    check.add(f"E2:E{_LAST_ROW}")
    page.add_data_validation(check)


def _printed(text: str) -> str:
    """Text for a printed header, in which ``&`` begins a code."""
    return one_line(text).replace("&", "&&")[:100]


def _styles() -> tuple[NamedStyle, NamedStyle, NamedStyle]:
    # Styles belong to one workbook, so each workbook gets its own.
    line = Border(bottom=Side(style="thin", color="B0B0B0"))
    wrapped = Alignment(vertical="top", wrap_text=True)
    return (
        NamedStyle(_HEADING, font=Font(bold=True), fill=PatternFill("solid", fgColor="E4E8EE"), border=line),
        NamedStyle(_EXPECTED, number_format="@", border=line, alignment=wrapped),
        NamedStyle(_TO_FILL, fill=PatternFill("solid", fgColor="FFF9E0"), border=line),
    )


def _cell(page: Worksheet, style: str, value: str) -> Cell:
    cell = Cell(page, row=1, column=1)  # Its place is settled when it is appended.
    cell.style = style
    if value:
        cell.value = value
        cell.data_type = "s"  # Also what begins with an equals sign, which would otherwise become a formula.
    return cell
