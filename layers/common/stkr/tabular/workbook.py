"""XLSX worksheets as rows of text, streamed, with nothing lost that a count depends on.

The common readers drop error values and formulas that were never calculated, which would turn a broken count into
"not counted". Here an error cell reads as its error (``#N/A``) and an uncalculated formula as ``=...``, so that
capture can park both. Numbers come out as the shortest text that is the same number, dates as ISO-8601.
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
from posixpath import join, normpath
from typing import IO, NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from stkr.errors import CountFileError
from stkr.tabular.sheet import MAX_COLUMNS, Row, Sheet, bounded

MAX_UNPACKED = 400_000_000
"""Bytes of XML in all; 200,000 rows of a dozen columns are about 120 MB."""

MAX_RATIO = 300
"""Unpacked to packed size of one part. Worksheets of one repeated row reach about 100, bombs 1,000."""

MAX_SHARED_CHARS = 60_000_000
"""Shared strings are the one part that is held in memory as a whole."""

_CHUNK = 1 << 16
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Built-in number formats that are dates or times; custom ones are told by their letters outside quotes and brackets.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_LETTERS = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|\\.|_.|\*.")
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheet dates have no zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
# Beyond 15 digits a spreadsheet has rounded the number, so its digits are not those that were scanned.
_EXACT_DIGITS = 15
# No spreadsheet holds a number beyond; written out, one with a larger exponent would fill the memory.
_LARGEST_EXPONENT = 308
_SHOWN = Context(prec=_EXACT_DIGITS)
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
        book = _read_book(archive)
    except _DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged or protected ({error}): save it afresh") from error
    return tuple(Sheet(name, partial(_rows, archive, book, part)) for name, part in book.sheets)


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


@dataclass(slots=True)
class _Book:
    """What the worksheets refer to."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    date_styles: frozenset[int] = frozenset()
    epoch: datetime = _EPOCH_1900


def _read_book(archive: ZipFile) -> _Book:
    book = _Book()
    names = set(archive.namelist())
    targets, kinds = _relations(archive)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.epoch = _EPOCH_1904
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for key, value in attributes.items() if _local(key) == "id"), "")
            part = targets.get(relation, "")
            # Chart and dialogue sheets are listed among the worksheets but live in other folders.
            if part in names and "/worksheets/" in f"/{part}":
                book.sheets.append((attributes.get("name", ""), part))

    _scan(archive, _WORKBOOK, start)
    strings, styles = kinds.get("sharedStrings", ""), kinds.get("styles", "")
    if strings in names:
        book.shared = _shared_strings(archive, strings)
    if styles in names:
        book.date_styles = _date_styles(archive, styles)
    return book


def _relations(archive: ZipFile) -> tuple[dict[str, str], dict[str, str]]:
    """The parts the workbook refers to, by the id it uses and by what they are."""
    targets: dict[str, str] = {}
    kinds: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            part = target.removeprefix("/") if target.startswith("/") else normpath(join("xl", target))
            targets[attributes.get("Id", "")] = part
            kinds[attributes.get("Type", "").rpartition("/")[2]] = part

    _scan(archive, _RELATIONS, start)
    return targets, kinds


Start = Callable[[str, dict[str, str]], None]


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


def _scan(archive: ZipFile, part: str, start: Start) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
    with archive.open(part) as stream:
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


def _shared_strings(archive: ZipFile, part: str) -> list[str]:
    reader = _StringReader()
    parser = _parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    with archive.open(part) as stream:
        parser.ParseFile(stream)
    return reader.strings


class _TextCollector:
    """Collects the text of an item, which may be in several runs, without the reading aids of East Asian text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
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

    def take(self) -> str:
        """The item's text; the next one starts empty."""
        text = "".join(self._pieces)
        self._pieces.clear()
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
        self._held += len(string) + 1
        if self._held > MAX_SHARED_CHARS:
            raise CountFileError("the workbook holds too much text for a count sheet: save it as CSV")


def _date_styles(archive: ZipFile, part: str) -> frozenset[int]:
    custom: dict[int, bool] = {}
    styles: list[int] = []
    in_cell_formats = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cell_formats
        if name == "numFmt":
            letters = _NOT_LETTERS.sub("", attributes.get("formatCode", "")).casefold()
            custom[int(attributes["numFmtId"])] = any(letter in letters for letter in "ymdhs")
        elif name in ("cellXfs", "cellStyleXfs"):
            in_cell_formats = name == "cellXfs"
        elif name == "xf" and in_cell_formats:
            styles.append(int(attributes.get("numFmtId", "0")))

    _scan(archive, part, start)
    return frozenset(index for index, style in enumerate(styles) if custom.get(style, style in _DATE_FORMATS))


def _rows(archive: ZipFile, book: _Book, part: str) -> Iterator[Row]:
    try:
        with archive.open(part) as stream:
            yield from bounded(_stream(stream, book))
    except _DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged ({error}): save it afresh") from error


def _stream(stream: IO[bytes], book: _Book) -> Iterator[Row]:
    reader = _SheetReader(book)
    parser = _parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := stream.read(_CHUNK):
        parser.Parse(chunk, False)
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
        if not raw:
            # A formula that was never calculated has no result; one whose result is "" says that it is a string.
            return "=..." if self._formula and kind != "str" else ""
        if kind == "n":
            return self._number(raw)
        if kind == "s":
            index = int(raw)
            return self._book.shared[index] if 0 <= index < len(self._book.shared) else "#REF!"
        if kind == "b":
            return "FALSE" if raw == "0" else "TRUE"
        return _unescaped(raw) if kind in ("str", "inlineStr") else raw

    def _number(self, raw: str) -> str:
        if self._style in self._book.date_styles:
            return self._date(raw)
        if raw.isdecimal() and len(raw) <= _EXACT_DIGITS:
            return raw
        number = _decimal(raw)
        if number is None:
            return raw
        if number.adjusted() >= _EXACT_DIGITS:
            return f"{number:.6E}"
        # Spreadsheets store binary fractions in 17 digits; people see at most 15 of them.
        return f"{_SHOWN.create_decimal(number).normalize():f}"

    def _date(self, raw: str) -> str:
        days = _decimal(raw)
        if days is None or not 0 <= days < _END_OF_DATES:
            return raw
        moment = self._book.epoch + timedelta(seconds=int((days * 86_400).to_integral_value()))
        if days < 1:
            return moment.strftime("%H:%M:%S")
        return moment.date().isoformat() if days == days.to_integral_value() else moment.isoformat(sep=" ")
