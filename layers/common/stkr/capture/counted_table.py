"""A table of a file that is a count: where its rows are, and how its columns and times are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from stkr.capture.layout import Layout
from stkr.capture.layout.column_report import column_report
from stkr.capture.result import ParkedRow, ReadTable, RowTrouble, UploadedFile
from stkr.capture.times import Clock
from stkr.tabular.sheet import Sheet, cell_name


@dataclass(frozen=True, slots=True)
class CountedTable:
    """One table of one file, named as a person finds it. ``index`` orders the tables of a session; ``clock`` says when
    its rows were counted, if their times can be relied on. ``rows_add_up`` where every row is a count of its own: one
    scan, or as a person says. ``equal_rows_repeat`` where a person says that equal rows are one count, whatever else
    they differ in.
    """

    index: int
    name: str
    file: UploadedFile
    sheet: Sheet
    layout: Layout
    clock: Clock | None = None
    rows_add_up: bool = False
    equal_rows_repeat: bool = False

    @property
    def report(self) -> ReadTable:
        """How the table was read, for people."""
        columns = column_report(self.layout, times_used=self.clock is not None)
        return ReadTable(self.name, self.sheet.form, columns)

    def parked(
        self, row: int, cells: Sequence[str], troubles: Sequence[RowTrouble], skus: tuple[str, ...] = ()
    ) -> ParkedRow:
        """A row of this table, set aside."""
        code, quantity = self.layout.code_and_quantity(cells)
        first, *others = troubles
        return ParkedRow(
            file=self.name,
            row=row,
            code=code,
            quantity=quantity,
            reason=first.reason,
            detail=first.detail,
            cells=tuple(cells),
            skus=skus,
            cell=first.cell,
            also=tuple(others),
        )

    def count_cell(self, row: int) -> str:
        """The name of the cell that holds a row's count; where every row is one scan, its code is its count."""
        quantity = self.layout.quantity
        return cell_name(row, self.layout.codes[0] if quantity is None else quantity)
