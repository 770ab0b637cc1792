"""Delimited text as rows: the delimiter that makes most sense of the first rows wins, quotes count only if sound."""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice, pairwise

from stkr.domain.errors import CountFileError
from stkr.tabular.encoding import encoding_name, encoding_of
from stkr.tabular.sheet import BLOCK_ROWS, SAMPLE_ROWS, Block, Row, Sheet, bounded, in_blocks

Judge = Callable[[Sequence[Sequence[str]]], int]
"""How well rows make sense to the caller, higher being better; it decides between delimiters."""

# In order of preference where nothing else decides: a comma is also a decimal mark, and frequent within names.
_DELIMITERS = "\t;|,"
_NAMES = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}
_MAX_ROW_CHARS = 500_000
"""As in a workbook; a longer row comes of a quote that opens and never closes."""

_MAX_ROW_LINES = 50
"""How many lines a row may have where quotes are not sound; all but the first may have to be read again."""

_LONGEST_SHOWN = 60
# No letter, digit, quote or line end can part cells.
_HINT = re.compile(r"\s*\"?sep=([^\w\r\n\" ])\"?\s*", re.IGNORECASE)


def read_delimited(content: bytes, judge: Judge) -> Sheet:
    """Open delimited text. Every row is kept, whatever its quotes do to it.

    :raises CountFileError: when the content is not text.
    """
    encoding = encoding_of(content)

    def lines() -> TextIOWrapper:
        # newline="" leaves the three kinds of line end, and those within quotes, to the csv module.
        return TextIOWrapper(BytesIO(content), encoding=encoding, errors="replace", newline="")

    head = [line for line in islice(lines(), SAMPLE_ROWS * 2) if not line.isspace()][:SAMPLE_ROWS]
    delimiter = _delimiter(head, judge)
    spaced, quoted = (_has(text, content, encoding, lines) for text in (f'{delimiter} "', '"'))
    text = _Text(lines, _Dialect(delimiter, spaced, quoted))
    form = f"{_NAMES.get(delimiter, repr(delimiter))}-separated {encoding_name(encoding)}"
    return Sheet("", form, lambda: bounded(text.blocks()), text.at, delimiter)


def _has(text: str, content: bytes, encoding: str, lines: Callable[[], Iterable[str]]) -> bool:
    if encoding.startswith("utf-8") or encoding == "cp1252":
        return text.encode(encoding.removesuffix("-sig")) in content
    return any(text in line for line in lines())


def _delimiter(head: Sequence[str], judge: Judge) -> str:
    if not head:
        return ","
    hint = _HINT.fullmatch(head[0])
    if hint:
        return hint[1]

    def score(delimiter: str) -> tuple[int, int]:
        # Line by line, because a delimiter that is wrong for the file may see quotes that are none.
        rows = [
            _Dialect(delimiter, f'{delimiter} "' in line).row(line) if '"' in line else _cut(line, delimiter)
            for line in head
        ]
        width, regular = Counter(len(row) for row in rows).most_common(1)[0]
        return judge(rows), regular if width > 1 else 0

    text = "".join(head)
    present = [delimiter for delimiter in _DELIMITERS if delimiter in text]
    # Those that do not occur all leave the lines whole, so one of them is enough.
    absent = [delimiter for delimiter in _DELIMITERS if delimiter not in text]
    return max([*present, *absent[:1]], key=score)


