"""Delimited text as rows: the delimiter is told by what it makes of the first rows, quotes count only if sound."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO, TextIOWrapper
from itertools import islice

from stkr.errors import CountFileError
from stkr.tabular.encoding import encoding_name, encoding_of
from stkr.tabular.sheet import SAMPLE_ROWS, Row, Sheet, bounded

Judge = Callable[[Sequence[Sequence[str]]], int]
"""How well rows make sense to whoever reads them, higher being better; it settles between delimiters."""

# In order of preference where nothing else decides: a comma is also a decimal mark, and frequent within names.
_DELIMITERS = "\t;|,"
_NAMES = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}
_HINT = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)


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
    quoted = b'"' in content
    spaced = quoted and any(_is_spaced(line, delimiter) for line in lines())
    sound = not quoted or _quotes_are_sound(lines(), delimiter, spaced)

    def rows() -> Iterator[Row]:
        parsed = _reader(lines(), delimiter, spaced) if sound else _line_by_line(lines(), delimiter)
        try:
            yield from bounded(enumerate(parsed, 1))
        except csv.Error as error:
            raise CountFileError(f"a cell is far too long for a count sheet ({error})") from error

    return Sheet("", f"{_NAMES.get(delimiter, repr(delimiter))}-separated {encoding_name(encoding)}", rows)


def _delimiter(head: Sequence[str], judge: Judge) -> str:
    if not head:
        return ","
    hint = _HINT.fullmatch(head[0])
    if hint:
        return hint[1]

    def score(delimiter: str) -> tuple[int, int]:
        # Line by line, because a delimiter that is wrong for the file may see quotes that are none.
        rows = list(_line_by_line(head, delimiter))
        width, regular = Counter(len(row) for row in rows).most_common(1)[0]
        return judge(rows), regular if width > 1 else 0

    return max(_DELIMITERS, key=score)


def _is_spaced(line: str, delimiter: str) -> bool:
    """Whether quotes open after a delimiter and a space, as in ``a, "b, c"``."""
    return f'{delimiter} "' in line


def _reader(lines: Iterable[str], delimiter: str, spaced: bool, *, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=spaced)


def _quotes_are_sound(lines: Iterable[str], delimiter: str, spaced: bool) -> bool:
    """Whether every quote that opens a cell closes it, so that no quote can swallow the rows up to the next one."""
    try:
        for _ in _reader(lines, delimiter, spaced, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _line_by_line(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Take each physical line as a row of its own; quotes count only in lines where they are sound."""
    for line in lines:
        try:
            yield next(_reader((line,), delimiter, _is_spaced(line, delimiter), strict=True), [])
        except csv.Error:
            yield [_unquoted(cell) for cell in line.rstrip("\r\n").split(delimiter)]


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
