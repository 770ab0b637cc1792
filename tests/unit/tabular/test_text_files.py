"""Text files in every dress: encodings, delimiters, quotes, limits."""

import csv
from collections.abc import Iterable, Iterator

import pytest

from stkr.capture.core import capture
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.errors import CountFileError
from stkr.tabular import files, sheet
from stkr.tabular.encoding import encoding_of
from tests.unit.capture.builders import assert_conserved, count, lines, reasons, snapshot, stock, totals
from tests.unit.capture.workbooks import workbook

pytestmark = pytest.mark.unit

UMLAUT = snapshot(stock("FÜGE"), stock("BOLT"))


def captured(content: bytes, name: str = "scan.csv") -> Capture:
    return capture([UploadedFile(name, content)], UMLAUT)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_text_is_read_in_its_own_encoding(encoding: str) -> None:
    assert lines(captured("sku;count\r\nFÜGE;12\r\n".encode(encoding))) == {"FÜGE": "12"}


def test_a_byte_that_fits_no_encoding_costs_a_cell_and_not_the_file() -> None:
    result = captured(b"sku,count\nF\xdcGE,12\nB\x81T,5\n")

    assert lines(result) == {"FÜGE": "12"}
    assert reasons(result) == [(3, "unknown_code")]


def test_utf_8_is_judged_by_the_whole_file_and_not_by_its_beginning() -> None:
    long = b"sku,count\n" + b"BOLT,5\n" * 200_000 + "FÜGE,3\n".encode()

    assert encoding_of(long) == "utf-8"
    assert encoding_of(long + b"F\xdcGE,3\n") == "cp1252"


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 4, b"%PDF-1.7\n" + b"\x01\x02\x03" * 200, b"\x7fELF" + b"\x02" * 99]
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    assert "not a text file" in captured(content).problems[0].problem


def test_the_characters_a_scanner_frames_its_codes_with_do_not_make_a_file_binary() -> None:
    assert lines(captured(b"\x02BOLT\x03,5\n")) == {"BOLT": "5"}


def test_quoted_line_ends_belong_to_their_cell_and_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    result = captured(b'sku,name,count\nBOLT,"two\nlines",5\nX,,1\n')

    assert lines(result) == {"BOLT": "5"}
    assert reasons(result) == [(3, "unknown_code")]


@pytest.mark.parametrize(
    "text",
    [
        'sku,name,count\nBOLT,"3/4 inch,5\nFÜGE,x,6\n',
        'sku,name,count\nBOLT,"3/4" inch,5\nFÜGE,"x" y,6\n',
        'sku,name,count\nBOLT,3/4",5\nFÜGE,"x,6\n',
        '"sku","name","count"\n"BOLT","3/4"","5"\n"ROPE","a ""b"" c",""\n"FÜGE","x,"6"\n',
    ],
)
def test_a_stray_quote_swallows_no_row(text: str) -> None:
    assert lines(captured(text.encode())) == {"BOLT": "5", "FÜGE": "6"}


@pytest.mark.parametrize("between", ["", "ROPE,Line,2\n", "ROPE,Line,2,late\n", "ROPE\n", "\n"])
def test_quotes_of_two_rows_that_fit_each_other_are_asked_about_because_rows_would_be_lost(between: str) -> None:
    captured = count(f'sku,name,count\nBOLT,"Clamp,4\n{between}NUT,Pipe 3",7\n')

    assert lines(captured) == {}
    assert 'a quote in BOLT,"Clamp,4 is closed only in NUT,Pipe 3",7' in captured.problems[0].problem


def test_quotes_that_chain_lines_to_an_endless_row_cost_no_more_than_a_few_readings_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size, read, reader = 2_000, 0, csv.reader

    def noted(lines: Iterable[str]) -> Iterator[str]:
        nonlocal read
        for line in lines:
            read += 1
            yield line

    monkeypatch.setattr(csv, "reader", lambda lines, **options: reader(noted(lines), **options))
    captured = count("sku,count\n" + 'a","z\n' * size + "BOLT,4\n")

    assert lines(captured) == {"BOLT": "4"}
    assert totals(captured)[0] == size + 1
    assert read < size * 200


