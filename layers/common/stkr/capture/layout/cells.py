"""What cells look like: counts, figures, dates and times, running numbers, barcodes."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from stkr.capture.quantities import MAX_DIGITS, Amount, read_amount
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
_NEGATIVE = re.compile(r"[-\u2212]\s?(?P<number>[\d.,]{1,9})|\((?P<in_brackets>[\d.,]{1,9})\)")
_HEX = re.compile(r"(?=.*\d)(?=.*[a-f])[\da-f]{2,8}", re.IGNORECASE)
_CENTS = re.compile(r"\d+[.,]\d\d")
_ID_DIGITS = 4
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
    return len(column) >= _RUN and all(map(str.isdecimal, column)) and _rises_by_one(column)


def numbers_the_rows(column: Sequence[str]) -> bool:
    """Whether cells are 1, 2, 3 and so on."""
    return len(column) >= _RUN and column == [str(number) for number in range(1, len(column) + 1)]


def number_in(cell: str) -> Decimal | None:
    """The plain number that a cell is, also a negative one; ``None`` for anything else."""
    text = visible(cell)
    negative = _NEGATIVE.fullmatch(text)
    amount = read_amount((negative["number"] or negative["in_brackets"]) if negative else text)
    if not isinstance(amount, Amount) or not amount.bare:
        return None
    return -amount.eaches if negative else amount.eaches


def is_changes(column: Sequence[str]) -> bool:
    """Whether most numbers are negative, which are changes and no counts with a slip."""
    return len(column) >= _RUN and sum(_NEGATIVE.fullmatch(cell) is not None for cell in column) * 2 > len(column)


def is_code_like(column: Sequence[str]) -> bool:
    """Whether all cells are digits that no count has: too many of them, or zeros in front."""
    return all(
        cell.isdecimal() and cell.isascii() and (len(cell) > MAX_DIGITS or (cell[0] == "0" and len(cell) > 1))
        for cell in column
    )


def has_hex_numbers(column: Sequence[str]) -> bool:
    """Whether a cell is a number to the base of sixteen, as scanners number their scans; then all of them are."""
    return any(_HEX.fullmatch(cell) and not is_count(cell) for cell in column)


def is_constant(column: Sequence[str]) -> bool:
    """Whether so many cells are one and the same that they are no counts of several items."""
    return len(column) >= _RUN and len(set(column)) == 1


def is_money(column: Sequence[str]) -> bool:
    """Whether all cells have two decimal places and some of them cents."""
    return all(map(_CENTS.fullmatch, column)) and not all(cell.endswith("00") for cell in column)


def is_rising_ids(column: Sequence[str]) -> bool:
    """Whether cells are whole numbers of several digits that only rise, as ids and positions do."""
    if len(column) < _RUN or not all(cell.isdecimal() and len(cell) >= _ID_DIGITS for cell in column):
        return False
    return all(int(earlier) < int(later) for earlier, later in pairwise(column))


def _mostly(column: Sequence[str], shape: re.Pattern[str]) -> bool:
    return sum(bool(shape.fullmatch(cell)) for cell in column) * 2 > len(column)


def _rises_by_one(column: Sequence[str]) -> bool:
    return all(later - earlier == 1 for earlier, later in pairwise(sorted(int(cell) for cell in column)))
