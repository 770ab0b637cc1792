"""What a single row is: an observed quantity in a place, a row to be parked, or one that counts nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar

from stkr.capture.codes import Codebook, CodeMatch, Match, Unmatched
from stkr.capture.counted_table import CountedTable
from stkr.capture.eaches import if_mark_is_decimal, in_eaches, in_eaches_of_packs, typed_in_eaches
from stkr.capture.layout.cells import number_in
from stkr.capture.layout.find import is_header
from stkr.capture.observations import AreaBin
from stkr.capture.quantities import (
    SCANNED,
    Amount,
    Unread,
    contradicting_units,
    read_amount,
    read_amount_counted_in,
    writes_three_places,
)
from stkr.capture.read_fix_sheet import Fix
from stkr.capture.result import Reason, RowTrouble
from stkr.domain.errors import CountFileError
from stkr.domain.exact import ONE
from stkr.domain.stock import Snapshot
from stkr.domain.units import mentions_unit
from stkr.headings.titles import heading
from stkr.headings.unit_words import is_unit_of_its_row
from stkr.tabular.sheet import Block, cell_name, has_content
from stkr.tabular.text import folded, visible


@dataclass(frozen=True, slots=True)
class RowToPark:
    """A row that needs a person, and why; ``skus`` are the items its code may mean."""

    troubles: tuple[RowTrouble, ...]
    skus: tuple[str, ...] = ()


RowVerdict = tuple[str, AreaBin, Decimal] | RowToPark | None
"""SKU, area and bin, and quantity in eaches; or trouble; or ``None`` for a row that counts nothing."""


class _PlaceReader:
    """What the bin and location columns of a row say about where it was counted."""

    def __init__(self, table: CountedTable, snapshot: Snapshot) -> None:
        self._layout = table.layout
        self._area = folded(table.file.area)
        self._name = snapshot.location
        self._here = folded(snapshot.location)
        self._others = {folded(row.location) for row in snapshot.elsewhere.values()} - {self._here, ""}

    def area_bin(self, location: str, bin_name: str = "") -> AreaBin | None:
        """The area and the bin of a row; ``None`` where its location is another one that the system knows.

        A location that is neither this one nor known is a part of the bin's name.
        """
        key = folded(location)
        if key in self._others:
            return None
        return self._area, " ".join(filter(None, ("" if key == self._here else key, folded(bin_name))))

    def trouble(self, cells: Sequence[str], number: int) -> RowTrouble | None:
        """Why a row is not part of this count, where it names another location that the system knows."""
        column = self._layout.location
        if column is None or folded(cells[column]) not in self._others:
            return None
        name = cells[column].strip()
        detail = f"the row was counted at {name}, but this count is of {self._name}: upload it to a count of {name}"
        return RowTrouble(Reason.CONFLICTING_COUNTS, detail, cell_name(number, column))


_Answer = TypeVar("_Answer")


class _PlainAnswers(Generic[_Answer]):
    """What some cells of a row mean, if that is plain; worked out once for all cells that say the same."""

    def __init__(
        self, columns: Iterable[int | None], work_out: Callable[[Sequence[Any]], Iterable[_Answer | None]]
    ) -> None:
        """``work_out`` is given a cell of each row, or a tuple of cells where there are several columns."""
        present = [column for column in columns if column is not None]
        self.cells_of: Callable[[Sequence[str]], Any] = itemgetter(*present) if present else _nothing
        self._work_out = work_out
        self._answers: dict[Any, _Answer | None] = {}

    def of(self, rows: Sequence[Sequence[str]]) -> Iterator[_Answer | None]:
        """The answer for each row."""
        cells = list(map(self.cells_of, rows))
        new = list(set(cells).difference(self._answers))
        self._answers.update(zip(new, self._work_out(new), strict=True))
        return map(self._answers.__getitem__, cells)


def _nothing(_: Sequence[str]) -> str:
    return ""


def _whole(amount: Amount | Unread | None) -> Decimal | None:
    """A plain number, which means the same whatever unit an item is held in."""
    return amount.eaches if isinstance(amount, Amount) and amount.bare and not amount.eaches % 1 else None


def _names_units(remarks: Sequence[str | Sequence[str]]) -> list[bool]:
    """Whether each row's remarks say in what unit it was counted; of nearly all, none has a word for a unit."""
    of_rows = [[cells] if isinstance(cells, str) else cells for cells in remarks]
    if not mentions_unit("\n".join("\n".join(cells) for cells in of_rows)):
        return [False] * len(of_rows)
    return [any(map(is_unit_of_its_row, cells)) for cells in of_rows]


def _single(match: CodeMatch) -> str | None:
    """The SKU that a code names, where it is not the barcode of a case."""
    return match.stock.sku if isinstance(match, Match) and match.pack is None else None


