"""Several files and counters in one session: areas add up, an area counted again replaces the earlier count of it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.core import capture
from stkr.capture.result import Capture, Replaced, UploadedFile
from tests.unit.capture.builders import assert_conserved, lines, reasons, snapshot, totals

pytestmark = pytest.mark.unit


def upload(name: str, text: str, at: int = 0) -> UploadedFile:
    return UploadedFile(name, text.encode(), f"2026-11-21T09:{at:02}:00+00:00")


def counted(*files: UploadedFile) -> Capture:
    captured = capture(files, snapshot())
    assert_conserved(captured)
    return captured


def test_counts_of_different_areas_add_up() -> None:
    captured = counted(
        upload("Front/scan.csv", "sku,count\nBOLT,400\n"), upload("Back/scan.csv", "sku,count\nBOLT,32\n")
    )

    assert lines(captured) == {"BOLT": "432"}
    assert totals(captured) == (2, 2, 0, 0, 0)


def test_the_same_count_of_two_areas_is_not_taken_for_a_repeat() -> None:
    captured = counted(upload("Front/a.csv", "sku,count\nBOLT,7\n"), upload("Back/a.csv", "sku,count\nBOLT,7\n"))

    assert lines(captured) == {"BOLT": "14"}


def test_an_area_counted_again_replaces_the_earlier_count_and_says_so() -> None:
    first = upload("Front/sam.csv", "sku,count\nBOLT,400\nNUT,5\n", at=1)
    again = upload("front/Ann.csv", "sku,count\nBOLT,432\n", at=2)

    captured = counted(again, first)

    assert lines(captured) == {"BOLT": "432"}
    assert captured.replaced == (Replaced("Front/sam.csv", "front/Ann.csv"),)


@pytest.mark.parametrize("again", ["", "sku,qty,quantity\nBOLT,1,2\n", "sku,count\n", "sku,count\nBOLT,\nNUT,\n"])
def test_a_later_file_that_counts_nothing_replaces_nothing(again: str) -> None:
    captured = counted(upload("Front/1.csv", "sku,count\nBOLT,400\n", at=1), upload("Front/2.csv", again, at=2))

    assert lines(captured) == {"BOLT": "400"}
    assert captured.replaced == ()


def test_a_later_file_whose_rows_are_all_parked_replaces_what_was_there() -> None:
    captured = counted(
        upload("A/1.csv", "sku,count\nBOLT,400\n", at=1), upload("A/2.csv", "sku,count\nBOLT,lots\n", at=2)
    )

    assert lines(captured) == {}
    assert reasons(captured) == [(2, "unreadable_quantity")]


def test_bins_within_areas_add_up() -> None:
    captured = counted(
        upload("Front/1.csv", "sku,bin,count\nBOLT,A1,100\nBOLT,A2,50\n"),
        upload("Back/1.csv", "sku,bin,count\nBOLT,A1,7\n"),
    )

    assert lines(captured) == {"BOLT": "157"}


def test_a_count_outside_any_area_beside_one_in_an_area_is_parked_with_both_named() -> None:
    captured = counted(upload("all.csv", "sku,count\nBOLT,432\nNUT,5\n"), upload("Back/1.csv", "sku,count\nBOLT,32\n"))

    assert lines(captured) == {"NUT": "5"}
    assert [row.reason for row in captured.parked] == ["conflicting_counts", "conflicting_counts"]
    for row in captured.parked:
        assert "432 outside any area (all.csv row 2) and as 32 in back (Back/1.csv row 2)" in row.detail


def test_one_item_and_bin_counted_differently_by_two_files_is_parked_with_both_sightings() -> None:
    captured = counted(
        upload("sam.csv", "sku,bin,count\nBOLT,A1,432\n"), upload("ann.csv", "sku,bin,count\nBOLT,A1,430\n")
    )

    assert lines(captured) == {}
    assert all("430 (ann.csv row 2) and as 432 (sam.csv row 2)" in row.detail for row in captured.parked)


def test_a_bin_beside_none_is_parked_within_an_area_but_not_between_areas() -> None:
    within = counted(upload("A/1.csv", "sku,bin,count\nBOLT,A1,400\nBOLT,,32\n"))
    between = counted(upload("A/1.csv", "sku,bin,count\nBOLT,A1,400\n"), upload("B/1.csv", "sku,count\nBOLT,32\n"))

    assert (lines(within), lines(between)) == ({}, {"BOLT": "432"})


AREAS = st.sampled_from(["", "Front", "Back"])
FILES = st.lists(
    st.tuples(AREAS, st.lists(st.tuples(st.sampled_from(["BOLT", "NUT", "X"]), st.sampled_from(["", "5", "7", "?"])))),
    max_size=5,
)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_listed_does_not_matter(
    files: list[tuple[str, list[tuple[str, str]]]], random: Random
) -> None:
    uploads = [
        upload(
            f"{area}/{number}.csv".lstrip("/"), "\n".join(["sku,count", *(",".join(row) for row in rows)]), at=number
        )
        for number, (area, rows) in enumerate(files)
    ]
    shuffled = list(uploads)
    random.shuffle(shuffled)

    captured = counted(*uploads)

    assert counted(*shuffled) == captured
    # Nothing is dropped in silence: a file is read, replaced by a named one, or refused.
    read = {row.file for row in captured.parked} | {file for line in captured.lines for file in line.rows}
    assert {replaced.by for replaced in captured.replaced} <= read
    assert not read & {replaced.file for replaced in captured.replaced}
