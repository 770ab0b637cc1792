"""What every contender is given and has to return."""

from collections.abc import Callable
from dataclasses import dataclass

from stkr.capture.result import Totals
from stkr.stock import Snapshot

PLACES = 6
"""Decimal places of a quantity that is an integer, so that it is exact without being a ``Decimal``."""

Line = tuple[int, tuple[int, ...]]
"""A clean count in millionths of an each, and the physical rows (the header being 1) that went into it."""

Parked = tuple[int, str, tuple[str, ...]]
"""Physical row, reason, and the raw cells of the whole row, by which a person finds and mends it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Clean counts by SKU, parked rows in the order of the file, and the totals."""

    lines: dict[str, Line]
    parked: list[Parked]
    totals: Totals


Contender = Callable[[bytes, Snapshot], Outcome]
"""Reads a count CSV (UTF-8, comma, the columns of ``data.HEADER``) against a snapshot."""