class RowJudge:
    """Says what each row of one table is."""

    def __init__(self, table: CountedTable, codebook: Codebook, snapshot: Snapshot) -> None:
        self._table = table
        self._layout = layout = table.layout
        self._codebook = codebook
        self._places = places = _PlaceReader(table, snapshot)
        if len(layout.codes) > 1:
            self._skus = _PlainAnswers[str](
                layout.codes, lambda new: [_single(codebook.find_together(cells)) for cells in new]
            )
        else:
            self._skus = _PlainAnswers(layout.codes, lambda new: map(_single, codebook.find_all(new)))
        if layout.quantity is None:
            self._quantities = _PlainAnswers[Decimal]((), lambda new: [ONE for _ in new])
        elif layout.unit is None:
            self._quantities = _PlainAnswers(
                (layout.quantity,), lambda new: [_whole(self._read(cell, "")) for cell in new]
            )
        else:
            both = (layout.quantity, layout.unit)
            self._quantities = _PlainAnswers(both, lambda new: [_whole(self._read(*cells)) for cells in new])
        self._remarks = _PlainAnswers[bool](layout.remarks, _names_units)
        if layout.location is None:
            self._area_bins = _PlainAnswers[AreaBin](
                (layout.bin,), lambda new: [places.area_bin("", name) for name in new]
            )
        else:
            self._area_bins = _PlainAnswers(
                (layout.location, layout.bin),
                lambda new: [places.area_bin(*([cells] if layout.bin is None else cells)) for cells in new],
            )

    def plainly(self, block: Block) -> Iterator[tuple[str | None, Decimal | None, AreaBin | None, int, list[str]]]:
        """Each row with its SKU, its quantity in eaches, its area and bin, as far as they are plain, and its number.

        There is no plain answer for what takes a closer look: a case barcode, a unit, a number that is not whole.
        """
        numbers, rows = block
        quantities = self._quantities.of(rows)
        if self._layout.remarks:
            remarked = self._remarks.of(rows)
            quantities = (None if in_unit else quantity for quantity, in_unit in zip(quantities, remarked, strict=True))
        return zip(self._skus.of(rows), quantities, self._area_bins.of(rows), numbers, rows, strict=True)

    def judge(self, cells: Sequence[str], number: int, area_bin: AreaBin | None, fix: Fix | None = None) -> RowVerdict:
        """Say what a row is; where a person has fixed it, what they typed takes the place of its cells.

        :raises CountFileError: when the row is the header of another table, whose rows would be misread.
        """
        typed = fix and fix.amount
        amount = typed or self._amount(cells)
        if amount is None:
            return None
        match = (fix and fix.right_match) or self._match(cells)
        if isinstance(match, Unmatched):
            if self._is_header_again(cells, number):
                return None
        elif area_bin is not None:
            quantity = typed_in_eaches(typed, match) if typed else self._quantity(amount, match, cells)
            if isinstance(quantity, Decimal):
                return match.stock.sku, area_bin, quantity
            amount = quantity
        return self._to_park(cells, number, match, amount)

    def _match(self, cells: Sequence[str]) -> CodeMatch:
        code = self._skus.cells_of(cells)
        return self._codebook.find(code) if isinstance(code, str) else self._codebook.find_together(code)

    def _amount(self, cells: Sequence[str]) -> Amount | Unread | None:
        layout = self._layout
        if layout.quantity is None:
            return SCANNED if has_content(cells) else None
        amount = self._read(cells[layout.quantity], "" if layout.unit is None else cells[layout.unit])
        remarked = next((cells[index] for index in layout.remarks if is_unit_of_its_row(cells[index])), "")
        return contradicting_units(cells[layout.quantity], remarked) if amount is not None and remarked else amount

    def _read(self, cell: str, unit: str) -> Amount | Unread | None:
        said = self._layout.counted_in
        return read_amount_counted_in(said, cell, unit) if said else read_amount(cell, unit)

    def _quantity(self, amount: Amount | Unread, match: Match, cells: Sequence[str]) -> Decimal | Unread:
        if isinstance(amount, Amount):
            if amount.cases:
                sizes = (number_in(cells[index]) for index in self._layout.pack_sizes)
                said_sizes = [size for size in sizes if size is not None]
                return in_eaches_of_packs(amount, match, said_sizes)
            return in_eaches(amount, match)
        return if_mark_is_decimal(amount, match) if amount.if_decimal and self._writes_three_places else amount

    @cached_property
    def _writes_three_places(self) -> bool:
        column = self._layout.quantity
        rows = self._table.sheet.rows()
        return column is not None and writes_three_places(
            cells[column] for number, cells in rows if number > self._layout.header and column < len(cells)
        )

    def _to_park(self, cells: Sequence[str], number: int, match: CodeMatch, amount: Amount | Unread) -> RowToPark:
        """All that is wrong with a row at once, in the order a person reads it."""
        elsewhere = self._places.trouble(cells, number)
        troubles = [elsewhere] if elsewhere else []
        skus: tuple[str, ...] = ()
        if isinstance(match, Match):
            # A row of another location says nothing about whether the item was counted here.
            skus = () if elsewhere else (match.stock.sku,)
        else:
            skus = match.skus
            troubles.insert(0, RowTrouble(match.reason, match.detail, cell_name(number, self._code_column(cells))))
        if isinstance(amount, Unread):
            troubles.append(RowTrouble(amount.reason, amount.detail, self._table.count_cell(number)))
        return RowToPark(tuple(troubles), skus)

    def _code_column(self, cells: Sequence[str]) -> int:
        codes = self._layout.codes
        return next((index for index in codes if visible(cells[index])), codes[0])

    def _is_header_again(self, cells: Sequence[str], number: int) -> bool:
        layout = self._layout
        if heading(cells[layout.codes[0]]) is None:
            return False
        if layout.repeats_header(cells):
            return True
        if is_header(cells, self._codebook):
            raise CountFileError(f"a second table begins at row {number}: save the tables as files of their own")
        return False
