"""The layout of a table with a header: titles say what columns hold, and cells must not contradict them."""

from collections.abc import Sequence

from stkr.capture.codes import Codebook
from stkr.capture.layout import Layout
from stkr.capture.layout.captions import caption, trimmed_titles
from stkr.capture.layout.cells import column_tells_when, folded_cell
from stkr.capture.layout.count_column import count_column, left_aside
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.capture.layout.late_cells import provisional_columns
from stkr.capture.layout.said_unit import pack_size_columns, said_unit
from stkr.capture.layout.unit_column import remark_columns, unit_column
from stkr.capture.questions import NO_ANSWERS, Answers, candidates
from stkr.domain.errors import CountFileError
from stkr.headings.titles import CodeRank, Heading, QuantityRank, Role, heading, tells_when
from stkr.tabular.sheet import Row
from stkr.tabular.text import folded, visible


def layout_by_header(
    header: Row,
    sample: Sequence[Row],
    codebook: Codebook,
    location: str,
    *,
    code_column: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> Layout:
    """The layout that a header row names.

    :param code_column: the column of the codes, where its content says so and its title does not.
    :param answers: what a person says about the file.
    :raises CountFileError: where it does not say for certain; see ``find_layout``.
    """
    header_row, titles = header
    _refuse_data_above(header_row, _above(header_row, sample), codebook)
    meanings = [heading(cell) for cell in titles]
    if code_column is not None:
        meanings[code_column] = Heading(Role.CODE, CodeRank.SKU)
    table = HeadedSample(titles, meanings, [cells for at, cells in sample if at > header_row])
    quantity = count_column(table, codebook, location, answers.count_column)
    aside = [] if quantity is None else left_aside(table, codebook, quantity)
    unit = None if quantity is None else unit_column(table, quantity, answers.unit)
    bins = table.columns(Role.BIN)
    # The bin is chosen by the header alone, so that it is the same in every file of a session.
    return Layout(
        header=header_row,
        codes=_code_columns(table),
        quantity=quantity,
        unit=unit,
        bin=bins[0] if bins else None,
        location=_location_column(table, location),
        times=_time_columns(table),
        first_counts=_first_counts(table, quantity),
        counted_in=""
        if quantity is None
        else said_unit(table, _above(header_row, sample), quantity, unit, location, answers.unit),
        pack_sizes=() if quantity is None else pack_size_columns(table, quantity),
        remarks=() if quantity is None else remark_columns(table, (quantity, unit)),
        left_aside=candidates(titles, {index: table.cells(index) for index in aside}),
        provisional=provisional_columns(table.rows, len(titles)),
        captions=tuple(caption(titles, index) for index in range(table.width)),
        titles=trimmed_titles(titles),
    )


def _above(header_row: int, sample: Sequence[Row]) -> list[Row]:
    return [row for row in sample if row[0] < header_row]


def _refuse_data_above(header_row: int, above: Sequence[Row], codebook: Codebook) -> None:
    for row, cells in above:
        filled = [cell for cell in cells if visible(cell)]
        further = filled[1:]
        if filled and codebook.knows(filled[0]) and (not further or any(cell.strip().isdecimal() for cell in further)):
            raise CountFileError(
                f"row {row} looks like a counted row, but the header stands below it in row {header_row}: "
                "move the header to the top, or save the two tables as files of their own"
            )


def _code_columns(table: HeadedSample) -> tuple[int, ...]:
    """All columns of codes; beside a real one, "Item" or "Product" is a name."""
    codes = table.columns(Role.CODE)
    loose = table.columns_titled(Heading(Role.CODE, CodeRank.LOOSE))
    return tuple(index for index in codes if index not in loose) or tuple(codes)


def _location_column(table: HeadedSample, location: str) -> int | None:
    """Where an export has both a number and a name of the location, the one in which this location occurs."""
    candidates = table.columns(Role.LOCATION)
    here = folded(location)
    naming_it = (index for index in candidates if any(folded_cell(row, index) == here for row in table.rows))
    return next(naming_it, candidates[0] if candidates else None)


def _time_columns(table: HeadedSample) -> tuple[int, ...]:
    """Columns of the time of the count, which have no other role."""
    return tuple(
        index
        for index, title in enumerate(table.titles)
        if ((meaning := table.headings[index]) is None or meaning.role is Role.OTHER)
        and tells_when(title)
        and column_tells_when(table.rows, index)
    )


def _first_counts(table: HeadedSample, quantity: int | None) -> tuple[int, ...]:
    """Where the count is a recount, the counts that it replaces."""
    if quantity not in table.columns_titled(Heading(Role.QUANTITY, QuantityRank.RECOUNTED)):
        return ()
    return tuple(table.columns_titled(Heading(Role.QUANTITY, QuantityRank.COUNTED)))
