"""Which column of a table holds what.

``find`` looks for a header and asks ``by_header``, or ``by_content`` where a scanner exports none. One question has one
module: ``count_column`` (which column is the count), ``unit_column`` (which unit it is in), ``column_report`` (what was
used, and what was left aside), ``late_cells`` (what rows far down may change). A person's answer goes before all of
them; ``answered`` finds the column that is meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stkr.capture.layout.captions import listed, trimmed_titles
from stkr.capture.layout.cells import folded_cell
from stkr.domain.errors import CountFileError
from stkr.domain.question import Candidate
from stkr.tabular.sheet import has_content


class NotACount(CountFileError):
    """A sheet that is not a count, such as notes or a stock list; in a workbook it may stand beside one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Columns by index. ``quantity`` is ``None`` where every row is one scan.

    ``header`` is the physical row of the header, 0 in a headerless file. Rows at or above it are not data.
    ``times`` are columns that may say when a row was counted.
    ``first_counts`` are columns of first counts beside the recount that is ``quantity``.
    ``counted_in`` is the word for the unit that the count's title, a line above the header, or a person names; empty
    for none.
    ``pack_sizes`` are columns of how many a case holds. ``remarks`` are columns in which a cell that is nothing but a
    unit is said of its row's count.
    ``left_aside`` are columns of numbers that may be the count after all, with a few cells of each.
    ``provisional`` are columns that were empty, held few short words or one cell over and over, with the cells they
    had; later rows may show that such a column is something else.
    ``captions`` are the titles as they are spelled, empty where a column has none; ``titles`` are the same, folded.
    """

    header: int
    codes: tuple[int, ...]
    quantity: int | None
    unit: int | None = None
    bin: int | None = None
    location: int | None = None
    times: tuple[int, ...] = ()
    first_counts: tuple[int, ...] = ()
    counted_in: str = ""
    pack_sizes: tuple[int, ...] = ()
    remarks: tuple[int, ...] = ()
    left_aside: tuple[Candidate, ...] = ()
    provisional: Mapping[int, frozenset[str]] = field(default_factory=dict)
    captions: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a row needs for every column to exist."""
        return 1 + max(
            index
            for index in (
                *self.codes,
                self.quantity,
                self.unit,
                self.bin,
                self.location,
                *self.pack_sizes,
                *self.remarks,
            )
            if index is not None
        )

    def time_cells(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The cells of a row that say when it was counted."""
        return tuple(cells[index] if index < len(cells) else "" for index in self.times)

    def code_and_quantity(self, cells: Sequence[str]) -> tuple[str, str]:
        """The raw code and quantity of a row, as a person would look for them."""
        code = next((cells[index] for index in self.codes if index < len(cells) and has_content([cells[index]])), "")
        quantity = self.quantity
        return code, cells[quantity] if quantity is not None and quantity < len(cells) else ""

    def refuse_without_recount(self, cells: Sequence[str]) -> None:
        """Where only some rows were counted again, the others would pass for not counted.

        :raises CountFileError: when a row has a first count and no recount.
        """
        if self.quantity is not None and not folded_cell(cells, self.quantity):
            counted = [index for index in self.first_counts if folded_cell(cells, index)]
            if counted:
                recount = listed(self.captions, [self.quantity])
                raise CountFileError(
                    f"{recount} is empty in rows that have a count in {listed(self.captions, counted)}: "
                    "copy the counts that stand into it, or delete one of the columns"
                )

    def repeats_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the header once more, as page breaks and joined files leave it."""
        first = self.codes[0]
        return (
            self.header > 0 and folded_cell(cells, first) == self.titles[first] and trimmed_titles(cells) == self.titles
        )
