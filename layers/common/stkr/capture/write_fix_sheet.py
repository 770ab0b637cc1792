"""Writing the fix sheet: the parked rows, what is wrong with each, and columns for what is right."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from stkr.capture.read_fix_sheet import TITLES
from stkr.capture.result import ParkedRow, Reason
from stkr.tabular.csv_out import csv_file
from stkr.tabular.xlsx_out import Column, xlsx

MAX_ROWS: Final = 5_000
"""More than anybody mends by hand, far below what a function URL can answer with; the rest comes in the next sheet."""

_WIDTHS = (24, 7, 24, 14, 60, 22, 16, 12)
_TO_FILL = frozenset(TITLES[-3:])
_COLUMNS = tuple(Column(title, width, title in _TO_FILL) for title, width in zip(TITLES, _WIDTHS, strict=True))
_HINTS = {
    "F": ("Right code", "The SKU or any code of the item. SKU*24 means a case of 24. Type skip to leave the row out."),
    "G": ("Right quantity", "Single units, or 4 boxes, or 3 boxes + 7. Leave it empty if it is right as it is."),
    "H": ("Remember code", "Type yes if this code always means this item: the next counts will know it."),
}


def xlsx_fixes(parked: Iterable[ParkedRow], made_at: datetime) -> bytes:
    """The sheet as a workbook, which is the safer one: a CSV that a spreadsheet has saved again may lose digits."""
    return xlsx("Fix", _COLUMNS, islice(_rows(parked), MAX_ROWS), made_at, _finish)


def csv_fixes(parked: Iterable[ParkedRow]) -> bytes:
    """The sheet as CSV."""
    return csv_file(TITLES, islice(_rows(parked), MAX_ROWS))


def _rows(parked: Iterable[ParkedRow]) -> Iterator[tuple[str, ...]]:
    """The rows below ``TITLES``; what is already decided is not for staff to fix."""
    for row in parked:
        if row.reason is not Reason.ALREADY_DECIDED:
            wrong = "; ".join(trouble.detail for trouble in row.troubles)
            yield (row.file, str(row.row), row.code, row.quantity, wrong, "", "", "")


def _finish(page: Worksheet) -> None:
    page.page_setup.orientation = "landscape"
    for column, (title, text) in _HINTS.items():
        hint = DataValidation(showInputMessage=True, promptTitle=title, prompt=text)
        hint.add(f"{column}2:{column}{MAX_ROWS + 1}")
        page.add_data_validation(hint)
