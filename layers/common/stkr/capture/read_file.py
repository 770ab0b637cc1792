"""One file by itself: its tables are found, and their rows become observed quantities, blanks and parked rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from stkr.capture.codes import Codebook
from stkr.capture.counted_table import CountedTable
from stkr.capture.device_corrections import is_command, is_keyed_quantity
from stkr.capture.flags import FlagColumns
from stkr.capture.layout import Layout, NotACount
from stkr.capture.layout.cells import folded_cell
from stkr.capture.layout.find import find_layout
from stkr.capture.layout.late_cells import checked_to_the_end
from stkr.capture.layout.said_unit import refuse_unit_below
from stkr.capture.observations import AreaBin, RowObservation, row_key, scans_added_up
from stkr.capture.quantities import is_unit
from stkr.capture.questions import NO_ANSWERS, Answers, EqualRows
from stkr.capture.read_fix_sheet import Fix, Fixes
from stkr.capture.result import Correction, ParkedRow, Reason, RowTrouble, UploadedFile
from stkr.capture.row_judge import RowJudge, RowToPark, RowVerdict
from stkr.capture.times import Clock, Moment, clock_of, window_of
from stkr.capture.wrong_place import OtherPlaces, refuse_items_of_another_place
from stkr.domain.alias import RowRef
from stkr.domain.counted import ClockDoubt
from stkr.domain.errors import CountFileError
from stkr.domain.stock import Snapshot
from stkr.headings.titles import heading
from stkr.tabular.sheet import Block, Row, Sheet, has_content
from stkr.tabular.text import folded, visible, words

_STRAY_ONE_IN = 5
"""More than one short number in so many scans is no slip."""


@dataclass(slots=True)
class FileReading:
    """What one file says, before it meets the others.

    ``corrections`` are the fixes that were used, with the rows they were used on; ``passed_over`` are sheets without a
    count. ``moments`` say when rows were counted, by row key, as far as the rows say so. ``flags`` are the columns that
    may take rows back, table by table.
    """

    tables: list[CountedTable]
    flags: list[FlagColumns] = field(default_factory=list)
    observations: dict[str, list[RowObservation]] = field(default_factory=lambda: defaultdict(list))
    parked: list[ParkedRow] = field(default_factory=list)
    blank: int = 0
    corrections: list[tuple[Fix, Correction]] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()
    moments: dict[int, Moment | ClockDoubt] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """How many data rows there are."""
        return sum(map(len, self.observations.values())) + self.blank + len(self.parked)

    @property
    def counts_anything(self) -> bool:
        """Whether it says anything about the shelf; rows that were left blank do not."""
        return bool(self.observations or self.parked or self.corrections)


WatchBlocks = Callable[[Iterable[Block]], Iterable[Block]]
"""Passes blocks of rows on unchanged, so that a person can be shown how far a long file is read."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file whose tables are open; they are numbered from ``first_index`` on. ``answers`` are about all of them."""

    file: UploadedFile
    sheets: tuple[Sheet, ...]
    first_index: int
    answers: Answers = NO_ANSWERS


def read_file(
    opened: OpenedFile, codebook: Codebook, snapshot: Snapshot, fixes: Fixes, watch: WatchBlocks = iter
) -> FileReading:
    """Read one file.

    :raises CountFileError: when it cannot be read as a whole.
    """
    tables = _counted_tables(opened, codebook, snapshot)
    counted = {table.index for table in tables}
    others = (sheet for index, sheet in enumerate(opened.sheets, opened.first_index) if index not in counted)
    passed_over = tuple(f"{opened.file.name} [{sheet.name}]" for sheet in others if sheet.sample())
    reading = FileReading(tables, passed_over=passed_over)
    for table in tables:
        find_with = partial(_layout_with, table, codebook, snapshot, opened.answers)
        blocks = checked_to_the_end(table.layout, table.sheet.blocks(), find_with)
        judge = RowJudge(table, codebook, snapshot)
        _read_table(table, reading, judge, fixes.of_file(table.name), watch(blocks), OtherPlaces(snapshot))
        _refuse_quantities_among_scans(table, reading)
    if not any(_says_it_is_of_here(table, snapshot) for table in tables):
        refuse_items_of_another_place(reading.observations.keys(), snapshot)
    return reading


