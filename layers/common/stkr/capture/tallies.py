"""What rows say about a SKU in a bin, kept compactly: 200,000 rows have to fit beside everything else in a function."""

from collections.abc import Iterator
from decimal import Decimal
from operator import itemgetter

Key = tuple[str, str]
"""SKU and bin."""

Observation = tuple[Decimal, int]
"""A quantity in eaches and the place it was read at (see ``place``)."""

Bin = tuple[Key, list[Observation]]
"""A bin of a SKU (the empty name: none was given) and what was observed in it."""

_ROW_BITS = 32


def place(source: int, row: int) -> int:
    """One number for a row of a source; places sort by source, then by row."""
    return source << _ROW_BITS | row


def source_and_row(of_place: int) -> tuple[int, int]:
    """The way back from ``place``."""
    return of_place >> _ROW_BITS, of_place & ((1 << _ROW_BITS) - 1)


class Tallies:
    """Observations by SKU and bin. A key has at least one; all that agree are one count, seen several times."""

    def __init__(self) -> None:
        # Nearly every key has a single observation, and tuples of plain values cost the garbage collector nothing.
        self._first: dict[Key, Observation] = {}
        self._more: dict[Key, list[Observation]] = {}

    def see(self, key: Key, observation: Observation) -> None:
        """Note what one row says."""
        if self._first.setdefault(key, observation) is not observation:
            self._more.setdefault(key, []).append(observation)

    def absorb(self, other: "Tallies") -> None:
        """Note everything that another file's rows say."""
        for key, observation in other.all():
            self.see(key, observation)

    def all(self) -> Iterator[tuple[Key, Observation]]:
        """Every observation."""
        yield from self._first.items()
        for key, observations in self._more.items():
            for observation in observations:
                yield key, observation

    def by_sku(self) -> Iterator[tuple[str, list[Bin]]]:
        """Each SKU in order, with its bins by name and the observations of each in the order of their places."""
        keys: dict[str, list[Key]] = {}
        for key in self._first:
            keys.setdefault(key[0], []).append(key)
        for sku in sorted(keys):
            yield sku, [(key, self._observed(key)) for key in sorted(keys[sku])]

    def _observed(self, key: Key) -> list[Observation]:
        more = self._more.get(key)
        return sorted([self._first[key], *more], key=itemgetter(1)) if more else [self._first[key]]
