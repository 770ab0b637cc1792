"""One file by itself: its rows as observed quantities, blanks and parked rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from stkr.capture.codes import Codebook, Found, Match, Unmatched
from stkr.capture.fixes import Fix, Fixes
from stkr.capture.headers import heading
from stkr.capture.layout import Layout, NotACount, columns_of, find_layout, is_header
from stkr.capture.quantities import SCANNED, ZERO, Amount, Unread, in_eaches, read_amount
from stkr.capture.result import Correction, ParkedRow, Reason, Sighting, Trouble, UploadedFile
from stkr.capture.tallies import Key, Tallies, place
from stkr.errors import CountFileError
from stkr.stock import Snapshot
from stkr.tabular.sheet import Row, Sheet, cell_name, has_content
from stkr.tabular.words import folded, visible


@dataclass(frozen=True, slots=True)
class Source:
    """One table of one file, named as a person finds it. ``index`` orders the sources of a session."""

    index: int
    name: str
    area: str
    sheet: Sheet
    layout: Layout

    def parked(
        self, row: int, cells: Sequence[str], troubles: Sequence[Trouble], skus: tuple[str, ...] = ()
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
class Reading:
    """What one file says, before it meets the others. ``read`` counts all data rows.

    ``fixed`` are the fixes that were used, with the rows they were used on.
    """

    sources: list[Source]
    tallies: Tallies = field(default_factory=Tallies)
    parked: list[ParkedRow] = field(default_factory=list)
    read: int = 0
    blank: int = 0
    fixed: list[tuple[Fix, Correction]] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether it says anything about the shelf; rows that were left blank do not."""
        return self.read > self.blank


Watch = Callable[[Iterable[Row]], Iterable[Row]]
"""Passes rows on unchanged, one by one, so that a person can be shown how far a long file is read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose tables are open; they are numbered from ``first_index`` on."""

    file: UploadedFile
    sheets: tuple[Sheet, ...]
    first_index: int


def read_file(opened: Opened, codebook: Codebook, snapshot: Snapshot, fixes: Fixes, watch: Watch = iter) -> Reading:
    """Read one file.

    :raises CountFileError: when it cannot be read as a whole.
    """
    reading = Reading(_sources(opened, codebook, snapshot.location))
    places = _Places(snapshot)
    for source in reading.sources:
        judge = _RowJudge(source, codebook, places)
        _read_source(source, reading, judge, fixes.of(source.name), watch)
    return reading


def _sources(opened: Opened, codebook: Codebook, location: str) -> list[Source]:
    """The tables that are counts. A workbook may hold others beside them; a file without any is refused."""
    found: list[Source] = []
    refusal = CountFileError("the file is empty")
    name, sheets = opened.file.name, opened.sheets
    for index, sheet in enumerate(sheets, opened.first_index):
        sample = sheet.sample()
        if not sample:
            continue
        try:
            layout = find_layout(sample, codebook, location)
        except NotACount as error:
            refusal = error
            continue
        table = name if len(sheets) == 1 else f"{name} [{sheet.name}]"
        found.append(Source(index, table, opened.file.area, sheet, layout))
    if len(found) > 1:
        # Notes of a line or two look like scans of unknown codes; beside a real count they are notes.
        found = [source for source in found if source.layout.header or _knows_any(source, codebook)] or found
    if not found:
        raise refusal
    return found


def _knows_any(source: Source, codebook: Codebook) -> bool:
    column = source.layout.codes[0]
    return any(codebook.knows(cells[column]) for _, cells in source.sheet.sample() if column < len(cells))


@dataclass(frozen=True, slots=True)
class _Troubled:
    """A row that is to be parked."""

    troubles: tuple[Trouble, ...]
    skus: tuple[str, ...] = ()


_Verdict = tuple[Key, Decimal] | _Troubled | None
"""A quantity of a SKU in a place, trouble, or ``None`` for a row that counts nothing."""


def _read_source(source: Source, reading: Reading, judge: "_RowJudge", fixes: Mapping[int, Fix], watch: Watch) -> None:
    header, width = source.layout.header, source.layout.width
    scans = _Scans() if source.layout.quantity is None else None
    for number, cells in watch(source.sheet.rows()):
        if number <= header:
            continue
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))  # noqa: PLW2901 - a short row lacks only its last cells
        fix = fixes.get(number) if fixes else None
        verdict = judge.judge(cells, number) if fix is None else _judge_fixed(source, reading, judge, fix, cells)
        if isinstance(verdict, tuple):
            key, quantity = verdict
            if scans is None:
                reading.tallies.see(key, (quantity, place(source.index, number)))
            else:
                scans.add(key, quantity, place(source.index, number))
        elif verdict is not None:
            reading.parked.append(source.parked(number, cells, verdict.troubles, verdict.skus))
        elif has_content(cells) and not source.layout.repeats_header(cells):
            reading.blank += 1
        else:
            continue
        reading.read += 1
    if scans is not None:
        scans.hand_over(reading.tallies)


