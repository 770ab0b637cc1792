"""Which column is the count: by its title, or by its content where there is no header. It is never guessed."""

from collections.abc import Mapping, Sequence

from stkr.capture.layout import NotACount
from stkr.capture.layout.captions import listed
from stkr.capture.layout.cells import (
    folded_cell,
    is_count,
    is_figure,
    is_long_run,
    is_serial,
    mostly_days_or_times,
    numbers_the_rows,
)
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.domain.errors import CountFileError
from stkr.headings.titles import Heading, OtherRank, QuantityRank, Role
from stkr.tabular.text import words

_MONEY = ("amount",)
_CASES = Heading(Role.OTHER, OtherRank.CASES_BESIDE)
_LIST_DETAIL = Heading(Role.OTHER, OtherRank.LIST_DETAIL)
_LOOSE_UNITS = frozenset("units eaches each ea singles loose pcs pieces".split())


def count_column(table: HeadedSample, location: str) -> int | None:
    """The column of the count by its title; ``None`` where every row is one scan.

    :param location: of the session; an export may have one column for each location.
    :raises CountFileError: where several may be the count, or where it may stand under a title we do not know.
    """
    by_rank: dict[int, list[int]] = {}
    for index, title in enumerate(table.headings):
        if title and title.role is Role.QUANTITY:
            by_rank.setdefault(title.rank, []).append(index)
    expected = by_rank.pop(QuantityRank.EXPECTED, [])
    if not by_rank:
        _refuse_book_figures_alone(table, expected)
        _refuse_unknown_counts(table)
        return None
    count = _best(table, by_rank, location)
    _refuse_cases_beside(table, count)
    _refuse_row_numbers(table, count, by_rank)
    return count


def _best(table: HeadedSample, by_rank: Mapping[int, Sequence[int]], location: str) -> int:
    best = min(by_rank)
    # A plain quantity beside a stock level: either could be the count, so both are candidates.
    candidates = (
        list(by_rank[best]) if best < QuantityRank.PLAIN else [index for tied in by_rank.values() for index in tied]
    )
    if len(candidates) > 1:
        here = words(location)
        own = [
            index for index in candidates if (title := table.headings[index]) and title.place and title.place == here
        ]
        candidates = own or candidates
    if len(candidates) > 1:
        # Beside a quantity, an amount is one of money.
        candidates = [index for index in candidates if words(table.titles[index])[:1] != _MONEY] or candidates
    if len(candidates) > 1:
        raise _uncertain(table, candidates)
    return candidates[0]


def _uncertain(table: HeadedSample, candidates: Sequence[int]) -> CountFileError:
    return CountFileError(
        f"cannot tell which column is the count: {listed(table.titles, sorted(candidates))}. "
        "Delete the others, or name the right one counted_qty"
    )


def _refuse_row_numbers(table: HeadedSample, count: int, by_rank: Mapping[int, Sequence[int]]) -> None:
    """A column called Count may number the rows, while the quantity is in another."""
    if min(by_rank) != QuantityRank.COUNTED:
        return
    others = [index for rank, tied in by_rank.items() if rank > QuantityRank.COUNTED for index in tied]
    numbers = [cell for row in table.rows if (cell := folded_cell(row, count))]
    if others and numbers_the_rows(numbers):
        raise _uncertain(table, [count, *others])


def _refuse_cases_beside(table: HeadedSample, count: int) -> None:
    """Loose units beside a column of cases are only half of the count; a column of totals is all of it."""
    chosen = table.headings[count]
    if chosen and chosen.rank <= QuantityRank.COUNTED and not _LOOSE_UNITS & set(words(table.titles[count])):
        return
    cases = [index for index in table.columns_titled(_CASES) if any(map(is_count, table.cells(index)))]
    if cases:
        raise CountFileError(
            f"cannot tell how {listed(table.titles, [*cases, count])} make up the count: "
            "put it into one column counted_qty, such as 4 boxes + 7"
        )


def _refuse_book_figures_alone(table: HeadedSample, expected: Sequence[int]) -> None:
    if expected:
        raise NotACount(
            f"there is no counted quantity: {listed(table.titles, expected)} holds what the system expects. "
            "Add a column counted_qty"
        )


def _refuse_unknown_counts(table: HeadedSample) -> None:
    """Without a quantity column every row is one scan, which must not follow from a title we merely do not know.

    Numbers below an empty title are as doubtful as those below an unknown one.
    """
    unknown = [
        index
        for index in range(table.width)
        if not _goes_with_a_scan(table.heading(index)) and any(map(is_figure, table.cells(index)))
    ]
    if unknown:
        # Prices and pack sizes make a list of items, which may stand beside the count in a workbook.
        is_list = all(table.heading(index) == _LIST_DETAIL for index in unknown)
        raise (NotACount if is_list else CountFileError)(
            f"cannot tell whether {listed(table.titles, unknown)} is the count: name the count column counted_qty"
        )


def _goes_with_a_scan(title: Heading | None) -> bool:
    return title is not None and (title.role is not Role.OTHER or title.rank == OtherRank.SCAN_DETAIL)


def count_column_by_content(columns: Sequence[Sequence[str]], code: int, refusal: type[CountFileError]) -> int | None:
    """The column of the count where there is no header; ``None`` where every row is one scan.

    :param columns: the visible cells of each column, without empty ones.
    :param code: the column of the codes.
    :param refusal: what is raised where no column looks like counts but some may be.
    :raises CountFileError: where several may be the count.
    """
    counts: list[int] = []
    unclear: list[int] = []
    for index, column in enumerate(columns):
        if index == code or not column or mostly_days_or_times(column):
            continue
        (counts if sum(map(is_count, column)) * 2 >= len(column) else unclear).append(index)
    counts = [index for index in counts if index > code] or counts
    serials = [index for index in counts if is_serial(columns[index])]
    candidates = [index for index in counts if index not in serials]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and len(serials) == 1 and is_long_run(columns[serials[0]]):
        return None
    if counts or unclear:
        raise (CountFileError if counts else refusal)(
            f"cannot tell whether {listed((), counts or unclear)} is the count: "
            "add a header row with sku and counted_qty"
        )
    return None
