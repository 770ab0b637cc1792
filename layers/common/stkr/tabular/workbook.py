"""XLSX worksheets as rows of text, streamed, with nothing lost that a count depends on.

The common readers drop error values and formulas that were never calculated, which would turn a broken count into
"not counted". Here an error cell reads as its error (``#N/A``) and an uncalculated formula as ``=...``, so that
capture can park both. Numbers come out as the shortest text that is the same number, dates as ISO-8601. Where a number
format changes what a number says, the text says it, too: leading zeros, a percentage, the word in ``4 boxes``.
Hidden rows are rows like any other; hidden sheets are not read.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import partial
from io import BytesIO
from posixpath import join, normpath, split
from sys import getsizeof
from typing import IO, NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from stkr.domain.errors import CountFileError
from stkr.tabular.sheet import MAX_COLUMNS, Block, ExactNumber, Row, Sheet, bounded, in_blocks

MAX_UNPACKED = 400_000_000
"""Bytes of XML in all; 200,000 rows of a dozen columns are about 120 MB."""

MAX_RATIO = 300
"""Unpacked to packed size of one part. Worksheets of one repeated row reach about 100, bombs 1,000."""

MAX_SHARED_BYTES = 200_000_000
"""Shared strings are the one part that is held in memory as a whole; 200,000 rows with eight texts each are 130 MB."""

MAX_CELL_CHARS = 131_072
"""As in CSV; spreadsheet programs end at 32,767."""

MAX_ROW_CHARS = 500_000
"""The first few hundred rows are held at the same time."""

_CHUNK = 1 << 16
_TRUE = ("1", "true")
# Rows of nothing but formats. Some sheets have them down to the last of a million rows, which would take the parser
# long; only what stands whole in a chunk is taken out, the others it skips itself.
_EMPTY_ROW = re.compile(rb'<row r="\d+"[^<>]*(?:/>|>(?:<c r="[A-Z]+\d+"[^<>]*(?:/>|></c>))*</row>)')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Built-in number formats that are dates or times, and percentages.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset({9, 10})
# The pieces of a number format: literal text, room and fill, elapsed time, colours and currencies, digits.
_FORMAT_PIECE = re.compile(
    r"\"(?P<quoted>[^\"]*)\"?|\\(?P<escaped>.)|[_*].|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]?"
    r"|(?P<digits>[0#?.,]+|general)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
# What some countries write for their money in a number format; it says nothing about a number.
_MONEY = frozenset("kr kr. kč zł ft lei fr. rs rs. r$ chf eur usd gbp sek nok dkk pln czk".split())
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheet dates have no zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
# Beyond 15 digits a spreadsheet has rounded the number, so its digits are not those that were scanned.
_EXACT_DIGITS = 15
# No spreadsheet holds a number beyond; written out, one with a larger exponent would fill the memory.
_LARGEST_EXPONENT = 308
_SHOWN = Context(prec=_EXACT_DIGITS)
_HUNDRED = Decimal(100)
_UNCALCULATED = "=..."
_END_OF_DATES = 2_958_466
_LAST_COLUMN = 16_384
_LAST_ROW = 1_048_576
_SMALL_PART = 10_000_000


# What a broken or hostile archive makes of zipfile, zlib and expat; RuntimeError is an encrypted part's.
_DAMAGE = (
    BadZipFile,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    expat.ExpatError,
    struct.error,
    zlib.error,
)


def read_workbook(content: bytes) -> tuple[Sheet, ...]:
    """Open every visible worksheet.

    :raises CountFileError: when it is not an XLSX workbook, is encrypted, or unpacks to more than it may.
    """
    try:
        archive = ZipFile(BytesIO(content))
        _refuse_bombs(archive)
        package = _Package(archive)
        book = _read_book(package)
    except _DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged or protected ({error}): save it afresh") from error
    return tuple(Sheet(name, "XLSX", partial(_blocks, package, book, part)) for name, part in book.sheets)


class _Package:
    """The parts of a workbook, found as spreadsheets find them: whatever their case, and with either slash."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._parts = {part.filename.replace("\\", "/").casefold(): part for part in archive.infolist()}

    def __contains__(self, part: str) -> bool:
        return part.casefold() in self._parts

    def open(self, part: str) -> IO[bytes]:
        """Stream a part, unpacked."""
        return self._archive.open(self._parts[part.casefold()])


