"""One file by itself: its rows as observed quantities, blanks and parked rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stkr.capture.codes import Codebook, Found, Unmatched
from stkr.capture.headers import heading
from stkr.capture.layout import Layout, NotACount, columns_of, find_layout, is_header, judge_rows
from stkr.capture.quantities import SCANNED, ZERO, Amount, Unread, in_eaches, read_amount
from stkr.capture.result import ParkedRow, Reason, UploadedFile
from stkr.capture.tallies import Key, Tallies, place
from stkr.errors import CountFileError
from stkr.stock import Snapshot
from stkr.tabular.files import open_tables
from stkr.tabular.sheet import Row, Sheet, has_content
from stkr.tabular.words import folded


@dataclass(frozen=True, slots=True)
class Source:
    """One table of one file, named as a person finds it. ``index`` orders the sources of a session."""

    index: int
    name: str
    sheet: Sheet
    layout: Layout

    def parked(self, row: int, cells: Sequence[str], reason: Reason, detail: str, skus: tuple[str, ...]) -> ParkedRow:
        """A row of this table, set aside."""
        code, quantity = columns_of(self.layout, cells)
        return ParkedRow(self.name, row, code, quantity, reason, detail, tuple(cells), skus)


@dataclass(slots=True)
class Reading:
    """What one file says, before it meets the others. ``read`` counts all data rows."""

    sources: list[Source]
    tallies: Tallies = field(default_factory=Tallies)
    parked: list[ParkedRow] = field(default_factory=list)
    read: int = 0
    blank: int = 0


Watch = Callable[[Iterable[Row]], Iterable[Row]]
"""Passes rows on unchanged, one by one, so that a person can be shown how far a long file is read."""


def read_file(
    file: UploadedFile, codebook: Codebook, snapshot: Snapshot, first_index: int = 0, watch: Watch = iter
) -> Reading:
    """Read one file; its tables are numbered from ``first_index``.

    :raises CountFileError: when it cannot be read as a whole.
    """
    sheets = open_tables(file.name, file.content, lambda rows: judge_rows(rows, codebook))
    reading = Reading(_sources(file.name, sheets, codebook, snapshot.location, first_index))
    places = _Places(snapshot)
    for source in reading.sources:
        _read_source(source, reading, _RowJudge(source.layout, codebook, places), watch)
    return reading


def _sources(name: str, sheets: Sequence[Sheet], codebook: Codebook, location: str, first_index: int) -> list[Source]:
    """The tables that are counts. A workbook may hold others beside them; a file without any is refused."""
    found: list[Source] = []
    refusal = CountFileError("the file is empty")
    for index, sheet in enumerate(sheets, first_index):
        sample = sheet.sample()
        if not sample:
            continue
        try:
            layout = find_layout(sample, codebook, location)
        except NotACount as error:
            refusal = error
            continue
        found.append(Source(index, name if len(sheets) == 1 else f"{name} [{sheet.name}]", sheet, layout))
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
class _Problem:
    reason: Reason
    detail: str
    skus: tuple[str, ...] = ()


def _read_source(source: Source, reading: Reading, judge: "_RowJudge", watch: Watch) -> None:
    header, width = source.layout.header, source.layout.width
    scans = _Scans() if source.layout.quantity is None else None
    for number, cells in watch(source.sheet.rows()):
        if number <= header:
            continue
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))  # noqa: PLW2901 - a short row lacks only its last cells
        verdict = judge.judge(cells, number)
        if isinstance(verdict, tuple):
            key, quantity = verdict
            if scans is None:
                reading.tallies.see(key, (quantity, place(source.index, number)))
            else:
                scans.add(key, quantity, place(source.index, number))
        elif verdict is not None:
            reading.parked.append(source.parked(number, cells, verdict.reason, verdict.detail, verdict.skus))
        elif has_content(cells) and not source.layout.repeats_header(cells):
            reading.blank += 1
        else:
            continue
        reading.read += 1
    if scans is not None:
        scans.hand_over(reading.tallies)


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

    def stray(self, layout: Layout, cells: Sequence[str]) -> _Problem | None:
        """Why a row is not part of this count, where it names another location that the system knows."""
        if layout.location is None or self._fold(cells[layout.location]) not in self._others:
            return None
        name = cells[layout.location].strip()
        detail = f"the row was counted at {name}, but this count is of {self._name}: upload it to a count of {name}"
        return _Problem(Reason.CONFLICTING_COUNTS, detail)

    def _fold(self, cell: str) -> str:
        known = self._folded.get(cell)
        if known is None:
            known = self._folded[cell] = folded(cell)
        return known


class _RowJudge:
    """Tells what a single row is."""

    def __init__(self, layout: Layout, codebook: Codebook, places: _Places) -> None:
        self._layout = layout
        self._codebook = codebook
        self._places = places if layout.bin is not None or layout.location is not None else None
        self._found = _code_reader(layout, codebook)
        self._amount = _amount_reader(layout)

    def judge(self, cells: Sequence[str], number: int) -> tuple[Key, Decimal] | _Problem | None:
        """A quantity of a SKU in a bin, a problem, or ``None`` for a row that counts nothing.

        :raises CountFileError: when the row is the header of another table, whose rows would be misread.
        """
        amount = self._amount(cells)
        if amount is None:
            return None
        found = self._found(cells)
        if isinstance(found, Unmatched):
            return self._without_item(cells, number, found)
        stray = self._places.stray(self._layout, cells) if self._places else None
        if stray is not None:
            return stray
        sku = found.stock.sku
        if isinstance(amount, Unread):
            quantity: Decimal | Unread = amount
        else:
            quantity = amount.eaches if amount.whole and found.pack is None else in_eaches(amount, found)
        if isinstance(quantity, Unread):
            return _Problem(quantity.reason, quantity.detail, (sku,))
        return (sku, self._places.bin_of(self._layout, cells) if self._places else ""), quantity

    def _without_item(self, cells: Sequence[str], number: int, found: Unmatched) -> _Problem | None:
        layout = self._layout
        if heading(cells[layout.codes[0]]) is not None:
            if layout.repeats_header(cells):
                return None
            if is_header(cells, self._codebook):
                raise CountFileError(f"a second table begins at row {number}: save the tables as files of their own")
        return _Problem(found.reason, found.detail, found.skus)


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
