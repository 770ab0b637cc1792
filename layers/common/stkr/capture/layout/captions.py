"""Columns as messages name them: by title, or by number."""

from collections import Counter
from collections.abc import Sequence

from stkr.tabular.text import folded, visible


def caption(titles: Sequence[str], index: int) -> str:
    """A column's title as it is spelled; empty where it has none."""
    return visible(titles[index]) if index < len(titles) else ""


def caption_or_number(titles: Sequence[str], index: int) -> str:
    """A column by its title, or as ``column 3`` where it has none."""
    return caption(titles, index) or f"column {index + 1}"


def listed(titles: Sequence[str], indexes: Sequence[int]) -> str:
    """Columns for a message, with their numbers where their titles are equal."""
    times_used = Counter(caption(titles, index) for index in indexes)

    def shown(index: int) -> str:
        title = caption(titles, index)
        if not title:
            return caption_or_number(titles, index)
        return f"{title!r} (column {index + 1})" if times_used[title] > 1 else repr(title)

    return ", ".join(map(shown, indexes))


def trimmed_titles(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells folded, without the empty ones at the end."""
    titles = [folded(cell) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    return tuple(titles)
