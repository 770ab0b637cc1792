"""Which column is the count: told by exclusion, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.stock import Snapshot
from stkr.tabular.sheet import SAMPLE_ROWS
from tests.unit.capture.builders import count, lines, snapshot, stock

pytestmark = pytest.mark.unit


def shop() -> Snapshot:
    return snapshot(stock("TEA", system_qty="48"), stock("COFFEE", system_qty="30"), stock("JAM", system_qty="25"))


def figures(text: str) -> dict[str, str]:
    return lines(count(text, against=shop()))


def refusal(text: str) -> str:
    captured = count(text, against=shop())
    assert lines(captured) == {}
    return captured.problems[0].problem


@pytest.mark.parametrize("book", ["Stock", "On hand", "Bestand", "Existencias", "QOH", "Quantity", "Qty"])
@pytest.mark.parametrize("unknown", ["Recuento", "Inventur", "Audit", "Count 1", "", "Kontrolle", "数量2"])
def test_a_stock_level_beside_numbers_under_a_title_we_do_not_know_is_asked_about(book: str, unknown: str) -> None:
    problem = refusal(f"sku,{book},{unknown}\nTEA,48,46\nCOFFEE,30,29\nJAM,25,25\n")

    assert problem.startswith("cannot tell which column is the count: ")
    assert f"'{book}' (48, 30, 25)" in problem
    assert "(46, 29, 25)" in problem
    assert "counted_qty" not in problem


@pytest.mark.parametrize("unknown", ["Kontrolle", ""])
def test_numbers_that_nobody_explains_make_even_a_count_uncertain(unknown: str) -> None:
    assert "'Counted' (46, 30, 25)" in refusal(f"sku,Counted,{unknown}\nTEA,46,44\nCOFFEE,30,28\nJAM,25,25\n")


@pytest.mark.parametrize("beside", ["Kontrolle", "", "Count 1", "Counted", "Recount", "Stock"])
def test_the_title_that_our_own_sheets_use_is_the_count_whatever_stands_beside(beside: str) -> None:
    assert figures(f"sku,{beside},counted_qty\nTEA,1,46\nCOFFEE,3,30\nJAM,2,25\n") == {
        "TEA": "46",
        "COFFEE": "30",
        "JAM": "25",
    }


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Preis", ["2.10", "3.40", "1.15"]),  # money
        ("Kaart", ["7", "7", "7"]),  # a constant
        ("Rivi", ["1", "2", "3"]),  # numbers the rows
        ("Tunnus", ["10234", "10300", "10871"]),  # ids
        ("Viivakoodi", ["5012345000015", "5012345000022", "5012345000039"]),
        ("Paikka", ["0012", "0007", "0031"]),
        ("Artikkeli", ["TEA", "COFFEE", "JAM"]),
        ("MwSt", ["7", "19", "7"]),
        ("Reorder quantity", ["10", "24", "6"]),
        ("Stock location id", ["4", "9", "7"]),
    ],
)
def test_columns_that_title_or_cells_explain_are_no_reason_to_ask(title: str, cells: list[str]) -> None:
    rows = zip(["TEA", "COFFEE", "JAM"], cells, ["46", "30", "25"], strict=True)

    counted = figures(f"sku,{title},Counted\n" + "".join(f"{','.join(row)}\n" for row in rows))

    assert counted == {"TEA": "46", "COFFEE": "30", "JAM": "25"}


def test_a_constant_that_changes_far_down_is_asked_about() -> None:
    items = [stock(f"S{number}", system_qty="5") for number in range(SAMPLE_ROWS + 20)]
    rows = "".join(f"{item.sku},5,{3 + (number % 3)}\n" for number, item in enumerate(items))

    captured = count(f"sku,Rivi,Counted\n{rows}LAST,9,4\n", against=snapshot(stock("LAST"), *items))

    assert lines(captured) == {}
    assert "'Rivi'" in captured.problems[0].problem


@pytest.mark.parametrize("title", ["Frozen qty", "Calculated", "Giacenza contabile", "Stock théorique", "Soll"])
def test_book_figures_alone_have_counted_nothing(title: str) -> None:
    assert "is what the system expects" in refusal(f"sku,{title}\nTEA,48\nCOFFEE,30\n")


def test_a_stock_level_that_equals_the_books_of_every_item_is_no_count() -> None:
    items = [stock(f"S{number}", system_qty=str(number)) for number in range(12)]
    untouched = "sku,Stock\n" + "".join(f"{item.sku},{item.system_qty}\n" for item in items)

    captured = count(untouched, against=snapshot(*items))

    assert lines(captured) == {}
    assert "exactly what the system says" in captured.problems[0].problem
    assert len(lines(count(untouched.replace("S3,3", "S3,2"), against=snapshot(*items)))) == len(items)


def test_a_few_figures_that_equal_the_books_tell_a_blind_counter_nothing() -> None:
    assert figures("sku,Stock\nTEA,48\nCOFFEE,30\nJAM,25\n") == {"TEA": "48", "COFFEE": "30", "JAM": "25"}
    assert figures("sku,Count,Previous\nTEA,6,40\nCOFFEE,30,0\n") == {"TEA": "6", "COFFEE": "30"}


@pytest.mark.parametrize("title", ["Cutoff qty", "Quantity Kaupunki", "Total on hand"])
def test_a_quantity_with_a_word_we_do_not_know_is_asked_about(title: str) -> None:
    assert f"'{title}' (46, 30) is what was counted or what the system says" in refusal(
        f"sku,{title}\nTEA,46\nCOFFEE,30\n"
    )


def test_two_stock_levels_are_two_candidates() -> None:
    assert "'Stock on hand' (48, 30)" in refusal("sku,Stock on hand,Current stock\nTEA,48,46\nCOFFEE,30,30\n")


def test_parts_of_a_count_are_not_taken_for_all_of_it_and_nobody_is_told_to_rename_one() -> None:
    problem = refusal("sku,System,Shelf count,Stockroom count\nTEA,48,10,36\nCOFFEE,30,6,24\n")

    assert "if several together make it up, add them up in one column" in problem


def test_a_count_that_is_the_sum_of_the_others_is_all_of_it() -> None:
    assert figures("sku,Floor,Attic,Counted\nTEA,10,36,46\nCOFFEE,6,24,30\n") == {"TEA": "46", "COFFEE": "30"}


def test_a_stock_level_that_is_the_sum_of_count_and_shortage_is_not_taken_for_the_count() -> None:
    assert "'Stock' (48, 30)" in refusal("sku,Stock,Recuento,Falta\nTEA,48,46,2\nCOFFEE,30,29,1\n")


def test_changes_are_no_counts() -> None:
    assert "seems to hold changes of stock" in refusal("sku,counted\nTEA,-2\nCOFFEE,4\nJAM,-1\n")


def test_a_running_number_that_is_called_count_is_not_the_count() -> None:
    assert "numbers the rows" in refusal("sku,Count\nTEA,1\nCOFFEE,2\nJAM,3\n")


def test_a_count_on_top_of_an_earlier_one_is_not_all_of_it() -> None:
    assert "comes on top of 'Previous'" in refusal("sku,QOH,Count,Previous\nTEA,48,6,40\nCOFFEE,30,30,0\n")
    assert figures("sku,Count,Previous\nTEA,46,47\nCOFFEE,30,31\n") == {"TEA": "46", "COFFEE": "30"}


def test_a_count_of_words_is_parked_and_never_taken_for_scans() -> None:
    assert figures("sku,counted\nTEA,some\nCOFFEE,many\n") == {}


def test_codes_are_found_by_their_cells_where_their_title_is_not_known() -> None:
    assert figures("Koodi,Nimi,counted\nTEA,Teetä,46\nCOFFEE,Kahvia,30\n") == {"TEA": "46", "COFFEE": "30"}


@given(
    st.lists(st.integers(0, 99), min_size=3, max_size=3),
    st.lists(st.integers(0, 99), min_size=3, max_size=3),
    st.permutations(["sku", "Counted", "extra"]),
    st.sampled_from(["Stock", "System", "Extra", "", "Qty", "Previous", "Frozen"]),
)
def test_a_further_column_of_numbers_never_changes_a_figure(
    counted: list[int], others: list[int], order: list[str], title: str
) -> None:
    columns = {
        "sku": ["sku", "TEA", "COFFEE", "JAM"],
        "Counted": ["Counted", *map(str, counted)],
        "extra": [title, *map(str, others)],
    }
    text = "".join(",".join(columns[name][row] for name in order) + "\n" for row in range(4))

    right = dict(zip(["TEA", "COFFEE", "JAM"], map(str, counted), strict=True))

    assert figures(text).items() <= right.items()
