"""The ZIP package that an XLSX workbook is: its parts, how they refer to each other, and limits against bombs."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from posixpath import join, normpath, split
from typing import IO, NoReturn
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from stkr.domain.errors import CountFileError

MAX_UNPACKED = 400_000_000
"""Bytes of XML in all; 200,000 rows of a dozen columns are about 120 MB."""

MAX_RATIO = 300
"""Unpacked to packed size of one part. Worksheets of one repeated row reach about 100, bombs 1,000."""

DAMAGE = (
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
"""What zipfile, zlib and expat raise for a broken or hostile archive; RuntimeError is for an encrypted part."""

_SMALL_PART = 10_000_000

StartElement = Callable[[str, dict[str, str]], None]
"""Handles the start of an element: its local name and its attributes."""


class Package:
    """The parts of a workbook, found as spreadsheets find them: whatever their case, and with either slash."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._parts = {part.filename.replace("\\", "/").casefold(): part for part in archive.infolist()}

    def __contains__(self, part: str) -> bool:
        return part.casefold() in self._parts

    def open(self, part: str) -> IO[bytes]:
        """Stream a part, unpacked."""
        return self._archive.open(self._parts[part.casefold()])

    def scan(self, part: str, start: StartElement) -> None:
        """Call ``start`` for each element of a part."""
        parser = xml_parser()
        parser.StartElementHandler = lambda name, attributes: start(local_name(name), attributes)
        with self.open(part) as stream:
            parser.ParseFile(stream)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to, by id: the kind and the path of each. The package itself is the part ``""``."""
        folder, name = split(part)
        relations: dict[str, tuple[str, str]] = {}

        def start(element: str, attributes: dict[str, str]) -> None:
            if element == "Relationship":
                # An absolute target begins at the root, which is where joining starts over.
                path = normpath(join("/", folder, attributes.get("Target", "").replace("\\", "/"))).lstrip("/")
                relations[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

        relations_part = join(folder, "_rels", f"{name}.rels")
        if relations_part in self:
            self.scan(relations_part, start)
        return relations


def open_package(content: bytes) -> Package:
    """Open a workbook's archive.

    :raises CountFileError: when it unpacks to more than it may, or is packed as no spreadsheet does.
    """
    archive = ZipFile(BytesIO(content))
    _refuse_bombs(archive)
    return Package(archive)


def _refuse_bombs(archive: ZipFile) -> None:
    # Only the stated sizes are checked, before anything is unpacked; zipfile never yields more than is stated.
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


def xml_parser() -> expat.XMLParserType:
    """A parser that refuses document types: no part of a workbook has one, and without one no entity is expanded."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> NoReturn:
    raise CountFileError("the workbook declares XML entities and was not opened: save it afresh")


def local_name(name: str) -> str:
    """An element's name without the prefix some writers give the main namespace."""
    return name.rpartition(":")[2] if ":" in name else name