@dataclass(slots=True)
class _Text:
    """Text as rows. ``row_a_line`` is true once a pass has found every line to be a row of its own."""

    lines: Callable[[], Iterator[str]]
    dialect: "_Dialect"
    row_a_line: bool = False

    def blocks(self) -> Iterator[Block]:
        """All rows, whatever quotes do to them."""
        passed = 0
        lines = self.lines()
        while taken := list(islice(lines, BLOCK_ROWS)):
            rows = self.dialect.row_a_line(taken)
            if rows is None:
                yield from in_blocks(self._joined(passed))
                return
            yield Block(range(passed + 1, passed + 1 + len(rows)), rows)
            passed += len(rows)
        self.row_a_line = True

    def _joined(self, passed: int) -> Iterator[Row]:
        """The rows from where one may be of several lines."""
        number = passed
        try:
            for number, cells in enumerate(self.dialect.rows(islice(self.lines(), passed, None)), passed + 1):
                yield number, cells
        except csv.Error:
            # A quote that opens a cell does not close it. What stood before it was read well.
            careful = enumerate(self.dialect.careful_rows(islice(self.lines(), passed, None)), passed + 1)
            yield from (row for row in careful if row[0] > number)

    def at(self, numbers: Sequence[int]) -> Iterator[Row]:
        """The rows of ascending numbers, without reading those between where that is possible."""
        if not self.row_a_line:
            wanted = set(numbers)
            yield from (row for block in self.blocks() for row in zip(*block, strict=True) if row[0] in wanted)
            return
        lines = self.lines()
        skipped = (after - before - 1 for before, after in pairwise((0, *numbers)))
        taken = [next(islice(lines, skip, None)) for skip in skipped]
        yield from zip(numbers, self.dialect.row_a_line(taken) or (), strict=True)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How text is cut into cells. ``spaced``: quotes open also after a delimiter and a space, as in ``a, "b, c"``;
    without ``quoted`` there are none at all.
    """

    delimiter: str
    spaced: bool = False
    quoted: bool = True

    def row_a_line(self, lines: Sequence[str]) -> list[list[str]] | None:
        """Lines as rows; ``None`` where quotes are unsound or make one row of several lines."""
        try:
            rows = list(self._reader(lines))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        if not self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self.spaced, strict=True)

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows.

        :raises csv.Error: at the first quote that opens a cell and does not close it, or that a row has no end.
        :raises CountFileError: where quotes join lines that may be rows and would be overlooked.
        """
        chars = 0
        joined: list[str] = []

        def measured() -> Iterator[str]:
            nonlocal chars
            for line in lines:
                chars += len(line)
                if chars > _MAX_ROW_CHARS:
                    raise csv.Error("the row has no end")
                joined.append(line)
                yield line

        for cells in self._reader(measured()):
            # What people write on several lines leaves the first and the last of them with fewer cells.
            if len(joined) > 1 and 1 < len(cells) == len(self.row(joined[0])) == len(self.row(joined[-1])):
                raise CountFileError(
                    f"a quote in {joined[0].strip()[:_LONGEST_SHOWN]} is closed only in "
                    f"{joined[-1].strip()[:_LONGEST_SHOWN]}, and the lines from the one to the other may be rows: "
                    "delete both quotes if they are, or else the line ends between them"
                )
            chars = 0
            joined.clear()
            yield cells

    def careful_rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows, whatever quotes do to them: where one opens a cell and does not close it, its line is a row of its
        own, and the lines it would have swallowed are read again.
        """
        unread = deque[str]()
        taken: list[str] = []
        more = iter(lines)

        def feed() -> Iterator[str]:
            while True:
                line = unread.popleft() if unread else next(more, None)
                if line is None:
                    return
                taken.append(line)
                if len(taken) > _MAX_ROW_LINES:
                    raise csv.Error("the row has no end")
                yield line

        ended = False
        while not ended:
            try:
                for cells in self.rows(feed()):
                    taken.clear()
                    yield cells
                ended = True
            except csv.Error:
                yield self.row(taken[0])
                unread.extendleft(reversed(taken[1:]))
                taken.clear()

    def row(self, line: str) -> list[str]:
        """A line as a row of its own; its quotes count only if they are sound.

        :raises CountFileError: when it is endless.
        """
        if len(line) > csv.field_size_limit():
            raise CountFileError("a cell is far too long for a count sheet")
        try:
            return next(self.rows((line,)), [])
        except csv.Error:
            return [_unquoted(cell) for cell in _cut(line, self.delimiter)]


def _cut(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\r\n").split(delimiter)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
