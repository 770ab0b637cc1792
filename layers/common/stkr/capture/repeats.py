"""Which equal rows are one count repeated: only those that are equal in every cell that could tell them apart.

Two pallets of a hundred, two sizes of one style or two people on one shelf make equal quantities of one item in one
place. So rows are a repeat only if every other cell is equal, too, except what stands for the row itself: a line
number, the id of a scan, a time moments later. Anything else that differs is asked about, and the column is named.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from stkr.capture.counted_table import CountedTable
from stkr.capture.layout.captions import caption_or_number
from stkr.capture.layout.cells import folded_cell, is_serial, numbers_the_rows
from stkr.capture.observations import AreaBin, ObservationsBySku, RowObservation, table_and_row
from stkr.tabular.text import visible, words

ONE_LOOK = timedelta(minutes=5)
"""Equal counts of one shelf that are no further apart are one count, scanned or sent twice."""

NotRepeats = Mapping[tuple[str, AreaBin], str]
"""By SKU and place, why equal rows are not one count repeated."""

_OF_THE_ROW = frozenset("line row seq sequence index uuid guid record scan sync entry zeile ligne".split())
# These alone may number tags and pallets, too.
_NUMBERS = frozenset("id nr no number serial".split())
_CLOCK = re.compile(
    r"(?P<day>.*?)[T ]?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?\s*(?P<half>[ap]m)?"
)
# Without any mark, as in 20180129133250.
_STAMP = re.compile(r"(?P<day>(?:19|20)\d{6})(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?")
_EPOCH = re.compile(r"1\d{9}(?P<milliseconds>\d{3})?")
_SHOWN = 20

_Group = list[int]
"""The rows of one table that give one item, place and quantity."""


def not_repeats(observations_by_sku: ObservationsBySku, tables: Mapping[int, CountedTable]) -> NotRepeats:
    """The items whose equal rows in one place may be different counts; only their cells are read once more."""
    groups: dict[int, list[tuple[str, AreaBin, _Group]]] = defaultdict(list)
    for sku, observations in observations_by_sku.items():
        if len(observations) > 1:
            for area_bin, index, rows in _equal_rows(observations, tables):
                groups[index].append((sku, area_bin, rows))
    problems: dict[tuple[str, AreaBin], str] = {}
    for index, groups_of_table in groups.items():
        problems |= _problems(tables[index], groups_of_table)
    return problems


def _problems(table: CountedTable, groups: Sequence[tuple[str, AreaBin, _Group]]) -> dict[tuple[str, AreaBin], str]:
    cells_of = dict(table.sheet.pick({row for _, _, rows in groups for row in rows}))
    columns = _telling_columns(table, max(map(len, cells_of.values())))
    quantity = table.layout.quantity
    problems: dict[tuple[str, AreaBin], str] = {}
    for sku, area_bin, (first, *others) in groups:
        for other in others:
            # One unit in each row is a scan, and two scans are two units, however soon after each other.
            is_unit = quantity is not None and folded_cell(cells_of[first], quantity) == "1"
            look = timedelta() if is_unit else ONE_LOOK
            column = _differing_column(columns, cells_of[first], cells_of[other], look)
            if column is not None:
                shown = [_shown(cells_of[row], column) for row in (first, other)]
                name = caption_or_number(table.layout.captions, column)
                problems[sku, area_bin] = (
                    f"{sku} has equal counts in rows {first} and {other} that differ in {name} ({shown[0]} and "
                    f"{shown[1]}), so that they may be one count or two: add them up in one row if both are there, "
                    "give each its own bin, or delete one"
                )
                break
    return problems


def _shown(cells: Sequence[str], column: int) -> str:
    return (visible(cells[column])[:_SHOWN] if column < len(cells) else "") or "empty"


def _equal_rows(
    observations: Sequence[RowObservation], tables: Mapping[int, CountedTable]
) -> Iterator[tuple[AreaBin, int, _Group]]:
    """Rows of one table that give one item in one place; what adds up, or is said to be repeats, is left out."""
    by_place: dict[tuple[AreaBin, int], list[int]] = {}
    for area_bin, _, key in observations:
        index, row = table_and_row(key)
        if not (tables[index].rows_add_up or tables[index].equal_rows_repeat):
            by_place.setdefault((area_bin, index), []).append(row)
    for (area_bin, index), rows in by_place.items():
        if len(rows) > 1:
            yield area_bin, index, rows


def _telling_columns(table: CountedTable, width: int) -> list[int]:
    """The columns that tell rows apart: all that neither were used nor stand for the row itself."""
    layout = table.layout
    # Two barcodes beside one SKU may be two variants of it.
    codes = layout.codes if len(layout.codes) == 1 else ()
    used = {*codes, layout.quantity, layout.unit, layout.bin, layout.location}
    sample = [cells for number, cells in table.sheet.sample() if number > layout.header]
    telling: list[int] = []
    for index in range(width):
        if index in used:
            continue
        column = [text for cells in sample if index < len(cells) and (text := visible(cells[index]))]
        title = frozenset(words(layout.captions[index])) if index < len(layout.captions) else frozenset()
        of_the_row = bool(title & _OF_THE_ROW) and title <= _OF_THE_ROW | _NUMBERS
        # Tags, pallets and tickets are numbered as well: only 1, 2, 3 or a padded serial is sure to number the rows,
        # and only where no title speaks of a thing.
        numbered = bool(column) and title <= _NUMBERS and (is_serial(column) or numbers_the_rows(column))
        if not (of_the_row or numbered):
            telling.append(index)
    return telling


def _differing_column(columns: Sequence[int], one: Sequence[str], other: Sequence[str], look: timedelta) -> int | None:
    """The first column that tells two rows apart."""
    return next(
        (
            index
            for index in columns
            if (cell := folded_cell(one, index)) != (other_cell := folded_cell(other, index))
            and not _of_one_look(cell, other_cell, look)
        ),
        None,
    )


def _of_one_look(cell: str, other: str, look: timedelta) -> bool:
    """Whether two cells are times of one look at a shelf."""
    times = _seconds(cell), _seconds(other)
    if times[0] is None or times[1] is None or times[0][0] != times[1][0]:
        return False
    return abs(times[0][1] - times[1][1]) <= look.total_seconds()


def _seconds(cell: str) -> tuple[str, int] | None:
    """The day as it is written and the second of the day; for an epoch no day and the second of the epoch."""
    stamp = _STAMP.fullmatch(cell)
    if stamp:
        return stamp["day"], int(stamp["hour"]) * 3600 + int(stamp["minute"]) * 60 + int(stamp["second"] or 0)
    epoch = _EPOCH.fullmatch(cell)
    if epoch:
        return "", int(cell[:10])
    clock = _CLOCK.fullmatch(cell)
    if clock is None:
        return None
    hour = int(clock["hour"]) % 12 + (12 if clock["half"] == "pm" else 0) if clock["half"] else int(clock["hour"])
    return clock["day"], hour * 3600 + int(clock["minute"]) * 60 + int(clock["second"] or 0)
