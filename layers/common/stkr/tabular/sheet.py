"""The one shape every file is read into, and the limits that hold before and while it is read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stkr.errors import CountFileError
from stkr.tabular.words import visible


class ExactNumber(str):
    """A cell that is a number by type and has a fraction: its point is a decimal point and groups no thousands."""

    __slots__ = ()


Row = tuple[int, list[str]]
"""Physical row number, the first row of the sheet being 1, and the raw cells of that row."""

MAX_FILE_BYTES = 40_000_000
"""A 200,000-row count is about 12 MB; a function has 512 MB and may hold several files of a session."""

MAX_ROWS = 300_000
MAX_COLUMNS = 1_000
SAMPLE_ROWS = 400
"""As many rows are looked at to tell delimiter, header and columns."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. ``rows`` starts a fresh pass over it each time it is called; rows without any content may be left out.

    ``name`` is the worksheet's name, empty for text files; ``form`` says how the file was read, for people:
    ``XLSX``, ``semicolon-separated UTF-8``. ``delimiter`` parts the cells of text, and is empty in a workbook.
    A pass raises ``CountFileError`` where a limit is exceeded.
    """

    name: str
    form: str
    rows: Callable[[], Iterator[Row]]
    delimiter: str = ""

    def sample(self) -> list[Row]:
        """The first rows that have content."""
        found: list[Row] = []
        for number, cells in self.rows():
            if has_content(cells):
                found.append((number, cells))
                if len(found) == SAMPLE_ROWS:
                    break
        return found


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


def bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Pass rows on until there are too many of them, or one is too wide.

    :raises CountFileError: naming the limit.
    """
    empty = 0
    for read, row in enumerate(rows, 1):
        cells = row[1]
        if not cells:
            empty += 1
            continue
        if read - empty > MAX_ROWS:
            raise CountFileError(f"more than {MAX_ROWS:,} rows: split the file")
        if len(cells) > MAX_COLUMNS:
            raise CountFileError(f"row {row[0]} has more than {MAX_COLUMNS:,} columns: this is not a count sheet")
        yield row