def _judge_fixed(source: Source, reading: Reading, judge: "_RowJudge", fix: Fix, cells: Sequence[str]) -> _Verdict:
    """Judge a row as a person says it is right, provided that it is still the row they saw."""
    if not fix.is_about(*columns_of(source.layout, cells)):
        return judge.judge(cells, fix.row)
    correction = Correction(Sighting(source.name, fix.row), fix.at, fix.right_code, fix.right_quantity)
    reading.fixed.append((fix, correction))
    if fix.skips:
        return None
    verdict = judge.judge(cells, fix.row, fix)
    if not isinstance(verdict, _Troubled):
        return verdict
    after = f" (after the fix in {fix.at.file} row {fix.at.row})"
    return replace(verdict, troubles=tuple(replace(one, detail=one.detail + after) for one in verdict.troubles))


class _Scans:
    """Rows of one unit each, which add up to one observation that all of them share."""

    def __init__(self) -> None:
        self._sums: dict[Key, Decimal] = {}
        self._places: dict[Key, list[int]] = {}

    def add(self, key: Key, quantity: Decimal, where: int) -> None:
        """One more scan."""
        self._sums[key] = self._sums.get(key, ZERO) + quantity
        self._places.setdefault(key, []).append(where)

    def hand_over(self, tallies: Tallies) -> None:
        """The sums, seen at every scan."""
        for key, places in self._places.items():
            for where in places:
                tallies.see(key, (self._sums[key], where))


class _Places:
    """What the bin and location columns of a row say about where it was counted."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._name = snapshot.location
        self._here = folded(snapshot.location)
        self._others = {folded(row.location) for row in snapshot.elsewhere.values()} - {self._here, ""}
        self._folded: dict[str, str] = {}

    def bin_of(self, layout: Layout, cells: Sequence[str]) -> str:
        """The bin of a row, folded; a location column that does not name the session's location is part of it."""
        bin_name = self._fold(cells[layout.bin]) if layout.bin is not None else ""
        if layout.location is None:
            return bin_name
        name = self._fold(cells[layout.location])
        return bin_name if name in ("", self._here) else f"{name} {bin_name}".rstrip()

    def stray(self, layout: Layout, cells: Sequence[str], number: int) -> Trouble | None:
        """Why a row is not part of this count, where it names another location that the system knows."""
        if layout.location is None or self._fold(cells[layout.location]) not in self._others:
            return None
        name = cells[layout.location].strip()
        detail = f"the row was counted at {name}, but this count is of {self._name}: upload it to a count of {name}"
        return Trouble(Reason.CONFLICTING_COUNTS, detail, cell_name(number, layout.location))

    def _fold(self, cell: str) -> str:
        known = self._folded.get(cell)
        if known is None:
            known = self._folded[cell] = folded(cell)
        return known


class _RowJudge:
    """Tells what a single row is."""

    def __init__(self, source: Source, codebook: Codebook, places: _Places) -> None:
        self._source = source
        self._layout = layout = source.layout
        self._area = folded(source.area)
        self._codebook = codebook
        self._places = places if layout.bin is not None or layout.location is not None else None
        self._found = _code_reader(layout, codebook)
        self._amount = _amount_reader(layout)

    def judge(self, cells: Sequence[str], number: int, fix: Fix | None = None) -> _Verdict:
        """Tell what a row is; where a person has fixed it, what they say takes the place of its cells.

        :raises CountFileError: when the row is the header of another table, whose rows would be misread.
        """
        amount = (fix and fix.amount) or self._amount(cells)
        if amount is None:
            return None
        found = (fix and fix.found) or self._found(cells)
        stray = self._places.stray(self._layout, cells, number) if self._places else None
        if isinstance(found, Match) and isinstance(amount, Amount) and stray is None:
            quantity = amount.eaches if amount.whole and found.pack is None else in_eaches(amount, found)
            if isinstance(quantity, Decimal):
                bin_name = self._places.bin_of(self._layout, cells) if self._places else ""
                return (found.stock.sku, self._area, bin_name), quantity
            amount = quantity
        elif isinstance(found, Unmatched) and self._is_header_again(cells, number):
            return None
        return self._troubled(cells, number, found, stray, amount)

    def _troubled(
        self, cells: Sequence[str], number: int, found: Found, stray: Trouble | None, amount: Amount | Unread
    ) -> _Troubled:
        """All that is wrong with a row at once, in the order a person reads it."""
        troubles = [stray] if stray else []
        skus: tuple[str, ...] = ()
        if isinstance(found, Match):
            # A row of another location says nothing about whether the item was counted here.
            skus = () if stray else (found.stock.sku,)
        else:
            skus = found.skus
            troubles.insert(0, Trouble(found.reason, found.detail, cell_name(number, self._code_column(cells))))
        if isinstance(amount, Unread):
            troubles.append(Trouble(amount.reason, amount.detail, self._source.count_cell(number)))
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


def _code_reader(layout: Layout, codebook: Codebook) -> Callable[[Sequence[str]], Found]:
    first = layout.codes[0]
    if len(layout.codes) > 1:
        return lambda cells: codebook.find_together(tuple(cells[index] for index in layout.codes))
    return lambda cells: codebook.find(cells[first])


def _amount_reader(layout: Layout) -> Callable[[Sequence[str]], Amount | Unread | None]:
    quantity, unit = layout.quantity, layout.unit
    if quantity is None:
        return lambda cells: SCANNED if has_content(cells) else None
    if unit is None:
        return lambda cells: read_amount(cells[quantity])
    return lambda cells: read_amount(cells[quantity], cells[unit])
