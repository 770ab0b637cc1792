"""Capture itself: a pure function of the files, the snapshot and what is already decided.

Every data row of every file comes out as exactly one of counted, collapsed, blank and parked, and neither the order
of rows nor that of files matters.

A data row is every row below the header that has any content, except the header repeated. A row without a count is
*blank*: it was not counted, which is not zero. In a file without a quantity column every row is one scan.

How rows of one SKU and bin combine: the scans of one file add up to one observation; a keyed quantity is an
observation by itself. Observations that agree are repeats and collapse; where they differ, within a file or between
files, all their rows are parked. Different bins add up. A keyed quantity without a bin beside one in a bin may be of
another place or of all of them, so both are parked; so are counts with and without bins in different files.

A SKU that is stocked at the session's location but outside its scope was counted all the same: its line is ``COUNTED``
and judged against its own row (``snapshot.elsewhere``). A SKU stocked only elsewhere is ``UNRECORDED``.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from stkr.capture.codes import Codebook
from stkr.capture.quantities import ZERO, plain
from stkr.capture.reading import Reading, Source, Watch, read_file
from stkr.capture.result import (
    Capture,
    CountedLine,
    FileProblem,
    Kind,
    ParkedRow,
    Reason,
    Sighting,
    Totals,
    UploadedFile,
)
from stkr.capture.tallies import Bin, Key, Observation, Tallies, source_and_row
from stkr.errors import CountFileError
from stkr.stock import Snapshot
from stkr.tabular.sheet import MAX_FILE_BYTES

__all__ = ["MAX_FILE_BYTES", "capture", "capture_file"]

_NOTHING_DECIDED: Mapping[str, Decimal] = {}
_NAMED_COUNTS = 4


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Pause the garbage collector: rows make objects by the hundred thousand, none of which refers back to itself, and
    looking through all of them again and again would take a quarter of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_no_collecting()
def capture(files: Sequence[UploadedFile], snapshot: Snapshot, decided: Mapping[str, Decimal] | None = None) -> Capture:
    """Read all files of a session into clean lines (sorted by SKU) and parked rows (sorted by file and row).

    ``decided`` maps SKUs whose variance a manager has decided to the counted quantity (eaches) the decision was about:
    the same count again is kept, any other is parked. Of several files of one name the latest counts.
    A file that cannot be read as a whole becomes a ``FileProblem`` and takes no part; it never stops the others.
    """
    codebook = Codebook(snapshot)
    latest = {file.name: file for file in sorted(files, key=lambda file: (file.name, file.uploaded_at, file.content))}
    readings: list[Reading] = []
    problems: list[FileProblem] = []
    next_index = 0
    for file in latest.values():
        try:
            reading = read_file(file, codebook, snapshot, next_index)
        except CountFileError as error:
            problems.append(FileProblem(file.name, str(error)))
        else:
            readings.append(reading)
            next_index = reading.sources[-1].index + 1
    return _combined(readings, tuple(problems), snapshot, decided or _NOTHING_DECIDED)


@_no_collecting()
def capture_file(file: UploadedFile, snapshot: Snapshot, watch: Watch = iter) -> Capture:
    """Read a single file by itself; ``watch`` may look on as its rows pass.

    :raises CountFileError: when it cannot be read as a whole.
    """
    return _combined([read_file(file, Codebook(snapshot), snapshot, watch=watch)], (), snapshot, _NOTHING_DECIDED)


@dataclass(frozen=True, slots=True)
class _Setback:
    """Why rows that were read well are parked after all."""

    reason: Reason
    detail: str
    sku: str


@dataclass(slots=True)
class _Sums:
    """The clean counts by SKU, and the places of rows that are parked because of other rows."""

    counts: dict[str, tuple[Decimal, list[int]]] = field(default_factory=dict)
    setbacks: dict[int, _Setback] = field(default_factory=dict)
    bins: int = 0


def _combined(
    readings: Sequence[Reading], problems: tuple[FileProblem, ...], snapshot: Snapshot, decided: Mapping[str, Decimal]
) -> Capture:
    sources = {source.index: source for reading in readings for source in reading.sources}
    sums = _sums(_joined(readings), sources, decided)
    parked = [row for reading in readings for row in reading.parked]
    parked += _parked_after_all(sources, sums.setbacks)
    parked.sort(key=lambda row: (row.file, row.row))
    short = {sku for row in parked for sku in row.skus}
    names = {index: source.name for index, source in sources.items()}
    lines = tuple(
        CountedLine(
            sku,
            Kind.COUNTED if sku in snapshot.rows or sku in snapshot.out_of_scope else Kind.UNRECORDED,
            quantity,
            tuple([Sighting(names[source], row) for source, row in map(source_and_row, places)]),
            sku in short,
        )
        for sku, (quantity, places) in sums.counts.items()
    )
    totals = Totals(
        read=sum(reading.read for reading in readings),
        counted=sums.bins,
        collapsed=sum(len(line.sightings) for line in lines) - sums.bins,
        blank=sum(reading.blank for reading in readings),
        parked=len(parked),
    )
    return Capture(lines, tuple(parked), problems, totals)


def _joined(readings: Sequence[Reading]) -> Tallies:
    if not readings:
        return Tallies()
    joined = readings[0].tallies
    for reading in readings[1:]:
        joined.absorb(reading.tallies)
    return joined


def _sums(tallies: Tallies, sources: Mapping[int, Source], decided: Mapping[str, Decimal]) -> _Sums:
    sums = _Sums()
    for sku, bins in tallies.by_sku():
        total, agreed, places = ZERO, 0, []
        if _without_bin_beside_bins(bins, sources):
            setback = _Setback(Reason.CONFLICTING_COUNTS, _unplaced(bins, sources), sku)
            sums.setbacks |= {where: setback for _, observations in bins for _, where in observations}
            continue
        for key, observations in bins:
            quantity = observations[0][0]
            if len(observations) > 1 and any(other != quantity for other, _ in observations):
                setback = _Setback(Reason.CONFLICTING_COUNTS, _conflict(key, observations, sources), sku)
                sums.setbacks |= {where: setback for _, where in observations}
                continue
            total += quantity
            agreed += 1
            places += [where for _, where in observations]
        if not agreed:
            continue
        if decided.get(sku, total) != total:
            setback = _Setback(Reason.ALREADY_DECIDED, _decided(sku, total, decided[sku]), sku)
            sums.setbacks |= dict.fromkeys(places, setback)
            continue
        places.sort()
        sums.counts[sku] = (total, places)
        sums.bins += agreed
    return sums


def _without_bin_beside_bins(bins: Sequence[Bin], sources: Mapping[int, Source]) -> bool:
    """Whether a count may be of the same shelf as those in bins beside it, or of another one: nobody can tell.

    Only the scans of one file (or of its copies) are sure to add up, since each is a unit of its own.
    """
    (_, first_bin), _ = bins[0]
    if first_bin or len(bins) == 1:
        return False
    seen_in = [{source_and_row(where)[0] for _, where in observations} for _, observations in bins]
    return any(files != seen_in[0] for files in seen_in) or any(
        sources[index].layout.quantity is not None for index in seen_in[0]
    )


def _unplaced(bins: Sequence[Bin], sources: Mapping[int, Source]) -> str:
    ((sku, _), [(quantity, where), *_]), ((_, bin_name), [(in_bin, where_in_bin), *_]), *_ = bins
    seen, seen_in_bin = _sighting(sources, where), _sighting(sources, where_in_bin)
    return (
        f"{sku} is counted as {plain(quantity)} without a bin ({seen.file} row {seen.row}) and as {plain(in_bin)} in "
        f"{bin_name} ({seen_in_bin.file} row {seen_in_bin.row}): give every row its bin, or count the item as a whole"
    )


def _sighting(sources: Mapping[int, Source], where: int) -> Sighting:
    index, row = source_and_row(where)
    return Sighting(sources[index].name, row)


def _conflict(key: Key, observations: Sequence[Observation], sources: Mapping[int, Source]) -> str:
    sku, bin_name = key
    first_seen: dict[Decimal, int] = {}
    for quantity, where in observations:
        first_seen.setdefault(quantity, where)
    named: list[str] = []
    for quantity, where in list(first_seen.items())[:_NAMED_COUNTS]:
        seen = _sighting(sources, where)
        named.append(f"{plain(quantity)} ({seen.file} row {seen.row})")
    if len(first_seen) > _NAMED_COUNTS:
        named.append(f"{len(first_seen) - _NAMED_COUNTS} more")
    at = f" in {bin_name}" if bin_name else ""
    return (
        f"{sku}{at} is counted as {' and as '.join(named)}: recount it and upload only the right count, "
        "or, if they add up, give each place its own bin, or put all in one row such as 3 boxes + 7"
    )


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
        for number, cells in source.sheet.rows():
            setback_here = wanted.get(number)
            if setback_here is not None:
                yield source.parked(number, cells, setback_here.reason, setback_here.detail, (setback_here.sku,))
