"""What rows say of a SKU in a bin, kept compactly: 200,000 rows have to fit beside everything else in a function."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from stkr.domain.exact import ZERO

AreaBin = tuple[str, str]
"""Area and bin that a row was counted in; empty where none was named."""

RowObservation = tuple[AreaBin, Decimal, int]
"""Area and bin, a quantity in eaches, and the key of the row that says so (see ``row_key``)."""

ObservationsBySku = Mapping[str, list[RowObservation]]
"""All that are of one area and bin and agree are one count, seen several times."""

BinObservations = tuple[AreaBin, list[RowObservation]]
"""An area and bin and what was observed there, in the order of the rows."""

_ROW_BITS = 32


def row_key(table: int, row: int) -> int:
    """One number for a row of a table; keys sort by table, then by row."""
    return table << _ROW_BITS | row


def table_and_row(key: int) -> tuple[int, int]:
    """The way back from ``row_key``."""
    return key >> _ROW_BITS, key & ((1 << _ROW_BITS) - 1)


def agreed(observations: Sequence[RowObservation]) -> tuple[Collection[Decimal], list[int]] | None:
    """The quantity in each bin and the keys of all rows, where rows of one bin agree and no bin may be part of another;
    ``None`` where that takes a closer look.
    """
    bins: dict[AreaBin, Decimal] = {}
    for area_bin, quantity, _ in observations:
        if bins.setdefault(area_bin, quantity) != quantity:
            return None
    if len(bins) > 1 and any(not bin_name for _, bin_name in bins):
        return None
    return bins.values(), [key for _, _, key in observations]


def by_bin(observations: Iterable[RowObservation]) -> list[BinObservations]:
    """The bins of a SKU by area and name; ``observations`` come in the order of their rows."""
    bins: dict[AreaBin, list[RowObservation]] = {}
    for observation in observations:
        bins.setdefault(observation[0], []).append(observation)
    return sorted(bins.items())


def scans_added_up(scans: ObservationsBySku) -> ObservationsBySku:
    """Rows that are counts of their own become one observation of their sum, which all of them share."""
    summed: dict[str, list[RowObservation]] = {}
    for sku, observations in scans.items():
        sums: dict[AreaBin, Decimal] = {}
        for area_bin, quantity, _ in observations:
            sums[area_bin] = sums.get(area_bin, ZERO) + quantity
        summed[sku] = [(area_bin, sums[area_bin], key) for area_bin, _, key in observations]
    return summed
