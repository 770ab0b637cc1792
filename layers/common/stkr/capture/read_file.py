"""One file by itself: its rows as observed quantities, blanks and parked rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Generic, TypeVar

from stkr.capture.codes import Codebook, CodeMatch, Match, Unmatched
from stkr.capture.fixes import Fix, Fixes
from stkr.capture.layout import Layout, NotACount, columns_of, find_layout, in_full, is_header, refuse_merged
from stkr.capture.observations import Observation, Where, added_up, place
from stkr.capture.quantities import (
    SCANNED,
    Amount,
    Unread,
    in_eaches,
    read_amount,
    settled,
    typed_in_eaches,
    writes_three_places,
)
from stkr.capture.result import Correction, ParkedRow, Reason, RowTrouble, UploadedFile
from stkr.capture.times import Clock, Moment, clock_of, window_of
from stkr.domain.alias import RowRef
from stkr.domain.counted import ClockDoubt
from stkr.domain.errors import CountFileError
from stkr.domain.exact import ONE
from stkr.domain.stock import Snapshot
from stkr.headings.titles import heading
from stkr.tabular.sheet import Block, Row, Sheet, cell_name, has_content
from stkr.tabular.text import folded, visible, words


@dataclass(frozen=True, slots=True)
class Source:
    """One table of one file, named as a person finds it. ``index`` orders the sources of a session; ``clock`` tells
    when its rows were counted, if their times can be relied on.
    """

    index: int
    name: str
    file: UploadedFile
    sheet: Sheet
    layout: Layout
    clock: Clock | None = None

    def parked(
        self, row: int, cells: Sequence[str], troubles: Sequence[RowTrouble], skus: tuple[str, ...] = ()
    ) -> ParkedRow:
        """A row of this table, set aside."""
        code, quantity = columns_of(self.layout, cells)
        first, *others = troubles
        return ParkedRow(
            self.name, row, code, quantity, first.reason, first.detail, tuple(cells), skus, first.cell, tuple(others)
        )

    def count_cell(self, row: int) -> str:
        """The name of the cell that holds a row's count; where every row is one scan, its code is its count."""
        quantity = self.layout.quantity
        return cell_name(row, self.layout.codes[0] if quantity is None else quantity)


