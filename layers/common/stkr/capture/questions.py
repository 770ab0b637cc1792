"""Refusals that a person can settle with one answer, and the answers.

Whoever finds that a file is not certain raises ``FileUnclear(text, question_about(kind, titles, columns))``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from stkr.domain.errors import CountFileError
from stkr.domain.question import Candidate, Question, QuestionKind
from stkr.tabular.text import visible

_SAMPLES: Final = 3
_LONGEST_SAMPLE: Final = 40
_LONGEST_TITLE: Final = 200


class EqualRows(StrEnum):
    """What rows of one item in one place are: counts of their own that add up, or one count, repeated."""

    ADD = "add"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person says about one file; empty where they say nothing.

    ``count_column`` is the title of the column that was counted (case and spaces do not matter), or its number or
    letter: ``column 3``, ``C``. ``unit`` is the word for the unit that the count is in, such as ``cases``.
    """

    count_column: str = ""
    unit: str = ""
    equal_rows: EqualRows | None = None


NO_ANSWERS: Final = Answers()


class FileUnclear(CountFileError):
    """A file cannot be read until somebody answers ``question``."""

    def __init__(self, problem: str, question: Question) -> None:
        """What is not certain, for people, and the same as data."""
        super().__init__(problem)
        self.question = question


def question_about(kind: QuestionKind, titles: Sequence[str], columns: Mapping[int, Iterable[str]]) -> Question:
    """A question about some columns of a table.

    :param titles: of all its columns, as they stand; may be shorter than the rows are, or empty without a header.
    :param columns: the cells of each of those columns, by index.
    """
    return Question(kind, candidates(titles, columns))


def candidates(titles: Sequence[str], columns: Mapping[int, Iterable[str]]) -> tuple[Candidate, ...]:
    """Columns as people know them; see ``question_about``."""
    return tuple(
        Candidate(visible(titles[index])[:_LONGEST_TITLE] if index < len(titles) else "", index + 1, _samples(cells))
        for index, cells in sorted(columns.items())
    )


def _samples(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(text[:_LONGEST_SAMPLE] for text in islice(filter(None, map(visible, cells)), _SAMPLES))
