"""Reading fix sheets that come back: parked rows with what a person says is right (``write_fix_sheet`` makes them).

A fix speaks about one row of one file and repeats what that row says. Where the row says something else by now, or the
file does not count any more, the fix is not used and is reported: it was made for another row.

A code is remembered for the next counts only where the person says so, row by row, and only if it names nothing yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from stkr.capture.codes import Codebook, CodeMatch, Match, Unmatched, looks_like_a_date
from stkr.capture.quantities import Amount, Unread, plain, read_amount
from stkr.capture.result import Reason
from stkr.domain.alias import Alias, RowRef, split_alias
from stkr.domain.counted import FileProblem
from stkr.domain.errors import CountFileError
from stkr.tabular.csv_out import unprotected
from stkr.tabular.sheet import Row, Sheet, has_content
from stkr.tabular.text import folded, one_line, visible, words

TITLES: Final = ("File", "Row", "Code", "Quantity", "What is wrong", "Right code", "Right quantity", "Remember code")
"""The header of a fix sheet. The first four say which row it is about; the last three are for the person."""

SKIP: Final = "skip"
"""Typed as the right code or quantity: this row is not part of the count."""

MAX_REMEMBERED_CHARS = 64
"""No barcode or supplier code in use is longer; a whole line of text is none."""

_HEADER_WITHIN = 10
_NEEDED = ("File", "Row", "Code", "Quantity", "Right code", "Right quantity")
_YES = frozenset("yes y x 1 true ja oui si sí".split())
_NO = frozenset(("", "no", "n", "0", "false", "nein", "non"))


@dataclass(frozen=True, slots=True)
class Fix:
    """What a person says about a row: ``at`` is where they say so, ``file`` and ``row`` which row it is.

    ``code`` and ``quantity`` are what the row said when the sheet was made. ``right_match`` is what ``right_code``
    names, ``right_quantity`` the quantity as typed; ``None`` and empty where the row is right as it is.
    """

    at: RowRef
    file: str
    row: int
    code: str
    quantity: str
    right_code: str = ""
    right_quantity: str = ""
    right_match: CodeMatch | None = None

    @property
    def skips(self) -> bool:
        """Whether the row is to be left out of the count."""
        return SKIP in (folded(self.right_code), folded(self.right_quantity))

    @property
    def amount(self) -> Amount | Unread | None:
        """The right quantity, read as any other; ``None`` where the row's own stays."""
        return read_amount(self.right_quantity)

    def is_about(self, code: str, quantity: str) -> bool:
        """Whether a row still says what it said, however a spreadsheet may have written that meanwhile."""
        return _same_code(self.code, code) and _same_quantity(self.quantity, quantity)


@dataclass(slots=True)
class Fixes:
    """All that the fix sheets of a session say; ``problems`` are their rows that cannot be used."""

    by_row: dict[tuple[str, int], Fix] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    problems: list[FileProblem] = field(default_factory=list)

    def of_file(self, file: str) -> Mapping[int, Fix]:
        """The fixes of one file by row."""
        name_on_sheet = one_line(unprotected(file))
        return {row: fix for (name, row), fix in self.by_row.items() if name == name_on_sheet}

    def unused(self, used: Iterable[Fix]) -> Iterator[FileProblem]:
        """A problem for each sheet with fixes that no row of the count matches."""
        used_at = {fix.at for fix in used}
        unused: dict[str, list[Fix]] = {}
        for fix in self.by_row.values():
            if fix.at not in used_at:
                unused.setdefault(fix.at.file, []).append(fix)
        for sheet, fixes in unused.items():
            first = fixes[0]
            more = f" (and {len(fixes) - 1} more rows of this sheet)" if len(fixes) > 1 else ""
            yield FileProblem(
                sheet,
                f"it is about {first.file} row {first.row} with code {_shown(first.code)} and quantity "
                f"{_shown(first.quantity)}, which is no row of this count any more{more}: "
                "if rows are still to be fixed, download a new fix sheet",
                first.at.row,
            )