def _says_it_is_of_here(table: CountedTable, snapshot: Snapshot) -> bool:
    """Whether a column of locations names this one."""
    column, here = table.layout.location, folded(snapshot.location)
    return column is not None and any(
        folded_cell(cells, column) == here for number, cells in table.sheet.sample() if number > table.layout.header
    )


def _refuse_quantities_among_scans(table: CountedTable, reading: FileReading) -> None:
    """Some scanners write a barcode and its quantity on alternate lines; such a list is no list of single scans."""
    if table.layout.quantity is not None:
        return
    short_numbers = [
        row
        for row in reading.parked
        if row.file == table.name and row.reason is Reason.UNKNOWN_CODE and is_keyed_quantity(row.code)
    ]
    rows = len(short_numbers) + sum(map(len, reading.observations.values()))
    if len(short_numbers) * _STRAY_ONE_IN > rows:
        first = short_numbers[0]
        further = f" and {len(short_numbers) - 1} more like it" if len(short_numbers) > 1 else ""
        raise CountFileError(
            f"row {first.row} ({visible(first.code)}){further}: quantities between codes, not scans of one unit each. "
            "Put each quantity beside its code"
        )


def _layout_with(
    table: CountedTable, codebook: Codebook, snapshot: Snapshot, answers: Answers, late: Sequence[Row]
) -> Layout:
    return find_layout([*table.sheet.sample(), *late], codebook, snapshot.location, answers)


def _counted_tables(opened: OpenedFile, codebook: Codebook, snapshot: Snapshot) -> list[CountedTable]:
    """The tables that are counts. A workbook may hold others beside them; a file without any is refused."""
    tables: list[CountedTable] = []
    other_places = OtherPlaces(snapshot)
    refusal = CountFileError("the file is empty")
    file, sheets = opened.file, opened.sheets
    for index, sheet in enumerate(sheets, opened.first_index):
        sample = sheet.sample()
        if not sample:
            continue
        try:
            layout = find_layout(sample, codebook, snapshot.location, opened.answers)
            _refuse_answered_unit(layout, opened.answers.unit)
            _refuse_other_location(layout, snapshot)
            for number, cells in sample:
                if number < layout.header:
                    other_places.refuse_line(number, cells)
        except NotACount as error:
            refusal = error
            continue
        name = file.name if len(sheets) == 1 else f"{file.name} [{sheet.name}]"
        clock = _clock(layout, sample, file, snapshot)
        adds_up = layout.quantity is None or opened.answers.equal_rows is EqualRows.ADD
        tables.append(
            CountedTable(
                index=index,
                name=name,
                file=file,
                sheet=sheet,
                layout=layout,
                clock=clock,
                rows_add_up=adds_up,
                equal_rows_repeat=opened.answers.equal_rows is EqualRows.SAME,
            )
        )
    if len(tables) > 1:
        # Notes of a line or two look like scans of unknown codes; beside a real count they are notes.
        tables = [table for table in tables if table.layout.header or _knows_any(table, codebook)] or tables
    if not tables:
        raise refusal
    return tables


def _refuse_answered_unit(layout: Layout, unit: str) -> None:
    if unit and not is_unit(unit):
        raise CountFileError(f"{unit!r} is no unit that we know: say each, cases, or the item's measure, such as m")
    if unit and layout.quantity is None:
        raise CountFileError(f"there is no count to be in {unit!r}: every row is one scan")


def _clock(layout: Layout, sample: Iterable[Row], file: UploadedFile, snapshot: Snapshot) -> Clock | None:
    window = window_of(snapshot, file.uploaded_at)
    if window is None:
        return None
    return clock_of((layout.time_cells(cells) for number, cells in sample if number > layout.header), window)


def _refuse_other_location(layout: Layout, snapshot: Snapshot) -> None:
    """An export may have a column for each location, and only that of another one may be filled in."""
    title = layout.captions[layout.quantity] if layout.header and layout.quantity is not None else ""
    meaning = heading(title)
    if meaning is None or not meaning.place or meaning.place == words(snapshot.location):
        return
    other = next((row.location for row in snapshot.elsewhere.values() if words(row.location) == meaning.place), None)
    if other:
        raise CountFileError(
            f"{title.strip()!r} is a count of {other}, but this count is of {snapshot.location}: "
            f"upload it to a count of {other}"
        )


def _knows_any(table: CountedTable, codebook: Codebook) -> bool:
    column = table.layout.codes[0]
    return any(codebook.knows(cells[column]) for _, cells in table.sheet.sample() if column < len(cells))


