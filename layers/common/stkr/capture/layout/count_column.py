"""Which column is the count: by its title, or by its content where there is no header. It is never guessed.

A book figure that is taken for the count hides every variance. So under a header the count is told by exclusion: a
column is it only when every other column of numbers is known to be something else, by its title or by its cells.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from stkr.capture.codes import Codebook, Match
from stkr.capture.layout import NotACount
from stkr.capture.layout.answered import answered_column, refuse_unless_numbers
from stkr.capture.layout.captions import caption, listed, listed_with_cells
from stkr.capture.layout.cells import (
    folded_cell,
    has_hex_numbers,
    is_changes,
    is_code_like,
    is_constant,
    is_count,
    is_figure,
    is_long_run,
    is_money,
    is_rising_ids,
    is_serial,
    mostly_days_or_times,
    mostly_moments,
    number_in,
    numbers_the_rows,
)
from stkr.capture.layout.headed_sample import HeadedSample
from stkr.capture.questions import FileUnclear, question_about
from stkr.domain.errors import CountFileError
from stkr.domain.exact import ZERO
from stkr.domain.question import QuestionKind
from stkr.domain.stock import StockRow
from stkr.domain.units import EACH, unit_named
from stkr.headings.titles import Heading, OtherRank, QuantityRank, Role, is_exact_count, is_of_an_earlier_count
from stkr.headings.unit_words import unit_in_title
from stkr.tabular.text import visible, words

_MONEY = ("amount",)
_CASES = Heading(Role.OTHER, OtherRank.CASES_BESIDE)
_COUNTED = frozenset({"counted", "count"})
_LOOSE_UNITS = frozenset("units eaches each ea singles loose pcs pieces".split())
_EVIDENT_FROM = 10
"""So many rows must equal the books before that is no chance, and nobody can guess a single figure by uploading it."""

_IF_COUNTED = (
    "If it is what was counted on the shelf, in single units, call it counted_qty; otherwise add a column of what was "
    "counted"
)


_IF_COUNTED_IN_CASES = (
    "It seems to be of cases or packs: put what was counted, in single units or with its unit such as 4 boxes, into a "
    "column of its own, counted_qty"
)


def _if_counted(table: HeadedSample, columns: Sequence[int]) -> str:
    """What to do about columns that may be the count; numbers of cases must not become numbers of single units."""
    titles = [table.titles[index] for index in columns if index < len(table.titles)]
    units = [unit_in_title(title) for title in titles if "size" not in words(title)]
    return _IF_COUNTED_IN_CASES if any(unit and unit_named(unit) != EACH for unit in units) else _IF_COUNTED


def count_column(table: HeadedSample, codebook: Codebook, location: str, answered: str = "") -> int | None:
    """The column of the count below a header; ``None`` where every row is one scan.

    :param location: of the session; an export may have one column for each location.
    :param answered: the column that a person says is the count, see ``Answers``; empty where nobody does.
    :raises FileUnclear: where several columns may be the count, or where it may stand under a title we do not know.
    :raises CountFileError: where no answer would help, and where the answer cannot be right.
    """
    if answered:
        return _answered(table, answered)
    exact = [index for index, title in enumerate(table.titles) if is_exact_count(title)]
    if len(exact) == 1:
        return exact[0]
    by_rank = _quantities_by_rank(table)
    book_figures = by_rank.pop(QuantityRank.EXPECTED, [])
    if not by_rank:
        in_containers = _counted_in_containers(table)
        if in_containers is None:
            _refuse_unless_scans(table, book_figures)
        return in_containers
    best = _best(table, by_rank, location)
    candidates = [*best, *_unexplained(table, codebook, best), *_other_stock_levels(table, best, book_figures)]
    if len(candidates) > 1:
        total = _total(table, candidates)
        if total is None:
            raise _uncertain(table, candidates)
        return total
    count = best[0]
    _refuse_changes(table, count)
    _refuse_cases_beside(table, count)
    _refuse_row_numbers(table, count)
    _refuse_book_figures(table, codebook, count)
    _refuse_on_top_of_earlier(table, [*by_rank.get(QuantityRank.STOCK, []), *book_figures], count)
    return count


def _answered(table: HeadedSample, answered: str) -> int:
    """What a person says settles which column it is, but not that it holds counts, and all of each."""
    count = answered_column(answered, table.titles, table.width)
    refuse_unless_numbers(table.titles, count, table.cells(count), table.columns(Role.CODE))
    _refuse_changes(table, count)
    _refuse_cases_beside(table, count)
    return count


def left_aside(table: HeadedSample, codebook: Codebook, count: int) -> list[int]:
    """The columns of numbers beside the count that neither title nor cells explain, so that they may be it after all.

    There are some only where the count was named as such, or is the sum of the others.
    """
    counts = [
        index
        for index, title in enumerate(table.headings)
        if title and title.role is Role.QUANTITY and title.rank < QuantityRank.STOCK and _holds_numbers(table, index)
    ]
    first_counts = table.columns_titled(Heading(Role.QUANTITY, QuantityRank.COUNTED))
    if count in table.columns_titled(Heading(Role.QUANTITY, QuantityRank.RECOUNTED)):
        counts = [index for index in counts if index not in first_counts]
    return sorted({*counts, *_unexplained(table, codebook, [count])} - {count})


def _unclear(table: HeadedSample, candidates: Sequence[int], problem: str) -> FileUnclear:
    columns = {index: table.cells(index) for index in candidates}
    return FileUnclear(problem, question_about(QuestionKind.COUNT_COLUMN, table.titles, columns))


def _quantities_by_rank(table: HeadedSample) -> dict[int, list[int]]:
    """The columns that are called quantities.

    *Nombre* is French for number and Spanish for name: beside a column of numbers, one of words is no quantity.
    """
    quantities = table.columns(Role.QUANTITY)
    numbers = [index for index in quantities if not _holds_words(table, index)]
    by_rank: dict[int, list[int]] = {}
    for index in numbers or quantities:
        if title := table.heading(index):
            by_rank.setdefault(title.rank, []).append(index)
    return by_rank


def _holds_words(table: HeadedSample, index: int) -> bool:
    filled = _filled(table, index)
    return bool(filled) and sum(any(map(str.isdecimal, cell)) for cell in filled) * 2 < len(filled)


def _filled(table: HeadedSample, index: int) -> list[str]:
    return [text for cell in table.cells(index) if (text := visible(cell))]


def _best(table: HeadedSample, by_rank: Mapping[int, Sequence[int]], location: str) -> list[int]:
    """The columns whose titles are most surely of the count."""
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
    return candidates


def _unexplained(table: HeadedSample, codebook: Codebook, best: Sequence[int]) -> list[int]:
    """The other columns of numbers of which neither the title nor the cells say what they are."""
    whole_counts = all(
        number is None or not number % 1 for index in best for number in map(number_in, _filled(table, index))
    )
    return [
        index
        for index in range(table.width)
        if index not in best
        and not _title_explains(table.heading(index))
        and _holds_numbers(table, index)
        and not _cells_explain(table, codebook, index, whole_counts=whole_counts)
    ]


def _title_explains(title: Heading | None) -> bool:
    """Cases beside the count are looked at by themselves."""
    return title is not None and title != Heading(Role.OTHER, OtherRank.DOUBTFUL)


def _other_stock_levels(table: HeadedSample, best: Sequence[int], book_figures: Sequence[int]) -> list[int]:
    """Where the count would be a stock level, the columns that also say what the system has: none of them is sure."""
    if not any((title := table.headings[index]) and title.rank == QuantityRank.STOCK for index in best):
        return []
    counts = [_filled(table, index) for index in best]
    return [index for index in book_figures if _holds_numbers(table, index) and _filled(table, index) not in counts]


def _holds_numbers(table: HeadedSample, index: int) -> bool:
    filled = _filled(table, index)
    return bool(filled) and sum(map(is_figure, filled)) * 2 >= len(filled)


def _cells_explain(table: HeadedSample, codebook: Codebook, index: int, *, whole_counts: bool) -> bool:
    """Whether a column of numbers holds codes, ids, running numbers, a constant or money, and so no counts."""
    filled = _filled(table, index)
    if is_code_like(filled) or _names_its_rows_items(table, codebook, index):
        return True
    if len(filled) < len(table.rows_with_code()):
        return False  # A count has gaps where a shelf was left out; what a system writes has none.
    if is_constant(filled) or is_long_run(filled) or is_rising_ids(filled):
        return True
    return whole_counts and is_money(filled)


def _names_its_rows_items(table: HeadedSample, codebook: Codebook, index: int) -> bool:
    """Whether the cells are further codes of the very items that their rows name."""
    rows = [row for row in table.rows_with_code() if index < len(row) and visible(row[index])]
    return all(
        isinstance(match := codebook.find(row[index]), Match) and match.stock is _item(table, codebook, row)
        for row in rows
    )


def _item(table: HeadedSample, codebook: Codebook, row: Sequence[str]) -> StockRow | None:
    """The item that a row names, ``None`` where its codes are not known."""
    for index in table.columns(Role.CODE):
        if index < len(row) and visible(row[index]):
            match = codebook.find(row[index])
            if isinstance(match, Match):
                return match.stock
    return None


def _total(table: HeadedSample, candidates: Sequence[int]) -> int | None:
    """The column of counts that is the sum of all the others in every row, and so the whole count.

    A stock level may be the sum of a count and of what is missing.
    """
    numbers = [[number_in(folded_cell(row, index)) for index in candidates] for row in table.rows_with_code()]
    rows = [[number for number in row if number is not None] for row in numbers]
    # Two columns that are equal, or one row, may be so by chance.
    if len(candidates) == 2 or len(rows) == 1 or any(len(row) < len(candidates) for row in rows):  # noqa: PLR2004 - a pair
        return None
    totals = [
        index
        for at, index in enumerate(candidates)
        if (title := table.heading(index))
        and title.role is Role.QUANTITY
        and title.rank <= QuantityRank.COUNTED
        and all(row[at] * 2 == sum(row, ZERO) for row in rows)
    ]
    return totals[0] if len(totals) == 1 else None


def _uncertain(table: HeadedSample, candidates: Sequence[int]) -> FileUnclear:
    return _unclear(
        table,
        candidates,
        f"cannot tell which column is the count: {listed_with_cells(table, sorted(candidates))}. Delete the columns "
        "that are not the count; if several together make it up, add them up in one column",
    )


def _refuse_changes(table: HeadedSample, count: int) -> None:
    """A list of scans may have minus rows that correct others; a column of many changes is no count."""
    if is_changes(_filled(table, count)) and not table.names_an_item_twice():
        raise NotACount(
            f"{listed_with_cells(table, [count])} seems to hold changes of stock, because a count is never negative: "
            "count what is on the shelf and upload that"
        )


def _refuse_row_numbers(table: HeadedSample, count: int) -> None:
    """A column called Count may number the rows."""
    if numbers_the_rows(_filled(table, count)):
        raise _unclear(
            table,
            [count],
            f"cannot tell whether {listed(table.titles, [count])} is the count or numbers the rows 1, 2, 3: delete it "
            "if every row is one scan, or put the count of each item into one column",
        )


def _columns_of_cases(table: HeadedSample) -> list[int]:
    return [index for index in table.columns_titled(_CASES) if any(map(is_count, table.cells(index)))]


def _counted_in_containers(table: HeadedSample) -> int | None:
    """The one column of cases, packs or the like, where it is all that can be the count."""
    cases = _columns_of_cases(table)
    others = [
        index
        for index in range(table.width)
        if index not in cases and not _title_explains(table.heading(index)) and any(map(is_figure, table.cells(index)))
    ]
    if len(cases) != 1 or others or "per" in words(table.titles[cases[0]]):
        return None
    _refuse_changes(table, cases[0])
    _refuse_row_numbers(table, cases[0])
    return cases[0]


def _is_of_loose_units(table: HeadedSample, index: int) -> bool:
    title = table.heading(index)
    if title is not None and title.role is not Role.QUANTITY:
        return False
    return bool(_LOOSE_UNITS & set(words(caption(table.titles, index)))) and any(map(is_count, table.cells(index)))


def _refuse_cases_beside(table: HeadedSample, count: int) -> None:
    """Loose units beside a column of cases are only half of the count; a column of totals is all of it.

    Packs and doses that were both *counted* are two counts, of which nobody knows how they go together.
    """
    cases = [index for index in _columns_of_cases(table) if index != count]
    chosen = table.heading(count)
    if chosen == _CASES:
        cases += [index for index in range(table.width) if index != count and _is_of_loose_units(table, index)]
    elif (
        chosen
        and chosen.role is Role.QUANTITY
        and chosen.rank <= QuantityRank.COUNTED
        and not _is_of_loose_units(table, count)
    ):
        of_unknown_unit = chosen.qualified
        cases = [index for index in cases if of_unknown_unit and _COUNTED & set(words(table.titles[index]))]
    if cases:
        raise CountFileError(
            f"cannot tell how {listed(table.titles, [*cases, count])} make up the count: "
            "put the whole count of each item into one column, such as 4 boxes + 7"
        )


def _refuse_book_figures(table: HeadedSample, codebook: Codebook, count: int) -> None:
    """A stock level alone is the count where it was typed over, as import templates ask for it."""
    title = table.headings[count]
    if title is None or title.rank < QuantityRank.PLAIN:
        return
    if title.qualified:
        raise _unclear(
            table,
            [count],
            f"cannot tell whether {listed_with_cells(table, [count])} is what was counted or what the system says. "
            f"{_if_counted(table, [count])}",
        )
    if title.rank == QuantityRank.STOCK and _equals_the_books(table, codebook, count):
        raise NotACount(
            f"{listed_with_cells(table, [count])} is exactly what the system says of every item, so that nothing seems "
            "to be counted: upload the file with the counts"
        )


def _equals_the_books(table: HeadedSample, codebook: Codebook, count: int) -> bool:
    counted: list[tuple[Decimal, Decimal]] = []
    for row in table.rows_with_code():
        number, item = number_in(folded_cell(row, count)), _item(table, codebook, row)
        if number is not None and item is not None:
            counted.append((number, item.system_qty))
    return len(counted) >= _EVIDENT_FROM and all(number == system_qty for number, system_qty in counted)


def _refuse_on_top_of_earlier(table: HeadedSample, stock_levels: Sequence[int], count: int) -> None:
    """An earlier count may be of another day, or of another shelf on this one: then the two together are the count.

    Only the file's own stock levels are compared with: what the system says must not be guessed from a refusal.
    """
    earlier_counts = [index for index, title in enumerate(table.titles) if is_of_an_earlier_count(title)]
    for earlier in earlier_counts:
        for stock in (index for index in stock_levels if index not in {count, *earlier_counts}):
            rows = [[number_in(folded_cell(row, index)) for index in (count, earlier, stock)] for row in table.rows]
            nearer = [
                abs(counted + before - on_hand) < abs(counted - on_hand)
                for counted, before, on_hand in rows
                if counted is not None and before and on_hand is not None
            ]
            if nearer and all(nearer):
                raise CountFileError(
                    f"cannot tell whether {listed(table.titles, [count])} is the whole count or comes on top of "
                    f"{listed(table.titles, [earlier])}: put the whole count of each item into one column"
                )


def _refuse_unless_scans(table: HeadedSample, book_figures: Sequence[int]) -> None:
    """Without a quantity column every row is one scan, which must not follow from a title we merely do not know.

    Numbers below an empty title are as doubtful as those below an unknown one.
    """
    doubtful = [
        index
        for index in range(table.width)
        if index not in book_figures
        and not _goes_with_a_scan(table.heading(index))
        and any(map(is_figure, table.cells(index)))
    ]
    unexplained = [index for index in doubtful if not _title_explains(table.heading(index))]
    if unexplained:
        raise _unclear(
            table,
            unexplained,
            f"cannot tell whether {listed_with_cells(table, unexplained)} is the count. "
            f"{_if_counted(table, unexplained)}",
        )
    if book_figures:
        raise NotACount(
            f"there is no counted quantity: {listed_with_cells(table, book_figures)} is what the system expects. "
            "Count the shelf, and put the counts into a column of their own, counted_qty"
        )
    if doubtful:
        # Prices and pack sizes make a list of items, which may stand beside the count in a workbook.
        raise NotACount(
            f"there is no counted quantity beside {listed_with_cells(table, doubtful)}. {_if_counted(table, doubtful)}"
        )


def _goes_with_a_scan(title: Heading | None) -> bool:
    return title is not None and (title.role is not Role.OTHER or title.rank == OtherRank.SCAN_DETAIL)


def count_column_by_content(
    columns: Sequence[Sequence[str]], code: int, refusal: type[CountFileError], answered: str = ""
) -> int | None:
    """The column of the count where there is no header; ``None`` where every row is one scan.

    :param columns: the visible cells of each column, without empty ones.
    :param code: the column of the codes.
    :param refusal: what is raised where no column looks like counts but some may be.
    :param answered: the column that a person says is the count; empty where nobody does.
    :raises FileUnclear: where several may be the count.
    """
    if answered:
        count = answered_column(answered, (), len(columns))
        refuse_unless_numbers((), count, columns[count], [code])
        return count
    counts: list[int] = []
    unclear: list[int] = []
    for index, column in enumerate(columns):
        if index == code or not column or mostly_days_or_times(column):
            continue
        mostly_counts = sum(map(is_count, column)) * 2 >= len(column) and not has_hex_numbers(column)
        (counts if mostly_counts else unclear).append(index)
    # What stands before the code numbers the scans, or is the scanner's own, as in files with the times of scans.
    of_scanner = any(column and mostly_moments(column) for column in columns)
    counts = [index for index in counts if index > code or not (of_scanner or _numbers_scans(columns[index]))] or counts
    serials = [index for index in counts if is_serial(columns[index])]
    candidates = [index for index in counts if index not in serials]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates and len(serials) == 1 and is_long_run(columns[serials[0]]):
        return None
    if counts or unclear:
        problem = (
            f"cannot tell whether {listed((), counts or unclear)} is the count: "
            "add a header row with sku and counted_qty"
        )
        if not counts:
            raise refusal(problem)
        cells = {index: columns[index] for index in counts}
        raise FileUnclear(problem, question_about(QuestionKind.COUNT_COLUMN, (), cells))
    return None


def _numbers_scans(column: Sequence[str]) -> bool:
    return is_serial(column) or is_long_run(column) or is_rising_ids(column) or is_constant(column)


def left_aside_by_content(columns: Sequence[Sequence[str]], code: int, count: int) -> list[int]:
    """The columns beside the count that look like counts, too, where there is no header."""
    return [
        index
        for index, column in enumerate(columns)
        if index not in (code, count)
        and column
        and sum(map(is_count, column)) * 2 >= len(column)
        and not mostly_days_or_times(column)
        and not is_serial(column)
    ]