@dataclass(slots=True)
class FileReading:
    """What one file says, before it meets the others.

    ``fixed`` are the fixes that were used, with the rows they were used on; ``passed_over`` are sheets without a count.
    ``moments`` tell when rows were counted, by their place, as far as they say so.
    """

    sources: list[Source]
    tallies: dict[str, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    parked: list[ParkedRow] = field(default_factory=list)
    blank: int = 0
    fixed: list[tuple[Fix, Correction]] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()
    moments: dict[int, Moment | ClockDoubt] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """How many data rows there are."""
        return sum(map(len, self.tallies.values())) + self.blank + len(self.parked)

    @property
    def counts(self) -> bool:
        """Whether it says anything about the shelf; rows that were left blank do not."""
        return bool(self.tallies or self.parked or self.fixed)


WatchBlocks = Callable[[Iterable[Block]], Iterable[Block]]
"""Passes blocks of rows on unchanged, so that a person can be shown how far a long file is read."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file whose tables are open; they are numbered from ``first_index`` on."""

    file: UploadedFile
    sheets: tuple[Sheet, ...]
    first_index: int


def read_file(
    opened: OpenedFile, codebook: Codebook, snapshot: Snapshot, fixes: Fixes, watch: WatchBlocks = iter
) -> FileReading:
    """Read one file.

    :raises CountFileError: when it cannot be read as a whole.
    """
    sources = _sources(opened, codebook, snapshot)
    counted = {source.index for source in sources}
    others = (sheet for index, sheet in enumerate(opened.sheets, opened.first_index) if index not in counted)
    passed_over = tuple(f"{opened.file.name} [{sheet.name}]" for sheet in others if sheet.sample())
    reading = FileReading(sources, passed_over=passed_over)
    for source in reading.sources:
        blocks = in_full(source.layout, source.sheet.blocks(), partial(_told_with, source, codebook, snapshot))
        judge = _RowJudge(source, codebook, _Places(source, snapshot))
        _read_source(source, reading, judge, fixes.of(source.name), watch(blocks))
    return reading


def _told_with(source: Source, codebook: Codebook, snapshot: Snapshot, more: Sequence[Row]) -> Layout:
    return find_layout([*source.sheet.sample(), *more], codebook, snapshot.location)


def _sources(opened: OpenedFile, codebook: Codebook, snapshot: Snapshot) -> list[Source]:
    """The tables that are counts. A workbook may hold others beside them; a file without any is refused."""
    found: list[Source] = []
    refusal = CountFileError("the file is empty")
    name, sheets = opened.file.name, opened.sheets
    for index, sheet in enumerate(sheets, opened.first_index):
        sample = sheet.sample()
        if not sample:
            continue
        try:
            layout = find_layout(sample, codebook, snapshot.location)
            _refuse_other_location(layout, snapshot)
            refuse_merged(layout, sheet.rows())
        except NotACount as error:
            refusal = error
            continue
        table = name if len(sheets) == 1 else f"{name} [{sheet.name}]"
        found.append(Source(index, table, opened.file, sheet, layout, _clock(layout, sample, opened.file, snapshot)))
    if len(found) > 1:
        # Notes of a line or two look like scans of unknown codes; beside a real count they are notes.
        found = [source for source in found if source.layout.header or _knows_any(source, codebook)] or found
    if not found:
        raise refusal
    return found


def _clock(layout: Layout, sample: Iterable[Row], file: UploadedFile, snapshot: Snapshot) -> Clock | None:
    window = window_of(snapshot, file.uploaded_at)
    if window is None:
        return None
    return clock_of((layout.times_of(cells) for number, cells in sample if number > layout.header), window)


def _refuse_other_location(layout: Layout, snapshot: Snapshot) -> None:
    """An export may have a column for each location, and only that of another one may be filled in."""
    title = layout.captions[layout.quantity] if layout.header and layout.quantity is not None else ""
    known = heading(title)
    if known is None or not known.place or known.place == words(snapshot.location):
        return
    other = next((row.location for row in snapshot.elsewhere.values() if words(row.location) == known.place), None)
    if other:
        raise CountFileError(
            f"{title.strip()!r} is a count of {other}, but this count is of {snapshot.location}: "
            f"upload it to a count of {other}"
        )


def _knows_any(source: Source, codebook: Codebook) -> bool:
    column = source.layout.codes[0]
    return any(codebook.knows(cells[column]) for _, cells in source.sheet.sample() if column < len(cells))


@dataclass(frozen=True, slots=True)
class _Troubled:
    """A row that is to be parked."""

    troubles: tuple[RowTrouble, ...]
    skus: tuple[str, ...] = ()


_Verdict = tuple[str, Where, Decimal] | _Troubled | None
"""SKU, where, and quantity in eaches; or trouble; or ``None`` for a row that counts nothing."""


def _read_source(
    source: Source, reading: FileReading, judge: "_RowJudge", fixes: Mapping[int, Fix], blocks: Iterable[Block]
) -> None:
    base = place(source.index, 0)
    scans = source.layout.quantity is None
    tallies = defaultdict(list) if scans else reading.tallies
    for block in blocks:
        if source.clock:
            _note_moments(source, source.clock, reading, block)
        for sku, quantity, where, number, cells in judge.plainly(_data(block, source.layout)):
            fix = fixes.get(number) if fixes else None
            # Nearly every row is as plain as can be, and this is all that is done for it.
            if sku is not None and quantity is not None and where is not None and fix is None:
                tallies[sku].append((where, quantity, base + number))
                continue
            verdict = (
                judge.judge(cells, number, where)
                if fix is None
                else _judge_fixed(source, reading, judge, fix, cells, where)
            )
            if isinstance(verdict, tuple):
                tallies[verdict[0]].append((verdict[1], verdict[2], base + number))
            elif verdict is not None:
                reading.parked.append(source.parked(number, cells, verdict.troubles, verdict.skus))
            else:
                source.layout.refuse_without_recount(cells)
                if has_content(cells) and not source.layout.repeats_header(cells):
                    reading.blank += 1
    if scans:
        for sku, observations in added_up(tallies).items():
            reading.tallies[sku] += observations


def _note_moments(source: Source, clock: Clock, reading: FileReading, block: Block) -> None:
    base, times_of = place(source.index, 0), source.layout.times_of
    moments = ((base + number, clock.moment(times_of(cells))) for number, cells in zip(*block, strict=True))
    reading.moments.update((at, moment) for at, moment in moments if moment is not None)


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
    source: Source, reading: FileReading, judge: "_RowJudge", fix: Fix, cells: Sequence[str], where: Where | None
) -> _Verdict:
    """Judge a row as a person says it is right, provided that it is still the row they saw."""
    if not fix.is_about(*columns_of(source.layout, cells)):
        return judge.judge(cells, fix.row, where)
    correction = Correction(RowRef(source.name, fix.row), fix.at, fix.right_code, fix.right_quantity)
    reading.fixed.append((fix, correction))
    if fix.skips:
        return None
    verdict = judge.judge(cells, fix.row, where, fix)
    if not isinstance(verdict, _Troubled):
        return verdict
    after = f" (after the fix in {fix.at.file} row {fix.at.row})"
    return replace(verdict, troubles=tuple(replace(one, detail=one.detail + after) for one in verdict.troubles))


