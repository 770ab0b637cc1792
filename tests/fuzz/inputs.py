"""Files as shops send them, then damaged: rows, cells, bytes. Everything follows from a seed and a number."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

from stkr.capture.result import UploadedFile
from stkr.domain.stock import StockRow
from stkr.stockfile.read import read_stock, snapshot_of
from tests.unit.capture.workbooks import raw_workbook

CORPUS = Path(__file__).parents[1] / "unit" / "capture" / "corpus"

_LISTED = read_stock("stock.csv", (CORPUS / "stock.csv").read_bytes())
# So many more that most rows of a file are of items of their own.
_MORE = tuple(
    StockRow(f"MORE-{n}", f"Item {n}", "Main", Decimal(n), None, Decimal(12) if n % 3 else None, (f"40{n:06}",))
    for n in range(400)
)
SNAPSHOT = snapshot_of(_LISTED + _MORE, "Main")

Grid = list[list[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """What one capture is given."""

    files: tuple[UploadedFile, ...]
    decided: dict[str, Decimal]


_REAL = {path.name: path.read_bytes() for path in sorted(CORPUS.iterdir()) if path.suffix != ".toml"}
_ITEMS = [*SNAPSHOT.rows.values(), *SNAPSHOT.elsewhere.values()]
_CODES = [code.partition("*")[0] for item in _ITEMS for code in (item.sku, *item.aliases)]
_ODD_CODES = (
    "",
    " ",
    "OLD-1",
    "5012345678901",
    "7.84E+12",
    "5,01235E+12",
    "[NUT-M6] M6 nut",
    '="5012345678900"',
    "'000451",
    "]C15012345678900",
    "451.0",
    "TOTAL",
    "٥٠١٢٣٤٥٦٧٨٩٠٠",
    "ＢＯＬＴ－Ｍ６－５０",
    "BOLT\u200b-M6-50",
    "000000",
    "BOLT-M6-50*24",
    "SKU",
)
_AMOUNTS = (
    "96",
    "7",
    "12.0",
    "12,0",
    "96 ea",
    "4 boxes",
    "3 boxes + 7",
    "1.5",
    "2 cs",
    "432",
    "0",
    "1 Karton",
    "5 Stk",
)
_AGAIN = ("", "", "", "", ".0", ",0", " ea", " pcs")
_ODD_AMOUNTS = (
    "",
    " ",
    "-1",
    "(3)",
    "1,000",
    "1.000",
    "1 000,5",
    "#N/A",
    "=A1+1",
    "ten",
    "about 40",
    "5 pallets",
    "1.5 boxes",
    "1e3",
    "1E+05",
    "5²",
    "½",
    "٣",
    "１２",
    "99999999",
    "0.0000001",
    "5012345678900",
    "NaN",
    "Infinity",
    "--",
    "+",
    "3 +",
    "1,2,3",
    "0x10",
    "1_000",
    "12 or 13",
    ".5",
    "5.",
    "\u22121",
    "TRUE",
    "2026-06-27",
)
_BINS = ("", "", "A1", "a 1", "B2", "Ａ１", "Yard", "A\u00a01")
_HEADERS: tuple[tuple[str, ...], ...] = (
    ("sku", "counted_qty"),
    ("sku", "bin", "counted"),
    ("Barcode", "Quantity", "Time"),
    ("Item Code", "Warehouse", "Quantity", "UOM"),
    ("Product", "Location", "Lot/Serial Number", "Counted Quantity"),
    ("Artikelnummer", "Menge", "Einheit", "Lagerplatz"),
    ("SKU", "GTIN", "Current Quantity Main", "New Quantity Main"),
    ("Code", "Scanned at"),
    ("product code", "Supplier code", "Bin Location", "OB QoH", "Physical QoH"),
    ("Name", "Qty"),
    ("x", "y"),
)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32")
_ENDS = ("\n", "\r\n", "\r")
_DELIMITERS = ",;\t|"
_JUNK = "\x00\t\r\n \"',;|=+-.()#[]*0159aZéßİ\u00a0\u200b\ufeff\u202e\u0301٣＋😀\ud800\x1c\x85\u2028"
_BYTES = (
    b"\x00",
    b"\xff",
    b'"',
    b"\r",
    b"\n",
    b",",
    b";",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"PK\x03\x04",
    b"\x1a",
    b"\xc3",
)


def make_case(seed: int, number: int) -> Case:
    """The files of one session, at times several, and at times with decisions already taken."""
    random = Random(f"{seed}:{number}")
    files = [_file(random) for _ in range(random.choice((1, 1, 1, 1, 2, 3)))]
    if random.random() < 0.1:
        files.append(files[0])
    decided = {
        random.choice(_ITEMS).sku: Decimal(random.choice(("0", "7", "96", "1.5")))
        for _ in range(random.choice((0, 0, 2)))
    }
    return Case(
        tuple(UploadedFile(f"{at}.{suffix}", content) for at, (suffix, content) in enumerate(files, 1)), decided
    )


def _file(random: Random) -> tuple[str, bytes]:
    if random.random() < 0.1:
        name = random.choice(list(_REAL))
        return name.rpartition(".")[2], _damaged(_REAL[name], random)
    grid = _generated(random) if random.random() < 0.8 else _of_corpus(random)
    for _ in range(_how_many(random)):
        random.choice(_ROW_DAMAGE)(grid, random)
    for _ in range(_how_many(random)):
        _damage_cell(grid, random)
    if random.random() < 0.08:
        return "xlsx", _workbook(grid, random)
    content = as_text(grid, random)
    return random.choice(("csv", "csv", "csv", "txt", "tsv", "xlsx")), (
        _damaged(content, random) if random.random() < 0.3 else content
    )


def _how_many(random: Random) -> int:
    return random.choice((0, 0, 1, 1, 2, 5, 20))


def _generated(random: Random) -> Grid:
    """A sheet with one of the headers, or none, mostly of rows that make sense."""
    header = random.choice(_HEADERS)
    rows = random.choice((1, 3, 10, 30, 100, 300))
    grid = [_row(header, random) for _ in range(rows)]
    if random.random() < 0.85:
        grid.insert(0, list(header))
    if random.random() < 0.1:
        grid.insert(0, ["Saturday count"])
    return grid


def _row(header: Sequence[str], random: Random) -> list[str]:
    at = random.randrange(len(_ITEMS))
    return [_cell(title, _ITEMS[at], 1 + at % 90, random) for title in header]


def _cell(title: str, item: StockRow, eaches: int, random: Random) -> str:
    """A cell of a row about an item; mostly it says the same number of eaches, so that repeats agree."""
    kind = title.casefold()
    sound = random.random() < 0.95
    if "quantity" in kind or kind in ("counted_qty", "counted", "menge", "physical qoh", "ob qoh", "qty", "y"):
        usual = (
            f"{eaches}{random.choice(_AGAIN)}" if item.pack_size or random.random() < 0.9 else random.choice(_AMOUNTS)
        )
        return usual if sound else random.choice(_ODD_AMOUNTS)
    if kind in ("uom", "einheit"):
        return random.choice(("", "ea", "box", "Stk", "pallet"))
    if "bin" in kind or kind in ("warehouse", "location", "lagerplatz"):
        return random.choice(_BINS)
    if kind in ("time", "scanned at"):
        return f"2026-06-27 09:{random.randrange(60):02}:00"
    return random.choice((item.sku, item.sku.lower(), *item.aliases) if sound else _ODD_CODES)


def _of_corpus(random: Random) -> Grid:
    """A real file as a grid, told apart only roughly: what it becomes is a file all the same."""
    content = _REAL[random.choice([name for name in _REAL if not name.endswith(".xlsx")])]
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    delimiter = max(_DELIMITERS, key=text.count)
    return [line.split(delimiter) for line in text.splitlines()] or [[""]]


def _duplicate(grid: Grid, random: Random) -> None:
    grid.insert(random.randrange(len(grid) + 1), list(random.choice(grid)))


def _drop(grid: Grid, random: Random) -> None:
    if len(grid) > 1:
        del grid[random.randrange(len(grid))]


def _swap(grid: Grid, random: Random) -> None:
    first, second = random.randrange(len(grid)), random.randrange(len(grid))
    grid[first], grid[second] = grid[second], grid[first]


def _shuffle(grid: Grid, random: Random) -> None:
    below = grid[1:]
    random.shuffle(below)
    grid[1:] = below


def _foreign_header(grid: Grid, random: Random) -> None:
    grid.insert(random.randrange(len(grid) + 1), list(random.choice(_HEADERS)))


def _empty(grid: Grid, random: Random) -> None:
    grid.insert(random.randrange(len(grid) + 1), [random.choice(("", " ", "\u00a0"))] * random.randrange(4))


def _shorten(grid: Grid, random: Random) -> None:
    row = random.choice(grid)
    del row[random.randrange(len(row) + 1) :]


def _lengthen(grid: Grid, random: Random) -> None:
    random.choice(grid).extend(random.choice(_ODD_AMOUNTS) for _ in range(random.choice((1, 2, 50))))


def _join(grid: Grid, random: Random) -> None:
    random.choice(grid).extend(random.choice(grid)[:100])


def _move_column(grid: Grid, random: Random) -> None:
    first, second = random.randrange(5), random.randrange(5)
    for row in grid:
        if max(first, second) < len(row):
            row[first], row[second] = row[second], row[first]


_ROW_DAMAGE: tuple[Callable[[Grid, Random], None], ...] = (
    _duplicate,
    _duplicate,
    _drop,
    _swap,
    _shuffle,
    _foreign_header,
    _empty,
    _shorten,
    _lengthen,
    _join,
    _move_column,
)


def _damage_cell(grid: Grid, random: Random) -> None:
    row = random.choice(grid)
    if not row:
        return
    at = random.randrange(len(row))
    cell = row[at]
    place = random.randrange(len(cell) + 1)
    row[at] = random.choice(
        (
            random.choice(_ODD_CODES + _ODD_AMOUNTS),
            random.choice(_CODES),
            cell[:place] + random.choice(_JUNK) + cell[place:],
            cell[:place] + cell[place + 1 :],
            cell.swapcase(),
            f" {cell}\u00a0",
            cell * random.choice((2, 100)),
            random.choice(random.choice(grid) or [""]),
        )
    )


def as_text(grid: Grid, random: Random) -> bytes:
    """The grid as a text file, with any delimiter, line end and encoding."""
    stream = io.StringIO()
    delimiter = random.choice(_DELIMITERS)
    end = random.choice(_ENDS)
    if random.random() < 0.2:
        stream.write(end.join(delimiter.join(row) for row in grid))
    else:
        dialect = random.choice(("excel", "unix"))  # the latter quotes every cell
        csv.writer(stream, dialect, delimiter=delimiter, lineterminator=end).writerows(grid)
    hint = f"sep={delimiter}{end}" if random.random() < 0.05 else ""
    return (hint + stream.getvalue()).encode(random.choice(_ENCODINGS), "replace")


def _damaged(content: bytes, random: Random) -> bytes:
    for _ in range(_how_many(random)):
        at = random.randrange(len(content) + 1)
        until = at + random.choice((0, 0, 1, 2, 10, 100))
        content = content[:at] + random.choice((*_BYTES, content[at:until] * 2, b"")) + content[until:]
    return content


def _workbook(grid: Grid, random: Random) -> bytes:
    """The grid as a worksheet of numbers, strings, shared strings, errors and formulas; the XML damaged, at times."""
    shared: dict[str, int] = {}
    rows = "".join(
        f'<row r="{number}">{"".join(_worksheet_cell(cell, shared, random) for cell in row)}</row>'
        for number, row in enumerate(grid, 1)
    )
    strings = "".join(f"<si><t>{_xml(text)}</t></si>" for text in shared)
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    if random.random() < 0.2:
        sheet = _damaged(sheet.encode(), random).decode("utf-8", "replace")
    content = raw_workbook(sheet, shared=f"<sst>{strings}</sst>")
    return _damaged(content, random) if random.random() < 0.1 else content


def _worksheet_cell(cell: str, shared: dict[str, int], random: Random) -> str:
    if not cell:
        return "<c/>"
    how = random.randrange(4)
    if how == 0:
        return f'<c t="s"><v>{shared.setdefault(cell, len(shared))}</v></c>'
    if how == 1 and cell.isascii() and cell.replace(".", "", 1).isdecimal():
        return f"<c><v>{cell}</v></c>"
    if how == 2 and cell.startswith(("#", "=")):
        kind, formula = ("e", "") if cell.startswith("#") else ("str", f"<f>{_xml(cell[1:])}</f>")
        return f"<c t={quoteattr(kind)}>{formula}<v>{_xml(cell)}</v></c>"
    return f'<c t="inlineStr"><is><t>{_xml(cell)}</t></is></c>'


def _xml(text: str) -> str:
    """Escaped, and what XML cannot hold as spreadsheets write it."""
    return "".join(f"_x{ord(char):04X}_" if not char.isprintable() and char != " " else char for char in escape(text))
