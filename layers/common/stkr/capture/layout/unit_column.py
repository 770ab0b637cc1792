"""Which unit the count is in: the column that says so, by its title or by its cells, and what the count's title says.

A unit that is lost makes a wrong figure of every case. So a column whose cells are units is one whatever its title, and
words that we do not know in it park their rows.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import folded_cell, is_count
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.capture.quantities import is_unit
from stkr.capture.questions import FileUnclear, question_about
from stkr.domain.question import QuestionKind
from stkr.domain.units import is_container, mentions_unit, unit_named
from stkr.headings.titles import Heading, Role
from stkr.headings.unit_words import is_unit_of_its_row
from stkr.tabular.text import visible, words

_COUNTING = frozenset({"count", "counted", "counting"})
_OTHER_PURPOSE = frozenset(
    "purchase purchasing purchased buying sales sale sell selling sold order ordering ordered supplier vendor price "
    "pricing priced cost weight dimension dimensions length volume currency per by".split()
)
"""Words in the titles of units that are not those of the count, as in *Purchase unit* or *Sold by*."""

_ABOUT_THE_ITEM = frozenset(
    "category categories department group class family brand collection name description desc colour color tags "
    "variant variation size option model style bezeichnung beschreibung kategorie categoria libelle nombre "
    "omschrijving".split()
)
# Words that are units only in a column of units: yes and no, sizes, parts of a car.
_DOUBTFUL = frozenset(
    "no in un u st s m l t g nos nr item items single singles unit units und car pal set pair display".split()
)
_PLACE_WORDS = frozenset("shelf aisle rack floor store room bin zone area fridge freezer regal lager".split())
_REMARKS = frozenset(
    "remark remarks comment comments note notes memo info bemerkung bemerkungen anmerkung hinweis kommentar notiz "
    "observacion observaciones nota notas remarque remarques commentaire commentaires opmerking opmerkingen "
    "osservazioni "
    "kommentarer bemaerkning".split()
)
# As in "Case of 12", "Case (12 ea)" and CS12; "Box 12" may be a place, and a 12-pack is an item of its own.
_SIZED = re.compile(
    r"(?P<unit>[^\W\d_]+)\.?(?:\s*(?:[/x*\u00d7(@-]|of\b|\u00e0|per\b|de\b|von\b|je\b)\s*)?\d+(?:[^\d].*)?",
    re.IGNORECASE,
)
_LONGEST_UNIT = 20
_MAY_BE_ABOVE = 3
"""Rows of titles and of lines above them, where neither is known for such."""

_FEW = 12


def unit_column(table: HeadedSample, count: int, answered: str = "") -> int | None:
    """The column of the unit that was counted in, where an export names that of stock, too.

    :param count: the column of the count.
    :param answered: the unit as a person says it, which settles what is not certain; empty where nobody does.
    :raises FileUnclear: where several are named and differ.
    """
    titled = [index for index in table.columns(Role.UNIT) if not _is_for_another_purpose(table, index)]
    candidates = titled + [index for index in _by_content(table) if index not in titled and index != count]
    counting = [index for index in candidates if _COUNTING & set(words(_title(table, index)))]
    filled = _filled(table.rows, counting or candidates)
    if len(set(filled.values())) <= 1:
        return next(iter(filled), candidates[0] if candidates else None)
    beside = _beside_the_count(table, list(filled), count)
    if beside is None and not answered:
        raise FileUnclear(
            f"cannot tell which unit was counted in: {listed(table.titles, list(filled))}. Delete the others",
            question_about(QuestionKind.UNIT, table.titles, {index: table.cells(index) for index in filled}),
        )
    return beside


def unit_columns_by_content(rows: Sequence[Sequence[str]], width: int, code: int, answered: str = "") -> list[int]:
    """The columns of units where there is no header; of several, all say the same.

    :param answered: the unit as a person says it, so that columns that differ do not count; empty where nobody does.
    :raises FileUnclear: where they differ.
    """
    columns = {
        index: [visible(row[index]) for row in rows if index < len(row)] for index in range(width) if index != code
    }
    # The first rows may be of titles that we do not know for such, and of lines above them.
    units = [
        index
        for index, cells in columns.items()
        if any(holds_some_units(cells[above:]) for above in range(min(len(cells), _MAY_BE_ABOVE + 1)))
    ]
    if len(set(_filled(rows, units).values())) <= 1:
        return units
    if answered:
        return []
    raise FileUnclear(
        f"cannot tell which unit was counted in: {listed((), units)}. Add a header row with sku, counted_qty and unit",
        question_about(QuestionKind.UNIT, (), {index: columns[index] for index in units}),
    )


def _title(table: HeadedSample, index: int) -> str:
    return table.titles[index] if index < len(table.titles) else ""


def _is_for_another_purpose(table: HeadedSample, index: int) -> bool:
    title = set(words(_title(table, index)))
    return bool(_OTHER_PURPOSE & title) and not _COUNTING & title


def _by_content(table: HeadedSample) -> list[int]:
    """The columns whose cells are units, whatever their titles."""
    return [
        index
        for index in range(table.width)
        if not _is_for_another_purpose(table, index)
        and _may_hold_units(table.heading(index), _title(table, index))([visible(cell) for cell in table.cells(index)])
    ]


def _may_hold_units(heading: Heading | None, title: str) -> Callable[[Sequence[str]], bool]:
    """How sure the cells of a column have to be of units, which depends on what its title says."""
    said = set(words(title))
    if heading is not None and (heading.role not in (Role.OTHER, Role.QUANTITY) or _ABOUT_THE_ITEM & said):
        return _holds_nothing_but_units
    return holds_units if _REMARKS & said else holds_some_units


def _filled(rows: Sequence[Sequence[str]], candidates: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Those of the columns that have any content, with the units that their cells name."""
    columns = {index: tuple(_unit_of(folded_cell(row, index)) for row in rows) for index in candidates}
    return {index: column for index, column in columns.items() if any(column)}