class _Places:
    """What the bin and location columns of a row say about where it was counted."""

    def __init__(self, source: Source, snapshot: Snapshot) -> None:
        self._layout = source.layout
        self._area = folded(source.file.area)
        self._name = snapshot.location
        self._here = folded(snapshot.location)
        self._others = {folded(row.location) for row in snapshot.elsewhere.values()} - {self._here, ""}

    def where(self, location: str, bin_name: str = "") -> Where | None:
        """The area and the bin of a row; ``None`` where its location is another one that the system knows.

        A location that is neither this one nor known is a part of the bin's name.
        """
        named = folded(location)
        if named in self._others:
            return None
        return self._area, " ".join(filter(None, ("" if named == self._here else named, folded(bin_name))))

    def stray(self, cells: Sequence[str], number: int) -> RowTrouble | None:
        """Why a row is not part of this count, where it names another location that the system knows."""
        column = self._layout.location
        if column is None or folded(cells[column]) not in self._others:
            return None
        name = cells[column].strip()
        detail = f"the row was counted at {name}, but this count is of {self._name}: upload it to a count of {name}"
        return RowTrouble(Reason.CONFLICTING_COUNTS, detail, cell_name(number, column))


_Answer = TypeVar("_Answer")


class _Answers(Generic[_Answer]):
    """What some cells of a row mean, if that is plain; worked out once for all cells that say the same."""

    def __init__(
        self, columns: Iterable[int | None], work_out: Callable[[Sequence[Any]], Iterable[_Answer | None]]
    ) -> None:
        """``work_out`` is given a cell of each row, or a tuple of cells where there are several columns."""
        there = [column for column in columns if column is not None]
        self.cells_of: Callable[[Sequence[str]], Any] = itemgetter(*there) if there else _nothing
        self._work_out = work_out
        self._known: dict[Any, _Answer | None] = {}

    def of(self, rows: Sequence[Sequence[str]]) -> Iterator[_Answer | None]:
        """The answer for each row."""
        cells = list(map(self.cells_of, rows))
        new = list(set(cells).difference(self._known))
        self._known.update(zip(new, self._work_out(new), strict=True))
        return map(self._known.__getitem__, cells)


def _nothing(_: Sequence[str]) -> str:
    return ""


def _whole(amount: Amount | Unread | None) -> Decimal | None:
    """A plain number, which means the same whatever unit an item is held in."""
    return amount.eaches if isinstance(amount, Amount) and amount.bare and not amount.eaches % 1 else None


def _single(found: CodeMatch) -> str | None:
    """The SKU that a code names, where it is not the barcode of a case."""
    return found.stock.sku if isinstance(found, Match) and found.pack is None else None


