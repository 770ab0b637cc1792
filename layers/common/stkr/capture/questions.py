"""Refusals that a person can settle with one answer.

Whoever finds that a file is not certain raises ``FileUnclear(text, question_about(kind, titles, columns))``.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from stkr.domain.errors import CountFileError
from stkr.domain.question import Candidate, Question, QuestionKind
from stkr.tabular.text import visible

_SAMPLES: Final = 3
_LONGEST_SHOWN: Final = 40


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
    return Question(
        kind,
        tuple(
            Candidate(_shown(titles[index]) if index < len(titles) else "", index + 1, _samples(cells))
            for index, cells in sorted(columns.items())
        ),
    )


def _samples(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(filter(None, map(_shown, cells)), _SAMPLES))


def _shown(cell: str) -> str:
    return visible(cell)[:_LONGEST_SHOWN]
