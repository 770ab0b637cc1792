"""Capture itself: a pure function of the files, the snapshot and what is already decided.

Every data row of every file that counts comes out as exactly one of counted, collapsed, blank and parked, and neither
the order of rows nor that of files matters.

A data row is every row below the header that has any content, except the header repeated. A row without a count is
*blank*: it was not counted, which is not zero. In a file without a quantity column every row is one scan.

How rows of one SKU and place combine: the scans of one file add up to one observation; a keyed quantity is an
observation by itself. Observations that agree are repeats and collapse; where they differ, within a file or between
files, all their rows are parked. Different places add up. A place is an area (the folder a file was uploaded to), a bin
(a column of the file), or both. A keyed quantity without a place beside one in a place may be of another place or of
all of them, so both are parked; so are counts with and without bins in different files.

Of several files of one name the latest counts, and of several counts of one area, too: who counts an area again
replaces it. A file that counts nothing replaces nothing.

A SKU that is stocked at the session's location but outside its scope was counted all the same: its line is ``COUNTED``
and judged against its own row (``snapshot.elsewhere``). A SKU stocked only elsewhere is ``UNRECORDED``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from stkr.capture.codes import Codebook
from stkr.capture.fixes import Fixes, FixSheet, as_fix_sheet, read_fixes
from stkr.capture.layout import judge_rows
from stkr.capture.observations import Bin, Observation, Tallies, Where, agreed, by_bin, place, source_and_row
from stkr.capture.quantities import plain
from stkr.capture.read_file import FileReading, OpenedFile, Source, WatchBlocks, read_file
from stkr.capture.result import Capture, ParkedRow, ReadTable, Reason, Replaced, RowTrouble, Totals, UploadedFile
from stkr.capture.times import spanned
from stkr.domain.alias import RowRef
from stkr.domain.counted import CountedLine, FileProblem, LineKind
from stkr.domain.errors import CountFileError
from stkr.domain.exact import ZERO
from stkr.domain.stock import Snapshot
from stkr.gc_pause import gc_paused
from stkr.tabular.files import open_tables
from stkr.tabular.text import folded

__all__ = ["capture"]

_NOTHING_DECIDED: Mapping[str, Decimal] = {}
_NAMED_COUNTS = 4


@gc_paused()
def capture(
    files: Iterable[UploadedFile],
    snapshot: Snapshot,
    decided: Mapping[str, Decimal] | None = None,
    watch: WatchBlocks = iter,
) -> Capture:
    """Read all files of a session into clean lines (sorted by SKU) and parked rows (sorted by file and row).

    ``decided`` maps SKUs whose variance a manager has decided to the counted quantity (eaches) the decision was about:
    the same count again is kept, any other is parked. ``watch`` may look on as rows pass.
    A file that cannot be read as a whole becomes a ``FileProblem`` and takes no part; it never stops the others.
    """
    # As large as the stock, the codes that files are read with are gone before the lines are made.
    folder, fixes = _read(files, snapshot, watch)
    return _combined(folder, fixes, snapshot, decided or _NOTHING_DECIDED)


def _read(files: Iterable[UploadedFile], snapshot: Snapshot, watch: WatchBlocks) -> tuple["_Folder", Fixes]:
    """What all files say, each by itself, and what people have fixed."""
    codebook = Codebook(snapshot)
    latest = {file.name: file for file in sorted(files, key=lambda file: (file.name, file.uploaded_at, file.content))}
    opened = _opened(latest.values(), codebook)
    fixes = read_fixes(opened.fix_sheets, codebook)
    if fixes.aliases:
        codebook = Codebook(snapshot, fixes.aliases)
    folder = _Folder(opened.problems + fixes.problems)
    for files_of_area in _by_area(opened.counts):
        folder.read(files_of_area, lambda one: read_file(one, codebook, snapshot, fixes, watch))
    folder.problems += fixes.unused(fix for reading in folder.readings for fix, _ in reading.fixed)
    return folder, fixes


@dataclass(slots=True)
class _Files:
    """The files of a session, told apart: counts, fix sheets, and what cannot be opened."""

    counts: list[OpenedFile] = field(default_factory=list)
    fix_sheets: list[FixSheet] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def _opened(files: Iterable[UploadedFile], codebook: Codebook) -> _Files:
    found = _Files()
    fix_sheets: list[tuple[str, FixSheet]] = []
    next_index = 0
    for file in files:
        try:
            sheets = open_tables(file.name, file.content, lambda rows: judge_rows(rows, codebook))
            fix_sheet = as_fix_sheet(file.name, sheets)
        except CountFileError as error:
            found.problems.append(FileProblem(file.name, str(error)))
            continue
        if fix_sheet:
            fix_sheets.append((file.uploaded_at, fix_sheet))
        else:
            found.counts.append(OpenedFile(file, sheets, next_index))
            next_index += len(sheets)
    found.fix_sheets = [sheet for _, sheet in sorted(fix_sheets, key=lambda pair: (pair[0], pair[1].file))]
    return found


def _by_area(counts: Iterable[OpenedFile]) -> Iterator[list[OpenedFile]]:
    """The files that replace each other, the latest first; a file without an area stands for itself."""
    of_area: dict[str, list[OpenedFile]] = {}
    for opened in counts:
        if opened.file.area:
            of_area.setdefault(folded(opened.file.area), []).append(opened)
        else:
            yield [opened]
    for files in of_area.values():
        yield sorted(files, key=lambda one: (one.file.uploaded_at, one.file.name), reverse=True)


@dataclass(slots=True)
class _Folder:
    """What the files of a session say, read one by one."""

    problems: list[FileProblem]
    readings: list[FileReading] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)

    def read(self, files: Sequence[OpenedFile], read: Callable[[OpenedFile], FileReading]) -> None:
        """Read files of which the first that counts anything replaces those after it."""
        by: str | None = None
        for opened in files:
            name = opened.file.name
            if by is not None:
                self.replaced.append(Replaced(name, by))
                continue
            try:
                reading = read(opened)
            except CountFileError as error:
                self.problems.append(FileProblem(name, str(error)))
                continue
            self.readings.append(reading)
            by = name if reading.counts else None


@dataclass(frozen=True, slots=True)
class _Setback:
    """Why rows that were read well are parked after all."""

    reason: Reason
    detail: str
    sku: str


@dataclass(slots=True)
class _Sums:
    """The clean counts by SKU with the places they were read at, and the places of rows parked because of others."""

    counts: dict[str, tuple[Decimal, list[int]]] = field(default_factory=dict)
    setbacks: dict[int, _Setback] = field(default_factory=dict)
    bins: int = 0


def _combined(folder: _Folder, fixes: Fixes, snapshot: Snapshot, decided: Mapping[str, Decimal]) -> Capture:
    readings = folder.readings
    sources = {source.index: source for reading in readings for source in reading.sources}
    sums = _sums(_joined(readings), sources, decided)
    parked = [row for reading in readings for row in reading.parked]
    parked += _parked_after_all(sources, sums.setbacks)
    parked.sort(key=lambda row: (row.file, row.row))
    short = {sku for row in parked for sku in row.skus}
    names = {index: source.name for index, source in sources.items()}
    moments = {at: moment for reading in readings for at, moment in reading.moments.items()}
    lines = tuple(
        CountedLine(
            sku,
            LineKind.COUNTED if sku in snapshot.rows or sku in snapshot.out_of_scope else LineKind.UNRECORDED,
            quantity,
            _rows_by_file(places, names),
            sku in short,
            *(spanned(map(moments.get, places)) if moments else ()),
        )
        for sku, (quantity, places) in sums.counts.items()
    )
    totals = Totals(
        read=sum(reading.read for reading in readings),
        counted=sums.bins,
        collapsed=sum(len(places) for _, places in sums.counts.values()) - sums.bins,
        blank=sum(reading.blank for reading in readings),
        parked=len(parked),
    )
    corrections = [correction for reading in readings for _, correction in reading.fixed]
    return Capture(
        lines=lines,
        parked=tuple(parked),
        problems=tuple(sorted(folder.problems, key=lambda problem: (problem.file, problem.row or 0, problem.problem))),
        totals=totals,
        parked_skus=tuple(sorted(short)),
        parked_reasons=Counter(row.reason for row in parked),
        tables=tuple(
            ReadTable(of.name, of.sheet.form, of.layout.understood(told_times=of.clock is not None))
            for _, of in sorted(sources.items())
        ),
        passed_over=tuple(sheet for reading in readings for sheet in reading.passed_over),
        replaced=tuple(sorted(folder.replaced, key=lambda one: one.file)),
        corrections=tuple(sorted(corrections, key=lambda one: (one.row.file, one.row.row))),
        aliases=fixes.aliases,
    )


def _joined(readings: Sequence[FileReading]) -> Tallies:
    if len(readings) == 1:
        return readings[0].tallies
    joined: dict[str, list[Observation]] = {}
    for reading in sorted(readings, key=lambda reading: reading.sources[0].index):
        for sku, observations in reading.tallies.items():
            joined.setdefault(sku, []).extend(observations)
    return joined


def _rows_by_file(places: Sequence[int], names: Mapping[int, str]) -> dict[str, tuple[int, ...]]:
    """Ascending places as rows, by file."""
    source, _ = source_and_row(places[0])
    if source == source_and_row(places[-1])[0]:
        before = place(source, 0)
        return {names[source]: tuple([at - before for at in places])}
    rows: dict[str, list[int]] = {}
    for at in places:
        source, row = source_and_row(at)
        rows.setdefault(names[source], []).append(row)
    return {name: tuple(of_file) for name, of_file in rows.items()}


def _sums(tallies: Tallies, sources: Mapping[int, Source], decided: Mapping[str, Decimal]) -> _Sums:
    sums = _Sums()
    for sku in sorted(tallies):
        observations = tallies[sku]
        # With one table, nearly every item needs no closer look.
        clean = agreed(observations) if len(sources) == 1 else None
        quantities, places = clean or _agreed(sku, observations, sources, sums.setbacks)
        if not places:
            continue
        total = sum(quantities, ZERO)
        if decided.get(sku, total) != total:
            setback = _Setback(Reason.ALREADY_DECIDED, _decided(sku, total, decided[sku]), sku)
            sums.setbacks |= dict.fromkeys(places, setback)
            continue
        sums.counts[sku] = (total, places)
        sums.bins += len(quantities)
    return sums


def _agreed(
    sku: str, observations: Sequence[Observation], sources: Mapping[int, Source], setbacks: dict[int, _Setback]
) -> tuple[Sequence[Decimal], list[int]]:
    """The quantities that hold, one for each bin, and the ascending places of all rows that say so.

    Notes in ``setbacks`` why the others are parked.
    """
    bins = by_bin(observations)
    unplaced = _unplaced(sku, bins, sources)
    quantities: list[Decimal] = []
    places: list[int] = []
    for where, seen in bins:
        problem = unplaced or (_conflict(sku, where, seen, sources) if len(seen) > 1 else None)
        if problem:
            setback = _Setback(Reason.CONFLICTING_COUNTS, problem, sku)
            setbacks |= {at: setback for _, _, at in seen}
            continue
        quantities.append(seen[0][1])
        places += [at for _, _, at in seen]
    return quantities, sorted(places)


def _unplaced(sku: str, bins: Sequence[Bin], sources: Mapping[int, Source]) -> str | None:
    """Why counts of a SKU cannot be added up, if so: one without a place may be of the same shelf as the one beside it,
    or of another.
    """
    # Sorted by area and bin, what has none comes first.
    (first_area, first_bin), (last_area, _) = bins[0][0], bins[-1][0]
    if len(bins) == 1 or (first_bin and not last_area):
        return None
    if not first_area and last_area:
        advice = "give every file its area, or upload one count of them all"
        return _beside(sku, bins[0], bins[-1], ("outside any area", last_area, advice), sources)
    for here, there in pairwise(bins):
        (area, bin_name), (next_area, next_bin) = here[0], there[0]
        if not bin_name and area == next_area and not _add_up([one for one in bins if one[0][0] == area], sources):
            advice = "give every row its bin, or count the item as a whole"
            return _beside(sku, here, there, ("without a bin", next_bin, advice), sources)
    return None


def _add_up(bins: Sequence[Bin], sources: Mapping[int, Source]) -> bool:
    """Only the scans of one file (or of its copies) are sure to add up, since each is a unit of its own."""
    seen_in = [{source_and_row(at)[0] for _, _, at in observations} for _, observations in bins]
    return all(files == seen_in[0] for files in seen_in) and all(
        sources[index].layout.quantity is None for index in seen_in[0]
    )


def _beside(sku: str, one: Bin, other: Bin, words: tuple[str, str, str], sources: Mapping[int, Source]) -> str:
    outside, inside, advice = words
    (_, quantity, at), (_, placed, placed_at) = one[1][0], other[1][0]
    seen, seen_placed = _sighting(sources, at), _sighting(sources, placed_at)
    return (
        f"{sku} is counted as {plain(quantity)} {outside} ({seen.file} row {seen.row}) and as {plain(placed)} in "
        f"{inside} ({seen_placed.file} row {seen_placed.row}): {advice}"
    )


def _sighting(sources: Mapping[int, Source], where: int) -> RowRef:
    index, row = source_and_row(where)
    return RowRef(sources[index].name, row)


def _conflict(sku: str, where: Where, observations: Sequence[Observation], sources: Mapping[int, Source]) -> str | None:
    """Why several counts of one place are not one count, repeated, if so."""
    first_seen: dict[Decimal, int] = {}
    for _, quantity, at in observations:
        first_seen.setdefault(quantity, at)
    inside = " ".join(filter(None, where))
    of = f"{sku} in {inside}" if inside else sku
    if len(first_seen) == 1:
        return _in_two_sheets(of, observations, sources)
    named: list[str] = []
    for quantity, at in list(first_seen.items())[:_NAMED_COUNTS]:
        seen = _sighting(sources, at)
        named.append(f"{plain(quantity)} ({seen.file} row {seen.row})")
    if len(first_seen) > _NAMED_COUNTS:
        named.append(f"{len(first_seen) - _NAMED_COUNTS} more")
    return (
        f"{of} is counted as {' and as '.join(named)}: recount it and upload only the right count, "
        "or, if they add up, give each place its own bin, or put all in one row such as 3 boxes + 7"
    )


def _in_two_sheets(of: str, observations: Sequence[Observation], sources: Mapping[int, Source]) -> str | None:
    """The same count in two sheets of one workbook may be of two aisles, each with a sheet of its own."""
    (_, quantity, at), *others = observations
    source = sources[source_and_row(at)[0]]
    for _, _, other_at in others:
        other = sources[source_and_row(other_at)[0]]
        if other is not source and other.file is source.file:
            seen, seen_again = _sighting(sources, at), _sighting(sources, other_at)
            return (
                f"{of} is counted as {plain(quantity)} in two sheets ({seen.file} row {seen.row} and "
                f"{seen_again.file} row {seen_again.row}): delete one of the rows if it is the same shelf, "
                "or give each sheet a column bin"
            )
    return None


def _decided(sku: str, counted: Decimal, settled: Decimal) -> str:
    return (
        f"{sku} is now {plain(counted)}, but a manager has already decided about a count of {plain(settled)}: "
        "open a fresh count for it"
    )


def _parked_after_all(sources: Mapping[int, Source], setbacks: Mapping[int, _Setback]) -> Iterator[ParkedRow]:
    """Read the files once more for the cells of these rows, so that no pass has to hold the cells of all rows."""
    rows: dict[int, dict[int, _Setback]] = {}
    for where, setback in setbacks.items():
        index, row = source_and_row(where)
        rows.setdefault(index, {})[row] = setback
    for index, wanted in rows.items():
        source = sources[index]
        for number, cells in source.sheet.pick(wanted):
            setback = wanted[number]
            trouble = RowTrouble(setback.reason, setback.detail, source.count_cell(number))
            yield source.parked(number, cells, (trouble,), (setback.sku,))
