"""The blind sheet: what is expected at a location, and an empty column to fill in. No figure of the system is in it.

Both formats come back through capture, which takes the code and the counted quantity from them. The usual bin and the
pack size only help to find and to count: they are named so that capture takes neither for where or in what unit an item
was counted. Otherwise the same count, uploaded as a scan and as a sheet, would be one of two bins, and add up.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.worksheet import Worksheet

from stkr.stock import Snapshot, StockRow
from stkr.store.counts import Session
from stkr.tabular.csvfile import csv_file
from stkr.tabular.handout import Column, xlsx
from stkr.tabular.words import one_line
from stkr.web.figures import quantity, stored

COLUMNS: Final = (
    Column("SKU", 24),
    Column("Name", 46),
    Column("Usual bin", 12),
    Column("Pack size", 11),
    Column("Counted quantity", 20, to_fill=True),
)
HEADER: Final = tuple(column.title for column in COLUMNS)

_SPARE_ROWS = 40
"""Empty rows for what is found beside the expected, already formatted so that a typed barcode keeps its digits."""

_LAST_ROW = 1_048_576
_NUMBERS = re.compile(r"(\d+)")


def xlsx_sheet(session: Session, snapshot: Snapshot) -> bytes:
    """The sheet as a workbook, with the quantity column checked and some empty rows for what is found beside."""
    spare = (("", "", "", "", "") for _ in range(_SPARE_ROWS))
    rows = chain(map(_cells, _in_walking_order(snapshot)), spare)
    return xlsx("Count", COLUMNS, rows, stored(session.opened_at), lambda page: _finish(page, session))


def csv_sheet(snapshot: Snapshot) -> bytes:
    """The sheet as CSV."""
    return csv_file(HEADER, map(_cells, _in_walking_order(snapshot)))


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


def _cells(row: StockRow) -> tuple[str, ...]:
    pack = quantity(row.pack_size) if row.pack_size is not None and row.pack_size > 1 else ""
    return row.sku, row.name, row.bin, pack, ""


def _finish(page: Worksheet, session: Session) -> None:
    page.page_setup.orientation = "portrait"
    header, footer = HeaderFooterItem(), HeaderFooterItem()
    header.left.text, header.right.text = _printed(session.location), _printed(session.session_id)
    footer.center.text = "Page &P of &N"
    page.HeaderFooter.oddHeader, page.HeaderFooter.oddFooter = header, footer
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