def test_every_delimiter_is_told_even_when_decimals_have_commas() -> None:
    for delimiter in ",;\t|":
        text = f"sku{delimiter}name{delimiter}count\nBOLT{delimiter}a. b: c{delimiter}5\n"
        assert lines(captured(text.encode())) == {"BOLT": "5"}
    assert lines(captured(b"sku;count\nBOLT;12,0\n")) == {"BOLT": "12"}
    assert lines(captured(b"BOLT;12,0\n")) == {"BOLT": "12"}


def test_rows_around_a_stray_quote_keep_their_numbers_and_their_line_ends() -> None:
    text = 'sku,count,note\n\nBOLT,5,"two\nlines"\n\nNUT,7,"5" nail\nDRILL,9,"again\ntwo"\nX,1,"open\nFÜGE,6,\n'

    result = captured(text.encode())

    assert lines(result) == lines(captured(text.replace('"5" nail', "nail").replace('"open', "open").encode()))
    assert {line.sku: list(line.rows.values()) for line in result.lines} == {"BOLT": [(3,)], "FÜGE": [(8,)]}
    assert [row.row for row in result.parked] == [5, 6, 7]


def test_a_quote_after_a_delimiter_and_a_space_opens_a_cell() -> None:
    assert lines(captured(b'sku, name, count\nBOLT, "a, 7 ", 5\n')) == {"BOLT": "5"}
    assert lines(captured('sku, name, count\nBOLT, "a, 7 ", 5\nFÜGE, "b, 5\n'.encode())) == {"BOLT": "5", "FÜGE": "5"}


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"sku,count\n", "comma-separated UTF-8"),
        ("sku;F\u00dcGE\n".encode("cp1252"), "semicolon-separated Windows-1252"),
        ("sku\tcount\n".encode("utf-16"), "tab-separated UTF-16"),
        ("sku|count\n".encode("utf-16-le"), "pipe-separated UTF-16"),
        ("sku,count\n".encode("utf-8-sig"), "comma-separated UTF-8"),
        ("sku,count\n".encode("utf-32"), "comma-separated UTF-32"),
        (b"sep=:\nsku:count\n", "':'-separated UTF-8"),
        (workbook([["sku", "count"]]), "XLSX"),
    ],
)
def test_how_a_file_was_read_is_said(content: bytes, form: str) -> None:
    assert [table.form for table in files.open_tables("scan.csv", content, lambda rows: max(map(len, rows)))] == [form]


def test_what_cannot_be_seen_is_no_row() -> None:
    assert totals(captured("sku,count\nBOLT,5\n\u200b,\u00a0\n\ufeff\n\x1a".encode())) == (1, 1, 0, 0, 0)


def test_excels_delimiter_hint_is_obeyed() -> None:
    assert lines(captured(b"sep=|\r\nsku|count\r\nBOLT|5\r\n")) == {"BOLT": "5"}


def test_rows_of_nothing_but_delimiters_are_no_rows() -> None:
    assert totals(captured(b"sku,count\n,\n\n , \nBOLT,5\n,,,,\n")) == (1, 1, 0, 0, 0)


def test_a_row_with_a_name_only_is_blank_and_one_with_a_quantity_only_misses_its_code() -> None:
    result = captured(b"sku,name,count\n,Bolts,\n,,5\n")

    assert totals(result) == (2, 0, 0, 1, 1)
    assert reasons(result) == [(3, "missing_code")]


def test_short_and_long_rows_are_read_by_their_columns() -> None:
    assert totals(captured("sku,count,bin\nBOLT,5\nBOLT\nFÜGE,5,,extra,cells\n".encode())) == (3, 2, 0, 1, 0)


def test_a_header_without_rows_is_a_count_of_nothing() -> None:
    result = captured(b"sku,count\n")

    assert result.problems == ()
    assert totals(result) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \t ", b"\xef\xbb\xbf", b"\xff\xfe", b",,,\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert captured(content).problems[0].problem == "the file is empty"


