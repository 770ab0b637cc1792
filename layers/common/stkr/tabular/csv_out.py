"""CSV for people to download, in which no cell can become a formula, and the way back from such a cell."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from stkr.tabular.text import one_line

CSV_TYPE: Final = "text/csv; charset=utf-8"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> str:
    """A table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return target.getvalue()


def csv_file(header: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> bytes:
    """The same as a file, with the byte order mark that makes Excel read it as UTF-8."""
    return csv_text(header, rows).encode("utf-8-sig")


def unprotected(cell: str) -> str:
    """A cell without the apostrophe that ``csv_text`` may have put before it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def _written(cell: str | Decimal) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return _protected(one_line(cell))


def _protected(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