class _RowJudge:
    """Tells what a single row is."""

    def __init__(self, source: Source, codebook: Codebook, places: _Places) -> None:
        self._source = source
        self._layout = source.layout
        self._codebook = codebook
        self._places = places
        layout = source.layout
        if len(layout.codes) > 1:
            self._skus = _Answers[str](
                layout.codes, lambda new: [_single(codebook.find_together(cells)) for cells in new]
            )
        else:
            self._skus = _Answers(layout.codes, lambda new: map(_single, codebook.find_all(new)))
        if layout.quantity is None:
            self._quantities = _Answers[Decimal]((), lambda new: [ONE for _ in new])
        elif layout.unit is None:
            self._quantities = _Answers((layout.quantity,), lambda new: [_whole(read_amount(cell)) for cell in new])
        else:
            both = (layout.quantity, layout.unit)
            self._quantities = _Answers(both, lambda new: [_whole(read_amount(*cells)) for cells in new])
        if layout.location is None:
            self._wheres = _Answers[Where]((layout.bin,), lambda bins: [places.where("", name) for name in bins])
        else:
            self._wheres = _Answers(
                (layout.location, layout.bin),
                lambda new: [places.where(*([cells] if layout.bin is None else cells)) for cells in new],
            )

    def plainly(self, block: Block) -> Iterator[tuple[str | None, Decimal | None, Where | None, int, list[str]]]:
        """Each row with its SKU, its quantity in eaches and its place as far as they are plain, and its number.

        There is no plain answer for what takes a closer look: a case barcode, a unit, a number that is not whole.
        """
        numbers, rows = block
        return zip(self._skus.of(rows), self._quantities.of(rows), self._wheres.of(rows), numbers, rows, strict=True)

    def judge(self, cells: Sequence[str], number: int, where: Where | None, fix: Fix | None = None) -> _Verdict:
        """Tell what a row is; where a person has fixed it, what they say takes the place of its cells.

        :raises CountFileError: when the row is the header of another table, whose rows would be misread.
        """
        typed = fix and fix.amount
        amount = typed or self._amount(cells)
        if amount is None:
            return None
        found = (fix and fix.found) or self._found(cells)
        if isinstance(found, Unmatched):
            if self._is_header_again(cells, number):
                return None
        elif where is not None:
            quantity = typed_in_eaches(typed, found) if typed else self._quantity(amount, found)
            if isinstance(quantity, Decimal):
                return found.stock.sku, where, quantity
            amount = quantity
        return self._troubled(cells, number, found, amount)

    def _found(self, cells: Sequence[str]) -> CodeMatch:
        code = self._skus.cells_of(cells)
        return self._codebook.find(code) if isinstance(code, str) else self._codebook.find_together(code)

    def _amount(self, cells: Sequence[str]) -> Amount | Unread | None:
        layout = self._layout
        if layout.quantity is None:
            return SCANNED if has_content(cells) else None
        return read_amount(cells[layout.quantity], "" if layout.unit is None else cells[layout.unit])

    def _quantity(self, amount: Amount | Unread, match: Match) -> Decimal | Unread:
        if isinstance(amount, Amount):
            return in_eaches(amount, match)
        return settled(amount, match) if amount.if_decimal and self._writes_three_places else amount

    @cached_property
    def _writes_three_places(self) -> bool:
        column = self._layout.quantity
        rows = self._source.sheet.rows()
        return column is not None and writes_three_places(
            cells[column] for number, cells in rows if number > self._layout.header and column < len(cells)
        )

    def _troubled(self, cells: Sequence[str], number: int, found: CodeMatch, amount: Amount | Unread) -> _Troubled:
        """All that is wrong with a row at once, in the order a person reads it."""
        stray = self._places.stray(cells, number)
        troubles = [stray] if stray else []
        skus: tuple[str, ...] = ()
        if isinstance(found, Match):
            # A row of another location says nothing about whether the item was counted here.
            skus = () if stray else (found.stock.sku,)
        else:
            skus = found.skus
            troubles.insert(0, RowTrouble(found.reason, found.detail, cell_name(number, self._code_column(cells))))
        if isinstance(amount, Unread):
            troubles.append(RowTrouble(amount.reason, amount.detail, self._source.count_cell(number)))
        return _Troubled(tuple(troubles), skus)

    def _code_column(self, cells: Sequence[str]) -> int:
        codes = self._layout.codes
        return next((index for index in codes if visible(cells[index])), codes[0])

    def _is_header_again(self, cells: Sequence[str], number: int) -> bool:
        layout = self._layout
        if heading(cells[layout.codes[0]]) is None:
            return False
        if layout.repeats_header(cells):
            return True
        if is_header(cells, self._codebook):
            raise CountFileError(f"a second table begins at row {number}: save the tables as files of their own")
        return False
