"""Finding the header among a table's first rows, and with it the layout."""

from collections.abc import Sequence

from stkr.capture.codes import Codebook
from stkr.capture.layout import Layout
from stkr.capture.layout.answered import names_column
from stkr.capture.layout.by_content import layout_by_content
from stkr.capture.layout.by_header import layout_by_header
from stkr.capture.layout.cells import LONGEST_CODE, is_count, is_wording
from stkr.capture.questions import NO_ANSWERS, Answers
from stkr.headings.titles import Heading, Role, heading
from stkr.tabular.sheet import Row
from stkr.tabular.text import visible

HEADER_WITHIN = 60
"""A header stands among the first rows that have content; below that it would be a second table."""


def find_layout(sample: Sequence[Row], codebook: Codebook, location: str, answers: Answers = NO_ANSWERS) -> Layout:
    """Find the columns by the first rows that have content.

    :param answers: what a person says about the file, which goes before what its titles and cells suggest.
    :raises FileUnclear: when the code or the count column is not certain and an answer would settle it.
    :raises CountFileError: when it is not certain; it names the candidates.
    """
    header: Row | None = None
    for row in sample[:HEADER_WITHIN]:
        # Of headers in a row, the last is the one above the data: the others name groups of columns.
        if is_header(row[1], codebook):
            header = row
        elif header:
            break
    if header:
        return layout_by_header(header, sample, codebook, location, answers=answers)
    for row in sample[:HEADER_WITHIN]:
        if _is_header_of_scans(row[1], codebook, answers.count_column):
            return layout_by_header(row, sample, codebook, location, answers=answers)
    for row in sample[:HEADER_WITHIN]:
        code = _code_column_below(row, sample, codebook, answers.count_column)
        if code is not None:
            return layout_by_header(row, sample, codebook, location, code_column=code, answers=answers)
    return layout_by_content(sample, codebook, answers)


def is_header(cells: Sequence[str], codebook: Codebook) -> bool:
    """Whether a row names a code and a quantity, and none of its cells is itself a known code."""
    roles = {title.role for title in map(heading, cells) if title}
    return {Role.CODE, Role.QUANTITY} <= roles and not any(codebook.knows(cell) for cell in cells)


def _code_column_below(header: Row, sample: Sequence[Row], codebook: Codebook, answered: str) -> int | None:
    """Below a row that names a quantity, the column that holds codes although its title is not known to."""
    header_row, titles = header
    meanings = [heading(cell) for cell in titles]
    # The answer may be a number, and then any row of several words is the header that it goes with.
    several = sum(map(bool, map(visible, titles))) > 1
    of_answer = bool(answered) and (names_column(answered, titles) or (several and is_wording(titles)))
    names_quantity = of_answer or any(title and title.role is Role.QUANTITY for title in meanings)
    if not names_quantity or any(map(codebook.knows, titles)):
        return None
    rows = [cells for number, cells in sample if number > header_row]
    best: int | None = None
    most = 0
    for index, title in enumerate(meanings):
        if title is not None and title.role not in (Role.OTHER, Role.QUANTITY):
            continue
        filled = [row[index] for row in rows if index < len(row) and visible(row[index])]
        if title is not None and title.role is Role.QUANTITY and any(map(is_count, filled)):
            continue
        with_known_code = sum(map(codebook.knows, filled))
        if with_known_code * 2 > len(filled) and with_known_code > most:
            best, most = index, with_known_code
    others = [title for index, title in enumerate(meanings) if title and index != best]
    # A title that is itself the only word of quantity may be a scanner's command above more codes.
    return best if of_answer or any(title.role is Role.QUANTITY for title in others) else None


def judge_rows(rows: Sequence[Sequence[str]], codebook: Codebook) -> int:
    """How well rows make sense as a count, for choosing the delimiter: a header first, then codes that are known."""
    best_header = max((_strength(cells) for cells in rows[:HEADER_WITHIN]), default=0)
    rows_with_known_code = sum(
        any(codebook.knows(cell) for cell in cells if cell and len(cell) < LONGEST_CODE)
        for cells in rows[:HEADER_WITHIN]
    )
    return best_header * 1000 + rows_with_known_code


def _strength(cells: Sequence[str]) -> int:
    """Recognised columns if a code is among them, else nothing: prose may contain any single word."""
    roles = [title.role for title in map(heading, cells) if title]
    return len(roles) if Role.CODE in roles else 0


def _is_header_of_scans(cells: Sequence[str], codebook: Codebook, answered: str) -> bool:
    """A header without a quantity: scans of one unit each, a file whose columns cannot be told, or one of which a
    person has told the count's.
    """
    titles = [heading(cell) for cell in cells if visible(cell)]
    recognised: list[Heading] = [title for title in titles if title]
    return (
        any(title.role is Role.CODE for title in recognised)
        and (
            len(recognised) == len(titles) or len(recognised) > 1 or is_wording(cells) or names_column(answered, cells)
        )
        and not any(codebook.knows(cell) for cell in cells)
    )
