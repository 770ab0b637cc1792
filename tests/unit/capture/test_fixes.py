"""Parked rows come back filled in: what a person says is used on the very row it is about, and on no other."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from stkr.capture.core import capture
from stkr.capture.read_fix_sheet import TITLES
from stkr.capture.result import Capture, UploadedFile
from stkr.capture.write_fix_sheet import csv_fixes, xlsx_fixes
from stkr.domain.stock import Snapshot
from tests.unit.capture.builders import assert_conserved, lines, reasons, snapshot, stock, totals

pytestmark = pytest.mark.unit

SCAN = "sku,count\nBOLT,400\nBOLTT,32\nNUT,lots\nTOTAL,432\n"
Filled = Mapping[int, tuple[str, str, str]]
"""Right code, right quantity and answer by row of the fix sheet, its first row being 2."""


def counted(*files: UploadedFile, against: Snapshot | None = None) -> Capture:
    captured = capture(files, against or snapshot())
    assert_conserved(captured)
    return captured


def scan(text: str = SCAN, name: str = "scan.csv") -> UploadedFile:
    return UploadedFile(name, text.encode(), "1")


def in_csv(captured: Capture, filled: Filled) -> bytes:
    table = list(csv.reader(io.StringIO(csv_fixes(captured.parked).decode("utf-8-sig"), newline="")))
    for row, cells in filled.items():
        table[row - 1][5:] = cells
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def in_excel(captured: Capture, filled: Filled) -> bytes:
    book = load_workbook(io.BytesIO(xlsx_fixes(captured.parked, datetime(2026, 11, 21, tzinfo=UTC))))
    page = book.worksheets[0]
    for row, cells in filled.items():
        for column, cell in enumerate(cells, 6):
            page.cell(row, column).value = cell
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def fixed(files: list[UploadedFile], filled: Filled, name: str = "fixes.csv", at: str = "2") -> Capture:
    """The count again, with its fix sheet filled in and uploaded beside it."""
    make = in_excel if name.endswith("xlsx") else in_csv
    return counted(*files, UploadedFile(name, make(counted(*files), filled), at))


@pytest.mark.parametrize("name", ["fixes.csv", "Fix sheet (1).xlsx", "Front/fixes.csv"])
def test_parked_rows_count_as_the_fix_sheet_says(name: str) -> None:
    captured = fixed([scan()], {2: ("BOLT", "400", ""), 3: ("", "7", ""), 4: ("skip", "", "")}, name)

    assert lines(captured) == {"BOLT": "400", "NUT": "7"}
    assert totals(captured) == (4, 2, 1, 1, 0)
    assert captured.problems == ()
    assert [(fixed.row.row, fixed.by.file, fixed.by.row) for fixed in captured.corrections] == [
        (3, name, 2),
        (4, name, 3),
        (5, name, 4),
    ]


@pytest.mark.parametrize("file", ["my  scan.csv", "scan 10.30\u202fAM.csv", "=scan.csv", "'-scan.csv"])
def test_a_file_can_be_fixed_whatever_its_name(file: str) -> None:
    for name in ("fixes.csv", "fixes.xlsx"):
        captured = fixed([scan(name=file)], {2: ("NUT", "", "")}, name)

        assert (lines(captured)["NUT"], captured.problems) == ("32", ())


def test_a_fix_sheet_that_nobody_filled_in_changes_nothing() -> None:
    captured = fixed([scan()], {})

    assert (captured.parked, captured.problems) == (counted(scan()).parked, ())


def test_only_what_is_filled_in_is_fixed() -> None:
    captured = fixed([scan()], {3: ("", "3 boxes + 7", "")})

    assert reasons(captured) == [(3, "unknown_code"), (4, "missing_pack_size"), (5, "unknown_code")]
    assert captured.parked[1].detail.endswith("(after the fix in fixes.csv row 3)")


def test_a_right_code_may_be_any_code_of_the_item_and_may_name_a_case() -> None:
    files = [scan("sku,count\nX1,2\nX2,2\nX3,2\n")]

    captured = fixed(
        files, {2: ("5012345678900", "", ""), 3: ("15012345678907", "2 boxes", ""), 4: ("BOLT*12", "", "")}
    )

    assert {row.row for row in captured.parked} == {2, 3, 4}  # three counts of one item that differ
    assert "2 (scan.csv row 2) and as 48 (scan.csv row 3) and as 24 (scan.csv row 4)" in captured.parked[0].detail


@pytest.mark.parametrize("right_code", ["", "15012345678907", "BOLT*24"])
def test_a_bare_right_quantity_beside_the_code_of_a_case_is_asked_about(right_code: str) -> None:
    files = [scan("sku,count\n15012345678907,lots\n")]

    captured = fixed(files, {2: (right_code, "7", "")})

    assert lines(captured) == {}
    assert reasons(captured) == [(2, "unknown_unit")]
    assert "type 7 boxes or 7 ea" in captured.parked[0].detail
    assert lines(fixed(files, {2: (right_code, "7 ea", "")})) == {"BOLT": "7"}
    assert lines(fixed(files, {2: (right_code, "7 boxes", "")})) == {"BOLT": "168"}
    assert lines(fixed(files, {2: (right_code, "0", "")})) == {"BOLT": "0"}


def test_how_a_file_writes_decimals_says_nothing_about_its_fix_sheet() -> None:
    files = [scan('sku,count\nROPE,lots\nTILE,"0,500"\n')]
    against = snapshot(stock("ROPE", by_measure=True), stock("TILE", by_measure=True))
    fixes = UploadedFile("fixes.csv", in_csv(counted(*files, against=against), {2: ("", "1.234", "")}), "2")

    captured = counted(*files, fixes, against=against)

    assert lines(captured) == {"TILE": "0.5"}
    assert reasons(captured) == [(2, "unreadable_quantity")]


def test_a_case_of_a_case_is_asked_about() -> None:
    captured = fixed([scan("sku,count\nX1,1\n")], {2: ("15012345678907*2", "", "")})

    assert reasons(captured) == [(2, "ambiguous_code")]
    assert "is a case of 24 of BOLT already" in captured.parked[0].detail


def test_a_row_that_was_struck_out_says_nothing_of_the_other_rows_unit() -> None:
    captured = fixed([scan("sku,count\nBOLT,5\n,G\n")], {2: ("", "skip", "")})

    assert lines(captured) == {"BOLT": "5"}
    assert captured.problems == ()


def test_a_fix_sheet_beside_a_count_in_one_workbook_is_refused_because_the_count_would_be_overlooked() -> None:
    book = load_workbook(io.BytesIO(xlsx_fixes(counted(scan()).parked, datetime(2026, 11, 21, tzinfo=UTC))))
    page = book.create_sheet("Count")
    page.append(["sku", "count"])
    page.append(["BOLT", 5])
    saved = io.BytesIO()
    book.save(saved)

    captured = counted(UploadedFile("count.xlsx", saved.getvalue()))

    assert [problem.file for problem in captured.problems] == ["count.xlsx"]
    assert "save each as a file of its own" in captured.problems[0].problem


def test_contradicting_counts_are_settled_by_a_fix() -> None:
    files = [scan("sku,count\nBOLT,400\nBOLT,432\n"), scan("sku,count\nBOLT,399\n", "ann.csv")]

    captured = fixed(files, {2: ("", "432", ""), 3: ("", "skip", "")})

    assert lines(captured) == {"BOLT": "432"}


def test_a_scan_without_a_quantity_column_can_be_fixed_too() -> None:
    captured = fixed([scan("5012345678900\n5012345678909\n5012345678900\n", "scan.txt")], {2: ("BOLT", "", "")})

    assert lines(captured) == {"BOLT": "3"}


def test_a_row_that_reads_otherwise_by_now_is_left_alone_and_reported() -> None:
    sheet = UploadedFile("fixes.csv", in_csv(counted(scan()), {2: ("BOLT", "", ""), 3: ("", "7", "")}), "2")

    captured = counted(scan("sku,count\nNUT,5\nBOLT,400\nBOLTT,32\n"), sheet)

    assert lines(captured) == {"BOLT": "400", "NUT": "5"}
    assert reasons(captured) == [(4, "unknown_code")]
    (problem,) = captured.problems
    assert (problem.file, problem.row) == ("fixes.csv", 2)
    assert "scan.csv row 3 with code BOLTT and quantity 32, which is no row of this count any more (and 1 more" in (
        problem.problem
    )


def test_a_fix_for_a_file_that_was_replaced_is_reported() -> None:
    first = UploadedFile("A/1.csv", SCAN.encode(), "1")
    sheet = UploadedFile("fixes.csv", in_csv(counted(first), {2: ("BOLT", "", "")}), "2")

    captured = counted(first, sheet, UploadedFile("A/2.csv", b"sku,count\nBOLT,432\n", "3"))

    assert lines(captured) == {"BOLT": "432"}
    assert "no row of this count any more" in captured.problems[0].problem


def test_what_a_spreadsheet_does_to_a_csv_fix_sheet_does_not_matter_where_it_changes_no_meaning() -> None:
    files = [scan('sku,count\n000999,"1,000"\n000998,12.0\n')]
    content = in_csv(counted(*files), {2: ("BOLT", "1000", ""), 3: ("NUT", "", "")})

    captured = counted(
        *files, UploadedFile("fixes.csv", content.replace(b"000999", b"999").replace(b"12.0", b"12"), "2")
    )

    assert lines(captured) == {"BOLT": "1000", "NUT": "12"}


def test_the_later_of_two_fix_sheets_counts() -> None:
    early = UploadedFile("a.csv", in_csv(counted(scan()), {2: ("NUT", "1", "")}), "3")
    late = UploadedFile("b.csv", in_csv(counted(scan()), {2: ("BOLT", "400", ""), 3: ("", "skip", "")}), "2")

    captured = counted(scan(), late, early)

    assert lines(captured) == {"BOLT": "400", "NUT": "1"}


def test_a_sheet_that_says_two_things_about_a_row_is_asked_which() -> None:
    content = in_csv(counted(scan()), {2: ("BOLT", "", "")})
    twice = content + b"scan.csv,3,BOLTT,32,,NUT,,\r\n" + b"scan.csv,3,BOLTT,32,,BOLT,,\r\n"

    captured = counted(scan(), UploadedFile("fixes.csv", twice, "2"))

    assert (3, "unknown_code") in reasons(captured)
    assert [problem.row for problem in captured.problems] == [5, 6]
    assert "two things about scan.csv row 3" in captured.problems[0].problem


def test_a_right_code_that_nobody_knows_leaves_the_row_parked() -> None:
    captured = fixed([scan()], {2: ("BOLLT", "", "")})

    assert (3, "unknown_code") in reasons(captured)
    assert "BOLLT is no SKU" in captured.parked[0].detail


@pytest.mark.parametrize("row", [b",,X,1,,BOLT,,\r\n", b"scan.csv,three,X,1,,BOLT,,\r\n", b",4,X,1,,BOLT,,\r\n"])
def test_a_fix_that_does_not_say_which_row_it_is_about_is_reported(row: bytes) -> None:
    captured = counted(scan(), UploadedFile("fixes.csv", ",".join(TITLES).encode() + b"\r\n" + row, "2"))

    assert "which row it is about" in captured.problems[0].problem


def test_a_remembered_code_names_its_item_in_the_whole_count() -> None:
    files = [scan("sku,count\nB-OLD,400\n"), scan("sku,bin,count\nB-OLD,A1,32\nNUT,A1,5\n", "bins.csv")]

    alone = fixed(files, {2: ("BOLT", "", "yes")})

    assert reasons(alone) == [(2, "conflicting_counts"), (2, "conflicting_counts")]  # both rows are of the item now
    assert [(alias.code, alias.sku, alias.pack, alias.by.row) for alias in alone.aliases] == [
        ("B-OLD", "BOLT", None, 2)
    ]


def test_a_remembered_code_may_be_the_barcode_of_a_case() -> None:
    captured = fixed([scan("sku,count\n25012345678904,4\n")], {2: ("BOLT*24", "", "Yes")})

    assert lines(captured) == {"BOLT": "96"}
    assert [(alias.written, alias.meaning) for alias in captured.aliases] == [
        ("25012345678904*24", "a case of 24 of BOLT")
    ]


def test_a_code_is_remembered_only_where_the_person_says_so() -> None:
    assert fixed([scan()], {2: ("BOLT", "400", "")}).aliases == ()
    assert fixed([scan()], {2: ("BOLT", "400", "no")}).aliases == ()


def test_a_code_can_be_remembered_without_a_row() -> None:
    content = ",".join(TITLES).encode() + b"\r\n,,B-OLD,,,BOLT,,yes\r\n"

    captured = counted(scan("sku,count\nB-OLD,9\n"), UploadedFile("codes.csv", content, "2"))

    assert (lines(captured), captured.problems) == ({"BOLT": "9"}, ())


@pytest.mark.parametrize(
    ("code", "right", "problem"),
    [
        ("NUT", "BOLT", "already names NUT"),
        ("7.8E+12", "BOLT", "cannot be remembered"),
        ("TWIN", "A", "cannot be remembered"),
        ("", "BOLT", "cannot be remembered"),
        ("A|B", "BOLT", "has * or | in it"),
        ("X*6", "BOLT", "has * or | in it"),
        ("3-Jan", "BOLT", "may have made this date of several codes"),
        ("X" * 65, "BOLT", "too long"),
        ("X", "Y", "nothing to remember"),
        ("X", "skip", "nothing to remember"),
        ("X", "", "nothing to remember"),
    ],
)
def test_a_code_that_must_not_be_remembered_is_not_and_the_person_is_told(code: str, right: str, problem: str) -> None:
    shop = snapshot(stock("BOLT"), stock("NUT"), stock("A", "TWIN"), stock("B", "TWIN"))
    content = f"{','.join(TITLES)}\r\n,,{code},,,{right},,yes\r\n".encode()

    captured = counted(UploadedFile("fixes.csv", content, "2"), against=shop)

    assert captured.aliases == ()
    assert problem in captured.problems[0].problem


def test_a_code_that_already_names_the_item_is_not_remembered_again() -> None:
    content = f"{','.join(TITLES)}\r\n,,5012345678900,,,BOLT,,yes\r\n".encode()

    captured = counted(UploadedFile("fixes.csv", content, "2"))

    assert (captured.aliases, captured.problems) == ((), ())


def test_two_meanings_of_one_code_are_not_remembered() -> None:
    content = f"{','.join(TITLES)}\r\n,,X,,,BOLT,,yes\r\n,,x,,,NUT,,yes\r\n,,X,,,BOLT,,yes\r\n".encode()

    captured = counted(UploadedFile("fixes.csv", content, "2"))

    assert captured.aliases == ()
    assert ["two things about the code" in problem.problem for problem in captured.problems] == [True, True]


def test_an_answer_that_is_neither_yes_nor_no_is_reported() -> None:
    captured = fixed([scan()], {2: ("BOLT", "400", "maybe")})

    assert captured.aliases == ()
    assert "maybe is no answer" in captured.problems[0].problem
    assert lines(captured)["BOLT"] == "400"  # the row itself is fixed all the same


def test_what_is_already_decided_is_not_handed_out_to_be_fixed() -> None:
    captured = capture([scan("sku,count\nBOLT,400\nX,1\n")], snapshot(), {"BOLT": Decimal(432)})

    assert csv_fixes(captured.parked).decode("utf-8-sig").splitlines()[1:] == [
        next(line for line in csv_fixes(captured.parked).decode().splitlines() if ",X," in line)
    ]


CELLS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["'\x1b@", "=1+1", "-5", "+A", "@x", "'=", "\t7", "007"]
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from([in_csv, in_excel]))
def test_whatever_is_parked_can_be_struck_out_by_its_fix_sheet(
    rows: list[tuple[str, str]], make: Callable[[Capture, Filled], bytes]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("sku", "count"), *rows])
    count = UploadedFile("scan.csv", text.getvalue().encode(), "1")
    before = counted(count)
    sheet = make(before, dict.fromkeys(range(2, len(before.parked) + 2), ("", "skip", "")))

    after = counted(count, UploadedFile("fixes.csv" if make is in_csv else "fixes.xlsx", sheet, "2"))

    assert (after.parked, after.problems) == ((), before.problems)
    assert after.totals.read == before.totals.read
    assert after.totals.blank == before.totals.blank + before.totals.parked


@given(CELLS)
def test_no_cell_of_a_fix_sheet_is_a_formula(cell: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("sku", "count"), (cell, "x"), ("BOLT", cell)])
    parked = counted(UploadedFile("=1+1.csv", text.getvalue().encode(), "1")).parked

    for row in list(csv.reader(io.StringIO(csv_fixes(parked).decode("utf-8-sig"), newline="")))[1:]:
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row)
    page = load_workbook(io.BytesIO(xlsx_fixes(parked, datetime(2026, 11, 21, tzinfo=UTC)))).worksheets[0]
    assert all(value.data_type in {"s", "n"} for row in page.iter_rows() for value in row)
    assert all(value.value is None for row in page.iter_rows() for value in row if value.data_type == "n")


def test_a_later_sheet_in_which_a_row_is_left_as_it_is_does_not_undo_its_fix() -> None:
    fix = UploadedFile("a.csv", in_csv(counted(scan()), {2: ("BOLT", "400", "")}), "2")
    only_yes = UploadedFile("b.csv", in_csv(counted(scan()), {2: ("", "", "yes")}), "3")

    captured = counted(scan(), fix, only_yes)

    assert lines(captured)["BOLT"] == "400"
    assert "nothing to remember" in captured.problems[0].problem


def test_an_area_whose_every_row_was_struck_out_does_not_bring_back_the_file_it_replaced() -> None:
    files = [
        UploadedFile("Front/a.csv", b"sku,count\nBOLT,5\n", "1"),
        UploadedFile("Front/b.csv", b"sku,count\nBOLT,lots\n", "2"),
    ]

    assert lines(fixed(files, {2: ("", "skip", "")})) == {}


def test_another_unit_is_another_quantity() -> None:
    sheet = UploadedFile("fixes.csv", f"{','.join(TITLES)}\r\nscan.csv,2,X,12 m,,ROPE,12 m,\r\n".encode(), "2")

    assert lines(counted(scan("sku,count\nX,12 kg\n"), sheet)) == {}
