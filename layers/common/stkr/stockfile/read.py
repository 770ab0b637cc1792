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
from stkr.headings.titles import QuantityRank, Role, heading
from stkr.tabular.files import open_tables
from stkr.tabular.sheet import Row, Sheet, has_content
from stkr.tabular.text import folded, visible, words

ALL_LOCATIONS = "all locations"
_HEADER_WITHIN = 30
_SHOWN_PROBLEMS = 20


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split(","))


_NAMES: Mapping[str, frozenset[tuple[str, ...]]] = {
    "system_qty": _phrases(
        "system qty,system quantity,system stock,book qty,book quantity,qty on record,actual qty,actual quantity,"
        "balance qty,balance quantity"
    ),
    "name": _phrases(
        "name,item name,product name,title,description,item,product,item description,product title,label name,"
        "bezeichnung,libelle,nombre,descrizione,omschrijving"
    ),
    "variation": _phrases("variation name,variation,variant,variant name,option1 value"),
    "unit_cost": _phrases(
        "unit cost,cost,cost price,unit cost price,average cost,avg cost,default unit cost,default cost,"
        "standard price,standard cost,valuation rate,cost per item,supply price,purchase price,buy price,"
        "cost of goods,einkaufspreis"
    ),
    "pack_size": _phrases(
        "pack size,packsize,case size,case qty,case quantity,case pack,pack qty,pack quantity,units per case,"
        "units per pack,qty per case,quantity per case,qty per pack,carton size,units per carton,eaches per case,"
        "each per case"
    ),
    "aliases": _phrases("aliases,alias codes,other codes,codes,alternate codes,alternative codes"),
    "category": _phrases(
        "category,categories,product category,item category,department,item group,reporting category,product type,group"
    ),
    "sold_since_count": _phrases("sold since count,sold since last count,units sold since count,qty sold since count"),
    "last_received_at": _phrases(
        "last received at,last received,last received date,last receipt,last receipt date,last delivery,"
        "last delivery date"
    ),
    "last_received_qty": _phrases(
        "last received qty,last received quantity,last receipt qty,last receipt quantity,last delivery qty"
    ),
    "last_counted_at": _phrases(
        "last counted at,last counted,last counted date,last count date,last count at,last stocktake,"
        "last stocktake date,last inventory date"
    ),
    "sold_by_measure": _phrases("sold by measure,by measure,measured,sold by weight,sold by length"),
}
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
class Columns:
    """Where the fields of a stock file are. ``quantities`` pairs a column with the location its header names."""

    header: int
    sku: int
    quantities: tuple[tuple[int, str], ...]
    fields: Mapping[str, int]
    codes: tuple[int, ...]

    @property
    def width(self) -> int:
        """As many cells must a row have for every column to exist."""
        return 1 + max([self.sku, *self.codes, *self.fields.values(), *(index for index, _ in self.quantities)])


@dataclass(frozen=True, slots=True)
class StockTable:
    """A stock file that was read whole. ``cells`` has a row's stock, and the row and column that its quantity is in:
    physical row numbers as the sheet has them, columns from 0.
    """

    sheet: Sheet
    columns: Columns
    cells: tuple[tuple[StockRow, int, int], ...]


