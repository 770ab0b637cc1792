"""Which rows are the same observation, which add up, and which contradict each other: all files, item by item.

How rows of one SKU and place combine: the scans of one file add up to one observation, and so do its quantities where a
person says that they do; otherwise a keyed quantity is an observation by itself. Observations that agree are repeats
and collapse, unless a cell tells their rows apart (``repeats``); where they differ, within a file or between files, all
their rows are parked. Different places add up. A place is an area (the folder a file was uploaded to), a bin (a column
of the file), or both. A keyed quantity without a place beside one in a place may be of another place or of all of them,
so both are parked; so are counts with and without bins in different files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from stkr.capture.counted_table import CountedTable
from stkr.capture.observations import (
    AreaBin,
    BinObservations,
    ObservationsBySku,
    RowObservation,
    agreed,
    by_bin,
    table_and_row,
)
from stkr.capture.quantities import plain
from stkr.capture.repeats import NotRepeats, not_repeats
from stkr.capture.result import Reason
from stkr.domain.alias import RowRef
from stkr.domain.exact import ZERO

_NAMED_COUNTS = 4


@dataclass(frozen=True, slots=True)
class Setback:
    """Why rows that were read well are parked after all."""

    reason: Reason
    detail: str
    sku: str


@dataclass(slots=True)
class CombinedCounts:
    """The clean counts by SKU in eaches, with the keys of their rows, and the rows parked because of others, by key.

    ``bins`` is how many observations of a SKU in a bin the clean counts add up.
    """

    counts: dict[str, tuple[Decimal, list[int]]] = field(default_factory=dict)
    setbacks: dict[int, Setback] = field(default_factory=dict)
    bins: int = 0


def combined_counts(
    observations_by_sku: ObservationsBySku,
    tables: Mapping[int, CountedTable],
    decided: Mapping[str, Decimal],
    corrected: Mapping[int, Setback],
) -> CombinedCounts:
    """The count of each SKU, sorted by SKU.

    :param tables: all that were read, by index.
    :param decided: counted quantities that a manager has decided about; any other quantity is parked.
    :param corrected: rows that somebody took back or corrected, by key; they are parked.
    """
    combined = CombinedCounts(setbacks=dict(corrected))
    told_apart = not_repeats(observations_by_sku, tables)
    doubtful = {sku for sku, _ in told_apart}
    for sku in sorted(observations_by_sku):
        observations = observations_by_sku[sku]
        if corrected:
            observations = [observation for observation in observations if observation[2] not in corrected]
            if not observations:
                continue
        # With one table, nearly every item needs no closer look.
        clean = agreed(observations) if len(tables) == 1 and sku not in doubtful else None
        quantities, row_keys = clean or _agreed_by_bin(sku, observations, tables, told_apart, combined.setbacks)
        if not row_keys:
            continue
        total = sum(quantities, ZERO)
        if decided.get(sku, total) != total:
            setback = Setback(Reason.ALREADY_DECIDED, _already_decided(sku, total, decided[sku]), sku)
            combined.setbacks |= dict.fromkeys(row_keys, setback)
            continue
        combined.counts[sku] = (total, row_keys)
        combined.bins += len(quantities)
    return combined


def _agreed_by_bin(
    sku: str,
    observations: Sequence[RowObservation],
    tables: Mapping[int, CountedTable],
    told_apart: NotRepeats,
    setbacks: dict[int, Setback],
) -> tuple[Sequence[Decimal], list[int]]:
    """The quantities that hold, one for each bin, and the ascending keys of all rows that say so.

    Notes in ``setbacks`` why the others are parked.
    """
    bins = by_bin(observations)
    unplaced = _unplaced(sku, bins, tables)
    quantities: list[Decimal] = []
    row_keys: list[int] = []
    for area_bin, in_bin in bins:
        problem = unplaced or (_conflict(sku, area_bin, in_bin, tables) if len(in_bin) > 1 else None)
        problem = problem or told_apart.get((sku, area_bin))
        if problem:
            setback = Setback(Reason.CONFLICTING_COUNTS, problem, sku)
            setbacks |= {key: setback for _, _, key in in_bin}
            continue
        quantities.append(in_bin[0][1])
        row_keys += [key for _, _, key in in_bin]
    return quantities, sorted(row_keys)


def _unplaced(sku: str, bins: Sequence[BinObservations], tables: Mapping[int, CountedTable]) -> str | None:
    """Why counts of a SKU cannot be added up, if so: one without a place may be of the same shelf as the one beside it,
    or of another.
    """
    # Sorted by area and bin, what has none comes first.
    (first_area, first_bin), (last_area, _) = bins[0][0], bins[-1][0]
    if len(bins) == 1 or (first_bin and not last_area):
        return None
    if not first_area and last_area:
        advice = "give every file its area, or upload one count of them all"
        return _beside(sku, bins[0], bins[-1], ("outside any area", last_area, advice), tables)
    for here, there in pairwise(bins):
        (area, bin_name), (next_area, next_bin) = here[0], there[0]
        if bin_name or area != next_area:
            continue
        if not _scans_add_up([in_bin for (bin_area, _), in_bin in bins if bin_area == area], tables):
            advice = "give every row its bin, or count the item as a whole"
            return _beside(sku, here, there, ("without a bin", next_bin, advice), tables)
    return None


def _scans_add_up(bins: Sequence[Sequence[RowObservation]], tables: Mapping[int, CountedTable]) -> bool:
    """Only rows of one file (or of its copies) that are counts of their own are sure to add up, as scans are."""
    tables_of_bins = [{table_and_row(key)[0] for _, _, key in in_bin} for in_bin in bins]
    return all(indexes == tables_of_bins[0] for indexes in tables_of_bins) and all(
        tables[index].rows_add_up for index in tables_of_bins[0]
    )


def _beside(
    sku: str,
    unplaced: BinObservations,
    placed: BinObservations,
    words: tuple[str, str, str],
    tables: Mapping[int, CountedTable],
) -> str:
    outside, inside, advice = words
    (_, quantity, key), (_, placed_quantity, placed_key) = unplaced[1][0], placed[1][0]
    row, placed_row = _row_ref(tables, key), _row_ref(tables, placed_key)
    return (
        f"{sku} is counted as {plain(quantity)} {outside} ({row.file} row {row.row}) and as {plain(placed_quantity)} "
        f"in {inside} ({placed_row.file} row {placed_row.row}): {advice}"
    )


def _row_ref(tables: Mapping[int, CountedTable], key: int) -> RowRef:
    index, row = table_and_row(key)
    return RowRef(tables[index].name, row)


def _conflict(
    sku: str, area_bin: AreaBin, observations: Sequence[RowObservation], tables: Mapping[int, CountedTable]
) -> str | None:
    """Why several counts of one place are not one count, repeated, if so."""
    first_keys: dict[Decimal, int] = {}
    for _, quantity, key in observations:
        first_keys.setdefault(quantity, key)
    place = " ".join(filter(None, area_bin))
    subject = f"{sku} in {place}" if place else sku
    if len(first_keys) == 1:
        return _in_two_sheets(subject, observations, tables)
    counts: list[str] = []
    for quantity, key in list(first_keys.items())[:_NAMED_COUNTS]:
        row = _row_ref(tables, key)
        counts.append(f"{plain(quantity)} ({row.file} row {row.row})")
    if len(first_keys) > _NAMED_COUNTS:
        counts.append(f"{len(first_keys) - _NAMED_COUNTS} more")
    return (
        f"{subject} is counted as {' and as '.join(counts)}: recount it and upload only the right count, "
        "or, if they add up, give each place its own bin, or put all in one row such as 3 boxes + 7"
    )


def _in_two_sheets(
    subject: str, observations: Sequence[RowObservation], tables: Mapping[int, CountedTable]
) -> str | None:
    """The same count in two sheets of one workbook may be of two aisles, each with a sheet of its own."""
    (_, quantity, key), *others = observations
    table = tables[table_and_row(key)[0]]
    for _, _, other_key in others:
        other = tables[table_and_row(other_key)[0]]
        if other is not table and other.file is table.file:
            row, other_row = _row_ref(tables, key), _row_ref(tables, other_key)
            return (
                f"{subject} is counted as {plain(quantity)} in two sheets ({row.file} row {row.row} and "
                f"{other_row.file} row {other_row.row}): delete one of the rows if it is the same shelf, "
                "or give each sheet a column bin"
            )
    return None


def _already_decided(sku: str, counted: Decimal, decided: Decimal) -> str:
    return (
        f"{sku} is now {plain(counted)}, but a manager has already decided about a count of {plain(decided)}: "
        "open a fresh count for it"
    )
