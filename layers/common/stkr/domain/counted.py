"""Counted lines, and the files that could not be taken: the part of a capture that later stages work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from stkr.domain.names import Instant
from stkr.domain.question import Question

CLOCKS_APART = timedelta(minutes=2)
"""How far the clocks of scanner, till and system of record may be apart; also the time it takes to count a shelf."""


class LineKind(StrEnum):
    """Counted and in the system, counted but not stocked here, or expected but not counted."""

    COUNTED = "counted"
    UNRECORDED = "unrecorded"
    UNCOUNTED = "uncounted"


class ClockDoubt(StrEnum):
    """Why the times of a line's rows cannot be used: only some rows have one, or one is wrong.

    A time is wrong that is not between the opening of the count and the upload.
    """

    MIXED = "mixed"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class CountedLine:
    """The count of one SKU, in eaches. ``rows`` are the rows it was added up from, by file.

    ``incomplete`` is true when a parked row has the same SKU, so that the count may be too low.
    ``counted_from`` and ``counted_to`` are the stored instants between which all its rows were counted; ``None`` where
    the rows have no times, or where ``clock`` says why those cannot be used.
    """

    sku: str
    kind: LineKind
    counted_qty: Decimal
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    incomplete: bool = False
    counted_from: Instant | None = None
    counted_to: Instant | None = None
    clock: ClockDoubt | None = None


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that could not be taken, and what to do about it; with a ``row``, it is only this row of a fix sheet.

    ``question`` is what a person can answer so that the file is taken as it is.
    """

    file: str
    problem: str
    row: int | None = None
    question: Question | None = None
