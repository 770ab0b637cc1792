"""Which rows are not the same count repeated: columns that tell equal counts apart, and would be overlooked."""

from collections.abc import Iterable, Sequence

from stkr.capture.layout import Layout
from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import folded_cell
from stkr.domain.errors import CountFileError
from stkr.tabular.sheet import Row


def refuse_merged(layout: Layout, rows: Iterable[Row]) -> None:
    """Equal counts of two lots, or of two shelves beside the bin, are not one count repeated.

    :raises CountFileError: naming the column that would be overlooked.
    """
    if not layout.telling_apart:
        return
    key = [index for index in (*layout.codes, layout.bin, layout.location, layout.quantity) if index is not None]
    counted = (
        cells
        for number, cells in rows
        if number > layout.header and layout.quantity is not None and folded_cell(cells, layout.quantity)
    )
    overlooked = differing_column(counted, key, layout.telling_apart)
    if overlooked is not None:
        raise CountFileError(
            f"rows that differ only in {listed(layout.captions, [overlooked])} would be taken for one count, repeated: "
            "add them up to one row, or tell them apart in a column named bin"
        )


def differing_column(rows: Iterable[Sequence[str]], key: Sequence[int], others: Sequence[int]) -> int | None:
    """One of the other columns that changes while all those of the key stay the same; empty cells change nothing."""
    first_cells: dict[int, dict[tuple[str, ...], str]] = {other: {} for other in others}
    for row in rows:
        key_cells = tuple(folded_cell(row, index) for index in key)
        for other, first_cell in first_cells.items():
            cell = folded_cell(row, other)
            if cell and first_cell.setdefault(key_cells, cell) != cell:
                return other
    return None
