"""What capture hands on: clean lines, parked rows, problems of whole files, and totals that add up."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Reason(StrEnum):
    """Why a row is parked: a closed list."""

    UNKNOWN_CODE = "unknown_code"
    AMBIGUOUS_CODE = "ambiguous_code"
    MISSING_CODE = "missing_code"
    MANGLED_BARCODE = "mangled_barcode"
    UNREADABLE_QUANTITY = "unreadable_quantity"
    NEGATIVE_QUANTITY = "negative_quantity"
    FRACTIONAL_QUANTITY = "fractional_quantity"
    UNKNOWN_UNIT = "unknown_unit"
    MISSING_PACK_SIZE = "missing_pack_size"
    CONFLICTING_COUNTS = "conflicting_counts"
    ALREADY_DECIDED = "already_decided"


class Kind(StrEnum):
    """How a line came about: counted and in the system, counted but not stocked here, or expected but not counted."""

    COUNTED = "counted"
    UNRECORDED = "unrecorded"
    UNCOUNTED = "uncounted"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of a session's folder in its latest version. ``uploaded_at`` is an ISO-8601 instant."""

    name: str
    content: bytes
    uploaded_at: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a counted quantity was read: file and row, the first row of the file being 1."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class CountedLine:
    """One SKU's clean count in eaches. ``sightings`` are all rows that went into it.

    ``incomplete`` is true when a parked row names the same SKU, so that the count may be short of it.
    """

    sku: str
    kind: Kind
    counted_qty: Decimal
    sightings: tuple[Sighting, ...] = ()
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A row that needs a person. ``code`` and ``quantity`` are the raw cells; ``skus`` are the items the code may mean,
    as far as that is known.

    ``cells`` is the whole raw row; ``detail`` says what is wrong and what to do about it.
    """

    file: str
    row: int
    code: str
    quantity: str
    reason: Reason
    detail: str
    cells: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that could not be taken as a whole, and what to do about it."""

    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Row counts that obey the conservation law: ``read = counted + collapsed + blank + parked``.

    A row is *counted* when it is the first observation of its SKU and bin, *collapsed* when it is folded into one
    (a repeat, or one more scan of one unit).
    """

    read: int = 0
    counted: int = 0
    collapsed: int = 0
    blank: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """The outcome of reading all of a session's files: a function of the files, the snapshot and what is decided."""

    lines: tuple[CountedLine, ...]
    parked: tuple[ParkedRow, ...]
    problems: tuple[FileProblem, ...]
    totals: Totals
