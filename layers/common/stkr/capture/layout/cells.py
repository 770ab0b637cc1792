"""What cells look like: counts, figures, dates and times, running numbers, barcodes."""

import re
from collections.abc import Sequence
from itertools import pairwise

from stkr.capture.quantities import Amount, read_amount
from stkr.domain.units import is_measure
from stkr.tabular.text import folded, visible

LONGEST_CODE = 64

_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T].*)?|(19|20)\d{6}|\d{1,2}[ ./-][a-z]{3}[ ./-]\d{2,4}", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]m)?", re.IGNORECASE)
# Date and time without any mark, as in 20180129133250.
_STAMP = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d([0-5]\d)?")
_BARCODE_SHAPE = re.compile(r"\d{8}|\d{12,14}")
_FIGURE = re.compile(r"[-\u2212(]\s?[\d.,]{1,9}\)?|\d{1,3}(?:[.,'\u2019\s]\d{3}){1,2}")
_SERIAL_WIDTH = 5
_RUN = 3


def folded_cell(row: Sequence[str], index: int) -> str:
    """A cell, folded; empty where the row is too short."""
    return folded(row[index]) if index < len(row) else ""


def is_count(cell: str) -> bool:
    """Whether a cell can be read as a count. 500 ml beside a code is a size."""
    amount = read_amount(cell)
    return isinstance(amount, Amount) and not is_measure(amount.unit)


def is_figure(cell: str) -> bool:
    """Whether a cell may be meant as a count, even one that is parked: a difference, a formula without its result."""
    text = visible(cell)
    return is_count(text) or text.startswith(("=", "#")) or _FIGURE.fullmatch(text) is not None


def is_case_unit(cell: str) -> bool:
    """Whether a cell of units names a case, a box or the like."""
    amount = read_amount("1", cell)
    return isinstance(amount, Amount) and amount.cases is not None


def is_barcode(cell: str) -> bool:
    """Whether a cell has the shape of a barcode."""
    return _BARCODE_SHAPE.fullmatch(cell) is not None and _DATE.fullmatch(cell) is None


def is_wording(cells: Sequence[str]) -> bool:
    """Whether cells are words only, as a header's are."""
    return all(re.sub(r"[\s_.()#/-]", "", cell).isalpha() for cell in cells if visible(cell))


def mostly_days_or_times(column: Sequence[str]) -> bool:
    """Whether most cells are dates, or most are times of day."""
    return _mostly(column, _DATE) or _mostly(column, _TIME)


def mostly_moments(column: Sequence[str]) -> bool:
    """The same, or most are date and time in one run of digits."""
    return mostly_days_or_times(column) or _mostly(column, _STAMP)


def column_tells_when(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Whether a column of rows holds dates or times."""
    return mostly_moments([cell for row in rows if index < len(row) and (cell := visible(row[index]))])


def is_scan_detail(column: Sequence[str]) -> bool:
    """Dates, times and running numbers, as scanners add them to every scan."""
    if mostly_moments(column) or is_serial(column):
        return True
    return all(cell.isdecimal() and cell.isascii() for cell in column) and is_long_run(column)


def is_serial(column: Sequence[str]) -> bool:
    """A scanner's own serial or running number: of one width, zero-padded, and constant or rising by one."""
    one_width = len(set(map(len, column))) == 1 and len(column[0]) >= _SERIAL_WIDTH
    if not one_width or not all(cell.startswith("0") and cell.isdecimal() for cell in column):
        return False
    return len(set(column)) == 1 or _rises_by_one(column)


def is_long_run(column: Sequence[str]) -> bool:
    """Whether numbers, in whatever order, rise by one so often that they cannot be counts."""
    return len(column) >= _RUN and _rises_by_one(column)


def numbers_the_rows(column: Sequence[str]) -> bool:
    """Whether cells are 1, 2, 3 and so on."""
    return len(column) >= _RUN and column == [str(number) for number in range(1, len(column) + 1)]


def _mostly(column: Sequence[str], shape: re.Pattern[str]) -> bool:
    return sum(bool(shape.fullmatch(cell)) for cell in column) * 2 > len(column)


def _rises_by_one(column: Sequence[str]) -> bool:
    return all(later - earlier == 1 for earlier, later in pairwise(sorted(int(cell) for cell in column)))
