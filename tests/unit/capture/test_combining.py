"""How rows of one item combine, within a file and between files."""

from decimal import Decimal

import pytest

from stkr.capture.core import capture
from stkr.capture.result import UploadedFile
from stkr.domain.counted import LineKind
from tests.unit.capture.builders import assert_conserved, count, lines, reasons, snapshot, totals

pytestmark = pytest.mark.unit


def test_blank_is_not_counted_and_zero_is_counted_zero() -> None:
    captured = count("sku,count\nBOLT,\nNUT,0\n,,\nX,\n")

    assert lines(captured) == {"NUT": "0"}
    assert totals(captured) == (3, 1, 0, 2, 0)


def test_scans_without_a_quantity_add_up() -> None:
    captured = count("barcode\n5012345678900\nBOLT\nNUT\n5012345678900\n")

    assert lines(captured) == {"BOLT": "3", "NUT": "1"}
    assert totals(captured) == (4, 2, 2, 0, 0)
    assert captured.lines[0].rows == {"1.csv": (2, 3, 5)}


def test_a_scanned_case_adds_what_is_in_it() -> None:
    assert lines(count("barcode\n15012345678907\n5012345678900\n")) == {"BOLT": "25"}


def test_a_scan_that_lost_its_code_is_parked() -> None:
    assert reasons(count("barcode,time\nBOLT,09:00\n,09:01\n")) == [(3, "missing_code")]


def test_a_repeat_of_a_keyed_quantity_collapses() -> None:
    captured = count("sku,count\nBOLT,432\n5012345678900,432.0\nbolt,18 boxes\n")

    assert lines(captured) == {"BOLT": "432"}
    assert totals(captured) == (3, 1, 2, 0, 0)


def test_different_bins_add_up_and_the_same_bin_does_not() -> None:
    captured = count("sku,shelf,count\nBOLT,A1,400\nBOLT,A2,32\nBOLT, a 1 ,400\n")

    assert lines(captured) == {"BOLT": "432"}
    assert totals(captured) == (3, 2, 1, 0, 0)


def test_different_counts_of_one_bin_are_all_parked_naming_each_other() -> None:
    captured = count("sku,bin,count\nBOLT,A1,400\nBOLT,A2,32\nBOLT,A1,401\nBOLT,A1,400\n")

    assert lines(captured) == {"BOLT": "32"}
    assert captured.lines[0].incomplete
    assert reasons(captured) == [(2, "conflicting_counts"), (4, "conflicting_counts"), (5, "conflicting_counts")]
    assert {row.skus for row in captured.parked} == {("BOLT",)}
    assert "400 (1.csv row 2) and as 401 (1.csv row 4)" in captured.parked[0].detail
    assert captured.parked[1].cells == ("BOLT", "A1", "401")


@pytest.mark.parametrize("without_bin", ["32", "400"])
def test_a_keyed_count_without_a_bin_beside_one_in_a_bin_is_parked_with_it(without_bin: str) -> None:
    captured = count(f"sku,bin,count\nBOLT,A1,400\nBOLT,,{without_bin}\nNUT,,7\n")

    assert lines(captured) == {"NUT": "7"}
    assert reasons(captured) == [(2, "conflicting_counts"), (3, "conflicting_counts")]
    assert f"{without_bin} without a bin (1.csv row 3) and as 400 in a1 (1.csv row 2)" in captured.parked[0].detail


@pytest.mark.parametrize("whole", ["32", "432"])
def test_a_file_with_bins_and_one_without_are_not_added_up(whole: str) -> None:
    captured = count("sku,bin,count\nBOLT,A1,400\nBOLT,A2,32\n", f"sku,count\nBOLT,{whole}\nNUT,7\n")

    assert lines(captured) == {"NUT": "7"}
    assert [(row.file, row.row, row.reason) for row in captured.parked] == [
        ("1.csv", 2, "conflicting_counts"),
        ("1.csv", 3, "conflicting_counts"),
        ("2.csv", 2, "conflicting_counts"),
    ]


def test_scans_of_one_file_add_up_with_and_without_a_bin_however_often_it_is_uploaded() -> None:
    scans = "barcode,bin\nBOLT,A1\nBOLT,\nBOLT,A1\n"

    assert lines(count(scans)) == {"BOLT": "3"}
    assert lines(count(scans, scans)) == {"BOLT": "3"}


