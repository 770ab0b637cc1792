"""What a whole source changes, and which sources are not to be trusted."""

from decimal import Decimal

import pytest

from stkr.domain.errors import SourceRefused
from stkr.sync.core import plan_rows
from tests.unit.sync.rows import BY_HAND, approved, found, quantities, said, stored

pytestmark = pytest.mark.unit

LIMIT = Decimal(20)


def test_only_the_rows_that_differ_are_changes() -> None:
    rows = [stored(10, f"SKU-{number:03}") for number in range(100)]
    listed = [said(10 if number else 9, f"SKU-{number:03}") for number in range(100)]

    planned = plan_rows(listed, rows, LIMIT, BY_HAND)

    assert [(change.wanted.sku, quantities(change.wanted)) for change in planned.changes] == [("SKU-000", (9, 0, 9))]
    assert (planned.unchanged, planned.vanished) == (99, 0)


def test_the_same_sku_at_two_locations_is_two_rows() -> None:
    planned = plan_rows([said(1, location="yard"), said(2, location="shop")], [], LIMIT, BY_HAND)

    assert [(change.wanted.location, quantities(change.wanted)) for change in planned.changes] == [
        ("shop", (2, 0, 2)),
        ("yard", (1, 0, 1)),
    ]


def test_rows_that_vanish_within_the_limit_are_marked() -> None:
    rows = [stored(10, f"SKU-{number}") for number in range(10)]

    planned = plan_rows([said(10, f"SKU-{number}") for number in range(8)], rows, LIMIT, BY_HAND)

    assert [(change.wanted.sku, change.wanted.active) for change in planned.changes] == [
        ("SKU-8", False),
        ("SKU-9", False),
    ]
    assert planned.vanished == 2


def test_a_source_that_lost_more_than_the_limit_is_refused_and_says_what_to_do() -> None:
    rows = [stored(10, f"SKU-{number}") for number in range(10)]

    with pytest.raises(SourceRefused, match=r"3 of 10 rows are gone.*SKU-7 at fixings-aisle.*max_missing_percent"):
        plan_rows([said(10, f"SKU-{number}") for number in range(7)], rows, LIMIT, BY_HAND)


def test_rows_that_vanished_before_do_not_count_as_lost_again() -> None:
    rows = [stored(10, f"SKU-{number}", active=number < 8) for number in range(10)]

    assert plan_rows([said(10, f"SKU-{number}") for number in range(8)], rows, LIMIT, BY_HAND).changes == ()


def test_unrecorded_items_the_source_does_not_list_do_not_count_as_lost() -> None:
    rows = [stored(10), *(found(7, f"FOUND-{number}") for number in range(50))]

    assert plan_rows([said(10)], rows, LIMIT, BY_HAND).changes == ()


def test_a_location_that_vanished_wholly_is_noticed() -> None:
    rows = [*(stored(1, f"SKU-{number}", "shop") for number in range(9)), stored(1, "SKU-9", "yard")]

    planned = plan_rows([said(1, f"SKU-{number}", "shop") for number in range(9)], rows, LIMIT, BY_HAND)

    assert [(change.wanted.location, change.wanted.active) for change in planned.changes] == [("yard", False)]


def test_an_empty_source_is_refused_even_when_nothing_is_stored() -> None:
    with pytest.raises(SourceRefused, match="lists no stock at all"):
        plan_rows([], [], Decimal(100), BY_HAND)


def test_a_source_that_lists_a_row_twice_is_refused_and_names_it() -> None:
    with pytest.raises(SourceRefused, match="BOLT-M6-50 at fixings-aisle more than once"):
        plan_rows([said(480), said(480)], [], LIMIT, BY_HAND)


def test_a_source_that_does_not_say_where_something_is_stocked_is_refused() -> None:
    with pytest.raises(SourceRefused, match="where BOLT-M6-50 is stocked"):
        plan_rows([said(480, location=""), said(1, "PAINT-9")], [], LIMIT, BY_HAND)


def test_a_refusal_names_a_few_rows_and_counts_the_rest() -> None:
    listed = [said(1, f"SKU-{number}") for number in range(9)] * 2

    with pytest.raises(SourceRefused, match="SKU-4 at fixings-aisle and 4 more more than once"):
        plan_rows(listed, [], LIMIT, BY_HAND)


def test_rows_of_which_the_source_has_booked_everything_away_are_not_lost() -> None:
    rows = [approved(stored(5, f"SKU-{number}"), -5, f"gone-{number}") for number in range(5)]
    rest = [stored(5, f"SKU-{number}") for number in range(5, 10)]

    planned = plan_rows(
        [said(5, row.sku) for row in rest], rows + rest, LIMIT, [f"gone-{number}" for number in range(5)]
    )

    assert {quantities(change.wanted) for change in planned.changes} == {(0, 0, 0)}
    assert planned.vanished == 5
    with pytest.raises(SourceRefused, match="5 of 10 rows are gone"):
        plan_rows([said(5, row.sku) for row in rest], rows + rest, LIMIT, [])
