"""The system of record as a file: our own columns, or what the common shop systems export.

Columns are told by their headers: ``sku``, ``name``, ``location``, ``system_qty``, ``unit_cost``, ``pack_size``,
``aliases`` (separated by ``|``; ``CODE*24`` is the barcode of a case of 24), ``category``, ``bin``,
``sold_since_count``, ``last_received_at``, ``last_received_qty``, ``last_counted_at`` and ``sold_by_measure`` (yes or
no). A column of units (``unit``, ``uom``) says what an item is held in; one held in a measure is sold by it. Only the
SKU and the quantity must be there. Further columns of barcodes and supplier codes count as aliases.
Exports with one quantity column per location yield one row per location.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stkr.domain.errors import CountFileError
from stkr.domain.stock import History, Snapshot, StockRow
from stkr.domain.units import held_in, is_measure
from stkr.stockfile.columns import StockColumns, find_stock_table, judge_stock_rows
from stkr.tabular.files import open_tables
from stkr.tabular.sheet import Row, Sheet, has_content
from stkr.tabular.text import folded, visible

ALL_LOCATIONS = "all locations"
_SHOWN_PROBLEMS = 20


_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí"})
_NO = frozenset({"", "no", "n", "false", "0", "nein", "non"})
# What shop systems write where an item is not stocked or not tracked, so that there is nothing to reconcile.
_UNTRACKED = frozenset({"notstocked", "n/a", "parent", "untracked"})
_SHOWN_PRODUCT = re.compile(r"\[([^\]]+)\]\s*(.*)")
_NO_VARIATION = frozenset({"", "regular", "default title"})
_CURRENCY = re.compile(r"^[£$€]\s*|\s*[£$€]$")
MAX_SKU_CHARS = 128
"""A SKU is part of keys and links; the longest in use have some forty characters."""

MAX_NAME_CHARS = 200
"""A name, and most texts beside it, are only shown; what is beyond helps nobody. A location is part of keys."""

_MAX_ALIASES_CHARS = 50_000
"""What an item has in codes together: an item of a table has 400 KB, and a character up to four bytes."""

# Below a thousand million, so that no barcode is a quantity and no product of two needs more digits than a Decimal has.
_PLAIN_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,12})?|-?\.\d{1,12}", re.ASCII)
_BOTH_MARKS = re.compile(r"-?\d{1,3}(?:,\d{3}){1,2}\.\d{1,12}", re.ASCII)
_COMMA_DECIMAL = re.compile(r"-?\d{1,9},(?:\d{1,2}|\d{4,12})|-?0,\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StockTable:
    """A stock file that was read whole. ``cells`` has a row's stock, and the row and column that its quantity is in:
    physical row numbers as the sheet has them, columns from 0.
    """

    sheet: Sheet
    columns: StockColumns
    cells: tuple[tuple[StockRow, int, int], ...]


class Problems:
    """Every cell that cannot be used, so that a source is corrected in one go."""

    def __init__(self) -> None:
        self._problems: list[str] = []

    def note(self, row: int, column: str, cell: str, problem: str) -> None:
        """Note a cell that cannot be used, and why."""
        self._problems.append(f"row {row}, {column}: {cell.strip()[:40]!r} {problem}")

    def note_repeat(self, row: int, stock: StockRow) -> None:
        """Note a SKU that the location already has."""
        at = f" at {stock.location}" if stock.location else ""
        self.note(row, "sku", stock.sku, f"is there twice{at}")

    def raise_if_any(self) -> None:
        """:raises CountFileError: naming them in one line."""
        if self._problems:
            more = len(self._problems) - _SHOWN_PROBLEMS
            shown = "; ".join(self._problems[:_SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
            noun = "cell" if len(self._problems) == 1 else "cells"
            raise CountFileError(f"{len(self._problems)} {noun} cannot be used: {shown}")


def read_stock(name: str, content: bytes) -> tuple[StockRow, ...]:
    """Read a stock file (CSV, TXT, TSV or XLSX) into one row per SKU and location, in the order of the file.

    Rows that the system itself marks as not stocked or not tracked are left out.

    :raises CountFileError: when it cannot be read as a whole, or with *all* cells that cannot be used at once.
    """
    return tuple(stock for stock, _, _ in read_stock_table(name, content).cells)


def read_stock_table(name: str, content: bytes) -> StockTable:
    """The same with where it is in the file.

    :raises CountFileError: as ``read_stock`` does.
    """
    sheets = open_tables(name, content, judge_stock_rows)
    sheet, columns = find_stock_table(sheets)
    problems = Problems()
    cells: dict[tuple[str, str], tuple[StockRow, int, int]] = {}
    for row in sheet.rows():
        if row[0] > columns.header and has_content(row[1]):
            for stock, column in _stock(row, columns, problems):
                cell = (stock, row[0], column)
                if cells.setdefault((stock.sku, stock.location), cell) is not cell:
                    problems.note_repeat(row[0], stock)
    problems.raise_if_any()
    if not cells:
        raise CountFileError("there is no stock in it: the header has no rows below it")
    return StockTable(sheet, columns, tuple(cells.values()))


def stock_of(number: int, record: Mapping[str, str], problems: Problems) -> StockRow:
    """The stock that one record of another source tells, by the names of our own columns.

    :param number: which record of the source it is, for ``problems``.
    :param record: texts as a stock file's cells would hold them; blank or missing where the source does not say.
    """
    sku = visible(record["sku"])
    if not sku:
        problems.note(number, "sku", "", "is empty")
    return _RowReader(number, record, (), problems).stock(sku, "", record["system_qty"], "")


def snapshot_of(rows: Iterable[StockRow], location: str | None = None) -> Snapshot:
    """What a count is judged against: the rows of ``location``, with every other SKU known as stocked elsewhere.

    Without a location all rows are in scope, which takes that no SKU is at two locations.

    :raises CountFileError: naming the locations to choose from.
    """
    rows = tuple(rows)
    places = sorted({row.location for row in rows})
    if location is not None:
        here = [row for row in rows if folded(row.location) == folded(location)]
        if not here:
            locations = ", ".join(filter(None, places)) or "none"
            raise CountFileError(f"there is no location {location!r} in the stock file, which has: {locations}")
        own = {row.sku: row for row in here}
        return Snapshot(here[0].location, own, {row.sku: row for row in rows if row.sku not in own})
    repeated = [sku for sku, times in Counter(row.sku for row in rows).items() if times > 1]
    if repeated:
        raise CountFileError(
            f"{repeated[0]} is stocked at several locations: choose one with --location ({', '.join(places)})"
        )
    return Snapshot(places[0] if len(places) == 1 else ALL_LOCATIONS, {row.sku: row for row in rows})


def _stock(row: Row, columns: StockColumns, problems: Problems) -> Iterator[tuple[StockRow, int]]:
    """The stock of one row at each of the file's locations, and the column of its quantity."""
    number, cells = row
    cells = cells + [""] * (columns.width - len(cells))
    tracked = [
        (index, place)
        for index, place in columns.quantities
        # In an export with a column per location a blank means not stocked there.
        if folded(cells[index]) not in _UNTRACKED and (visible(cells[index]) or not place)
    ]
    sku, name = _sku_and_name(cells[columns.sku])
    if not sku:
        if any(visible(cells[index]) for index, _ in tracked):
            problems.note(number, "sku", "", "is empty")
        return
    texts = {field: cells[index] for field, index in columns.fields.items()}
    reader = _RowReader(number, texts, [cells[index] for index in columns.codes], problems)
    for index, place in tracked:
        yield reader.stock(sku, name, cells[index], place), index


