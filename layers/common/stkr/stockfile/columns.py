"""Where the fields of a stock file are, as its header says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stkr.domain.errors import CountFileError
from stkr.headings.titles import CodeRank, QuantityRank, Role, heading
from stkr.tabular.sheet import Sheet
from stkr.tabular.text import visible, words

_HEADER_WITHIN = 30


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


@dataclass(frozen=True, slots=True)
class StockColumns:
    """Where the fields of a stock file are. ``quantities`` pairs a column with the location its header names."""

    header: int
    sku: int
    quantities: tuple[tuple[int, str], ...]
    fields: Mapping[str, int]
    codes: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many cells a row needs for every column to exist."""
        return 1 + max([self.sku, *self.codes, *self.fields.values(), *(index for index, _ in self.quantities)])


def judge_stock_rows(rows: Sequence[Sequence[str]]) -> int:
    """How well rows make sense as a stock list, for choosing the delimiter."""
    return max(map(_strength, rows[:_HEADER_WITHIN]), default=0)


def find_stock_table(sheets: Sequence[Sheet]) -> tuple[Sheet, StockColumns]:
    """The first table that is a stock list.

    :raises CountFileError: when there is none, or its SKU or quantity column is not certain.
    """
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
    titles = [heading(cell) for cell in cells]
    roles = {title.role for title in titles if title}
    if not {Role.CODE, Role.QUANTITY} <= roles:
        return 0
    return sum(title is not None or _field(cell) is not None for cell, title in zip(cells, titles, strict=True))


def _field(cell: str) -> str | None:
    phrase = words(cell)
    return next((field for field, phrases in _NAMES.items() if phrase in phrases), None)


def _columns(number: int, cells: Sequence[str]) -> StockColumns:
    fields: dict[str, int] = {}
    codes: list[tuple[int, int]] = []
    for index, cell in enumerate(cells):
        field = _field(cell)
        title = heading(cell)
        if field is not None:
            fields.setdefault(field, index)
        elif title is not None and title.role is Role.CODE:
            codes.append((title.rank, index))
        elif title is not None and title.role in (Role.LOCATION, Role.BIN, Role.UNIT):
            fields.setdefault(str(title.role), index)
    codes.sort()
    if not codes:
        # "Item" or "Product" is a name beside a SKU, and the SKU where there is none.
        names = [index for index, cell in enumerate(cells) if _field(cell) == "name"]
        loose = [index for index in names if (title := heading(cells[index])) and title.role is Role.CODE]
        if not loose:
            raise CountFileError("no column holds the SKU: name it sku")
        codes = [(CodeRank.SKU, loose[0])]
        names.remove(loose[0])
        del fields["name"]
        if names:
            fields["name"] = names[0]
    return StockColumns(
        header=number,
        sku=codes[0][1],
        quantities=_quantity_columns(cells, fields),
        fields=fields,
        codes=tuple(index for _, index in codes[1:]),
    )


def _quantity_columns(cells: Sequence[str], fields: dict[str, int]) -> tuple[tuple[int, str], ...]:
    """The system quantity: the column of that name, else stock on hand (per location or not), else a plain quantity."""
    if "system_qty" in fields:
        return ((fields.pop("system_qty"), ""),)
    tiers: dict[int, list[tuple[int, str]]] = {}
    for index, cell in enumerate(cells):
        title = heading(cell) if _field(cell) is None else None
        if title is not None and title.role is Role.QUANTITY and title.rank >= QuantityRank.PLAIN:
            tiers.setdefault(_tier(cell, title.rank), []).append((index, _place(cell, title.place)))
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
    written = before or tail
    return written[1].replace("_", " ").strip("[] ") if written else " ".join(place)
