"""What later stages keep of a capture: how an item was counted, and the files that could not be taken.

Apart from the rest of a capture, which is many kinds of data and only read with its document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from stkr.domain.question import Question

CLOCKS_APART = timedelta(minutes=2)
"""How far the clocks of scanner, till and system of record may be apart; also, how long one looks at a shelf."""


class LineKind(StrEnum):
    """How a line came about: counted and in the system, counted but not stocked here, or expected but not counted."""

    COUNTED = "counted"
    UNRECORDED = "unrecorded"
    UNCOUNTED = "uncounted"


class ClockDoubt(StrEnum):
    """Why the times in a line's rows do not say when it was counted: only some rows have one, or one cannot be right.

    A time cannot be right that is outside the time between the opening of the count and the upload.
    """

    MIXED = "mixed"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class CountedLine:
    """One SKU's clean count in eaches. ``rows`` are all that went into it, by file.

    ``incomplete`` is true when a parked row names the same SKU, so that the count may be short of it.
    ``counted_from`` and ``counted_to`` are the stored instants between which all its rows were counted, ``None`` where
    they do not say, or where ``clock`` says why that cannot be relied on.
    """

    sku: str
    kind: LineKind
    counted_qty: Decimal
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    incomplete: bool = False
    counted_from: str | None = None
    counted_to: str | None = None
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
