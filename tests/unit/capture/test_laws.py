"""Laws that hold for any input: rows are conserved, and neither order, encoding nor delimiter changes an outcome."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stkr.capture.core import capture
from stkr.capture.quantities import plain
from stkr.capture.result import Capture, UploadedFile
from tests.unit.capture.builders import assert_conserved, count, lines, snapshot, totals
from tests.unit.capture.workbooks import workbook

pytestmark = pytest.mark.unit

CODES = [
    "BOLT",
    "bolt ",
    "5012345678900",
    "05012345678900",
    "15012345678907",
    "NUT",
    "ROPE",
    "TILE",
    "GLUE",
    "X",
    "",
    "7.8E+12",
]
AMOUNTS = [
    "",
    "0",
    "1",
    "7",
    "7.0",
    "7,0",
    "4 boxes",
    "3 boxes + 7",
    "1.5",
    "-1",
    "1,000",
    "#N/A",
    "ten",
    "5 pallets",
    " ",
]
BINS = ["", "A1", "a 1", "B2"]
HEADER = ["sku", "bin", "counted"]

Rows = list[tuple[str, str, str]]
ROWS = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(BINS), st.sampled_from(AMOUNTS)), max_size=25)
SCANS = st.lists(st.sampled_from(CODES), min_size=1, max_size=25)


def text_of(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows([HEADER, *rows])
    return stream.getvalue()


def outcome(captured: Capture) -> object:
    """What must not change: counts and totals, and what is parked for which reason, wherever it stood."""
    return (
        lines(captured),
        totals(captured),
        sorted((row.code.strip(), row.quantity.strip(), row.reason) for row in captured.parked),
        {line.sku: line.incomplete for line in captured.lines},
    )


@given(ROWS)
def test_rows_are_conserved(rows: Rows) -> None:
    captured = count(text_of(rows))

    assert_conserved(captured)
    # A file that is refused as a whole, because its numbers are changes of stock, has no rows that were read.
    there = 0 if captured.problems else sum(any(cell.strip() for cell in row) for row in rows)
    assert captured.totals.read == there


@given(st.lists(ROWS, max_size=4))
def test_rows_are_conserved_over_several_files(files: list[Rows]) -> None:
    assert_conserved(count(*map(text_of, files)))


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.txt", "a.tsv", "a.xlsx"]))
def test_any_bytes_are_read_or_refused_and_never_crash(content: bytes, name: str) -> None:
    assert_conserved(capture([UploadedFile(name, content)], snapshot()))


@given(st.text(alphabet="SKU,;\t|\"\r\n =+-'.0123456789EéBOLTsqty\u00a0\ufeff", max_size=200))
def test_any_text_is_conserved(text: str) -> None:
    assert_conserved(count(text))
    assert_conserved(count("sku,count\n" + text))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: Rows, random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert outcome(count(text_of(shuffled))) == outcome(count(text_of(rows)))


@given(SCANS, st.randoms(use_true_random=False))
def test_the_order_of_headerless_scans_does_not_matter(codes: list[str], random: Random) -> None:
    shuffled = list(codes)
    random.shuffle(shuffled)

    assert outcome(count("\n".join(shuffled))) == outcome(count("\n".join(codes)))


@given(st.lists(ROWS, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(files: list[Rows], random: Random) -> None:
    uploads = [UploadedFile(f"{number}.csv", text_of(rows).encode()) for number, rows in enumerate(files)]
    shuffled = list(uploads)
    random.shuffle(shuffled)

    assert capture(shuffled, snapshot()) == capture(uploads, snapshot())


@given(ROWS)
def test_capturing_again_gives_the_same(rows: Rows) -> None:
    assert count(text_of(rows)) == count(text_of(rows))


@given(ROWS)
def test_uploading_a_file_again_under_another_name_changes_no_count(rows: Rows) -> None:
    assert lines(count(text_of(rows), text_of(rows))) == lines(count(text_of(rows)))


@given(
    ROWS,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
)
def test_encoding_delimiter_and_line_ends_do_not_matter(rows: Rows, delimiter: str, end: str, encoding: str) -> None:
    again = capture([UploadedFile("1.csv", text_of(rows, delimiter, end).encode(encoding))], snapshot())

    # Only how the file was read is told otherwise.
    assert replace(again, tables=()) == replace(count(text_of(rows)), tables=())


@settings(max_examples=40)
@given(ROWS)
def test_a_workbook_comes_out_like_the_text(rows: Rows) -> None:
    # A spreadsheet keeps an error as an error and leaves out what is empty; the outcome is the same.
    again = capture([UploadedFile("1.xlsx", workbook([HEADER, *rows]))], snapshot())

    assert outcome(again) == outcome(count(text_of(rows)))


@given(st.integers(0, 9_999_999), st.integers(0, 6))
def test_a_number_of_a_workbook_comes_out_like_its_text_unless_that_may_group_thousands(
    digits: int, places: int
) -> None:
    number = Decimal(digits).scaleb(-places)
    text = plain(number)

    of_sheet = capture([UploadedFile("1.xlsx", workbook([["sku", "counted"], ["ROPE", number]]))], snapshot())

    assert lines(of_sheet) == {"ROPE": text}
    grouped = re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text)
    assert lines(count(f"sku,counted\nROPE,{text}\n")) == ({} if grouped else {"ROPE": text})


@given(ROWS, st.lists(st.sampled_from(["Saturday count", "Sam;Mo", '"quoted, title"', "2026-06-27"]), max_size=4))
def test_lines_above_the_header_do_not_matter(rows: Rows, above: list[str]) -> None:
    assert outcome(count("\n".join([*above, text_of(rows)]))) == outcome(count(text_of(rows)))
