"""The first rows of a table that has a header."""

from collections.abc import Sequence
from dataclasses import dataclass

from stkr.headings.titles import Heading, Role
from stkr.tabular.text import folded, visible


@dataclass(frozen=True, slots=True)
class HeadedSample:
    """The header and the data rows below it, as far as they are looked at to find the columns.

    ``titles`` are the header's cells as they stand, ``headings`` what each of them means; ``rows`` may be longer.
    """

    titles: Sequence[str]
    headings: Sequence[Heading | None]
    rows: Sequence[Sequence[str]]

    @property
    def width(self) -> int:
        """The number of cells in the longest row, header included."""
        return max(map(len, (self.titles, *self.rows)))

    def heading(self, index: int) -> Heading | None:
        """What a column's title means; ``None`` where it has none, or none we know."""
        return self.headings[index] if index < len(self.headings) else None

    def columns(self, role: Role) -> list[int]:
        """The columns of a role, the best rank first."""
        ranked = [(title.rank, index) for index, title in enumerate(self.headings) if title and title.role is role]
        return [index for _, index in sorted(ranked)]

    def columns_titled(self, heading: Heading) -> list[int]:
        """The columns whose title means exactly that."""
        return [index for index, title in enumerate(self.headings) if title == heading]

    def rows_with_code(self) -> list[Sequence[str]]:
        """The rows that name an item."""
        codes = self.columns(Role.CODE)
        return [row for row in self.rows if any(index < len(row) and visible(row[index]) for index in codes)]

    def names_an_item_twice(self) -> bool:
        """Whether rows name one item several times, as lists of scans do."""
        codes = self.columns(Role.CODE)
        named = [tuple(folded(row[index]) for index in codes if index < len(row)) for row in self.rows_with_code()]
        return len(set(named)) < len(named)

    def cells(self, index: int) -> list[str]:
        """The cells of a column as they stand, without those that short rows lack."""
        return [row[index] for row in self.rows if index < len(row)]
