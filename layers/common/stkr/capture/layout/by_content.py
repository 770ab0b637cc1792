"""The layout of a table without a header, as scanners export it."""

from collections.abc import Sequence

from stkr.capture.codes import Codebook
from stkr.capture.layout import Layout, NotACount
from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import column_tells_when, is_barcode, is_count, is_wording
from stkr.capture.layout.count_column import count_column_by_content, left_aside_by_content
from stkr.capture.layout.late_cells import provisional_columns
from stkr.capture.layout.said_unit import unit_of_counts
from stkr.capture.layout.unit_column import unit_columns_by_content
from stkr.capture.questions import NO_ANSWERS, Answers, FileUnclear, candidates, question_about
from stkr.domain.errors import CountFileError
from stkr.domain.question import QuestionKind
from stkr.headings.titles import Role, heading
from stkr.headings.unit_words import unit_in_title
from stkr.tabular.sheet import Row
from stkr.tabular.text import visible

_CODE_AND_COUNT = 2


def layout_by_content(sample: Sequence[Row], codebook: Codebook, answers: Answers = NO_ANSWERS) -> Layout:
    """The layout that the cells themselves suggest, or a person's answers say.

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
    _refuse_unknown_header(rows, code, codebook, refusal)
    quantity = count_column_by_content(columns, code, refusal, answers.count_column)
    aside = [] if quantity is None else left_aside_by_content(columns, code, quantity)
    units = unit_columns_by_content(rows, width, code, answers.unit) if quantity is not None else []
    return Layout(
        header=0,
        codes=(code,),
        quantity=quantity,
        unit=units[0] if units else None,
        counted_in=unit_of_counts(answers.unit, units[0] if units else None),
        times=tuple(
            index for index in range(width) if index not in {code, quantity} and column_tells_when(rows, index)
        ),
        left_aside=candidates((), {index: columns[index] for index in aside}),
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


def _refuse_unknown_header(
    rows: Sequence[Sequence[str]], code: int, codebook: Codebook, refusal: type[CountFileError]
) -> None:
    """Titles that we do not know are no reason to take the columns below them for what they may not be."""
    at = _row_of_titles(rows, code, codebook)
    if at is None:
        return
    titles, below = rows[at], rows[at + 1 :]
    titled = [index for index, cell in enumerate(titles) if visible(cell)]
    name_count = "the count column counted_qty"
    if any(map(unit_in_title, titles)):
        name_count = "count in single units or name the unit in a column unit"
    problem = f"the header names are not known: {listed(titles, titled)}. Name the code column sku and {name_count}"
    cells_below = {
        index: [cell for row in below if index < len(row) and (cell := visible(row[index]))]
        for index in titled
        if index != code
    }
    numbers = {
        index: cells for index, cells in cells_below.items() if cells and sum(map(is_count, cells)) * 2 >= len(cells)
    }
    if numbers and refusal is CountFileError:
        raise FileUnclear(problem, question_about(QuestionKind.COUNT_COLUMN, titles, numbers))
    raise refusal(problem)


def _row_of_titles(rows: Sequence[Sequence[str]], code: int, codebook: Codebook) -> int | None:
    """The last row of several words above the first item that we know; without any, only the first row may be one."""
    first_item = next((at for at, row in enumerate(rows) if code < len(row) and codebook.knows(row[code])), 1)
    for at in reversed(range(first_item)):
        row = rows[at]
        names_codes = any((title := heading(cell)) and title.role is Role.CODE for cell in row)
        several = sum(map(bool, map(visible, row))) > 1
        if several and (names_codes or is_wording(row)) and not any(map(codebook.knows, row)):
            return at
    return None
