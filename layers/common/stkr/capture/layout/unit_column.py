"""Which unit the count is in: the column that says so, by its title or by its content."""

from collections.abc import Sequence

from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import folded_cell, is_case_unit
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.capture.quantities import is_unit
from stkr.domain.errors import CountFileError
from stkr.headings.titles import Role
from stkr.tabular.text import words

_COUNTING = frozenset({"count", "counted", "counting"})


def unit_column(table: HeadedSample) -> int | None:
    """The unit that was counted in, where an export names that of stock or of purchase, too.

    :raises CountFileError: where several are named and differ, or one may stand under a title we do not know.
    """
    candidates = table.columns(Role.UNIT)
    if not candidates:
        _refuse_unknown_unit(table)
        return None
    counting = [index for index in candidates if _COUNTING & set(words(table.titles[index]))]
    filled = _filled(table, counting or candidates)
    if len(set(filled.values())) > 1:
        raise CountFileError(
            f"cannot tell which unit was counted in: {listed(table.titles, list(filled))}. Delete the others"
        )
    return next(iter(filled), candidates[0])


def _refuse_unknown_unit(table: HeadedSample) -> None:
    for index in range(table.width):
        if table.heading(index) is None:
            column = [cell for row in table.rows if (cell := folded_cell(row, index))]
            if holds_units(column) and any(map(is_case_unit, column)):
                raise CountFileError(
                    f"cannot tell whether {listed(table.titles, [index])} is the unit that was counted in: "
                    "name it unit if it is, or delete it"
                )


def _filled(table: HeadedSample, candidates: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Those of the columns that have any content, with their folded cells."""
    columns = {index: tuple(folded_cell(row, index) for row in table.rows) for index in candidates}
    return {index: column for index, column in columns.items() if any(column)}


def holds_units(column: Sequence[str]) -> bool:
    """Whether most of the cells that have content name a unit."""
    return sum(map(is_unit, column)) * 2 > len(column)
