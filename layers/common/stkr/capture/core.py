"""Capture itself: a pure function of the files, the snapshot and what is already decided.

Every data row of every file that counts comes out as exactly one of counted, collapsed, blank and parked, and neither
the order of rows nor that of files matters.

A data row is every row below the header that has any content, except the header repeated. A row without a count is
*blank*: it was not counted, which is not zero. In a file without a quantity column every row is one scan. How rows
combine is in ``combine``.

Of several files of one name the latest counts, and of several counts of one area, too: a later count of an area
replaces the earlier one. A file that counts nothing replaces nothing.

A SKU that is stocked at the session's location but outside its scope was counted all the same: its line is ``COUNTED``
and judged against its own row (``snapshot.elsewhere``). A SKU stocked only elsewhere is ``UNRECORDED``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stkr.capture.codes import Codebook
from stkr.capture.combine import CombinedCounts, Setback, combined_counts
from stkr.capture.counted_table import CountedTable
from stkr.capture.device_corrections import corrected_rows
from stkr.capture.layout.find import judge_rows
from stkr.capture.observations import ObservationsBySku, RowObservation, row_key, table_and_row
from stkr.capture.questions import NO_ANSWERS, Answers, FileUnclear
from stkr.capture.read_file import FileReading, OpenedFile, WatchBlocks, read_file
from stkr.capture.read_fix_sheet import Fixes, FixSheet, as_fix_sheet, read_fixes
from stkr.capture.result import Capture, ParkedRow, Replaced, RowTrouble, Totals, UploadedFile
from stkr.capture.times import Moment, spanned
from stkr.domain.counted import ClockDoubt, CountedLine, FileProblem, LineKind
from stkr.domain.errors import CountFileError
from stkr.domain.stock import Snapshot
from stkr.gc_pause import gc_paused
from stkr.tabular.files import open_tables
from stkr.tabular.text import folded

__all__ = ["capture"]

_NOTHING_DECIDED: Mapping[str, Decimal] = {}
_NOTHING_ANSWERED: Mapping[str, Answers] = {}


@gc_paused()
def capture(
    files: Iterable[UploadedFile],
    snapshot: Snapshot,
    decided: Mapping[str, Decimal] | None = None,
    watch: WatchBlocks = iter,
    answers: Mapping[str, Answers] = _NOTHING_ANSWERED,
) -> Capture:
    """Read all files of a session into clean lines (sorted by SKU) and parked rows (sorted by file and row).

    ``decided`` maps SKUs whose variance a manager has decided to the counted quantity (eaches) the decision was about:
    the same count again is kept, any other is parked. ``watch`` may look on as rows pass. ``answers`` are what people
    say about a file, by its name.
    A file that cannot be read as a whole becomes a ``FileProblem`` and takes no part; it never stops the others.
    """
    # The codebook is as large as the stock; it is released before the lines are made.
    folder, fixes = _read(files, snapshot, watch, answers)
    return _outcome(folder, fixes, snapshot, decided or _NOTHING_DECIDED)


def _read(
    files: Iterable[UploadedFile], snapshot: Snapshot, watch: WatchBlocks, answers: Mapping[str, Answers]
) -> tuple["_Folder", Fixes]:
    """What all files say, each by itself, and what people have fixed."""
    codebook = Codebook(snapshot)
    latest = {file.name: file for file in sorted(files, key=lambda file: (file.name, file.uploaded_at, file.content))}
    opened = _opened(latest.values(), codebook, answers)
    fixes = read_fixes(opened.fix_sheets, codebook)
    if fixes.aliases:
        codebook = Codebook(snapshot, fixes.aliases)
    folder = _Folder(opened.problems + fixes.problems)
    for files_of_area in _by_area(opened.counts):
        folder.read(files_of_area, lambda file: read_file(file, codebook, snapshot, fixes, watch))
    folder.problems += fixes.unused(fix for reading in folder.readings for fix, _ in reading.corrections)
    return folder, fixes


@dataclass(slots=True)
class _OpenedFiles:
    """The files of a session by kind: counts, fix sheets, and what cannot be opened."""

    counts: list[OpenedFile] = field(default_factory=list)
    fix_sheets: list[FixSheet] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def _opened(files: Iterable[UploadedFile], codebook: Codebook, answers: Mapping[str, Answers]) -> _OpenedFiles:
    opened = _OpenedFiles()
    fix_sheets: list[tuple[str, FixSheet]] = []
    next_index = 0
    for file in files:
        try:
            sheets = open_tables(file.name, file.content, lambda rows: judge_rows(rows, codebook))
            fix_sheet = as_fix_sheet(file.name, sheets)
        except CountFileError as error:
            opened.problems.append(FileProblem(file.name, str(error)))
            continue
        if fix_sheet:
            fix_sheets.append((file.uploaded_at, fix_sheet))
        else:
            opened.counts.append(OpenedFile(file, sheets, next_index, answers.get(file.name, NO_ANSWERS)))
            next_index += len(sheets)
    opened.fix_sheets = [sheet for _, sheet in sorted(fix_sheets, key=lambda pair: (pair[0], pair[1].file))]
    return opened


def _by_area(counts: Iterable[OpenedFile]) -> Iterator[list[OpenedFile]]:
    """The files that replace each other, the latest first; a file without an area stands for itself."""
    by_area: dict[str, list[OpenedFile]] = {}
    for opened in counts:
        if opened.file.area:
            by_area.setdefault(folded(opened.file.area), []).append(opened)
        else:
            yield [opened]
    for files in by_area.values():
        yield sorted(files, key=lambda opened: (opened.file.uploaded_at, opened.file.name), reverse=True)


@dataclass(slots=True)
class _Folder:
    """What the files of a session say, read one by one."""

    problems: list[FileProblem]
    readings: list[FileReading] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)

    def read(self, files: Sequence[OpenedFile], read: Callable[[OpenedFile], FileReading]) -> None:
        """Read files of which the first that counts anything replaces those after it."""
        replaced_by: str | None = None
        for opened in files:
            name = opened.file.name
            if replaced_by is not None:
                self.replaced.append(Replaced(name, replaced_by))
                continue
            try:
                reading = read(opened)
            except FileUnclear as error:
                self.problems.append(FileProblem(name, str(error), question=error.question))
                continue
            except CountFileError as error:
                self.problems.append(FileProblem(name, str(error)))
                continue
            self.readings.append(reading)
            replaced_by = name if reading.counts_anything else None


def _outcome(folder: _Folder, fixes: Fixes, snapshot: Snapshot, decided: Mapping[str, Decimal]) -> Capture:
    readings = folder.readings
    tables = {table.index: table for reading in readings for table in reading.tables}
    combined = combined_counts(_joined(readings), tables, decided, _corrected(readings))
    parked = [row for reading in readings for row in reading.parked]
    parked += _parked_after_all(tables, combined.setbacks)
    parked.sort(key=lambda row: (row.file, row.row))
    incomplete = {sku for row in parked for sku in row.skus}
    moments = {key: moment for reading in readings for key, moment in reading.moments.items()}
    totals = Totals(
        read=sum(reading.rows_read for reading in readings),
        counted=combined.bins,
        collapsed=sum(len(row_keys) for _, row_keys in combined.counts.values()) - combined.bins,
        blank=sum(reading.blank for reading in readings),
        parked=len(parked),
    )
    corrections = [correction for reading in readings for _, correction in reading.corrections]
    return Capture(
        lines=_lines(combined, incomplete, snapshot, {index: table.name for index, table in tables.items()}, moments),
        parked=tuple(parked),
        problems=tuple(sorted(folder.problems, key=lambda problem: (problem.file, problem.row or 0, problem.problem))),
        totals=totals,
        parked_skus=tuple(sorted(incomplete)),
        parked_reasons=Counter(row.reason for row in parked),
        tables=tuple(table.report for _, table in sorted(tables.items())),
        passed_over=tuple(sheet for reading in readings for sheet in reading.passed_over),
        replaced=tuple(sorted(folder.replaced, key=lambda replaced: replaced.file)),
        corrections=tuple(sorted(corrections, key=lambda correction: (correction.row.file, correction.row.row))),
        aliases=fixes.aliases,
    )


def _corrected(readings: Iterable[FileReading]) -> dict[int, Setback]:
    corrected: dict[int, Setback] = {}
    for reading in readings:
        corrected |= corrected_rows(reading.observations, reading.parked, reading.tables, reading.flags)
    return corrected


def _joined(readings: Sequence[FileReading]) -> ObservationsBySku:
    if len(readings) == 1:
        return readings[0].observations
    joined: dict[str, list[RowObservation]] = {}
    for reading in sorted(readings, key=lambda reading: reading.tables[0].index):
        for sku, observations in reading.observations.items():
            joined.setdefault(sku, []).extend(observations)
    return joined


def _lines(
    combined: CombinedCounts,
    incomplete: set[str],
    snapshot: Snapshot,
    table_names: Mapping[int, str],
    moments: Mapping[int, Moment | ClockDoubt],
) -> tuple[CountedLine, ...]:
    """The clean counts as lines; ``moments`` by row key."""
    lines: list[CountedLine] = []
    unknown_times = (None, None, None)
    for sku, (quantity, row_keys) in combined.counts.items():
        counted_from, counted_to, clock = spanned(map(moments.get, row_keys)) if moments else unknown_times
        kind = LineKind.COUNTED if sku in snapshot.rows or sku in snapshot.out_of_scope else LineKind.UNRECORDED
        rows = _rows_by_table(row_keys, table_names)
        # Not by keyword: there may be 200,000 lines, and naming eight fields took 3 % of the whole capture.
        lines.append(CountedLine(sku, kind, quantity, rows, sku in incomplete, counted_from, counted_to, clock))
    return tuple(lines)


def _rows_by_table(row_keys: Sequence[int], table_names: Mapping[int, str]) -> dict[str, tuple[int, ...]]:
    """Ascending row keys as row numbers, by the table's name."""
    table, _ = table_and_row(row_keys[0])
    if table == table_and_row(row_keys[-1])[0]:
        first_key = row_key(table, 0)
        return {table_names[table]: tuple([key - first_key for key in row_keys])}
    rows: dict[str, list[int]] = {}
    for key in row_keys:
        table, row = table_and_row(key)
        rows.setdefault(table_names[table], []).append(row)
    return {name: tuple(numbers) for name, numbers in rows.items()}


def _parked_after_all(tables: Mapping[int, CountedTable], setbacks: Mapping[int, Setback]) -> Iterator[ParkedRow]:
    """Read the files once more for the cells of these rows, so that no pass has to hold the cells of all rows."""
    by_table: dict[int, dict[int, Setback]] = {}
    for key, setback in setbacks.items():
        index, row = table_and_row(key)
        by_table.setdefault(index, {})[row] = setback
    for index, setback_of_row in by_table.items():
        table = tables[index]
        for number, cells in table.sheet.pick(setback_of_row):
            setback = setback_of_row[number]
            trouble = RowTrouble(setback.reason, setback.detail, table.count_cell(number))
            yield table.parked(number, cells, (trouble,), (setback.sku,))
