"""A file of another place is noticed, and people can say in the file itself that it is of here."""

import pytest

from stkr.domain.stock import Snapshot
from tests.unit.capture.builders import count, lines, stock

pytestmark = pytest.mark.unit

SHOP = Snapshot(
    "Main",
    {sku: stock(sku) for sku in ("BOLT", "NUT")},
    {f"TILE-{number}": stock(f"TILE-{number}", location="Harbour") for number in range(6)},
)
STRAYS = [f"TILE-{number}" for number in range(5)]


def test_a_file_with_more_items_of_another_place_is_refused_with_that_place() -> None:
    captured = count("sku,counted_qty\nBOLT,3\n" + "".join(f"{sku},2\n" for sku in STRAYS), against=SHOP)

    assert lines(captured) == {}
    assert "1 of 2 expected items are in this file, and 5 of Harbour" in captured.problems[0].problem
    assert "add a column location that says Main" in captured.problems[0].problem


def test_a_file_that_says_it_is_of_here_is_counted_whatever_it_names() -> None:
    rows = "".join(f"{sku},Main,2\n" for sku in STRAYS)

    captured = count(f"sku,location,counted_qty\nBOLT,Main,3\n{rows}", against=SHOP)

    assert lines(captured) == {"BOLT": "3", **dict.fromkeys(STRAYS, "2")}


def test_a_few_strays_among_the_items_of_here_are_unrecorded_items() -> None:
    captured = count("sku,counted_qty\nBOLT,3\nNUT,4\nTILE-1,2\n", against=SHOP)

    assert lines(captured) == {"BOLT": "3", "NUT": "4", "TILE-1": "2"}


@pytest.mark.parametrize(
    "line", ["Harbour", "Location: Harbour", "Warehouse,Harbour", "Stock count of the Harbour on 23 November"]
)
def test_a_line_that_names_another_place_refuses_the_file(line: str) -> None:
    captured = count(f"{line}\nsku,counted_qty\nBOLT,3\n", against=SHOP)

    assert lines(captured) == {}
    assert "row 1 names Harbour" in captured.problems[0].problem
