"""The blind sheet: what is expected at a location, and an empty column to fill in. No figure of the system is in it.

Both files come back through capture, which takes the code and the counted quantity from them. The usual bin, the pack
size and what an item is sold by only help to find and to count: they are named so that capture takes none of them for
where or in what unit an item was counted. Otherwise the same count, uploaded as a scan and as a sheet, would be one of
two bins, and add up.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.worksheet import Worksheet

from stkr.domain.instants import moment_of
from stkr.domain.session import Session
from stkr.domain.stock import Snapshot, StockRow
from stkr.tabular.csv_out import csv_file
from stkr.tabular.text import one_line
from stkr.tabular.xlsx_out import Column, xlsx
from stkr.web.formatting import quantity

COLUMNS: Final = (
    Column("SKU", 24),
    Column("Name", 42),
    Column("Usual bin", 12),
    Column("Pack size", 11),
    Column("Sold by", 9),
    Column("Counted quantity", 20, to_fill=True),
)
HEADER: Final = tuple(column.title for column in COLUMNS)

_SPARE_ROWS = 40
"""Empty rows for what is found beside the expected, already formatted so that a typed barcode keeps its digits."""

_LAST_ROW = 1_048_576
_NUMBERS = re.compile(r"(\d+)")


class SheetRow(NamedTuple):
    """An expected item as the counter sees it; ``sold_by`` is empty for single units."""

    sku: str
    name: str
    bin: str
    pack: str
    sold_by: str


def xlsx_sheet(session: Session, snapshot: Snapshot) -> bytes:
    """The sheet as a workbook, with the quantity column checked and some empty rows for what is found beside."""
    spare = ([""] * len(COLUMNS) for _ in range(_SPARE_ROWS))
    rows = chain(_cells(session, snapshot), spare)
    return xlsx("Count", COLUMNS, rows, moment_of(session.opened_at), lambda page: _finish(page, session))


def csv_sheet(session: Session, snapshot: Snapshot) -> bytes:
    """The sheet as CSV."""
    return csv_file(HEADER, _cells(session, snapshot))


def sheet_rows(session: Session, snapshot: Snapshot) -> list[SheetRow]:
    """What is to be counted in the order of walking the shelves: by bin, then SKU, ``A2`` before ``A10``; what has no
    bin comes last. A list is counted as it was asked for, with the items that the system does not stock here.
    """
    asked_for = {sku.casefold() for sku in session.skus or ()}
    # Where another location keeps it says nothing about this one.
    beside = (replace(row, bin="") for sku, row in snapshot.elsewhere.items() if sku.casefold() in asked_for)
    return [
        SheetRow(row.sku, row.name, row.bin, _pack(row), row.unit or ("measure" if row.by_measure else ""))
        for row in sorted(chain(snapshot.rows.values(), beside), key=_place)
    ]


def _place(row: StockRow) -> tuple[object, ...]:
    where = one_line(row.bin).casefold()
    return (not where, tuple(_natural(where)), where, tuple(_natural(row.sku)), row.sku)


def _natural(text: str) -> Iterator[tuple[bool, int, str]]:
    """Sorts the digits of a code as numbers; the last, empty part keeps codes of different lengths comparable."""
    for part in _NUMBERS.split(text.casefold()):
        yield (True, int(part), "") if part.isdecimal() else (False, 0, part)


def _pack(row: StockRow) -> str:
    return quantity(row.pack_size) if row.pack_size is not None and row.pack_size > 1 else ""


def _cells(session: Session, snapshot: Snapshot) -> Iterator[tuple[str, ...]]:
    return ((*row, "") for row in sheet_rows(session, snapshot))


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
        prompt="Single units, or what the item is sold by. Leave it empty if not counted; type 0 if there is none.",
        showErrorMessage=True,
        errorTitle="Not a plain number",
        error="A number is safest; 4 boxes, or 3 boxes + 7, is understood too. Keep it?",
    )
    column = get_column_letter(len(COLUMNS))
    check.add(f"{column}2:{column}{_LAST_ROW}")
    page.add_data_validation(check)


def _printed(text: str) -> str:
    """Text for a printed header, in which ``&`` begins a code."""
    return one_line(text).replace("&", "&&")[:100]