def test_scans_of_two_files_are_not_added_up_where_one_has_no_bins() -> None:
    captured = count("barcode,bin\nBOLT,A1\nBOLT,A1\n", "barcode\nBOLT\n")

    assert lines(captured) == {}
    assert totals(captured) == (3, 0, 0, 0, 3)


def test_cases_and_singles_in_rows_of_their_own_are_parked_and_told_how_to_be_one() -> None:
    captured = count("barcode,qty\n15012345678907,4\n5012345678900,7\n")

    assert reasons(captured) == [(2, "conflicting_counts"), (3, "conflicting_counts")]
    assert "put all in one row such as 3 boxes + 7" in captured.parked[0].detail


def test_a_parked_row_keeps_its_raw_cells() -> None:
    parked = count("sku,name,count\n x9 ,Thing,abc\n").parked[0]

    assert (parked.file, parked.row, parked.code, parked.quantity) == ("1.csv", 2, " x9 ", "abc")
    assert parked.cells == (" x9 ", "Thing", "abc")


def test_a_code_known_elsewhere_is_an_unrecorded_item() -> None:
    assert {line.sku: line.kind for line in count("sku,count\nTILE,2\nBOLT,1\n").lines} == {
        "TILE": LineKind.UNRECORDED,
        "BOLT": LineKind.COUNTED,
    }


def test_an_item_stocked_here_but_out_of_scope_is_counted_against_its_own_row() -> None:
    assert [line.kind for line in count("sku,count\nGLUE,2\n").lines] == [LineKind.COUNTED]


def test_the_same_file_under_another_name_changes_no_count() -> None:
    once = count("sku,count\nBOLT,432\nNUT,7\n")
    twice = count("sku,count\nBOLT,432\nNUT,7\n", "sku,count\nBOLT,432\nNUT,7\n")

    assert lines(twice) == lines(once)
    assert totals(twice) == (4, 2, 2, 0, 0)


def test_the_same_scans_under_another_name_are_not_added_again() -> None:
    assert lines(count("BOLT\nBOLT\nNUT\n", "BOLT\nBOLT\nNUT\n")) == {"BOLT": "2", "NUT": "1"}


def test_two_files_that_count_one_bin_differently_are_parked_with_both_sightings() -> None:
    captured = count("sku,count\nBOLT,432\nNUT,7\n", "code;qty\nBOLT;430\n")

    assert lines(captured) == {"NUT": "7"}
    assert [(row.file, row.row) for row in captured.parked] == [("1.csv", 2), ("2.csv", 2)]
    assert all("432 (1.csv row 2) and as 430 (2.csv row 2)" in row.detail for row in captured.parked)


def test_files_of_different_areas_add_up() -> None:
    assert lines(count("sku,area,count\nBOLT,front,400\n", "sku,area,count\nBOLT,back,32\n")) == {"BOLT": "432"}


def test_of_two_versions_of_a_file_the_later_counts() -> None:
    captured = capture(
        [
            UploadedFile("scan.csv", b"sku,count\nBOLT,432\n", "2026-06-27T10:00:00Z"),
            UploadedFile("scan.csv", b"sku,count\nBOLT,430\n", "2026-06-27T09:00:00Z"),
        ],
        snapshot(),
    )

    assert lines(captured) == {"BOLT": "432"}


def test_a_file_that_cannot_be_read_does_not_stop_the_others() -> None:
    captured = count("sku,count\nBOLT,432\n", "", "sku,qty,quantity\nBOLT,1,2\n")

    assert lines(captured) == {"BOLT": "432"}
    assert [problem.file for problem in captured.problems] == ["2.csv", "3.csv"]
    assert_conserved(captured)


def test_a_changed_count_of_a_decided_item_is_parked_with_all_its_rows() -> None:
    captured = count("sku,bin,count\nBOLT,A1,400\nBOLT,A2,30\nNUT,,7\n", decided={"BOLT": Decimal(432)})

    assert lines(captured) == {"NUT": "7"}
    assert reasons(captured) == [(2, "already_decided"), (3, "already_decided")]
    assert "decided about a count of 432" in captured.parked[0].detail


def test_the_decided_count_itself_is_kept() -> None:
    captured = count("sku,count\nBOLT,432\n", decided={"BOLT": Decimal("432.00"), "NUT": Decimal(3)})

    assert lines(captured) == {"BOLT": "432"}
    assert captured.parked == ()


def test_no_files_at_all_are_an_empty_capture() -> None:
    assert totals(capture([], snapshot())) == (0, 0, 0, 0, 0)