def _sku_and_name(cell: str) -> tuple[str, str]:
    """A SKU, or the SKU and name that Odoo shows as ``[SKU] Name``."""
    text = visible(cell)
    shown = _SHOWN_PRODUCT.fullmatch(text)
    return (shown[1].strip(), shown[2]) if shown else (text, "")


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads the cells of one row by field; ``codes`` are further codes of the item."""

    number: int
    texts: Mapping[str, str]
    codes: Sequence[str]
    problems: Problems

    def stock(self, sku: str, shown_name: str, quantity: str, place: str) -> StockRow:
        """The row's stock as one of its quantity cells has it."""
        name, variation = self.text("name") or shown_name, self.text("variation")
        system_qty = self._decimal("system_qty", quantity)
        if not visible(quantity):
            self.problems.note(self.number, "system_qty", "", "is empty: type 0 if there is none")
        if len(sku) > MAX_SKU_CHARS:
            self.problems.note(self.number, "sku", f"{sku[:20]}…", f"is longer than {MAX_SKU_CHARS} characters")
        location = place or self.text("location")
        if len(location) > MAX_NAME_CHARS:
            self.problems.note(self.number, "location", location, f"is longer than {MAX_NAME_CHARS} characters")
        pack_size = self.decimal("pack_size")
        if pack_size is not None and pack_size < 0:
            self.problems.note(self.number, "pack_size", self.text("pack_size"), "is negative")
        return StockRow(
            sku=sku,
            name=(name if variation.casefold() in _NO_VARIATION else f"{name} ({variation})")[:MAX_NAME_CHARS],
            location=location,
            system_qty=system_qty or Decimal(0),
            unit_cost=self.decimal("unit_cost"),
            # Systems that have the field but no value for it write 0.
            pack_size=pack_size or None,
            aliases=self._aliases(sku),
            category=self._shown("category"),
            bin=self._shown("bin"),
            by_measure=self._by_measure(),
            unit=held_in(self.text("unit")),
            history=History(
                sold_since_count=self.decimal("sold_since_count"),
                last_received_at=self._shown("last_received_at") or None,
                last_received_qty=self.decimal("last_received_qty"),
                last_counted_at=self._shown("last_counted_at") or None,
            ),
        )

    def text(self, field: str) -> str:
        """A field's visible text; empty where the source does not say."""
        return visible(self.texts.get(field, ""))

    def _shown(self, field: str) -> str:
        return self.text(field)[:MAX_NAME_CHARS]

    def decimal(self, field: str) -> Decimal | None:
        """A field's exact number; ``None`` where it is blank or missing."""
        return self._decimal(field, self.text(field))

    def _decimal(self, field: str, cell: str) -> Decimal | None:
        text = visible(cell)
        if not text:
            return None
        number = exact_number(_CURRENCY.sub("", text))
        if number is None:
            self.problems.note(self.number, field, text, "is not a number that can be read in one way only")
        return number

    def _aliases(self, sku: str) -> tuple[str, ...]:
        cells = [self.text("aliases"), *self.codes]
        if sum(map(len, cells)) > _MAX_ALIASES_CHARS:
            self.problems.note(self.number, "aliases", cells[0], f"has more than {_MAX_ALIASES_CHARS:,} characters")
        codes = (visible(code) for cell in cells for code in cell.split("|"))
        return tuple(dict.fromkeys(code for code in codes if code and code != sku))

    def _by_measure(self) -> bool:
        answer = self.text("sold_by_measure").casefold()
        if answer not in _YES | _NO:
            self.problems.note(self.number, "sold_by_measure", answer, "is neither yes nor no")
        return answer in _YES or is_measure(held_in(self.text("unit")))


def plain_number(text: str) -> Decimal | None:
    """The number in digits that a program writes: at most nine of them, and twelve decimal places; else ``None``."""
    return Decimal(text) if _PLAIN_NUMBER.fullmatch(text) else None


def exact_number(text: str) -> Decimal | None:
    """The exact number a system wrote; ``None`` for anything that is not a number, or could be one of two.

    A dot is a decimal point. A comma is one only where it cannot group thousands: ``0,35`` but not ``1,250``.
    """
    plain = plain_number(text)
    if plain is not None:
        return plain
    if _BOTH_MARKS.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _COMMA_DECIMAL.fullmatch(text):
        return Decimal(text.replace(",", "."))
    return None
