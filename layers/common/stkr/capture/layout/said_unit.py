"""The unit that is said of all counts at once: by the count's title, or by a line above the header."""

from collections.abc import Sequence

from stkr.capture.layout.captions import caption, listed
from stkr.capture.layout.cells import number_in
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.capture.questions import FileUnclear, question_about
from stkr.domain.errors import CountFileError
from stkr.domain.question import QuestionKind
from stkr.domain.units import EACH, unit_named
from stkr.headings.titles import Heading, OtherRank, Role, heading
from stkr.headings.unit_words import UNCLEAR, is_pack_size, is_unit_alone, unit_in_line, unit_in_title
from stkr.tabular.sheet import Row
from stkr.tabular.text import visible, words

_CASES = Heading(Role.OTHER, OtherRank.CASES_BESIDE)
_LONGEST_SHOWN = 60
_WHAT_TO_DO = "Say in a column named unit what each number counts (ea, box, case), or count in single units"


def said_unit(
    table: HeadedSample, above: Sequence[Row], count: int, unit: int | None, location: str, answered: str = ""
) -> str:
    """The word for the unit of the count, empty for none.

    :param above: the rows above the header.
    :param unit: the column of units, if there is one; single units that a title names are said to contradict it.
    :param location: of the session; its name in a title is no unit.
    :param answered: the unit as a person says it, which settles what is not certain; empty where nobody does.
    :raises FileUnclear: where something is said of the unit, but not what.
    :raises CountFileError: where two things are said.
    """
    title = caption(table.titles, count)
    of_title = unit_in_title(title)
    here = set(words(location))
    if of_title == UNCLEAR and here and here <= set(words(title)):
        of_title = unit_in_title(" ".join(word for word in words(title) if word not in here))
    if answered:
        of_line = answered
        of_title = "" if of_title == UNCLEAR else of_title
    elif of_title == UNCLEAR:
        raise _unclear(table, count, f"cannot tell what {listed(table.titles, [count])} counts in. {_WHAT_TO_DO}")
    else:
        of_line = _unit_above(table, above, count) or _unit_below_title(table, count)
    if of_title and of_line and unit_named(of_title) != unit_named(of_line):
        raise CountFileError(
            f"{listed(table.titles, [count])} names another unit than {of_line}, which the counts are said to be in: "
            "give the unit in one place only"
        )
    return unit_of_counts(of_title or of_line, unit)


def unit_of_counts(said: str, unit: int | None) -> str:
    """The word for a unit that is said of all counts; single units are what numbers mean by themselves.

    :param unit: the column of units, if there is one; single units are said to contradict it.
    """
    return "" if unit is None and unit_named(said) == EACH else said


def _unclear(table: HeadedSample, count: int, problem: str) -> FileUnclear:
    return FileUnclear(problem, question_about(QuestionKind.UNIT, table.titles, {count: table.cells(count)}))


def refuse_unit_below(cells: Sequence[str], number: int) -> None:
    """A note below the table may say what its counts are in, as *All quantities in cases*.

    :param cells: of a row with one filled cell.

    :raises CountFileError: when a row is such a note.
    """
    line = visible("".join(cells))
    if unit_in_line(line):
        raise CountFileError(
            f"row {number} ({line[:_LONGEST_SHOWN]}) seems to say what the counts above it are in. {_WHAT_TO_DO}, "
            "and delete the row"
        )


def _unit_above(table: HeadedSample, above: Sequence[Row], count: int) -> str:
    for number, cells in above:
        filled = [index for index, cell in enumerate(cells) if visible(cell)]
        # A note is often cut where it has a comma.
        line = " ".join(visible(cells[index]) for index in filled)
        said = _over(cells, filled, count) or unit_in_line(line)
        if said == UNCLEAR:
            raise _unclear(
                table,
                count,
                f"cannot tell whether row {number} ({line[:_LONGEST_SHOWN]}) says what the counts are in. "
                f"{_WHAT_TO_DO}",
            )
        if said:
            return said
    return ""


def _over(cells: Sequence[str], filled: Sequence[int], count: int) -> str:
    """The unit in the cell over the count's title, or to the left of it where cells are merged."""
    left = [index for index in filled if index <= count]
    if not left or left[-1] == 0:
        return ""
    title = visible(cells[left[-1]])
    return unit_in_title(title) if is_unit_alone(title) or heading(title) == _CASES else ""


def _unit_below_title(table: HeadedSample, count: int) -> str:
    """The unit in the first row below the header, where that names no item."""
    for row in table.rows[:1]:
        cell = visible(row[count]) if count < len(row) else ""
        if is_unit_alone(cell) and row not in table.rows_with_code():
            return " ".join(words(cell))
    return ""


def pack_size_columns(table: HeadedSample, count: int) -> tuple[int, ...]:
    """The columns of numbers that say how many a case or pack holds."""
    return tuple(
        index
        for index, title in enumerate(table.titles)
        if index != count and is_pack_size(title) and any(number_in(cell) is not None for cell in table.cells(index))
    )