def _read_table(
    table: CountedTable,
    reading: FileReading,
    judge: RowJudge,
    fixes: Mapping[int, Fix],
    blocks: Iterable[Block],
    other_places: OtherPlaces,
) -> None:
    first_key = row_key(table.index, 0)
    observations = defaultdict(list) if table.rows_add_up else reading.observations
    flags = FlagColumns(table)
    reading.flags.append(flags)
    for block in blocks:
        flags.note(block)
        if table.clock:
            _note_moments(table, table.clock, reading, block)
        for sku, quantity, area_bin, number, cells in judge.plainly(_data(block, table.layout)):
            fix = fixes.get(number) if fixes else None
            # Nearly every row is as plain as can be, and this is all that is done for it.
            if sku is not None and quantity is not None and area_bin is not None and fix is None:
                observations[sku].append((area_bin, quantity, first_key + number))
                continue
            other_places.refuse_section(number, cells)
            verdict = (
                judge.judge(cells, number, area_bin)
                if fix is None
                else _judge_fixed(table, reading, judge, fix, cells, area_bin)
            )
            if isinstance(verdict, tuple):
                observations[verdict[0]].append((verdict[1], verdict[2], first_key + number))
            elif verdict is not None:
                reading.parked.append(table.parked(number, cells, verdict.troubles, verdict.skus))
            elif _is_blank(table.layout, cells, number, struck_out=fix is not None and fix.skips):
                _note_blank(table, reading, number, cells, is_item=sku is not None or fix is not None)
    if table.rows_add_up:
        for sku, added_up in scans_added_up(observations).items():
            reading.observations[sku] += added_up


def _note_blank(table: CountedTable, reading: FileReading, number: int, cells: Sequence[str], *, is_item: bool) -> None:
    """A row without a count says nothing, unless it is a scanner's command, which is about the row before it."""
    if is_item or not is_command(table.layout.code_and_quantity(cells)[0]):
        reading.blank += 1
        return
    detail = "it seems to take a row back: strike both out, or recount the item"
    reading.parked.append(table.parked(number, cells, [RowTrouble(Reason.UNKNOWN_CODE, detail)]))


def _is_blank(layout: Layout, cells: Sequence[str], number: int, *, struck_out: bool) -> bool:
    """Whether a row that counts nothing has content of its own.

    :raises CountFileError: when it says something of the other rows' counts.
    """
    layout.refuse_without_recount(cells)
    if cells.count("") == len(cells) - 1 and not layout.counted_in and not struck_out:
        refuse_unit_below(cells, number)
    return has_content(cells) and not layout.repeats_header(cells)


def _note_moments(table: CountedTable, clock: Clock, reading: FileReading, block: Block) -> None:
    first_key, time_cells = row_key(table.index, 0), table.layout.time_cells
    moments = ((first_key + number, clock.moment(time_cells(cells))) for number, cells in zip(*block, strict=True))
    reading.moments.update((key, moment) for key, moment in moments if moment is not None)


def _data(block: Block, layout: Layout) -> Block:
    """The rows below the header, each with a cell in every column of the layout."""
    if block.numbers[0] <= layout.header:
        above = sum(number <= layout.header for number in block.numbers)
        block = Block(block.numbers[above:], block.rows[above:])
    width = layout.width
    if min(map(len, block.rows), default=width) < width:
        # A short row lacks only its last cells.
        return Block(block.numbers, [cells + [""] * (width - len(cells)) for cells in block.rows])
    return block


def _judge_fixed(
    table: CountedTable,
    reading: FileReading,
    judge: RowJudge,
    fix: Fix,
    cells: Sequence[str],
    area_bin: AreaBin | None,
) -> RowVerdict:
    """Judge a row as a person says it is right, provided that it is still the row they saw."""
    if not fix.is_about(*table.layout.code_and_quantity(cells)):
        return judge.judge(cells, fix.row, area_bin)
    correction = Correction(RowRef(table.name, fix.row), fix.at, fix.right_code, fix.right_quantity)
    reading.corrections.append((fix, correction))
    if fix.skips:
        return None
    verdict = judge.judge(cells, fix.row, area_bin, fix)
    if not isinstance(verdict, RowToPark):
        return verdict
    after = f" (after the fix in {fix.at.file} row {fix.at.row})"
    return replace(
        verdict, troubles=tuple(replace(trouble, detail=trouble.detail + after) for trouble in verdict.troubles)
    )
