"""Booking into a stock file's own text: only cells of quantities change, no other byte."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from io import StringIO

from stkr.domain.errors import CountFileError
from stkr.domain.stock import StockRow
from stkr.stockfile.read import StockTable, read_stock, read_stock_table
from stkr.tabular.encoding import encoding_of
from stkr.tabular.text import visible

_THOUSANDS = 3
RowPlace = tuple[str, str]
"""SKU and location."""

# What describes the item itself; everything else in a row is about one location.
_ITEM_FIELDS = frozenset("name,variation,unit_cost,pack_size,aliases,category,unit,sold_by_measure".split(","))


@dataclass(frozen=True, slots=True)
class Edited:
    """The new content, the quantity ``before`` and ``after`` of each place that changed, and why others were left out.

    A place that the file did not list had 0 before.
    """

    content: bytes
    before: Mapping[RowPlace, Decimal]
    after: Mapping[RowPlace, Decimal]
    left_out: Mapping[RowPlace, str]


def edited(
    name: str, content: bytes, amounts: Mapping[RowPlace, Decimal], stocked: Collection[RowPlace] = frozenset()
) -> Edited:
    """Add amounts to the quantities of a stock file that is delimited text.

    :param amounts: eaches by SKU and location, negative to take off.
    :param stocked: places that the file listed with a quantity when it was last read. Where it no longer lists one, a
        new row with the amount alone would say that there is no other stock.
    :raises CountFileError: the file cannot be read, or not be changed without changing more than quantities.
    """
    table = read_stock_table(name, content)
    if not table.sheet.delimiter:
        raise CountFileError("quantities are only written into text: save it as CSV, or book by hand")
    text = _Text(table, content)
    cells = {(stock.sku, stock.location): (stock, row, column) for stock, row, column in table.cells}
    before: dict[RowPlace, Decimal] = {}
    left_out: dict[RowPlace, str] = {}
    for place, units in amounts.items():
        try:
            if place in cells:
                stock, row, column = cells[place]
                before[place] = stock.system_qty
                text.set_quantity(row, column, stock.system_qty + units)
            elif place in stocked:
                left_out[place] = "the file lists it no more, so that nobody knows what to add to"
            else:
                text.add_row(place, units)
                before[place] = Decimal(0)
        except _CannotWrite as reason:
            before.pop(place, None)
            left_out[place] = str(reason)
    after = {place: qty + amounts[place] for place, qty in before.items()}
    changed = text.encoded()
    # Whatever quotes and marks the file has, reading it again must give what was there plus what was booked.
    if read_stock(name, changed) != tuple(_expected(table, text.added, after)):
        raise CountFileError("its quantities cannot be changed without changing more; save it as a plain CSV")
    return Edited(changed, before, after, left_out)


def _expected(table: StockTable, added: Sequence[StockRow], after: Mapping[RowPlace, Decimal]) -> list[StockRow]:
    rows = [*(stock for stock, _, _ in table.cells), *added]
    return [replace(row, system_qty=after.get((row.sku, row.location), row.system_qty)) for row in rows]


class _CannotWrite(Exception):
    """Why one quantity cannot be written."""


class _Text:
    """The lines of the file, and its cells as they are written there."""

    def __init__(self, table: StockTable, content: bytes) -> None:
        self._table = table
        self._encoding = encoding_of(content)
        try:
            text = content.decode(self._encoding)
        except UnicodeDecodeError:
            text = ""
        if text.encode(self._encoding) != content:
            raise CountFileError("it has characters that would not be kept as they are; save it as CSV in UTF-8")
        # newline="" parts lines as the reader of the file does, and keeps their ends.
        self._lines = list(StringIO(text, newline=""))
        self._cells = dict(table.sheet.rows())
        delimiter = re.escape(table.sheet.delimiter)
        self._cell = re.compile(rf'((?:"(?:[^"]|"")*"|[^"{delimiter}])*)(?:{delimiter}|$)')
        self.added: list[StockRow] = []

    def set_quantity(self, row: int, column: int, quantity: Decimal) -> None:
        """Write a quantity where another one is, in the same notation."""
        raw, end = self._raw(row)
        shown = visible(self._cells[row][column])
        if shown not in raw[column]:
            raise _CannotWrite(f"row {row} is written in a way that cannot be changed")
        raw[column] = raw[column].replace(shown, _written_like(shown, quantity), 1)
        self._lines[row - 1] = self._table.sheet.delimiter.join(raw) + end

    def add_row(self, place: RowPlace, quantity: Decimal) -> None:
        """Add a row for an item that the file lists elsewhere, with what it says there of the item itself."""
        sku, location = place
        columns = self._table.columns
        location_column = columns.fields.get("location")
        if location_column is None or len(columns.quantities) > 1:
            raise _CannotWrite("the file has no column of locations, so that no row can be added to it")
        elsewhere = next(((stock, row) for stock, row, _ in self._table.cells if stock.sku == sku), None)
        if elsewhere is None:
            raise _CannotWrite("the file does not list the item anywhere, so that its cost and codes are unknown")
        stock, row = elsewhere
        raw, _ = self._raw(row)
        kept = {columns.sku, *columns.codes, *(at for field, at in columns.fields.items() if field in _ITEM_FIELDS)}
        cells = [cell if index in kept else "" for index, cell in enumerate(raw)]
        cells += [""] * (columns.width - len(cells))
        cells[location_column] = self._quoted(location)
        cells[columns.quantities[0][0]] = f"{quantity:f}"
        self._append(self._table.sheet.delimiter.join(cells))
        self.added.append(replace(stock, location=location, system_qty=quantity, bin="", history=type(stock.history)()))

    def encoded(self) -> bytes:
        """The file as it is now."""
        return "".join(self._lines).encode(self._encoding)

    def _append(self, line: str) -> None:
        _, end = _split_line_end(self._lines[self._table.columns.header - 1])
        last, last_end = _split_line_end(self._lines[-1])
        self._lines[-1] = last + (last_end or end)
        self._lines.append(line + last_end)

    def _raw(self, row: int) -> tuple[list[str], str]:
        """The cells of a row as they are written, and its line end."""
        line, end = _split_line_end(self._lines[row - 1]) if row <= len(self._lines) else ("", "")
        raw = [cell[1] for cell in self._cell.finditer(line)]
        # A line that does not end in a delimiter is followed by one more, empty match.
        if not line.endswith(self._table.sheet.delimiter):
            raw = raw[:-1] if len(raw) > 1 and not raw[-1] else raw
        if self._table.sheet.delimiter.join(raw) != line or len(raw) != len(self._cells[row]):
            raise _CannotWrite(f"row {row} is written in a way that cannot be changed")
        return raw, end

    def _quoted(self, text: str) -> str:
        if any(mark in text for mark in (self._table.sheet.delimiter, '"')):
            return '"' + text.replace('"', '""') + '"'
        return text


def _split_line_end(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :]


def _written_like(shown: str, quantity: Decimal) -> str:
    """A number with the decimal mark, and where it fits the decimal places, of the one it replaces."""
    mark = "," if "," in shown and "." not in shown else "."
    _, _, decimals = shown.partition(mark)
    text = f"{quantity:.{len(decimals)}f}"
    whole, _, part = (text if Decimal(text) == quantity else f"{quantity:f}").partition(".")
    if mark == "," and len(part) == _THOUSANDS and whole.strip("-0"):
        part += "0"  # Behind a comma, three digits could be thousands.
    return f"{whole}{mark}{part}" if part else whole
