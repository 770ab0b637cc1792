"""Worksheets of a workbook as rows of text: the visible ones, streamed cell by cell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import IO

from stkr.domain.errors import CountFileError
from stkr.tabular.sheet import MAX_COLUMNS, Block, Row, Sheet, bounded, in_blocks
from stkr.tabular.xlsx.number_format import EXACT_DIGITS, GENERAL, NumberFormat, read_number_formats, shown_number
from stkr.tabular.xlsx.package import DAMAGE, Package, local_name, open_package, xml_parser
from stkr.tabular.xlsx.strings import TextCollector, read_shared_strings, unescaped

MAX_ROW_CHARS = 500_000
"""The first few hundred rows are held at the same time."""

_CHUNK = 1 << 16
_TRUE = ("1", "true")
# Rows of nothing but formats. Some sheets have them down to the last of a million rows, which would take the parser
# long; only what stands whole in a chunk is taken out, the others it skips itself.
_EMPTY_ROW = re.compile(rb'<row r="\d+"[^<>]*(?:/>|>(?:<c r="[A-Z]+\d+"[^<>]*(?:/>|></c>))*</row>)')
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheet dates have no zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
_UNCALCULATED = "=..."
_LAST_COLUMN = 16_384
_LAST_ROW = 1_048_576


@dataclass(slots=True)
class _Book:
    """What the worksheets refer to. ``sheets`` are the visible ones by name, with the part that each is in;
    ``formats`` has one entry per cell style.

    ``calculated`` is false where the writer could not calculate and leaves it to the reader: it stored something as
    the results of formulas, often 0, which no spreadsheet has computed.
    """

    sheets: list[tuple[str, str]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    formats: list[NumberFormat] = field(default_factory=list)
    epoch: datetime = _EPOCH_1900
    calculated: bool = True


def read_workbook(content: bytes) -> tuple[Sheet, ...]:
    """Open every visible worksheet.

    :raises CountFileError: when it is not an XLSX workbook, is encrypted, or unpacks to more than it may.
    """
    try:
        package = open_package(content)
        book = _read_book(package)
    except DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged or protected ({error}): save it afresh") from error
    return tuple(Sheet(name, "XLSX", partial(_blocks, package, book, part)) for name, part in book.sheets)


def _read_book(package: Package) -> _Book:
    book = _Book()
    main = next((part for kind, part in package.relations("").values() if kind == "officeDocument"), "")
    if main not in package or not main.endswith(".xml"):
        raise CountFileError("this is no XLSX workbook: open it in a spreadsheet program and save it as XLSX")
    relations = package.relations(main)
    kinds = {kind: part for kind, part in relations.values() if part in package}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in _TRUE:
            book.epoch = _EPOCH_1904
        elif name == "calcPr" and attributes.get("fullCalcOnLoad") in _TRUE:
            book.calculated = False
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for key, value in attributes.items() if local_name(key) == "id"), "")
            kind, part = relations.get(relation, ("", ""))
            # Chart and dialogue sheets are listed among the worksheets.
            if kind == "worksheet" and part in package:
                book.sheets.append((attributes.get("name", ""), part))

    package.scan(main, start)
    if "sharedStrings" in kinds:
        book.shared = read_shared_strings(package, kinds["sharedStrings"])
    if "styles" in kinds:
        book.formats = read_number_formats(package, kinds["styles"])
    return book


def _blocks(package: Package, book: _Book, part: str) -> Iterator[Block]:
    try:
        with package.open(part) as stream:
            yield from bounded(in_blocks(_stream(stream, book)))
    except DAMAGE as error:
        raise CountFileError(f"this XLSX workbook is damaged ({error}): save it afresh") from error


def _stream(stream: IO[bytes], book: _Book) -> Iterator[Row]:
    reader = _WorksheetReader(book)
    parser = xml_parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := stream.read(_CHUNK):
        parser.Parse(_EMPTY_ROW.sub(b"", chunk), False)
        yield from reader.rows()
    parser.Parse(b"", True)
    yield from reader.rows()


class _WorksheetReader(TextCollector):
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
        name = local_name(name)
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
        name = local_name(name)
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
        return unescaped(raw) if kind in ("str", "inlineStr") else raw

    def _number(self, raw: str) -> str:
        formats, style = self._book.formats, self._style
        number_format = formats[style] if 0 <= style < len(formats) else GENERAL
        if number_format is GENERAL and raw.isdecimal() and len(raw) <= EXACT_DIGITS:
            return raw
        return shown_number(raw, number_format, self._book.epoch)
