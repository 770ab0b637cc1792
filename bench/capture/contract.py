"""What every contender is given and has to return."""

from collections.abc import Callable
from dataclasses import dataclass

from stkr.capture.result import Totals
from stkr.stock import Snapshot

PLACES = 6
"""Decimal places of a quantity that is an integer, so that it is exact without being a ``Decimal``."""

Parked = tuple[int, str]
"""Physical row (the header being 1) and reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Clean counts by SKU in millionths of an each, parked rows in the order of the file, and the totals."""

    lines: dict[str, int]
    parked: list[Parked]
    totals: Totals


Contender = Callable[[bytes, Snapshot], Outcome]
"""Reads a count CSV (UTF-8, comma, the columns of ``data.HEADER``) against a snapshot."""
