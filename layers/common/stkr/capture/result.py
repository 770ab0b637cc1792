"""What capture hands on: clean lines, parked rows, problems of whole files, and totals that add up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from stkr.domain.alias import Alias, RowRef
from stkr.domain.counted import CountedLine, FileProblem
from stkr.domain.names import SessionId
from stkr.domain.question import Candidate


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


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One file of a session's folder in its latest version.

    ``name`` is its path within the folder, so ``Back store/scan.csv`` is a count of the area *Back store*.
    ``uploaded_at`` is an ISO-8601 instant.
    """

    name: str
    content: bytes
    uploaded_at: str = ""

    @property
    def area(self) -> str:
        """The area that was counted, as the folder is named; empty where the file speaks for the session as a whole."""
        return self.name.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class RowTrouble:
    """One thing that is wrong with a row: ``detail`` says what, and what to do about it.

    ``cell`` is where, as a spreadsheet names it: ``C14``.
    """

    reason: Reason
    detail: str
    cell: str = ""


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A row that needs a person. ``code`` and ``quantity`` are the raw cells; ``skus`` are the items the code may mean,
    as far as that is known.

    ``cells`` is the whole raw row. ``reason``, ``detail`` and ``cell`` are of the first trouble with it (see
    ``RowTrouble``), ``also`` holds the others, so that a person can correct all of them at once.
    """

    file: str
    row: int
    code: str
    quantity: str
    reason: Reason
    detail: str
    cells: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    cell: str = ""
    also: tuple[RowTrouble, ...] = ()

    @property
    def troubles(self) -> tuple[RowTrouble, ...]:
        """Everything that is wrong with the row."""
        return (RowTrouble(self.reason, self.detail, self.cell), *self.also)


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What a table's columns were taken for, each by its title as the file spells it, or as ``column 3``.

    ``header`` is the physical row of the header, 0 where there is none. ``count`` is ``None`` where every row is one
    scan, the others where there is no such column. ``times`` say when a row was counted. ``ignored`` are the columns
    that were left aside, in their order; those of them in ``left_aside`` hold numbers that could have been counts.
    """

    header: int
    codes: tuple[str, ...]
    count: str | None
    unit: str | None
    bin: str | None
    location: str | None
    ignored: tuple[str, ...]
    times: tuple[str, ...] = ()
    left_aside: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was counted, and how it was read: ``form`` is such as ``semicolon-separated UTF-8`` or ``XLSX``."""

    name: str
    form: str
    columns: ColumnReport

    @property
    def sentence(self) -> str:
        """The same in words, for people."""
        columns = self.columns
        taken = [
            f"{what} from {_listed(titles)}"
            for what, titles in (
                ("code", columns.codes),
                ("count", (columns.count,)),
                ("unit", (columns.unit,)),
                ("bin", (columns.bin,)),
                ("location", (columns.location,)),
                ("time counted", columns.times),
            )
            if any(titles)
        ]
        header = f"header in row {columns.header}" if columns.header else "no header"
        each = "" if columns.count else "; every row counts one"
        unused = f"; not used: {_listed(columns.ignored)}" if columns.ignored else ""
        return f"{self.form}, {header}; {', '.join(taken)}{each}{unused}"

    @property
    def left_aside(self) -> str:
        """The columns of numbers that were not used although they could have been counts, each with some of its cells;
        empty where there are none.
        """
        return ", ".join(candidate.in_words for candidate in self.columns.left_aside)


def _listed(titles: Iterable[str | None]) -> str:
    return ", ".join(title for title in titles if title)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A file that no longer counts, because ``by`` is a later count of the same area."""

    file: str
    by: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A row that counts as a fix sheet says. ``by`` is the fix sheet's row; an empty ``code`` or ``quantity`` was right
    as it was.
    """

    row: RowRef
    by: RowRef
    code: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Row counts that obey the conservation law: ``read = counted + collapsed + blank + parked``.

    A row is *counted* when it is the first observation of its SKU, area and bin, *collapsed* when it is folded into one
    (a repeat, or one more scan of one unit), *blank* when it counts nothing: no quantity, or struck out by a fix sheet.
    """

    read: int = 0
    counted: int = 0
    collapsed: int = 0
    blank: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOutcome:
    """What the next stage needs to know of a capture: everything but the parked rows themselves.

    ``tables`` say how each file was understood, ``passed_over`` are sheets without a count. ``parked_skus`` are the
    items that parked rows name, ``parked_reasons`` how many rows are parked for which (first) reason. ``aliases`` are
    the codes that a person has confirmed in a fix sheet, to be remembered for the next counts.
    """

    lines: tuple[CountedLine, ...]
    problems: tuple[FileProblem, ...]
    totals: Totals
    parked_skus: tuple[str, ...] = ()
    parked_reasons: Mapping[Reason, int] = field(default_factory=dict)
    tables: tuple[ReadTable, ...] = ()
    passed_over: tuple[str, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    corrections: tuple[Correction, ...] = ()
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """The document capture hands on: which session and which run of capture, and the outcome.

    The parked rows are a document of their own beside it: there may be many, and only people read them.
    """

    session_id: SessionId
    seq: int
    outcome: CaptureOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture(CaptureOutcome):
    """The outcome of reading all of a session's files: a function of the files, the snapshot and what is decided."""

    parked: tuple[ParkedRow, ...]

    @property
    def outcome(self) -> CaptureOutcome:
        """The outcome by itself."""
        return CaptureOutcome(**{part.name: getattr(self, part.name) for part in fields(CaptureOutcome)})
