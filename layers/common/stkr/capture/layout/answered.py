"""The column that a person says is the count: it has to be there, and it has to hold numbers."""

import re
from collections.abc import Sequence

from stkr.capture.layout import NotACount
from stkr.capture.layout.captions import caption_or_number, listed
from stkr.capture.layout.cells import is_figure
from stkr.domain.errors import CountFileError
from stkr.tabular.text import folded, visible

_NUMBER = re.compile(r"(?:column)?(\d{1,4})")
_LETTERS = re.compile(r"[a-z]{1,2}")
_ALPHABET = 26
_MOST_NAMED = 20


def answered_column(name: str, titles: Sequence[str], width: int) -> int:
    """The index of the column that is meant, by its title, its number or its letter.

    :param titles: the header's cells; empty where the table has no header.
    :raises CountFileError: where there is no such column, or there are several.
    """
    titled = [index for index, title in enumerate(titles) if folded(title) == folded(name)]
    numbered = _numbered(folded(name))
    if len(titled) > 1:
        raise CountFileError(
            f"several columns are called {visible(name)!r}: say which by its number, such as column {titled[0] + 1}"
        )
    if titled and (numbered in (None, titled[0]) or _LETTERS.fullmatch(folded(name))):
        return titled[0]
    if titled:
        raise CountFileError(
            f"{visible(name)!r} is the title of column {titled[0] + 1} and the number of another: say which by letter"
        )
    if numbered is not None and numbered < width:
        return numbered
    known = [index for index, title in enumerate(titles) if visible(title)][:_MOST_NAMED]
    columns = f"the columns are {listed(titles, known)}" if known else f"there are {width} columns, and no header"
    # In a workbook, such a sheet may stand beside the count.
    raise NotACount(f"there is no column {visible(name)!r} to take the count from: {columns}")


def names_column(name: str, titles: Sequence[str]) -> bool:
    """Whether an answer is one of these titles."""
    return bool(name) and folded(name) in map(folded, titles)


def refuse_unless_numbers(titles: Sequence[str], index: int, cells: Sequence[str], codes: Sequence[int]) -> None:
    """Refuse an answer that cannot be right.

    :param cells: those of the column; it may be empty as far as was looked.
    :raises CountFileError: where the column is that of the codes, or mostly of words.
    """
    name = caption_or_number(titles, index)
    if index in codes:
        raise CountFileError(f"{name!r} cannot be the count, because it holds the codes: name the column of the count")
    filled = [cell for cell in cells if visible(cell)]
    if sum(map(is_figure, filled)) * 2 < len(filled):
        raise CountFileError(
            f"{name!r} cannot be the count, because it holds no numbers ({', '.join(map(visible, filled[:3]))}): "
            "name the column of the count"
        )


def _numbered(name: str) -> int | None:
    number = _NUMBER.fullmatch(name)
    if number:
        return int(number[1]) - 1 if int(number[1]) else None
    if not _LETTERS.fullmatch(name):
        return None
    index = 0
    for letter in name:
        index = index * _ALPHABET + ord(letter) - ord("a") + 1
    return index - 1