def _refuse_bombs(archive: ZipFile) -> None:
    # Only the stated sizes are looked at, before anything is unpacked; zipfile never yields more than is stated.
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise CountFileError(
            f"the workbook unpacks to more than {MAX_UNPACKED // 1_000_000} MB: split it or save as CSV"
        )
    for part in parts:
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise CountFileError("the workbook is packed in a way that no spreadsheet does: save it afresh")
        if part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise CountFileError("the workbook is packed like a zip bomb and was not opened: save it as CSV")


@dataclass(frozen=True, slots=True)
class _Format:
    """What a number format makes of a number: a date, a percentage, words around it, zeros up to so many digits."""

    date: bool = False
    percent: bool = False
    before: str = ""
    after: str = ""
    width: int = 0


_PLAIN = _Format()


@dataclass(slots=True)
class _Book:
    """What the worksheets refer to. ``formats`` has one entry a cell style.

    ``calculated`` is false where the writer could not calculate and leaves it to the reader: it stored something as
    the results of formulas, often 0, which nobody has ever seen.
    """

    sheets: list[tuple[str, str]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    formats: list[_Format] = field(default_factory=list)
    epoch: datetime = _EPOCH_1900
    calculated: bool = True


def _read_book(package: _Package) -> _Book:
    book = _Book()
    main = next((part for kind, part in _relations(package, "").values() if kind == "officeDocument"), "")
    if main not in package or not main.endswith(".xml"):
        raise CountFileError("this is no XLSX workbook: open it in a spreadsheet program and save it as XLSX")
    relations = _relations(package, main)
    kinds = {kind: part for kind, part in relations.values() if part in package}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in _TRUE:
            book.epoch = _EPOCH_1904
        elif name == "calcPr" and attributes.get("fullCalcOnLoad") in _TRUE:
            book.calculated = False
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")
            kind, part = relations.get(relation, ("", ""))
            # Chart and dialogue sheets are listed among the worksheets.
            if kind == "worksheet" and part in package:
                book.sheets.append((attributes.get("name", ""), part))

    _scan(package, main, start)
    if "sharedStrings" in kinds:
        book.shared = _shared_strings(package, kinds["sharedStrings"])
    if "styles" in kinds:
        book.formats = _formats(package, kinds["styles"])
    return book


def _relations(package: _Package, of: str) -> dict[str, tuple[str, str]]:
    """What a part refers to by id: the kind of each part and its path. The package itself is the part without name."""
    folder, name = split(of)
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            # An absolute target begins at the root, which is where joining starts over.
            path = normpath(join("/", folder, attributes.get("Target", "").replace("\\", "/"))).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

    relations = join(folder, "_rels", f"{name}.rels")
    if relations in package:
        _scan(package, relations, start)
    return found


StartElement = Callable[[str, dict[str, str]], None]


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    # No part of a workbook has a document type, and without one there are no entities to expand.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> NoReturn:
    raise CountFileError("the workbook declares XML entities and was not opened: save it afresh")


def _local(name: str) -> str:
    """An element's name without the prefix some writers give the main namespace."""
    return name.rpartition(":")[2] if ":" in name else name


def _scan(package: _Package, part: str, start: StartElement) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
    with package.open(part) as stream:
        parser.ParseFile(stream)


def _unescaped(text: str) -> str:
    """Undo ``_x000D_``, the format's way to write what XML cannot hold."""
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Half of a surrogate pair is no text, and nothing that is made of this row could be written anywhere.
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decimal(raw: str) -> Decimal | None:
    """A number that a spreadsheet can hold; ``None`` for anything else."""
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def _shared_strings(package: _Package, part: str) -> list[str]:
    reader = _StringReader()
    parser = _parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    with package.open(part) as stream:
        parser.ParseFile(stream)
    return reader.strings


class _TextCollector:
    """Collects the text of an item, which may be in several runs, without the reading aids of East Asian text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._inside = False
        self._phonetic = False

    def enter(self, name: str) -> None:
        """Note an element's start."""
        if name in ("t", "v"):
            self._inside = not self._phonetic
        elif name == "rPh":
            self._phonetic = True

    def leave(self, name: str) -> None:
        """Note an element's end."""
        if name in ("t", "v"):
            self._inside = False
        elif name == "rPh":
            self._phonetic = False

    def text(self, data: str) -> None:
        """Note character data."""
        if self._inside:
            self._pieces.append(data)
            self._length += len(data)
            if self._length > MAX_CELL_CHARS:
                raise CountFileError(f"a cell has more than {MAX_CELL_CHARS:,} characters: this is not a count sheet")

    def take(self) -> str:
        """The item's text; the next one starts empty."""
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return text


class _StringReader(_TextCollector):
    """Collects the table of shared strings."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._held = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        """An element begins."""
        self.enter(_local(name))

    def end(self, name: str) -> None:
        """An element ends."""
        name = _local(name)
        if name != "si":
            self.leave(name)
            return
        string = _unescaped(self.take())
        self.strings.append(string)
        self._held += getsizeof(string)
        if self._held > MAX_SHARED_BYTES:
            raise CountFileError("the workbook holds too much text for a count sheet: save it as CSV")


def _formats(package: _Package, part: str) -> list[_Format]:
    custom: dict[int, _Format] = {}
    formats: list[_Format] = []
    in_cell_formats = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cell_formats
        if name == "numFmt":
            custom[int(attributes["numFmtId"])] = _format(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs"):
            in_cell_formats = name == "cellXfs"
        elif name == "xf" and in_cell_formats:
            number = int(attributes.get("numFmtId", "0"))
            formats.append(custom.get(number) or _built_in(number))

    _scan(package, part, start)
    return formats


def _built_in(number: int) -> _Format:
    if number in _DATE_FORMATS:
        return _Format(date=True)
    return _Format(percent=True) if number in _PERCENT_FORMATS else _PLAIN


def _format(code: str) -> _Format:
    """What a format code does to a number that is not negative, which is what its first section says."""
    others = ""
    literals, digits = [""], []
    for piece in _FORMAT_PIECE.finditer(code):
        if piece["other"] == ";":
            break
        if piece["digits"]:
            digits.append(piece["digits"])
            literals.append("")
        literals[-1] += piece["quoted"] or piece["escaped"] or ""
        others += piece["other"] or piece["elapsed"] or ""
    if any(letter in others.casefold() for letter in "ymdhs"):
        return _Format(date=True)
    if len(digits) != 1:
        # Digits in several groups, such as fractions and telephone numbers: the number is taken as it stands.
        return _Format(percent=True) if "%" in others else _PLAIN
    before, after = map(_words, literals)
    width = len(digits[0]) if set(digits[0]) == {"0"} else 0
    found = _Format(percent="%" in others, before=before.lstrip(), after=after.rstrip(), width=width)
    return _PLAIN if found == _PLAIN or found == _Format(width=1) else found


def _words(literal: str) -> str:
    """A format's literal text as far as it says something: not money, nor signs and space."""
    says = any(char.isalnum() for char in literal) and literal.strip().casefold() not in _MONEY
    return literal if says else ""


def _blocks(package: _Package, book: _Book, part: str) -> Iterator[Block]:
    try:
        with package.open(part) as stream:
            yield from bounded(in_blocks(_stream(stream, book)))
    except _DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged ({error}): save it afresh") from error


def _stream(stream: IO[bytes], book: _Book) -> Iterator[Row]:
    reader = _SheetReader(book)
    parser = _parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := stream.read(_CHUNK):
        parser.Parse(_EMPTY_ROW.sub(b"", chunk), False)
        yield from reader.rows()
    parser.Parse(b"", True)
    yield from reader.rows()


class _SheetReader(_TextCollector):
    """Collects the rows of one worksheet from the parser's events; empty cells and rows leave no trace."""

    def __init__(self, book: _Book) -> None:
        super().__init__()
        self._book = book
        self._ready: list[Row] = []
        self._row = 0
        self._cells: list[str] = []
        self._row_chars = 0
        self._column = 0
        self._kind = "n"
        self._style = 0
        self._formula = False
        self._columns: dict[str, int] = {}

    def rows(self) -> list[Row]:
        """Hand over the rows that are complete."""
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins: note where a cell is and what it claims to be."""
        name = _local(name)
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column_of(reference) if reference else self._column + 1
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", "0"))
            self._formula = False
        elif name == "f":
            self._formula = True
        elif name == "row":
            row = int(attributes.get("r", self._row + 1))
            if not self._row < row <= _LAST_ROW:
                raise CountFileError(
                    f"the workbook has a row {row} after row {self._row}, which is no sheet: save it afresh"
                )
            self._row = row
            self._cells = []
            self._row_chars = 0
            self._column = 0
        else:
            self.enter(name)

    def end(self, name: str) -> None:
        """An element ends: place a finished cell, or hand on a finished row."""
        name = _local(name)
        if name == "c":
            value = self._value(self.take())
            if value:
                self._place(value)
        elif name == "row":
            if self._cells:
                self._ready.append((self._row, self._cells))
        else:
            self.leave(name)

    def _place(self, value: str) -> None:
        cells, column = self._cells, self._column
        if column > MAX_COLUMNS:
            raise CountFileError(f"row {self._row} has more than {MAX_COLUMNS:,} columns: this is not a count sheet")
        self._row_chars += len(value)
        if self._row_chars > MAX_ROW_CHARS:
            raise CountFileError(
                f"row {self._row} has more than {MAX_ROW_CHARS:,} characters: this is not a count sheet"
            )
        if len(cells) < column - 1:
            cells.extend([""] * (column - 1 - len(cells)))
        if len(cells) == column - 1:
            cells.append(value)
        else:
            cells[column - 1] = value

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            if not 0 < column <= _LAST_COLUMN:
                raise CountFileError(f"the workbook has a cell at {reference!r}, which is no place in a sheet")
            self._columns[letters] = column
        return column

    def _value(self, raw: str) -> str:
        kind = self._kind
        if self._formula and not self._book.calculated:
            return _UNCALCULATED
        if not raw:
            # A formula that was never calculated has no result; one whose result is "" says that it is a string.
            return _UNCALCULATED if self._formula and kind != "str" else ""
        if kind == "n":
            return self._number(raw)
        if kind == "s":
            index = int(raw)
            return self._book.shared[index] if 0 <= index < len(self._book.shared) else "#REF!"
        if kind == "b":
            return "FALSE" if raw == "0" else "TRUE"
        return _unescaped(raw) if kind in ("str", "inlineStr") else raw

    def _number(self, raw: str) -> str:
        formats, style = self._book.formats, self._style
        shown = formats[style] if 0 <= style < len(formats) else _PLAIN
        if shown is _PLAIN and raw.isdecimal() and len(raw) <= _EXACT_DIGITS:
            return raw
        number = _decimal(raw)
        if number is None:
            return raw
        if shown.date:
            return self._date(number, raw)
        if number.adjusted() >= _EXACT_DIGITS:
            return f"{number:.6E}"
        return _as_shown(number, shown)

    def _date(self, days: Decimal, raw: str) -> str:
        if not 0 <= days < _END_OF_DATES:
            return raw
        moment = self._book.epoch + timedelta(seconds=int((days * 86_400).to_integral_value()))
        if days < 1:
            return moment.strftime("%H:%M:%S")
        return moment.date().isoformat() if days == days.to_integral_value() else moment.isoformat(sep=" ")


def _as_shown(number: Decimal, shown: _Format) -> str:
    # Spreadsheets store binary fractions in 17 digits; people see at most 15 of them.
    number = _SHOWN.plus(number)
    if shown.percent:
        return f"{_SHOWN.multiply(number, _HUNDRED).normalize():f}%"
    text = f"{number.normalize():f}"
    if "." not in text and number >= 0:
        text = text.zfill(shown.width)
    if shown.before or shown.after:
        return f"{shown.before}{text}{shown.after}"
    return ExactNumber(text) if "." in text else text
