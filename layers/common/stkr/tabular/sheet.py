"""The one shape that every file is read into, and the limits that hold before and while it is read."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from stkr.domain.errors import CountFileError
from stkr.tabular.text import visible


class ExactNumber(str):
    """A cell that is a number by type and has a fraction: its point is a decimal point and groups no thousands."""

    __slots__ = ()


Row = tuple[int, list[str]]
"""Physical row number, the first row of the sheet being 1, and the raw cells of that row."""

MAX_FILE_BYTES = 40_000_000
"""A 200,000-row count is about 12 MB; a function has 1,024 MB and may hold several files of a session."""

MAX_ROWS = 300_000
MAX_COLUMNS = 1_000
SAMPLE_ROWS = 400
"""How many rows are used to find the delimiter, the header and the columns."""

BLOCK_ROWS = SAMPLE_ROWS
"""One block holds the sample, so that taking it reads no further."""


class Block(NamedTuple):
    """Rows that follow each other, with their numbers. Processing a block by column takes half the time of going row
    by row.
    """

    numbers: Sequence[int]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. ``blocks`` starts a fresh pass over it each time it is called; rows without any content may be left
    out. ``name`` is the worksheet's name, empty for text files; ``form`` says how the file was read, for people:
    ``XLSX``, ``semicolon-separated UTF-8``. ``delimiter`` parts the cells of text, and is empty in a workbook.
    A pass raises ``CountFileError`` where a limit is exceeded.

    ``at`` yields the rows of ascending numbers, where there is a quicker way to them than a pass.
    """

    name: str
    form: str
    blocks: Callable[[], Iterator[Block]]
    at: Callable[[Sequence[int]], Iterator[Row]] | None = None
    delimiter: str = ""

    def rows(self) -> Iterator[Row]:
        """A fresh pass, row by row."""
        for block in self.blocks():
            yield from zip(*block, strict=True)

    def pick(self, numbers: Collection[int]) -> Iterator[Row]:
        """The rows of some numbers, in their order; to be called after a whole pass."""
        if self.at is not None:
            return self.at(sorted(numbers))
        return (row for row in self.rows() if row[0] in numbers)

    def sample(self) -> list[Row]:
        """The first rows that have content."""
        return list(islice((row for row in self.rows() if has_content(row[1])), SAMPLE_ROWS))


def cell_name(row: int, column: int) -> str:
    """A cell as spreadsheets name it: row 14 of the third column (index 2) is ``C14``."""
    letters = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        letters = chr(ord("A") + letter) + letters
        column -= 1
    return f"{letters}{row}"


def has_content(cells: Iterable[str]) -> bool:
    """Whether a row holds anything that can be seen."""
    return any(cell and not cell.isspace() and (cell.isprintable() or visible(cell)) for cell in cells)


def in_blocks(rows: Iterable[Row]) -> Iterator[Block]:
    """Rows that come one by one, in blocks."""
    more = iter(rows)
    while taken := list(islice(more, BLOCK_ROWS)):
        yield Block([number for number, _ in taken], [cells for _, cells in taken])


def bounded(blocks: Iterable[Block]) -> Iterator[Block]:
    """Pass rows on, without those that have no cells, until there are too many of them, or one is too wide.

    :raises CountFileError: naming the limit.
    """
    read = 0
    for block in blocks:
        rows = block.rows if all(block.rows) else [cells for cells in block.rows if cells]
        if not rows:
            continue
        read += len(rows)
        if read > MAX_ROWS:
            raise CountFileError(f"more than {MAX_ROWS:,} rows: split the file")
        if max(map(len, rows)) > MAX_COLUMNS:
            wide = next(number for number, cells in zip(*block, strict=True) if len(cells) > MAX_COLUMNS)
            raise CountFileError(f"row {wide} has more than {MAX_COLUMNS:,} columns: this is not a count sheet")
        if rows is block.rows:
            yield block
        else:
            yield Block([number for number, cells in zip(*block, strict=True) if cells], rows)
