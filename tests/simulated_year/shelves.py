"""The shop as it really is: what stands on its shelves, what its own system lists, and what people write down.

Nothing here knows how a count is reconciled; quantities are eaches.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from random import Random

from tests.shop.files import csv_file
from tests.shop.shop import Spot

PLACES = {"fixings": "FIX", "paint": "PNT", "yard": "YRD"}
BINS = ("A", "B", "C")
PER_BIN = 5


@dataclass
class ShelfItem:
    """An item at a location.

    ``shelf`` is what is there, ``books`` what the shop's own system says (``None``: it does not list the item here).
    """

    name: str
    cost: Decimal
    pack: int
    barcode: str
    category: str
    bin: str
    shelf: int
    books: int | None
    began_with: int = 0
    moved: int = 0
    """By how much sales and deliveries have changed the books since the year began; bookings are not in it."""


@dataclass(frozen=True)
class CountSheet:
    """A count file, and what is in it: SKUs with their counts, SKUs of rows that nobody can read, all else is noise."""

    content: bytes
    counts: dict[str, int]
    unreadable: frozenset[str]


@dataclass
class Shelves:
    """Shelves and books of every location."""

    chance: Random
    stock: dict[Spot, ShelfItem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Stock the shelves; the year begins with books that are right."""
        for number, (place, prefix) in enumerate(PLACES.items()):
            for index in range(PER_BIN * len(BINS)):
                sku = f"{prefix}-{index:02}"
                qty = self.chance.randint(5, 400)
                self.stock[place, sku] = ShelfItem(
                    name=f"Item {prefix} {index}",
                    cost=Decimal(self.chance.choice(("0.35", "1.20", "4.99", "12.50", "60"))),
                    pack=self.chance.choice((1, 12, 24)),
                    barcode=_ean13(4_000_000_000_000 + number * 10_000 + index * 10),
                    category="tools" if index % 6 == 5 else "stock",
                    bin=BINS[index // PER_BIN],
                    shelf=qty,
                    books=qty,
                    began_with=qty,
                )

    def at(self, place: str) -> Iterator[tuple[str, ShelfItem]]:
        """What is at a location, whether its system knows it or not."""
        yield from ((sku, stock) for (where, sku), stock in self.stock.items() if where == place)

    def trade(self, place: str) -> None:
        """Some hours of business: sales, deliveries, and what goes wrong with them."""
        listed = [stock for _, stock in self.at(place) if stock.books is not None]
        for stock in self.chance.sample(listed, 3):
            sold = min(stock.shelf, self.chance.randint(1, 6))
            stock.shelf -= sold
            if self.chance.random() > 0.06:
                self.move(stock, -sold)
        if self.chance.random() < 0.25:
            stock = self.chance.choice(listed)
            came = self.chance.choice((12, 24, 48))
            stock.shelf += came
            self.move(stock, came if self.chance.random() > 0.15 else came - 2)
        if self.chance.random() < 0.12:
            stock = self.chance.choice(listed)
            stock.shelf -= min(stock.shelf, self.chance.randint(1, 9))

    def misplace(self, place: str) -> None:
        """Some units of another location's item turn up here."""
        other = self.chance.choice([name for name in PLACES if name != place])
        sku = self.chance.choice([sku for sku, stock in self.at(other) if stock.books is not None])
        if (place, sku) not in self.stock:
            source = self.stock[other, sku]
            misplaced = ShelfItem(
                **{
                    **vars(source),
                    "shelf": self.chance.randint(2, 9),
                    "books": None,
                    "began_with": 0,
                    "moved": 0,
                    "bin": "",
                }
            )
            self.stock[place, sku] = misplaced

    @staticmethod
    def move(stock: ShelfItem, units: int) -> None:
        """A sale or delivery that the books show."""
        assert stock.books is not None
        stock.books += units
        stock.moved += units

    def export(self) -> bytes:
        """The stock file as the shop's own system exports it."""
        rows = [
            (sku, item.name, place, item.books, item.cost, item.pack, item.barcode, item.category, item.bin)
            for (place, sku), item in self.stock.items()
            if item.books is not None
        ]
        return csv_file("sku,name,location,system_qty,unit_cost,pack_size,aliases,category,bin".split(","), rows)

    def count(self, place: str, skus: Iterable[str], *, care: float, times: Iterator[str] | None = None) -> CountSheet:
        """Somebody counts these items of a location, with so much ``care`` (0 to 1), and more or less tidily.

        :param times: when each row was counted, where the scanner notes it.
        """
        counts: dict[str, int] = {}
        unreadable: set[str] = set()
        rows: list[list[object]] = []
        for sku in skus:
            stock = self.stock[place, sku]
            counted = stock.shelf if self.chance.random() < care else max(0, stock.shelf + self.chance.randint(-8, 8))
            fate = self.chance.random()
            if fate < 0.03:
                continue  # Overlooked: no row at all.
            if fate < 0.05:
                rows.append([sku, ""])  # On the sheet, not counted.
            elif fate < 0.08:
                rows.append([sku, self.chance.choice((f"about {counted}", f"{counted}.5", f"{counted} pallets"))])
                unreadable.add(sku)
            elif fate < 0.10:
                rows += [[sku, counted], [sku, counted + 1]]  # Two people, two opinions.
                unreadable.add(sku)
            else:
                rows.append([self.chance.choice((sku, sku.lower(), stock.barcode)), self._written(counted, stock.pack)])
                counts[sku] = counted
                if fate > 0.96:
                    rows.append(list(rows[-1]))  # The same row twice.
        if self.chance.random() < 0.3:
            rows.append([f"QQQ{self.chance.randint(100, 999)}X", self.chance.randint(1, 9)])  # A code of nothing here.
        header = ["code", "qty"] + (["counted at"] if times else [])
        return CountSheet(
            csv_file(header, [[*row, next(times)] for row in rows] if times else rows), counts, frozenset(unreadable)
        )

    def _written(self, qty: int, pack: int) -> str:
        if pack > 1 and qty >= pack and self.chance.random() < 0.2:
            boxes, rest = divmod(qty, pack)
            return f"{boxes} boxes + {rest}" if rest else f"{boxes} boxes"
        return str(qty)


def sums_of(units: Iterable[int]) -> set[int]:
    """What any of these amounts add up to: a movement of that size could pass for their booking."""
    amounts = list(units)
    return {sum(some) for size in range(1, len(amounts) + 1) for some in combinations(amounts, size)}


def _ean13(stem: int) -> str:
    digits = f"{stem:013}"[:12]
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"
