"""The layout of a table without a header, as scanners export it."""

from collections.abc import Sequence

from stkr.capture.codes import Codebook
from stkr.capture.layout import Layout, NotACount
from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import column_tells_when, folded_cell, is_barcode, is_scan_detail, is_wording
from stkr.capture.layout.count_column import count_column_by_content
from stkr.capture.layout.late_cells import provisional_columns
from stkr.capture.layout.telling_apart import differing_column
from stkr.capture.layout.unit_column import holds_units
from stkr.domain.errors import CountFileError
from stkr.tabular.sheet import Row
from stkr.tabular.text import visible

_CODE_AND_COUNT = 2


def layout_by_content(sample: Sequence[Row], codebook: Codebook) -> Layout:
    """The layout that the cells themselves suggest.

    :raises CountFileError: where they do not say for certain; see ``find_layout``.
    """
    rows = [cells for _, cells in sample]
    width = max(map(len, rows), default=0)
    columns = [[cell for row in rows if index < len(row) and (cell := visible(row[index]))] for index in range(width)]
    code = _code_column(columns, codebook)
    if code is None:
        raise NotACount(
            "no column holds codes that the system knows, and there is no header that names one: "
            "add a header row with sku and counted_qty"
        )
    # A cover sheet has two columns, too; where there are codes, the sheet is not passed over.
    refusal = CountFileError if any(codebook.knows(cell) or is_barcode(cell) for cell in columns[code]) else NotACount
    _refuse_unknown_header(rows[0], codebook, refusal)
    quantity = count_column_by_content(columns, code, refusal)
    units = [index for index, column in enumerate(columns) if holds_units(column)]
    telling_apart: tuple[int, ...] = ()
    if quantity is not None:
        details = {index for index, column in enumerate(columns) if not column or is_scan_detail(column)}
        telling_apart = tuple(index for index in range(width) if index not in {code, quantity, *units, *details})
        _refuse_unknown_places(rows, code, telling_apart)
    return Layout(
        header=0,
        codes=(code,),
        quantity=quantity,
        unit=units[0] if units and quantity is not None else None,
        telling_apart=telling_apart,
        times=tuple(
            index for index in range(width) if index not in {code, quantity} and column_tells_when(rows, index)
        ),
        provisional=provisional_columns(rows, width),
        captions=("",) * width,
    )


def _code_column(columns: Sequence[Sequence[str]], codebook: Codebook) -> int | None:
    """The column with most known codes; failing that the one shaped like barcodes, or the first of at most two."""
    # Where SKUs are plain numbers, quantities are known codes too; barcodes are not, and codes come first.
    likely = [(sum(map(codebook.knows, column)), sum(map(is_barcode, column))) for column in columns]
    if any(map(any, likely)):
        return likely.index(max(likely))
    return 0 if columns and columns[0] and sum(map(bool, columns)) <= _CODE_AND_COUNT else None


def _refuse_unknown_header(first_row: Sequence[str], codebook: Codebook, refusal: type[CountFileError]) -> None:
    titled = [index for index, cell in enumerate(first_row) if visible(cell)]
    if len(titled) > 1 and is_wording(first_row) and not any(map(codebook.knows, first_row)):
        raise refusal(
            f"the header names are not known: {listed(first_row, titled)}. "
            "Name the code column sku and the count column counted_qty"
        )


def _refuse_unknown_places(rows: Sequence[Sequence[str]], code: int, others: Sequence[int]) -> None:
    with_code = [row for row in rows if folded_cell(row, code)]
    overlooked = differing_column(with_code, [code], others)
    if overlooked is not None:
        raise CountFileError(
            f"cannot tell whether {listed((), [overlooked])} says where a row was counted: "
            "add a header row, with bin above that column if it does"
        )
