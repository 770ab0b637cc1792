"""Counts of which the right figures are known: columns and rows as shops and scanners add them to a plain count.

Nothing is damaged here. What comes out of such a file is the right figures, or rows are parked that name the items, or
it is refused; a figure that is not the right one is a breach, whatever stands beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from stkr.capture.result import UploadedFile
from stkr.domain.stock import StockRow
from tests.fuzz.inputs import SNAPSHOT, as_text

_ITEMS = [row for row in SNAPSHOT.rows.values() if not row.by_measure]
_CODE_TITLES = ("sku", "SKU", "Item code", "Barcode", "Artikelnummer", "Código", "product code")
_COUNT_TITLES = (
    "counted_qty",
    "Counted",
    "Counted qty",
    "Count",
    "Qty",
    "Quantity",
    "Physical count",
    "Gezählt",
    "Menge",
)
_BOOK_TITLES = (
    "Stock", "On hand", "System qty", "Expected", "Bestand", "Soll", "Existencias", "Teórico", "Giacenza", "Frozen",
    "Calculated", "QoH", "Qty", "Quantity", "Saldo", "Beholdning", "Stok", "Total", "Remaining", "在庫",
)  # fmt: skip
_SYLLABLES = ("ka", "zu", "mø", "ri", "lo", "xe", "ту", "ва", "ни", "ση", "λα", "数", "量", "店", "ñu", "ß", "go")
_UNITS = {"ea": False, "pcs": False, "each": False, "Stk": False, "box": True, "case": True, "carton": True, "cs": True}
_UNIT_TITLES = ("UoM", "Unit", "UoM Code", "Unit of Measure Code", "Unit Name", "Units", "Einheit", "Pack", "")
_TAG_TITLES = ("LPN", "License plate", "Tag", "Pallet", "Size", "Locator", "Counted by", "Lot", "Colour", "")
_TAGS = ("LP-001", "LP-002", "LP-003", "T0001", "T0002", "red", "blue", "XL", "S", "Ann", "Ben")

_DETAILS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("Name", lambda at: f"Item {at}"),
    ("Price", lambda at: f"{at % 90}.{at % 10}9"),
    ("Row", lambda at: str(at + 1)),
    ("Category", lambda at: ("Food", "Tools")[at % 2]),
    ("Reorder point", lambda at: str(at % 7)),
)


@dataclass(slots=True)
class KnownCount:
    """A file and what a careful person counts in it, in eaches by SKU; ``columns`` are titles with their cells.

    Of ``unsure`` items a careful person would ask, so they must not be counted.
    """

    kind: str
    skus: list[str]
    columns: list[tuple[str, list[str]]]
    right: dict[str, Decimal]
    unsure: set[str] = field(default_factory=set)
    has_header: bool = True


def make_known_count(seed: int, number: int) -> tuple[KnownCount, UploadedFile]:
    """One such count, and the file that it is uploaded as."""
    random = Random(f"known:{seed}:{number}")
    count = _plain(random)
    kind = random.choice(list(_KINDS))
    count.kind = kind
    _KINDS[kind](count, random)
    if kind not in _IN_ORDER:
        random.shuffle(count.columns)
    # What a file without any words is, nobody can know: with numbers of the system it is a count of them.
    if count.has_header and count.right and random.random() < 0.2:
        count.kind += ", titles that nobody knows"
        count.columns = [(_unknown_title(random), cells) for _, cells in count.columns]
    rows = [list(row) for row in zip(*(cells for _, cells in count.columns), strict=True)]
    grid = [[title for title, _ in count.columns], *rows] if count.has_header else rows
    return count, UploadedFile(f"{number}.csv", as_text(grid, random))


def _plain(random: Random) -> KnownCount:
    items = random.sample(_ITEMS, random.choice((1, 2, 3, 5, 10, 30, 100)))
    counts = [_counted(item, random) for item in items]
    codes = [random.choice((item.sku, item.sku, item.sku.lower())) for item in items]
    return KnownCount(
        "plain",
        [item.sku for item in items],
        [(random.choice(_CODE_TITLES), codes), (random.choice(_COUNT_TITLES), list(map(str, counts)))],
        {item.sku: Decimal(number) for item, number in zip(items, counts, strict=True)},
    )


def _counted(item: StockRow, random: Random) -> int:
    near = max(0, int(item.system_qty) + random.choice((0, 0, 0, -1, -2, 3)))
    return random.choice((near, near, random.randrange(200)))


def _unknown_title(random: Random) -> str:
    if random.random() < 0.1:
        return ""
    words = ("".join(random.choices(_SYLLABLES, k=random.choice((2, 3, 4)))) for _ in range(random.choice((1, 1, 2))))
    return " ".join(words)


def _books(count: KnownCount, random: Random) -> None:
    title = random.choice(_BOOK_TITLES) if random.random() < 0.7 else _unknown_title(random)
    places = random.choice((0, 0, 0, 2))
    count.columns.append((title, [f"{SNAPSHOT.rows[sku].system_qty:.{places}f}" for sku in count.skus]))


def _numbers(count: KnownCount, random: Random) -> None:
    make: Callable[[], str] = random.choice((
        lambda: str(random.randrange(100)),
        lambda: str(random.randrange(3)),
        lambda: random.choice(("", "", "4")),
        lambda: f"{random.randrange(10_000) / 100:.2f}",
        lambda: str(random.randrange(-9, 10)),
        lambda: str(random.randrange(1000, 10_000)),
        lambda: "12",
    ))  # fmt: skip
    count.columns.append((_unknown_title(random), [make() for _ in count.skus]))


def _details(count: KnownCount, random: Random) -> None:
    """What lists of items have, and nobody takes for a count."""
    title, make = random.choice(_DETAILS)
    count.columns.append((title, [make(at) for at in range(len(count.skus))]))


def _beside(*add: Callable[[KnownCount, Random], None]) -> Callable[[KnownCount, Random], None]:
    """Some columns of these sorts beside the count."""

    def add_some(count: KnownCount, random: Random) -> None:
        for _ in range(random.choice((1, 1, 2, 3))):
            random.choice(add)(count, random)

    return add_some


def _units(count: KnownCount, random: Random) -> None:
    words = random.choice((("ea", "box"), ("Stk", "carton"), tuple(_UNITS), ("case",), ("pcs", "cs", "")))
    cells = [random.choice(words) for _ in count.skus]
    for sku, word in zip(count.skus, cells, strict=True):
        if _UNITS.get(word) and count.right[sku]:
            pack_size = SNAPSHOT.rows[sku].pack_size
            if pack_size is None:
                count.unsure.add(sku)
            else:
                count.right[sku] *= pack_size
    count.columns.append((random.choice((*_UNIT_TITLES, _unknown_title(random))), cells))


def _tags(count: KnownCount, random: Random) -> None:
    """Equal counts that a column tells apart: they add up, or are asked about."""
    (code_title, codes), (count_title, counts) = count.columns
    tags = [random.sample(_TAGS, 2) for _ in codes]
    count.columns = [
        (code_title, codes * 2),
        (count_title, counts * 2),
        (random.choice((*_TAG_TITLES, _unknown_title(random))), [one for one, _ in tags] + [two for _, two in tags]),
    ]
    count.skus = count.skus * 2
    count.right = {sku: 2 * quantity for sku, quantity in count.right.items()}


def _alternate_lines(count: KnownCount, random: Random) -> None:
    """A scanner that sends the code and the quantity as lines of their own."""
    (_, codes), (_, counts) = count.columns
    lines = [cell for pair in zip(codes, counts, strict=True) for cell in pair]
    count.columns = [("", lines)]
    count.has_header = False


def _minus_rows(count: KnownCount, random: Random) -> None:
    """Some counts are corrected by a row of their own, so that what was counted is the sum of both."""
    (code_title, codes), (count_title, counts) = count.columns
    rows: list[tuple[str, str, str]] = []
    for sku, code, number in zip(count.skus, codes, counts, strict=True):
        rows.append((sku, code, number))
        if int(number) and random.random() < 0.5:
            taken_back = random.randrange(1, int(number) + 1)
            rows.append((sku, code, f"-{taken_back}"))
            count.right[sku] -= taken_back
    count.skus = [sku for sku, _, _ in rows]
    count.columns = [(code_title, [code for _, code, _ in rows]), (count_title, [number for _, _, number in rows])]


def _without_header(count: KnownCount, random: Random) -> None:
    count.has_header = False
    if random.random() < 0.5:
        _numbers(count, random)


def _nothing_counted(count: KnownCount, random: Random) -> None:
    """What the system expects, and nobody has counted anything."""
    count.columns[1] = (random.choice(("System qty", "Expected", "Soll", "Teórico", "Frozen")), count.columns[1][1])
    count.right = {}


_KINDS: dict[str, Callable[[KnownCount, Random], None]] = {
    "books beside": _beside(_books),
    "numbers beside": _beside(_numbers),
    "anything beside": _beside(_books, _numbers, _details),
    "units": _units,
    "tags": _tags,
    "alternate lines": _alternate_lines,
    "minus rows": _minus_rows,
    "no header": _without_header,
    "nothing counted": _nothing_counted,
}
_IN_ORDER: Sequence[str] = ("alternate lines",)
