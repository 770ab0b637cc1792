"""The layout of a table without a header, as scanners export it."""

from collections.abc import Sequence

from stkr.capture.codes import Codebook
from stkr.capture.layout import Layout, NotACount
from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import column_tells_when, is_barcode, is_wording
from stkr.capture.layout.count_column import count_column_by_content
from stkr.capture.layout.late_cells import provisional_columns
from stkr.capture.layout.unit_column import unit_columns_by_content
from stkr.domain.errors import CountFileError
from stkr.headings.titles import Role, heading
from stkr.headings.unit_words import unit_in_title
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
    units = unit_columns_by_content(rows, width, code) if quantity is not None else []
    return Layout(
        header=0,
        codes=(code,),
        quantity=quantity,
        unit=units[0] if units else None,
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
    names_codes = any((title := heading(cell)) and title.role is Role.CODE for cell in first_row)
    if len(titled) > 1 and (names_codes or is_wording(first_row)) and not any(map(codebook.knows, first_row)):
        in_units = any(map(unit_in_title, first_row))
        name_count = (
            "count in single units or name the unit in a column unit" if in_units else "the count column counted_qty"
        )
        raise refusal(
            f"the header names are not known: {listed(first_row, titled)}. Name the code column sku and {name_count}"
        )