@dataclass(frozen=True, slots=True)
class FixSheet:
    """A table that was recognised as a fix sheet; ``columns`` are the indexes of those in ``TITLES`` that it has."""

    file: str
    sheet: Sheet
    header: int
    columns: Mapping[str, int]


def as_fix_sheet(file: str, sheets: Sequence[Sheet]) -> FixSheet | None:
    """The fix sheet that a file is, if it is one: its header tells.

    :raises CountFileError: when other sheets with content stand beside it, such as a count that would be overlooked.
    """
    for sheet in sheets:
        for number, cells in sheet.sample()[:_HEADER_WITHIN]:
            by_title = {words(cell): index for index, cell in reversed(list(enumerate(cells)))}
            columns = {title: by_title[words(title)] for title in TITLES if words(title) in by_title}
            if all(title in columns for title in _NEEDED):
                if any(other.sample() for other in sheets if other is not sheet):
                    raise CountFileError(
                        "a fix sheet stands beside other sheets in this workbook: save each as a file of its own"
                    )
                return FixSheet(file, sheet, number, columns)
    return None


def read_fixes(sheets: Iterable[FixSheet], codebook: Codebook) -> Fixes:
    """Read the fix sheets of a session, the earliest first: what a later one says about the same row or code counts."""
    fixes = Fixes()
    remembered: dict[str, Alias] = {}
    for sheet in sheets:
        reader = _Reader(sheet, codebook)
        try:
            for row in sheet.sheet.rows():
                if row[0] > sheet.header and has_content(row[1]):
                    reader.read(row)
        except CountFileError as error:
            fixes.problems.append(FileProblem(sheet.file, str(error)))
            continue
        fixes.by_row |= reader.fixes
        remembered |= reader.aliases
        fixes.problems += reader.problems
    fixes.aliases = tuple(sorted(remembered.values(), key=lambda alias: alias.code))
    return fixes


class _Reader:
    """Reads the rows of one fix sheet."""

    def __init__(self, sheet: FixSheet, codebook: Codebook) -> None:
        self._sheet = sheet
        self._codebook = codebook
        self._contradicted: set[object] = set()
        self.fixes: dict[tuple[str, int], Fix] = {}
        self.aliases: dict[str, Alias] = {}
        self.problems: list[FileProblem] = []

    def read(self, row: Row) -> None:
        """One row: a fix, an alias, both, nothing filled in, or a problem."""
        number, cells = row

        def text(title: str) -> str:
            index = self._sheet.columns.get(title, len(cells))
            return unprotected(cells[index]) if index < len(cells) else ""

        right_code, right_quantity = visible(text("Right code")), text("Right quantity")
        answer = folded(text("Remember code"))
        if not (right_code or visible(right_quantity) or answer not in _NO):
            return
        at = RowRef(self._sheet.file, number)
        skips = SKIP in (folded(right_code), folded(right_quantity))
        fix = Fix(
            at=at,
            file=one_line(text("File")),
            row=_row_number(text("Row")),
            code=text("Code"),
            quantity=text("Quantity"),
            right_code=right_code,
            right_quantity=right_quantity,
            right_match=self._resolve(right_code) if right_code and not skips else None,
        )
        problems = [self._remember(fix, answer)] if answer not in _NO else []
        corrects = right_code or visible(right_quantity)
        if corrects and (fix.file or fix.row or not problems):  # Without a row it can still say what a code means.
            problems.append(self._note(fix))
        self.problems += (FileProblem(at.file, problem, at.row) for problem in problems if problem)

    def _resolve(self, right_code: str) -> CodeMatch:
        """The item that a right code names; ``SKU*24`` names a case of 24 of it."""
        match = self._codebook.find(right_code)
        code, pack = split_alias(right_code)
        if isinstance(match, Match) or pack is None:
            return match
        single = self._codebook.find(code)
        if not isinstance(single, Match):
            return single
        if single.pack not in (None, pack):
            return Unmatched(
                Reason.AMBIGUOUS_CODE,
                f"{code} is a case of {plain(single.pack)} of {single.stock.sku} already: use it without *, or the SKU",
                (single.stock.sku,),
            )
        return Match(single.stock, pack)

    def _note(self, fix: Fix) -> str | None:
        if not fix.file or not fix.row:
            return "it does not say which row it is about: keep the columns File and Row as they were"
        about = (fix.file, fix.row)
        earlier = self.fixes.setdefault(about, fix)
        if about in self._contradicted or not _agree(earlier, fix):
            self._contradicted.add(about)
            self.fixes.pop(about, None)
            return f"this sheet says two things about {fix.file} row {fix.row}: keep the right one"
        return None

    def _remember(self, fix: Fix, answer: str) -> str | None:
        if answer not in _YES:
            return f"{answer[:20]} is no answer to 'Remember code': type yes, or leave it empty"
        code = visible(fix.code)
        if not isinstance(fix.right_match, Match):
            return "there is nothing to remember: the right code has to name an item of the system"
        present = self._codebook.find(code)
        if isinstance(present, Match) and present.names_same(fix.right_match):
            return None
        problem = _why_not_remembered(code, present)
        if problem:
            return problem
        alias = Alias(code, fix.right_match.stock.sku, fix.at, fix.right_match.pack)
        key = folded(code)
        if key in self._contradicted or self.aliases.setdefault(key, alias) != alias:
            self._contradicted.add(key)
            self.aliases.pop(key, None)
            return f"this sheet says two things about the code {code}: keep the right one"
        return None


