"""Which column of a sheet holds what: told by its header, or by its content where scanners export none."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from stkr.capture.codes import Codebook
from stkr.capture.quantities import Amount, is_unit, read_amount
from stkr.capture.result import Understood
from stkr.domain.errors import CountFileError
from stkr.domain.units import is_measure
from stkr.headings.titles import CASES_BESIDE, LIST_DETAIL, SCAN_DETAIL, Heading, Rank, Role, heading, tells_when
from stkr.tabular.sheet import SAMPLE_ROWS, Block, Row, has_content
from stkr.tabular.text import folded, visible, words

HEADER_WITHIN = 60
"""A header stands among the first rows that have content; below that it would be a second table."""

_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T].*)?|(19|20)\d{6}|\d{1,2}[ ./-][a-z]{3}[ ./-]\d{2,4}", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[ap]m)?", re.IGNORECASE)
# Date and time without any mark, as in 20180129133250.
_STAMP = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d([0-5]\d)?")
_BARCODE_SHAPE = re.compile(r"\d{8}|\d{12,14}")
_FIGURE = re.compile(r"[-\u2212(]\s?[\d.,]{1,9}\)?|\d{1,3}(?:[.,'\u2019\s]\d{3}){1,2}")
_SERIAL_WIDTH = 5
_RUN = 3
_CODE_AND_COUNT = 2
_LONGEST_CODE = 64
_AMOUNT = ("amount",)
_OF_A_LIST = Heading(Role.OTHER, LIST_DETAIL)
_UNITS = frozenset("units eaches each ea singles loose pcs pieces".split())


class NotACount(CountFileError):
    """A sheet that is no count at all, such as notes or a stock list; in a workbook it may stand beside one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns by index. ``quantity`` is ``None`` where every row is one scan.

    ``header`` is the physical row of the header, 0 in a headerless file. Rows at or above it are not data.
    ``apart`` are columns of lots and larger places, which tell rows apart that would else be one count, repeated.
    ``times`` are columns of days and times, of when a row was counted as far as anybody knows.
    ``replaced`` are columns of first counts beside the recount that is ``quantity``.
    ``doubtful`` are columns that were told by few or no cells, with the cells there were: empty ones and such of units.
    A later row may say more than they do.
    ``captions`` are the titles as they are spelled, empty where a column has none; ``titles`` are they, folded.
    """

    header: int
    codes: tuple[int, ...]
    quantity: int | None
    unit: int | None = None
    bin: int | None = None
    location: int | None = None
    apart: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()
    doubtful: Mapping[int, frozenset[str]] = field(default_factory=dict)
    captions: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """As many cells must a row have for every column to exist."""
        return 1 + max(
            index for index in (*self.codes, self.quantity, self.unit, self.bin, self.location) if index is not None
        )

    def times_of(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The cells of a row that say when it was counted."""
        return tuple(cells[index] if index < len(cells) else "" for index in self.times)

    def understood(self, *, told_times: bool) -> Understood:
        """The same for people; ``told_times`` where the times are used."""

        def named(index: int | None) -> str | None:
            return None if index is None else _named(self.captions, index)

        times = self.times if told_times else ()
        used = {*self.codes, self.quantity, self.unit, self.bin, self.location, *times}
        return Understood(
            header=self.header,
            codes=tuple(_named(self.captions, index) for index in self.codes),
            count=named(self.quantity),
            unit=named(self.unit),
            bin=named(self.bin),
            location=named(self.location),
            times=tuple(_named(self.captions, index) for index in times),
            ignored=tuple(_named(self.captions, index) for index in range(len(self.captions)) if index not in used),
        )

    def refuse_without_recount(self, cells: Sequence[str]) -> None:
        """Where only some rows were counted again, the others would pass for not counted.

        :raises CountFileError: when a row has a first count and no recount.
        """
        if self.quantity is not None and not _cell(cells, self.quantity):
            counted = [index for index in self.replaced if _cell(cells, index)]
            if counted:
                recount = _listed(self.captions, [self.quantity])
                raise CountFileError(
                    f"{recount} is empty in rows that have a count in {_listed(self.captions, counted)}: "
                    "copy the counts that stand into it, or delete one of the columns"
                )

    def repeats_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the header once more, as page breaks and joined files leave it."""
        first = self.codes[0]
        return self.header > 0 and _cell(cells, first) == self.titles[first] and _titles(cells) == self.titles


def judge_rows(rows: Sequence[Sequence[str]], codebook: Codebook) -> int:
    """How well rows make sense as a count, for telling the delimiter: a header first, then codes that are known."""
    best = max((_strength(_headings(cells)) for cells in rows[:HEADER_WITHIN]), default=0)
    known = sum(
        any(codebook.knows(cell) for cell in cells if cell and len(cell) < _LONGEST_CODE)
        for cells in rows[:HEADER_WITHIN]
    )
    return best * 1000 + known


def is_header(cells: Sequence[str], codebook: Codebook) -> bool:
    """Whether a row names a code and a quantity, and none of its cells is itself a known code."""
    headings = _headings(cells)
    roles = {found.role for found in headings if found}
    return {Role.CODE, Role.QUANTITY} <= roles and not any(codebook.knows(cell) for cell in cells)


def find_layout(sample: Sequence[Row], codebook: Codebook, location: str) -> Layout:
    """Tell the columns from the first rows that have content.

    :raises CountFileError: when the code or the count column cannot be told with certainty; it names the candidates.
    """
    found = None
    for number, cells in sample[:HEADER_WITHIN]:
        # Of headers in a row, the last is the one above the data: the others name groups of columns.
        if is_header(cells, codebook):
            found = number, cells
        elif found:
            break
    if found:
        return _by_header(*found, sample, codebook, location)
    for number, cells in sample[:HEADER_WITHIN]:
        if _is_plain_header(cells, codebook):
            return _by_header(number, cells, sample, codebook, location)
    return _by_content(sample, codebook)


def _titles(cells: Sequence[str]) -> tuple[str, ...]:
    titles = [folded(cell) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    return tuple(titles)


def _headings(cells: Sequence[str]) -> list[Heading | None]:
    return [heading(cell) for cell in cells]


def _strength(headings: Sequence[Heading | None]) -> int:
    """Recognised columns if a code is among them, else nothing: prose may contain any single word."""
    roles = [found.role for found in headings if found]
    return len(roles) if Role.CODE in roles else 0


def _is_plain_header(cells: Sequence[str], codebook: Codebook) -> bool:
    """A header without a quantity: scans of one unit each, or a file that cannot be told."""
    headings = [found for cell, found in zip(cells, _headings(cells), strict=True) if visible(cell)]
    known = [found for found in headings if found]
    return (
        any(found.role is Role.CODE for found in known)
        and (len(known) == len(headings) or len(known) > 1 or _is_wording(cells))
        and not any(codebook.knows(cell) for cell in cells)
    )


def _by_header(number: int, cells: Sequence[str], sample: Sequence[Row], codebook: Codebook, location: str) -> Layout:
    headings = _headings(cells)
    above = [row for row in sample if row[0] < number]
    _refuse_data_above(above, number, codebook)
    columns = [row for at, row in sample if at > number]

    def of(role: Role) -> list[int]:
        found = [(known.rank, index) for index, known in enumerate(headings) if known and known.role is role]
        return [index for _, index in sorted(found)]

    codes = of(Role.CODE)
    firm = [index for index in codes if headings[index] != Heading(Role.CODE, 3)]
    quantity = _quantity_column(cells, headings, columns, location)
    bins, place = of(Role.BIN), _location_column(of(Role.LOCATION), columns, location)
    recounted = quantity is not None and headings[quantity] == Heading(Role.QUANTITY, Rank.RECOUNTED)
    lots = [index for index in of(Role.LOT) if not _is_serial([_cell(row, index) for row in columns])]
    # The bin is told by the header alone, so that it is the same in every file of a session.
    return Layout(
        header=number,
        codes=tuple(firm or codes),
        quantity=quantity,
        unit=_unit_column(cells, headings, of(Role.UNIT), columns) if quantity is not None else None,
        bin=bins[0] if bins else None,
        location=place,
        apart=() if quantity is None else (*bins[1:], *lots),
        times=tuple(
            index
            for index, (title, known) in enumerate(zip(cells, headings, strict=True))
            if (known is None or known.role is Role.OTHER) and tells_when(title) and _tells_when(columns, index)
        ),
        replaced=tuple(
            index for index, known in enumerate(headings) if recounted and known == Heading(Role.QUANTITY, Rank.COUNTED)
        ),
        doubtful=_doubtful(columns, len(cells)),
        captions=tuple(_title(cells, index) for index in range(max(map(len, (cells, *columns))))),
        titles=_titles(cells),
    )


def _doubtful(columns: Sequence[Sequence[str]], width: int) -> dict[int, frozenset[str]]:
    """See ``Layout``; the cells are as they stand, and a blank is always among them."""
    found: dict[int, frozenset[str]] = {}
    for index in range(max(width, max(map(len, columns), default=0))):
        cells = [row[index] for row in columns if index < len(row)]
        filled = [cell for cell in cells if visible(cell)]
        if sum(map(is_unit, filled)) * 2 > len(filled) or not filled:
            found[index] = frozenset(("", *cells))
    return found


def in_full(layout: Layout, blocks: Iterable[Block], told_with: Callable[[Sequence[Row]], Layout]) -> Iterator[Block]:
    """Pass rows on, and hold the layout to those that say more than the first rows did.

    :param told_with: tells the layout anew from the first rows and more of them.
    :raises CountFileError: when the columns would be told otherwise with such rows.
    """
    usual = len(layout.captions)
    seen = {index: set(cells) for index, cells in layout.doubtful.items()}
    late: list[Row] = []
    for block in blocks:
        if not _says_nothing_new(block.rows, usual, seen):
            for number, cells in zip(*block, strict=True):
                new = _new(cells, usual, seen)
                if new and number > layout.header and not layout.repeats_header(cells):
                    late.append((number, list(cells)))
                    for index in new:
                        seen.setdefault(index, {""}).add(cells[index])
                    if len(late) == SAMPLE_ROWS:
                        _hold(layout, late, told_with)
                        late.clear()
                        # As many cells tell a column as tell it where they come first.
                        seen = {index: before for index, before in seen.items() if len(before) < SAMPLE_ROWS}
        yield block
    if late:
        _hold(layout, late, told_with)


def _says_nothing_new(rows: Sequence[Sequence[str]], usual: int, seen: Mapping[int, set[str]]) -> bool:
    """Whether all rows say what others have said, as nearly all do."""
    if max(map(len, rows)) > usual:
        return False
    return all(before.issuperset(row[index] for row in rows if index < len(row)) for index, before in seen.items())


def _new(cells: Sequence[str], usual: int, seen: Mapping[int, set[str]]) -> list[int]:
    new = [index for index, before in seen.items() if index < len(cells) and cells[index] not in before]
    return new + [index for index in range(usual, len(cells)) if visible(cells[index])]


def _hold(layout: Layout, late: Sequence[Row], told_with: Callable[[Sequence[Row]], Layout]) -> None:
    told = told_with(late)
    if (told.codes, told.quantity, told.unit) != (layout.codes, layout.quantity, layout.unit):
        raise CountFileError(
            f"from row {late[0][0]} on there are cells in columns that were empty before, and they may be of the "
            "count: add a header row with sku, counted_qty and unit, or delete what is none of these"
        )


def refuse_merged(layout: Layout, rows: Iterable[Row]) -> None:
    """Equal counts of two lots, or of two shelves beside the bin, are not one count repeated.

    :raises CountFileError: naming the column that would be overlooked.
    """
    if not layout.apart:
        return
    key = [index for index in (*layout.codes, layout.bin, layout.location, layout.quantity) if index is not None]
    counted = (
        row
        for number, row in rows
        if number > layout.header and layout.quantity is not None and _cell(row, layout.quantity)
    )
    hidden = _changing(counted, key, layout.apart)
    if hidden is not None:
        raise CountFileError(
            f"rows that differ only in {_listed(layout.captions, [hidden])} would be taken for one count, repeated: "
            "add them up to one row, or tell them apart in a column named bin"
        )


def _changing(rows: Iterable[Sequence[str]], key: Sequence[int], others: Sequence[int]) -> int | None:
    """One of the other columns that changes while all those of the key stay the same."""
    seen: dict[int, dict[tuple[str, ...], str]] = {other: {} for other in others}
    for row in rows:
        told = tuple(_cell(row, index) for index in key)
        for other, known in seen.items():
            cell = _cell(row, other)
            if cell and known.setdefault(told, cell) != cell:
                return other
    return None


def _unit_column(
    cells: Sequence[str],
    headings: Sequence[Heading | None],
    candidates: Sequence[int],
    columns: Sequence[Sequence[str]],
) -> int | None:
    """The unit that was counted in, where an export names that of stock or of purchase, too.

    :raises CountFileError: where several are named and differ, or one may stand under a name we do not know.
    """
    width = 0 if candidates else max(map(len, (cells, *columns)))
    for index in range(width):
        if index < len(headings) and headings[index] is not None:
            continue
        column = [cell for row in columns if (cell := _cell(row, index))]
        if sum(map(is_unit, column)) * 2 > len(column) and any(map(_is_case, column)):
            raise CountFileError(
                f"cannot tell whether {_listed(cells, [index])} is the unit that was counted in: "
                "name it unit if it is, or delete it"
            )
    counting = [index for index in candidates if {"count", "counted", "counting"} & set(words(cells[index]))]
    filled = _filled(counting or candidates, columns)
    if len(set(filled.values())) > 1:
        raise CountFileError(
            f"cannot tell which unit was counted in: {_listed(cells, list(filled))}. Delete the others"
        )
    return next(iter(filled), candidates[0] if candidates else None)


def _filled(candidates: Sequence[int], columns: Sequence[Sequence[str]]) -> dict[int, tuple[str, ...]]:
    """Those of the columns that have any content, with their folded cells."""
    found = {index: tuple(_cell(row, index) for row in columns) for index in candidates}
    return {index: column for index, column in found.items() if any(column)}


def _cell(row: Sequence[str], index: int) -> str:
    return folded(row[index]) if index < len(row) else ""


def _location_column(candidates: Sequence[int], columns: Sequence[Sequence[str]], location: str) -> int | None:
    """Where an export has both a number and a name of the location, the one in which this location is found."""
    here = folded(location)
    found = (index for index in candidates if any(_cell(row, index) == here for row in columns))
    return next(found, candidates[0] if candidates else None)


def _refuse_data_above(above: Sequence[Row], number: int, codebook: Codebook) -> None:
    for row, cells in above:
        filled = [cell for cell in cells if visible(cell)]
        if len(filled) > 1 and codebook.knows(filled[0]) and any(cell.strip().isdecimal() for cell in filled[1:]):
            raise CountFileError(
                f"row {row} looks like a counted row, but the header stands below it in row {number}: "
                "move the header to the top, or save the two tables as files of their own"
            )


def _quantity_column(
    cells: Sequence[str], headings: Sequence[Heading | None], columns: Sequence[Sequence[str]], location: str
) -> int | None:
    ranked: dict[int, list[int]] = {}
    for index, known in enumerate(headings):
        if known and known.role is Role.QUANTITY:
            ranked.setdefault(known.rank, []).append(index)
    expected = ranked.pop(Rank.EXPECTED, [])
    if not ranked:
        _refuse_unknown_counts(cells, headings, columns, expected)
        return None
    # A plain quantity beside a stock level: either could be the count, so both are candidates.
    best = min(ranked)
    candidates = ranked[best] if best < Rank.PLAIN else [index for found in ranked.values() for index in found]
    if len(candidates) > 1:
        here = words(location)
        own = [index for index in candidates if (known := headings[index]) and known.place and known.place == here]
        candidates = own or candidates
    if len(candidates) > 1:
        # Beside a quantity, an amount is one of money.
        candidates = [index for index in candidates if words(cells[index])[:1] != _AMOUNT] or candidates
    if len(candidates) > 1:
        raise CountFileError(
            f"cannot tell which column is the count: {_listed(cells, sorted(candidates))}. "
            "Delete the others, or name the right one counted_qty"
        )
    _refuse_cases_beside(cells, headings, columns, candidates[0])
    _refuse_running_number(cells, columns, candidates[0], ranked if best == Rank.COUNTED else {})
    return candidates[0]


def _refuse_running_number(
    cells: Sequence[str], columns: Sequence[Sequence[str]], count: int, ranked: Mapping[int, Sequence[int]]
) -> None:
    """A column called Count may number the rows, while the quantity is in another."""
    others = [index for rank, found in ranked.items() if rank > Rank.COUNTED for index in found]
    numbers = [cell for row in columns if (cell := _cell(row, count))]
    if others and len(numbers) >= _RUN and numbers == [str(number) for number in range(1, len(numbers) + 1)]:
        raise CountFileError(
            f"cannot tell which column is the count: {_listed(cells, sorted([count, *others]))}. "
            "Delete the others, or name the right one counted_qty"
        )


def _refuse_cases_beside(
    cells: Sequence[str], headings: Sequence[Heading | None], columns: Sequence[Sequence[str]], quantity: int
) -> None:
    """Loose units beside a column of cases are only half of the count; a column of totals is all of it."""
    chosen = headings[quantity]
    if chosen and chosen.rank <= Rank.COUNTED and not _UNITS & set(words(cells[quantity])):
        return
    cases = [index for index, known in enumerate(headings) if known == Heading(Role.OTHER, CASES_BESIDE)]
    cases = [index for index in cases if any(_is_count(row[index]) for row in columns if index < len(row))]
    if cases:
        raise CountFileError(
            f"cannot tell how {_listed(cells, [*cases, quantity])} make up the count: "
            "put it into one column counted_qty, such as 4 boxes + 7"
        )


def _refuse_unknown_counts(
    cells: Sequence[str],
    headings: Sequence[Heading | None],
    columns: Sequence[Sequence[str]],
    expected: Sequence[int],
) -> None:
    """Without a quantity column every row is one scan, which must not follow from a name we merely do not know."""
    if expected:
        raise NotACount(
            f"there is no counted quantity: {_listed(cells, expected)} holds what the system expects. "
            "Add a column counted_qty"
        )
    unknown = [
        index
        for index in range(len(cells))
        if not _goes_with_a_scan(headings[index]) and any(_is_figure(row[index]) for row in columns if index < len(row))
    ]
    # Numbers below an empty header cell are as doubtful as those below an unknown name.
    unknown += [
        index
        for index in range(len(cells), max((len(row) for row in columns), default=0))
        if any(_is_figure(row[index]) for row in columns if index < len(row))
    ]
    if unknown:
        # Prices and pack sizes make a list of items, which may stand beside the count in a workbook.
        listed = all(index < len(cells) and headings[index] == _OF_A_LIST for index in unknown)
        raise (NotACount if listed else CountFileError)(
            f"cannot tell whether {_listed(cells, unknown)} is the count: name the count column counted_qty"
        )


def _goes_with_a_scan(known: Heading | None) -> bool:
    return known is not None and (known.role is not Role.OTHER or known.rank == SCAN_DETAIL)


def _title(cells: Sequence[str], index: int) -> str:
    return visible(cells[index]) if index < len(cells) else ""


def _named(cells: Sequence[str], index: int) -> str:
    """A column by its title, or by its number where it has none."""
    return _title(cells, index) or f"column {index + 1}"


def _listed(cells: Sequence[str], indexes: Sequence[int]) -> str:
    """Columns for a message, by number where their titles do not tell them apart."""
    titles = Counter(_title(cells, index) for index in indexes)

    def shown(index: int) -> str:
        title = _title(cells, index)
        if not title:
            return _named(cells, index)
        return f"{title!r} (column {index + 1})" if titles[title] > 1 else repr(title)

    return ", ".join(map(shown, indexes))


def _is_count(cell: str) -> bool:
    amount = read_amount(cell)
    # 500 ml beside a code is a size.
    return isinstance(amount, Amount) and not is_measure(amount.unit)


def _is_case(unit: str) -> bool:
    one = read_amount("1", unit)
    return isinstance(one, Amount) and one.cases is not None


def _is_figure(cell: str) -> bool:
    """Whether a cell may be meant as a count, even one that is parked: a difference, a formula without its result."""
    text = visible(cell)
    return _is_count(text) or text.startswith(("=", "#")) or _FIGURE.fullmatch(text) is not None


def _by_content(sample: Sequence[Row], codebook: Codebook) -> Layout:
    rows = [cells for _, cells in sample]
    width = max((len(cells) for cells in rows), default=0)
    columns = [[visible(cells[index]) for cells in rows if index < len(cells)] for index in range(width)]
    filled = [[cell for cell in column if cell] for column in columns]
    code = _code_column(filled, codebook)
    if code is None:
        raise NotACount(
            "no column holds codes that the system knows, and there is no header that names one: "
            "add a header row with sku and counted_qty"
        )
    # A cover sheet has two columns, too; where there are codes, the sheet is not passed over.
    refusal = CountFileError if any(codebook.knows(cell) or _is_barcode(cell) for cell in filled[code]) else NotACount
    first = sample[0][1]
    named = [index for index, cell in enumerate(first) if visible(cell)]
    if len(named) > 1 and _is_wording(first) and not any(map(codebook.knows, first)):
        raise refusal(
            f"the header names are not known: {_listed(first, named)}. "
            "Name the code column sku and the count column counted_qty"
        )
    quantity = _quantity_by_content(code, filled, refusal)
    units = [index for index, column in enumerate(filled) if sum(map(is_unit, column)) * 2 > len(column)]
    apart: tuple[int, ...] = ()
    if quantity is not None:
        details = {index for index, column in enumerate(filled) if not column or _is_detail(column)}
        coded = [row for row in rows if _cell(row, code)]
        apart = tuple(index for index in range(width) if index not in {code, quantity, *units, *details})
        hidden = _changing(coded, [code], apart)
        if hidden is not None:
            raise CountFileError(
                f"cannot tell whether {_listed((), [hidden])} says where a row was counted: "
                "add a header row, with bin above that column if it does"
            )
    return Layout(
        header=0,
        codes=(code,),
        quantity=quantity,
        unit=units[0] if units and quantity is not None else None,
        apart=apart,
        times=tuple(index for index in range(width) if index not in {code, quantity} and _tells_when(rows, index)),
        doubtful=_doubtful(rows, width),
        captions=("",) * width,
    )


def _tells_when(rows: Sequence[Sequence[str]], index: int) -> bool:
    return _are_times([cell for row in rows if index < len(row) and (cell := visible(row[index]))])


def _are_times(column: Sequence[str]) -> bool:
    return any(_mostly(column, shape) for shape in (_DATE, _TIME, _STAMP))


def _is_detail(column: Sequence[str]) -> bool:
    """Dates, times and running numbers, as scanners add them to every scan."""
    if _are_times(column) or _is_serial(column):
        return True
    return len(column) >= _RUN and all(cell.isdecimal() and cell.isascii() for cell in column) and _rises_by_one(column)


def _is_wording(cells: Sequence[str]) -> bool:
    return all(re.sub(r"[\s_.()#/-]", "", cell).isalpha() for cell in cells if visible(cell))


def _code_column(filled: Sequence[Sequence[str]], codebook: Codebook) -> int | None:
    """The column with most known codes; failing that the one shaped like barcodes, or the first of at most two."""
    # Where SKUs are plain numbers, quantities are known codes too; barcodes are not, and codes come first.
    likely = [(sum(map(codebook.knows, column)), sum(map(_is_barcode, column))) for column in filled]
    if any(map(any, likely)):
        return likely.index(max(likely))
    return 0 if filled and filled[0] and sum(map(bool, filled)) <= _CODE_AND_COUNT else None


def _is_barcode(cell: str) -> bool:
    return _BARCODE_SHAPE.fullmatch(cell) is not None and _DATE.fullmatch(cell) is None


def _quantity_by_content(code: int, filled: Sequence[Sequence[str]], refusal: type[CountFileError]) -> int | None:
    counts: list[int] = []
    doubtful: list[int] = []
    for index, column in enumerate(filled):
        if index == code or not column or _mostly(column, _DATE) or _mostly(column, _TIME):
            continue
        countlike = sum(_is_count(cell) for cell in column)
        if countlike * 2 >= len(column):
            counts.append(index)
        else:
            doubtful.append(index)
    right = [index for index in counts if index > code]
    counts = right or counts
    serials = [index for index in counts if _is_serial(filled[index])]
    candidates = [index for index in counts if index not in serials]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and len(serials) == 1 and len(filled[serials[0]]) >= _RUN and _rises_by_one(filled[serials[0]]):
        # Rising by one so often, it is no count.
        return None
    if counts or doubtful:
        raise (CountFileError if counts else refusal)(
            f"cannot tell whether {_listed((), counts or doubtful)} is the count: "
            "add a header row with sku and counted_qty"
        )
    return None


def _mostly(column: Sequence[str], shape: re.Pattern[str]) -> bool:
    return sum(bool(shape.fullmatch(cell)) for cell in column) * 2 > len(column)


def _is_serial(column: Sequence[str]) -> bool:
    """A scanner's own serial or running number: of one width, zero-padded, and constant or rising by one."""
    alike = len(set(map(len, column))) == 1 and len(column[0]) >= _SERIAL_WIDTH
    if not alike or not all(cell.startswith("0") and cell.isdecimal() for cell in column):
        return False
    return len(set(column)) == 1 or _rises_by_one(column)


def _rises_by_one(column: Sequence[str]) -> bool:
    return all(later - earlier == 1 for earlier, later in pairwise(sorted(int(cell) for cell in column)))


def columns_of(layout: Layout, cells: Sequence[str]) -> tuple[str, str]:
    """The raw code and quantity of a row, as a person would look for them."""
    code = next((cells[index] for index in layout.codes if index < len(cells) and has_content([cells[index]])), "")
    quantity = layout.quantity
    return code, cells[quantity] if quantity is not None and quantity < len(cells) else ""
