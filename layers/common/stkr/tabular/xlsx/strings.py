"""Text in a workbook's XML: of cells, and of the table of strings that cells share."""

import re
from sys import getsizeof

from stkr.domain.errors import CountFileError
from stkr.tabular.xlsx.package import Package, local_name, xml_parser

MAX_SHARED_BYTES = 200_000_000
"""Shared strings are the one part that is held in memory as a whole; 200,000 rows with eight texts each are 130 MB."""

MAX_CELL_CHARS = 131_072
"""As in CSV; spreadsheet programs end at 32,767."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_shared_strings(package: Package, part: str) -> list[str]:
    """The strings that cells refer to by their index."""
    reader = _SharedStringReader()
    parser = xml_parser()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    with package.open(part) as stream:
        parser.ParseFile(stream)
    return reader.strings


def unescaped(text: str) -> str:
    """Undo ``_x000D_``, the format's way to write what XML cannot hold."""
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    # Half of a surrogate pair is not text, and nothing made of this row could be stored.
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class TextCollector:
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
        """Note character data.

        :raises CountFileError: when the item gets longer than ``MAX_CELL_CHARS``.
        """
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


class _SharedStringReader(TextCollector):
    """Collects the table of shared strings."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._held_bytes = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        """An element begins."""
        self.enter(local_name(name))

    def end(self, name: str) -> None:
        """An element ends."""
        name = local_name(name)
        if name != "si":
            self.leave(name)
            return
        string = unescaped(self.take())
        self.strings.append(string)
        self._held_bytes += getsizeof(string)
        if self._held_bytes > MAX_SHARED_BYTES:
            raise CountFileError("the workbook holds too much text for a count sheet: save it as CSV")
