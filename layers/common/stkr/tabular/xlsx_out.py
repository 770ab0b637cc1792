"""Workbooks for people to fill in: codes stay text, and no cell becomes a formula, whatever was typed into it."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from stkr.tabular.text import one_line

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_HEADING, _GIVEN, _TO_FILL = "Heading", "Given", "To fill in"
_A4 = 9
_LONGEST_CELL = 32_000  # The format allows 32,767 characters.


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its width is in characters, and ``to_fill`` ones are left for the person."""

    title: str
    width: int
    to_fill: bool = False


def xlsx(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    created: datetime,
    finish: Callable[[Worksheet], None],
) -> bytes:
    """A workbook of one sheet whose cells are all text; the header stays in view and repeats on every printed page.

    The same content always gives the same cells.

    :param created: aware; what the file says about itself.
    :param finish: adds what only this sheet has, such as checks of what is typed.
    """
    book = Workbook()
    book.properties.creator = ""
    book.properties.created = created.astimezone(UTC).replace(tzinfo=None)
    for style in _styles():
        book.add_named_style(style)
    page = book.worksheets[0]
    page.title = title
    page.freeze_panes = "A2"
    page.print_title_rows = "1:1"
    page.page_setup.paperSize = _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.append([_cell(page, _HEADING, column.title) for column in columns])
    for index, column in enumerate(columns):
        page.column_dimensions[get_column_letter(index + 1)].width = column.width
    styles = [_TO_FILL if column.to_fill else _GIVEN for column in columns]
    for row in rows:
        page.append([_cell(page, style, value) for style, value in zip(styles, row, strict=True)])
    finish(page)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _styles() -> tuple[NamedStyle, NamedStyle, NamedStyle]:
    # Styles belong to one workbook, so each workbook gets its own.
    line = Border(bottom=Side(style="thin", color="B0B0B0"))
    wrapped = Alignment(vertical="top", wrap_text=True)
    return (
        NamedStyle(_HEADING, font=Font(bold=True), fill=PatternFill("solid", fgColor="E4E8EE"), border=line),
        NamedStyle(_GIVEN, number_format="@", border=line, alignment=wrapped),
        NamedStyle(_TO_FILL, fill=PatternFill("solid", fgColor="FFF9E0"), border=line),
    )


def _cell(page: Worksheet, style: str, value: str) -> Cell:
    cell = Cell(page, row=1, column=1)  # Its place is settled when it is appended.
    cell.style = style
    text = one_line(value)
    if text:
        cell.value = text[:_LONGEST_CELL]
        cell.data_type = "s"  # Also what begins with an equals sign, which would otherwise become a formula.
    return cell