class Problems:
    """Every cell that cannot be used, so that a source is corrected in one go."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def note(self, row: int, column: str, cell: str, problem: str) -> None:
        """One more."""
        self._found.append(f"row {row}, {column}: {cell.strip()[:40]!r} {problem}")

    def note_repeat(self, row: int, stock: StockRow) -> None:
        """A SKU that the location has already."""
        at = f" at {stock.location}" if stock.location else ""
        self.note(row, "sku", stock.sku, f"is there twice{at}")

    def raise_if_any(self) -> None:
        """:raises CountFileError: naming them in one line."""
        if self._found:
            more = len(self._found) - _SHOWN_PROBLEMS
            shown = "; ".join(self._found[:_SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
            noun = "cell" if len(self._found) == 1 else "cells"
            raise CountFileError(f"{len(self._found)} {noun} cannot be used: {shown}")


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
    sheets = open_tables(name, content, lambda rows: max(map(_strength, rows[:_HEADER_WITHIN]), default=0))
    sheet, columns = _table(sheets)
    problems = Problems()
    cells: dict[tuple[str, str], tuple[StockRow, int, int]] = {}
    for row in sheet.rows():
        if row[0] > columns.header and has_content(row[1]):
            for stock, column in _stock(row, columns, problems):
                found = (stock, row[0], column)
                if cells.setdefault((stock.sku, stock.location), found) is not found:
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
            known = ", ".join(filter(None, places)) or "none"
            raise CountFileError(f"there is no location {location!r} in the stock file, which has: {known}")
        own = {row.sku: row for row in here}
        return Snapshot(here[0].location, own, {row.sku: row for row in rows if row.sku not in own})
    repeated = [sku for sku, times in Counter(row.sku for row in rows).items() if times > 1]
    if repeated:
        raise CountFileError(
            f"{repeated[0]} is stocked at several locations: choose one with --location ({', '.join(places)})"
        )
    return Snapshot(places[0] if len(places) == 1 else ALL_LOCATIONS, {row.sku: row for row in rows})


def _table(sheets: Sequence[Sheet]) -> tuple[Sheet, Columns]:
    """The first table that is a stock list."""
    refusal = CountFileError("the file is empty")
    for sheet in sheets:
        for number, cells in sheet.sample()[:_HEADER_WITHIN]:
            if _strength(cells):
                return sheet, _columns(number, cells)
            refusal = CountFileError(
                "no header row names a SKU and a quantity: the columns needed are sku and system_qty"
            )
    raise refusal


def _strength(cells: Sequence[str]) -> int:
    """How many columns a row names, if it names the SKU and a quantity."""
    known = [heading(cell) for cell in cells]
    roles = {found.role for found in known if found}
    if not {Role.CODE, Role.QUANTITY} <= roles:
        return 0
    return sum(found is not None or _field(cell) is not None for cell, found in zip(cells, known, strict=True))


def _field(cell: str) -> str | None:
    phrase = words(cell)
    return next((field for field, phrases in _NAMES.items() if phrase in phrases), None)


def _columns(number: int, cells: Sequence[str]) -> Columns:
    fields: dict[str, int] = {}
    codes: list[tuple[int, int]] = []
    for index, cell in enumerate(cells):
        field = _field(cell)
        known = heading(cell)
        if field is not None:
            fields.setdefault(field, index)
        elif known is not None and known.role is Role.CODE:
            codes.append((known.rank, index))
        elif known is not None and known.role in (Role.LOCATION, Role.BIN, Role.UNIT):
            fields.setdefault(str(known.role), index)
    codes.sort()
    if not codes:
        # "Item" or "Product" is a name beside a SKU, and the SKU where there is none.
        names = [index for index, cell in enumerate(cells) if _field(cell) == "name"]
        loose = [index for index in names if (known := heading(cells[index])) and known.role is Role.CODE]
        if not loose:
            raise CountFileError("no column holds the SKU: name it sku")
        codes = [(0, loose[0])]
        names.remove(loose[0])
        del fields["name"]
        if names:
            fields["name"] = names[0]
    return Columns(
        number, codes[0][1], _quantity_columns(cells, fields), fields, tuple(index for _, index in codes[1:])
    )


def _quantity_columns(cells: Sequence[str], fields: dict[str, int]) -> tuple[tuple[int, str], ...]:
    """The system quantity: the column of that name, else stock on hand (per location or not), else a plain quantity."""
    if "system_qty" in fields:
        return ((fields.pop("system_qty"), ""),)
    tiers: dict[int, list[tuple[int, str]]] = {}
    for index, cell in enumerate(cells):
        known = heading(cell)
        if (
            _field(cell) is None
            and known is not None
            and known.role is Role.QUANTITY
            and known.rank >= QuantityRank.PLAIN
        ):
            tiers.setdefault(_tier(cell, known.rank), []).append((index, _place(cell, known.place)))
    if not tiers:
        raise CountFileError("no column holds the system quantity: name it system_qty")
    best = tiers[min(tiers)]
    if len(best) > 1 and not all(place for _, place in best):
        named = ", ".join(repr(visible(cells[index])) for index, _ in best)
        raise CountFileError(f"cannot tell which column is the system quantity: {named}. Name it system_qty")
    return tuple(best)


def _tier(cell: str, rank: int) -> int:
    on_hand = {"hand", "onhand", "qoh", "soh"} & set(words(cell))
    if on_hand or rank == QuantityRank.STOCK:
        return 0
    return 1 if rank == QuantityRank.PLAIN else 2


def _place(cell: str, place: tuple[str, ...]) -> str:
    """The location's name as the header writes it."""
    if not place:
        return ""
    tail = re.search(r"(?:quantity\s+|inventory:\s*|inventory_)(.+)$", cell.strip(), re.IGNORECASE)
    before = re.match(r"(.+?)\s+-\s+quantity on hand$", cell.strip(), re.IGNORECASE)
    found = before or tail
    return found[1].replace("_", " ").strip("[] ") if found else " ".join(place)


def _stock(row: Row, columns: Columns, problems: Problems) -> Iterator[tuple[StockRow, int]]:
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
                self.decimal("sold_since_count"),
                self._shown("last_received_at") or None,
                self.decimal("last_received_qty"),
                self._shown("last_counted_at") or None,
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
    """The exact number a system wrote; ``None`` for anything that is none, or could be two.

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
