"""What a person is asked about a file that cannot be read with certainty: a refusal that one answer settles."""

from dataclasses import dataclass
from enum import StrEnum


class QuestionKind(StrEnum):
    """What is not certain: which column is the count, or which unit it is in."""

    COUNT_COLUMN = "count_column"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may be meant, as people know it: its title (empty where it has none), its number, the first being
    1, and up to three of its cells.
    """

    title: str
    column: int
    samples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The title, or ``column 3`` where there is none."""
        return self.title or f"column {self.column}"

    @property
    def in_words(self) -> str:
        """The column for a message: ``'Kontrolle' (46, 29, 3)``."""
        name = repr(self.title) if self.title else self.name
        return f"{name} ({', '.join(self.samples)})" if self.samples else name


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the columns it is about, in the order of the file."""

    kind: QuestionKind
    candidates: tuple[Candidate, ...]
