"""Laws of columns: whatever stands beside a count, and whatever the titles are, no figure is silently another.

Each file is made from figures that are known to be right. What comes out is these figures, or a row is parked that
names the item, or the file is refused: nothing else.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.result import Capture
from tests.unit.capture.builders import assert_conserved, count, snapshot, stock

pytestmark = pytest.mark.unit

PACKS = {"TEA-80": "24", "BIS-400": "12", "COF-250": None, "1001": "6", "12": None, "5012345678900": None}
BOOKS = {"TEA-80": 48, "BIS-400": 60, "COF-250": 30, "1001": 7, "12": 25, "5012345678900": 9}
SHOP = snapshot(*(stock(sku, pack=pack, system_qty=str(BOOKS[sku])) for sku, pack in PACKS.items()))

COUNT_TITLES = [
    "counted_qty",
    "Counted",
    "Counted qty",
    "Qty",
    "Quantity",
    "Count",
    "Gezählt",
    "Menge",
    "Physical count",
]
CODE_TITLES = ["sku", "SKU", "Item code", "Artikelnummer", "Código"]
BOOK_TITLES = [
    "Stock", "On hand", "System qty", "Expected", "Bestand", "Sollbestand", "Existencias", "Teórico", "Giacenza",
    "Frozen qty", "Qty", "Quantity", "QOH", "Calculated", "Stok", "Lager", "Beholdning", "Saldo", "在庫", "Remaining",
]  # fmt: skip
SYLLABLES = ["ka", "zu", "mø", "ri", "lo", "xe", "ту", "ва", "ни", "ση", "λα", "数", "量", "店", "ñu", "ß"]
WORDS = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=5).map("".join)
UNKNOWN_TITLES = st.one_of(WORDS, st.tuples(WORDS, WORDS).map(" ".join), st.just(""))
UNITS = {"ea": False, "pcs": False, "each": False, "box": True, "case": True, "carton": True, "Karton": True}

Column = tuple[str, list[str]]
"""A title and the cells below it."""


@dataclass(frozen=True)
class Sheet:
    """A count as it was meant: the items in their order, what was counted of each, and the columns of the file."""

    skus: list[str]
    counts: list[int]
    code: Column
    count: Column

    @property
    def right(self) -> dict[str, Decimal]:
        """What a careful person counts."""
        return {sku: Decimal(number) for sku, number in zip(self.skus, self.counts, strict=True)}


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    skus = draw(st.lists(st.sampled_from(list(PACKS)), min_size=1, unique=True))
    counts = [draw(st.one_of(st.integers(0, 99), st.just(BOOKS[sku]))) for sku in skus]
    return Sheet(
        skus,
        counts,
        (draw(st.sampled_from(CODE_TITLES)), skus),
        (draw(st.sampled_from(COUNT_TITLES)), list(map(str, counts))),
    )


@st.composite
def books(draw: st.DrawFn, skus: Sequence[str]) -> Column:
    """What a system writes beside a count; most of it is what it has on its books."""
    cells = [draw(st.sampled_from([str(BOOKS[sku]), str(BOOKS[sku]), f"{BOOKS[sku]}.00", "0", "-2"])) for sku in skus]
    return draw(st.one_of(st.sampled_from(BOOK_TITLES), UNKNOWN_TITLES)), cells


@st.composite
def numbers(draw: st.DrawFn, skus: Sequence[str]) -> Column:
    """Numbers of whatever kind under a title that nobody knows."""
    kind = draw(
        st.sampled_from([
            st.integers(0, 99).map(str),
            st.integers(0, 3).map(str),
            st.sampled_from(["", "5", "7"]),
            st.decimals(0, 99, places=2).map(str),
            st.integers(-9, 9).map(str),
            st.integers(1000, 9999).map(str),
            st.just("12"),
        ])
    )  # fmt: skip
    return draw(UNKNOWN_TITLES), [draw(kind) for _ in skus]


def text_of(columns: Sequence[Column]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([title for title, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return stream.getvalue()


def told_of(captured: Capture) -> str:
    """All that stands in rows that were parked."""
    return "\n".join("\t".join((*row.cells, *row.skus)) for row in captured.parked)


def assert_nothing_is_silently_wrong(captured: Capture, right: dict[str, Decimal]) -> None:
    assert_conserved(captured)
    counted = {line.sku: line.counted_qty for line in captured.lines}
    wrong = {sku: quantity for sku, quantity in counted.items() if right.get(sku) != quantity}
    assert not wrong, f"counted {wrong}, right is {right}: {captured.tables}"
    if not captured.problems:
        lost = [sku for sku in right if sku not in counted and sku not in told_of(captured)]
        assert not lost, f"{lost} are lost: {captured.tables}"


@given(st.data(), sheets())
def test_a_book_column_beside_a_count_never_changes_a_figure(data: st.DataObject, sheet: Sheet) -> None:
    beside = data.draw(st.lists(books(sheet.skus), min_size=1, max_size=2))
    columns = data.draw(st.permutations([sheet.code, sheet.count, *beside]))

    assert_nothing_is_silently_wrong(count(text_of(columns), against=SHOP), sheet.right)


@given(st.data(), sheets())
def test_columns_of_unknown_numbers_never_change_a_figure(data: st.DataObject, sheet: Sheet) -> None:
    beside = data.draw(st.lists(numbers(sheet.skus), min_size=1, max_size=3))
    columns = data.draw(st.permutations([sheet.code, sheet.count, *beside]))

    assert_nothing_is_silently_wrong(count(text_of(columns), against=SHOP), sheet.right)


@given(st.data(), sheets())
def test_the_order_of_columns_never_changes_a_figure(data: st.DataObject, sheet: Sheet) -> None:
    columns = [
        sheet.code,
        sheet.count,
        *data.draw(st.lists(st.one_of(books(sheet.skus), numbers(sheet.skus)), max_size=3)),
    ]
    orders = [data.draw(st.permutations(columns)) for _ in range(2)]

    first, second = (
        {line.sku: line.counted_qty for line in count(text_of(order), against=SHOP).lines} for order in orders
    )
    # Where both orders are read, they say the same.
    assert all(second.get(sku, quantity) == quantity for sku, quantity in first.items())


@given(st.data(), sheets())
def test_titles_in_words_that_nobody_knows_never_make_a_figure_wrong(data: st.DataObject, sheet: Sheet) -> None:
    beside = data.draw(st.lists(st.one_of(books(sheet.skus), numbers(sheet.skus)), max_size=3))
    columns = data.draw(st.permutations([sheet.code, sheet.count, *beside]))
    translated = [(data.draw(UNKNOWN_TITLES), cells) for _, cells in columns]

    assert_nothing_is_silently_wrong(count(text_of(translated), against=SHOP), sheet.right)


@given(st.data(), sheets())
def test_a_column_of_units_converts_parks_or_refuses(data: st.DataObject, sheet: Sheet) -> None:
    words = [data.draw(st.sampled_from(list(UNITS))) for _ in sheet.skus]
    columns = data.draw(st.permutations([sheet.code, sheet.count, (data.draw(UNKNOWN_TITLES), words)]))
    # Cases of an item whose pack size nobody knows cannot be counted, except none of them.
    right = {
        sku: quantity * Decimal(PACKS[sku] or 0) if UNITS[word] else quantity
        for (sku, quantity), word in zip(sheet.right.items(), words, strict=True)
        if not UNITS[word] or PACKS[sku] or not quantity
    }

    assert_nothing_is_silently_wrong(count(text_of(columns), against=SHOP), right)


@given(st.data(), sheets())
def test_rows_that_a_column_tells_apart_are_never_taken_for_one(data: st.DataObject, sheet: Sheet) -> None:
    two_tags = st.lists(
        st.sampled_from(["LP-01", "LP-02", "LP-03", "red", "blue"]), min_size=2, max_size=2, unique=True
    )
    tags = [data.draw(two_tags) for _ in sheet.skus]
    skus, counts = sheet.code[1] * 2, sheet.count[1] * 2
    tagged = [first for first, _ in tags] + [second for _, second in tags]
    title = data.draw(st.one_of(st.sampled_from(["LPN", "Tag", "Size", "Pallet", "Counted by"]), UNKNOWN_TITLES))
    columns = data.draw(st.permutations([(sheet.code[0], skus), (sheet.count[0], counts), (title, tagged)]))

    added_up = {sku: 2 * quantity for sku, quantity in sheet.right.items()}
    assert_nothing_is_silently_wrong(count(text_of(columns), against=SHOP), added_up)
