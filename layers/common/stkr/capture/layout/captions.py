"""Columns as messages name them: by title, or by number."""

from collections import Counter
from collections.abc import Sequence

from stkr.capture.layout.headed_sample import HeadedSample
from stkr.tabular.text import folded, visible

_LONGEST_SHOWN = 20
_SHOWN_CELLS = 3


def caption(titles: Sequence[str], index: int) -> str:
    """A column's title as it is spelled; empty where it has none."""
    return visible(titles[index]) if index < len(titles) else ""


def caption_or_number(titles: Sequence[str], index: int) -> str:
    """A column by its title, or as ``column 3`` where it has none."""
    return caption(titles, index) or f"column {index + 1}"


def listed(titles: Sequence[str], indexes: Sequence[int]) -> str:
    """Columns for a message, with their numbers where their titles are equal."""
    return ", ".join(_names(titles, indexes))


def listed_with_cells(table: HeadedSample, indexes: Sequence[int]) -> str:
    """Columns for a message, each with its first few cells, by which people know them."""
    named: list[str] = []
    for index, name in zip(indexes, _names(table.titles, indexes), strict=True):
        filled = [text[:_LONGEST_SHOWN] for cell in table.cells(index) if (text := visible(cell))]
        named.append(f"{name} ({', '.join(filled[:_SHOWN_CELLS])})" if filled else name)
    return ", ".join(named)


def _names(titles: Sequence[str], indexes: Sequence[int]) -> list[str]:
    times_used = Counter(caption(titles, index) for index in indexes)

    def shown(index: int) -> str:
        title = caption(titles, index)
        if not title:
            return caption_or_number(titles, index)
        return f"{title!r} (column {index + 1})" if times_used[title] > 1 else repr(title)

    return [shown(index) for index in indexes]


def trimmed_titles(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells folded, without the empty ones at the end."""
    titles = [folded(cell) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    return tuple(titles)