def _unit_of(cell: str) -> str:
    return unit_named(cell) or cell


def _beside_the_count(table: HeadedSample, candidates: Sequence[int], count: int) -> int | None:
    """Where each number has its unit on the same side of it, the one beside the count."""
    numbers = [
        index
        for index in range(table.width)
        if index not in candidates and any(is_count(cell) for cell in table.cells(index) if visible(cell))
    ]
    for step in (1, -1):
        if count + step in candidates and all(index - step in numbers for index in candidates):
            return count + step
    return None


def holds_units(cells: Sequence[str]) -> bool:
    """Whether most of the cells that have content name a unit, and not all of those may mean something else."""
    filled = [cell for cell in cells if cell]
    units = [cell for cell in filled if _is_unit_word(cell)]
    return len(units) * 2 > len(filled) and not all(map(_is_doubtful, units))


def holds_some_units(cells: Sequence[str]) -> bool:
    """Whether most cells are units, or there are few short words and at least one of them is a unit."""
    filled = [cell for cell in cells if cell]
    kinds = {cell.casefold() for cell in filled}
    if holds_units(filled):
        return True
    if not kinds or len(kinds) > _FEW or any(len(kind) > _LONGEST_UNIT for kind in kinds):
        return False
    said = {word for kind in kinds for word in words(kind)}
    if said & _PLACE_WORDS or any(kind.isdecimal() for kind in kinds) or not all(map(_is_short, kinds)):
        return False
    # A bundle may be a kind of item; a case or a piece is a unit.
    return any(
        (is_unit(kind) or _SIZED.fullmatch(kind)) and _is_unit_word(kind) and not _is_doubtful(kind) for kind in kinds
    )


def _holds_nothing_but_units(cells: Sequence[str]) -> bool:
    """Whether the cells are units of several kinds and nothing else."""
    filled = [cell for cell in cells if cell]
    kinds = {unit_named(cell.casefold()) for cell in filled if not _is_doubtful(cell)}
    return len(kinds) > 1 and all(map(_is_unit_word, filled))


def _is_short(cell: str) -> bool:
    """Whether a cell is one word, or one with a size."""
    return len(words(cell.partition("(")[0])) <= 1 or _SIZED.fullmatch(cell) is not None


@lru_cache(maxsize=4096)
def _is_unit_word(cell: str) -> bool:
    if not mentions_unit(cell):
        return False
    if is_unit(cell) or is_container(_word(cell)):
        return True
    sized = _SIZED.fullmatch(cell)
    return sized is not None and is_container(_word(sized["unit"]))


def _is_doubtful(cell: str) -> bool:
    return _word(cell) in _DOUBTFUL


def _word(cell: str) -> str:
    return cell.casefold().rstrip(".")


def may_come_to_hold_units(cells: Sequence[str]) -> bool:
    """Whether later rows may show that a column is one of units: it is empty so far, or has few short words."""
    filled = [cell for cell in cells if cell]
    kinds = {cell.casefold() for cell in filled}
    return holds_units(filled) or (
        len(kinds) <= _FEW
        and all(len(kind) <= _LONGEST_UNIT and _is_short(kind) and not kind.isdecimal() for kind in kinds)
    )


def remark_columns(table: HeadedSample, used: Sequence[int | None]) -> tuple[int, ...]:
    """The columns left aside in which a cell that is nothing but a unit would be said of its row's count."""
    return tuple(
        index
        for index in range(table.width)
        if index not in used
        and not _is_for_another_purpose(table, index)
        and (
            _REMARKS & set(words(_title(table, index)))
            or (table.heading(index) is None and any(map(is_unit_of_its_row, table.cells(index))))
        )
    )
