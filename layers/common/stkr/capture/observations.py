"""What rows say of a SKU in a place, kept compactly: 200,000 rows have to fit beside everything else in a function."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

Where = tuple[str, str]
"""Area and bin; one that nobody named is empty."""

Observation = tuple[Where, Decimal, int]
"""Where, a quantity in eaches, and the place it was read at (see ``place``)."""

Tallies = Mapping[str, list[Observation]]
"""Observations by SKU. All that are of one bin and agree are one count, seen several times."""

Bin = tuple[Where, list[Observation]]
"""A bin and what was observed in it, in the order of the places."""

_ROW_BITS = 32


def place(source: int, row: int) -> int:
    """One number for a row of a source; places sort by source, then by row."""
    return source << _ROW_BITS | row


def source_and_row(of_place: int) -> tuple[int, int]:
    """The way back from ``place``."""
    return of_place >> _ROW_BITS, of_place & ((1 << _ROW_BITS) - 1)


def agreed(observations: Sequence[Observation]) -> tuple[Collection[Decimal], list[int]] | None:
    """The quantity in each bin and all places, where rows of one bin say the same and no bin may be part of another;
    ``None`` where that takes a closer look.
    """
    bins: dict[Where, Decimal] = {}
    for where, quantity, _ in observations:
        if bins.setdefault(where, quantity) != quantity:
            return None
    if len(bins) > 1 and any(not bin_name for _, bin_name in bins):
        return None
    return bins.values(), [at for _, _, at in observations]


def by_bin(observations: Iterable[Observation]) -> list[Bin]:
    """The bins of a SKU by area and name; ``observations`` come in the order of their places."""
    bins: dict[Where, list[Observation]] = {}
    for observation in observations:
        bins.setdefault(observation[0], []).append(observation)
    return sorted(bins.items())


def added_up(scans: Tallies) -> Tallies:
    """Rows of one unit each become one observation of their sum, which all of them share."""
    summed: dict[str, list[Observation]] = {}
    for sku, observations in scans.items():
        sums: dict[Where, Decimal] = {}
        for where, quantity, _ in observations:
            sums[where] = sums.get(where, Decimal(0)) + quantity
        summed[sku] = [(where, sums[where], at) for where, _, at in observations]
    return summed