@pytest.mark.parametrize("name", ["scan.pdf", "scan", "scan.xls", "scan.csv.exe"])
def test_other_types_of_file_are_refused(name: str) -> None:
    assert "save it as CSV or XLSX" in captured(b"sku,count\nBOLT,5\n", name).problems[0].problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(
    "start", ["<html><body>", "\n <!DOCTYPE html>", '<?xml version="1.0"?><Workbook>', "<table border=0>"]
)
def test_a_web_page_that_a_system_calls_a_spreadsheet_is_refused(start: str, encoding: str) -> None:
    content = f"{start}<tr><td>sku</td><td>count</td></tr>\n<tr><td>BOLT</td><td>5</td></tr>\n".encode(encoding)

    assert "a web page or XML under another name" in captured(content, "report.xlsx").problems[0].problem


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)

    assert "larger than" in captured(b"sku,count\nBOLT,5\n").problems[0].problem


def test_too_many_rows_too_many_columns_and_endless_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MAX_ROWS", 3)
    assert "more than 3 rows" in captured(b"sku,count\n" + b"BOLT,5\n" * 3).problems[0].problem
    assert "columns" in captured(b"sku,count\nBOLT," + b"," * 2_000).problems[0].problem
    assert "too long" in captured(b"sku,count\nBOLT," + b"x" * 200_000).problems[0].problem


def test_a_file_refused_halfway_leaves_nothing_behind() -> None:
    result = count("sku,count\nBOLT,5\n", "sku,count\nNUT,6\n\ncount,sku\n7,NUT\n")

    assert "second table begins at row 4" in result.problems[0].problem
    assert lines(result) == {"BOLT": "5"}
    assert_conserved(result)


def test_the_header_repeated_is_no_row() -> None:
    assert totals(count("sku,count\nBOLT,5\nSKU , Count\nNUT,6\n")) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5012345678900,12,003278,14:41:03,23/11/2009\n", {"BOLT": "12"}),
        ("5012345678900,0012,003278,14:41:03,11/23/2009\n", {"BOLT": "12"}),
        ("5012345678900\t12\n4006381333931\t3\n", {"BOLT": "12", "NUT": "3"}),
        ("12,5012345678900\n", {"BOLT": "12"}),
        ("5012345678900   ,INSTOR-13   ,0002,2022/02/17,23:47:02\n", {"BOLT": "2"}),
        ("5012345678900,14:41:03,23/11/2009\n5012345678900,14:41:05,23/11/2009\n", {"BOLT": "2"}),
        ("5012345678900\n5012345678900\n", {"BOLT": "2"}),
        ("BOLT,4 boxes\n", {"BOLT": "96"}),
        ("20260627093000|12|5012345678900|5|\n20260627093107|12|5012345678900|5|\n", {"BOLT": "5"}),
        ("5012345678900;7;23-NOV-2009\n5012345678900;7;23-NOV-2009\n", {"BOLT": "7"}),
        ("5012345678900;7;23-NOV-2009\n5012345678900;7;24-NOV-2009\n", {}),
    ],
)
def test_headerless_scanner_exports_are_read_by_content(text: str, expected: dict[str, str]) -> None:
    assert lines(count(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "5012345678900,480,432\n",
        "5012345678900,003278,14:41:03,23/11/2009\n",
        "BOLT,twelve\n",
        "BOLT,Bolts M6\n",
        "Lorem ipsum,dolor,sit,amet\n",
    ],
)
def test_a_headerless_file_that_could_mean_two_things_is_refused(text: str) -> None:
    assert "header" in count(text).problems[0].problem


def test_unknown_barcodes_without_a_header_are_parked_one_by_one() -> None:
    assert reasons(count("9999999999994,3\n8888888888888,2\n")) == [(1, "unknown_code"), (2, "unknown_code")]


def test_a_refusal_is_a_count_file_error() -> None:
    with pytest.raises(CountFileError):
        files.open_tables("scan.pdf", b"", len)


@pytest.mark.parametrize("delimiter", ['"', "a", " ", "\r", "§", "\ufffd", "^"])
def test_whatever_a_hint_names_as_delimiter_is_taken_or_passed_over(delimiter: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        text = f"sep={delimiter}\nsku{delimiter}count\nBOLT{delimiter}5\n"
        assert_conserved(captured(text.encode(encoding)))
    assert lines(captured(b"sep=^\nsku^count\nBOLT^5\n")) == {"BOLT": "5"}