def _why_not_remembered(code: str, present: CodeMatch) -> str | None:
    """Why a code must not become an alias, if so."""
    if isinstance(present, Match):
        return f"the code {code} already names {present.stock.sku}: correct it in the system of record"
    if present.reason is not Reason.UNKNOWN_CODE:
        return f"this code cannot be remembered: {present.detail}"
    if looks_like_a_date(code):
        return f"the code {code} cannot be remembered: a spreadsheet may have made this date of several codes"
    if len(code) > MAX_REMEMBERED_CHARS or set("*|") & set(code):
        return f"the code {code[:40]} cannot be remembered: it is too long, or has * or | in it"
    return None


def _shown(cell: str) -> str:
    return visible(cell)[:40] or "(none)"


def _agree(fix: Fix, other: Fix) -> bool:
    return (fix.right_code, fix.right_quantity) == (other.right_code, other.right_quantity)


def _row_number(cell: str) -> int:
    """A row number; 0, which no row has, where the cell holds none."""
    text = folded(cell).removesuffix(".0")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < len(str(10**9)) else 0


def _as_written(cell: str) -> str:
    """A cell in the form that a fix sheet gives it, folded."""
    return folded(unprotected(one_line(cell)))


def _same_code(on_sheet: str, in_row: str) -> bool:
    sheet_code, row_code = _as_written(on_sheet), _as_written(in_row)
    digits = sheet_code.isdecimal() and row_code.isdecimal()
    return sheet_code == row_code or (digits and sheet_code.lstrip("0") == row_code.lstrip("0"))


def _same_quantity(on_sheet: str, in_row: str) -> bool:
    sheet_cell, row_cell = _as_written(on_sheet), _as_written(in_row)
    if sheet_cell == row_cell:
        return True
    sheet_amount, row_amount = read_amount(sheet_cell), read_amount(row_cell)
    # A spreadsheet writes 12.0 as 12.
    return (
        isinstance(sheet_amount, Amount)
        and isinstance(row_amount, Amount)
        and (sheet_amount.eaches, sheet_amount.cases, sheet_amount.unit)
        == (row_amount.eaches, row_amount.cases, row_amount.unit)
    )
