"""Cells far down that say more than the first rows did: the layout must be the same with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stkr.capture.layout import Layout
from stkr.capture.layout.cells import is_constant
from stkr.capture.layout.unit_column import may_come_to_hold_units
from stkr.domain.errors import CountFileError
from stkr.tabular.sheet import SAMPLE_ROWS, Block, Row
from stkr.tabular.text import visible

FindWith = Callable[[Sequence[Row]], Layout]
"""Finds the layout from the first rows and these further ones."""


def provisional_columns(rows: Sequence[Sequence[str]], width: int) -> dict[int, frozenset[str]]:
    """See ``Layout``; the cells are as they stand, and a blank is always among them."""
    provisional: dict[int, frozenset[str]] = {}
    for index in range(max(width, max(map(len, rows), default=0))):
        cells = [row[index] for row in rows if index < len(row)]
        texts = [visible(cell) for cell in cells]
        if may_come_to_hold_units(texts) or is_constant(list(filter(None, texts))):
            provisional[index] = frozenset(("", *cells))
    return provisional


def checked_to_the_end(layout: Layout, blocks: Iterable[Block], find_with: FindWith) -> Iterator[Block]:
    """Pass rows on, and check the layout against those that say more than the first rows did.

    :raises CountFileError: when the columns would be others with such rows.
    """
    usual = len(layout.captions)
    seen_cells = {index: set(cells) for index, cells in layout.provisional.items()}
    late: list[Row] = []
    for block in blocks:
        if not _says_nothing_new(block.rows, usual, seen_cells):
            for number, cells in zip(*block, strict=True):
                new = _new(cells, usual, seen_cells)
                if new and number > layout.header and not layout.repeats_header(cells):
                    late.append((number, list(cells)))
                    for index in new:
                        seen_cells.setdefault(index, {""}).add(cells[index])
                    if len(late) == SAMPLE_ROWS:
                        _refuse_if_other(layout, late, find_with)
                        late.clear()
                        # Stop collecting once a column has as many distinct cells as the first sample.
                        seen_cells = {index: seen for index, seen in seen_cells.items() if len(seen) < SAMPLE_ROWS}
        yield block
    if late:
        _refuse_if_other(layout, late, find_with)


def _says_nothing_new(rows: Sequence[Sequence[str]], usual: int, seen_cells: Mapping[int, set[str]]) -> bool:
    """Whether every cell of these rows was seen before, as in nearly all blocks."""
    if max(map(len, rows)) > usual:
        return False
    return all(seen.issuperset(row[index] for row in rows if index < len(row)) for index, seen in seen_cells.items())


def _new(cells: Sequence[str], usual: int, seen_cells: Mapping[int, set[str]]) -> list[int]:
    new = [index for index, seen in seen_cells.items() if index < len(cells) and cells[index] not in seen]
    return new + [index for index in range(usual, len(cells)) if visible(cells[index])]


def _refuse_if_other(layout: Layout, late: Sequence[Row], find_with: FindWith) -> None:
    with_late = find_with(late)
    if _of_the_count(with_late) != _of_the_count(layout):
        raise CountFileError(
            f"from row {late[0][0]} on there are cells in columns that were empty before, and they may be of the "
            "count: add a header row with sku, counted_qty and unit, or delete what is none of these"
        )


def _of_the_count(layout: Layout) -> tuple[object, ...]:
    return layout.codes, layout.quantity, layout.unit, layout.remarks
