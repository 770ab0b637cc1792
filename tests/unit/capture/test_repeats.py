"""Equal rows are one count repeated only where no cell tells them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.capture.builders import assert_conserved, count, lines, reasons

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "title", ["LPN", "Tag", "Ticket", "Size", "Variant name", "Counted by", "Expiry", "Page", "", "Olek"]
)
def test_equal_rows_that_differ_in_a_further_column_are_asked_about(title: str) -> None:
    captured = count(f"sku,counted_qty,{title}\nBOLT,5,one\nBOLT,5,two\nNUT,7,one\n")

    assert lines(captured) == {"NUT": "7"}
    assert reasons(captured) == [(2, "conflicting_counts"), (3, "conflicting_counts")]
    assert f"differ in {title or 'column 3'} (one and two)" in captured.parked[0].detail


@pytest.mark.parametrize("title", ["Line no", "Row", "Scan ID", "UUID"])
def test_what_stands_for_the_row_itself_tells_nothing_apart(title: str) -> None:
    assert lines(count(f"sku,counted_qty,{title}\nBOLT,5,7081\nBOLT,5,9334\n")) == {"BOLT": "5"}


def test_a_number_that_numbers_the_rows_tells_nothing_apart() -> None:
    assert lines(count("No,sku,counted_qty\n1,BOLT,5\n2,BOLT,5\n3,NUT,7\n")) == {"BOLT": "5", "NUT": "7"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("14:41:03", "14:41:05"),
        ("2026-11-21 14:41", "2026-11-21 14:44"),
        ("1795272063", "1795272100"),
        ("2:41 pm", "2:43 PM"),
    ],
)
def test_moments_apart_are_one_look_at_the_shelf(first: str, second: str) -> None:
    assert lines(count(f"sku,counted_qty,Time\nBOLT,5,{first}\nBOLT,5,{second}\n")) == {"BOLT": "5"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("09:05", "16:40"),
        ("2026-11-20 14:41", "2026-11-21 14:41"),
        ("1795272063", "1795292100"),
        ("2:41 am", "2:41 pm"),
    ],
)
def test_equal_counts_at_times_far_apart_are_asked_about(first: str, second: str) -> None:
    assert lines(count(f"sku,counted_qty,Time\nBOLT,5,{first}\nBOLT,5,{second}\n")) == {}


def test_different_bins_still_add_up_whatever_else_differs() -> None:
    assert lines(count("sku,bin,counted_qty,User\nBOLT,A,5,Ann\nBOLT,B,5,Sam\n")) == {"BOLT": "10"}


@pytest.mark.parametrize("command", ["*DELETE LAST*", "UNDO", "%CANCEL%", "Storno"])
def test_a_command_among_scans_parks_the_item_that_was_scanned_before(command: str) -> None:
    captured = count(f"BOLT\nBOLT\n{command}\nNUT\n")

    assert lines(captured) == {"NUT": "1"}
    assert f"row 3 says {command}" in captured.parked[0].detail


def test_a_minus_row_parks_what_it_may_correct() -> None:
    captured = count("sku,counted_qty\nBOLT,50\nNUT,7\nBOLT,-4\nROPE,2\n")

    assert lines(captured) == {"NUT": "7", "ROPE": "2"}
    assert reasons(captured) == [(2, "conflicting_counts"), (4, "negative_quantity")]
    assert "row 4 takes -4 back" in captured.parked[0].detail


@pytest.mark.parametrize(
    ("title", "flag", "other"), [("Deleted", "Yes", "No"), ("Status", "VOID", "OK"), ("Action", "remove", "set")]
)
def test_a_row_that_is_flagged_as_taken_back_parks_its_item(title: str, flag: str, other: str) -> None:
    captured = count(f"sku,counted_qty,{title}\nBOLT,5,{other}\nNUT,7,{flag}\nROPE,2,{other}\n")

    assert lines(captured) == {"BOLT": "5", "ROPE": "2"}
    assert f"says {flag} in {title}" in captured.parked[0].detail


def test_quantities_between_scanned_codes_are_no_scans() -> None:
    captured = count("BOLT\n46\nNUT\n30\nROPE\n5\n")

    assert lines(captured) == {}
    assert "quantities between codes" in captured.problems[0].problem


@given(st.lists(st.tuples(st.sampled_from(["BOLT", "NUT"]), st.integers(0, 3), st.sampled_from("ab")), max_size=8))
def test_a_column_that_tells_rows_apart_never_changes_a_figure_without_parking(
    rows: list[tuple[str, int, str]],
) -> None:
    captured = count("sku,counted_qty,Olek\n" + "".join(f"{sku},{qty},{mark}\n" for sku, qty, mark in rows))

    assert_conserved(captured)
    for sku, figure in lines(captured).items():
        assert len({(qty, mark) for name, qty, mark in rows if name == sku}) == 1
        assert (sku, int(figure)) in {(name, qty) for name, qty, _ in rows}
