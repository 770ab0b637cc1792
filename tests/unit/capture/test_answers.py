"""What a person answers about a file, and what they are asked."""

import pytest
from openpyxl import Workbook
from pydantic import TypeAdapter

from stkr.capture.core import capture
from stkr.capture.questions import Answers, EqualRows
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.counted import FileProblem
from stkr.domain.question import Candidate, Question, QuestionKind
from tests.unit.capture.builders import assert_conserved, count, lines, reasons, snapshot
from tests.unit.capture.workbooks import first_sheet, saved

pytestmark = pytest.mark.unit

TWO_COUNTS = "sku,Stock,Recuento físico,Kontrolle\nBOLT,480,46,45\nNUT,9,7,8\nROPE,2,1,3\n"


def problem(captured: Capture) -> FileProblem:
    assert not captured.lines
    assert not captured.parked
    (found,) = captured.problems
    return found


def of_column(name: str, text: str = TWO_COUNTS) -> Capture:
    return count(text, answers=Answers(count_column=name))


# Which column is the count.


def test_a_refusal_carries_the_columns_it_is_about_with_some_of_their_cells() -> None:
    assert problem(count(TWO_COUNTS)).question == Question(
        QuestionKind.COUNT_COLUMN,
        (Candidate("Recuento físico", 3, ("46", "7", "1")), Candidate("Kontrolle", 4, ("45", "8", "3"))),
    )


@pytest.mark.parametrize("name", ["Recuento físico", "RECUENTO  FÍSICO ", "recuentofísico", "column 3", "3", "C", "c"])
def test_the_count_is_the_column_that_a_person_names_by_title_number_or_letter(name: str) -> None:
    assert lines(of_column(name)) == {"BOLT": "46", "NUT": "7", "ROPE": "1"}


def test_even_a_book_figure_is_the_count_where_a_person_says_so() -> None:
    assert lines(of_column("Stock")) == {"BOLT": "480", "NUT": "9", "ROPE": "2"}


def test_an_answer_goes_before_the_title_of_our_own_sheets() -> None:
    assert lines(of_column("Kontrolle", "sku,counted_qty,Kontrolle\nBOLT,5,7\n")) == {"BOLT": "7"}


def test_a_title_goes_before_the_letter_that_it_may_be() -> None:
    assert lines(of_column("A", "sku,B,A\nBOLT,5,7\n")) == {"BOLT": "7"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("Recount", TWO_COUNTS, "no column 'Recount' to take the count from: the columns are 'sku', 'Stock', 'Recu"),
        ("column 5", TWO_COUNTS, "no column 'column 5'"),
        ("column 0", TWO_COUNTS, "no column 'column 0'"),
        ("E", TWO_COUNTS, "no column 'E'"),
        ("sku", "sku,qty\n1001,5\n1002,7\n", "'sku' cannot be the count, because it holds the codes"),
        ("Name", "sku,Name,qty\nBOLT,Long bolt,5\n", "'Name' cannot be the count, because it holds no numbers (Long"),
        (
            "Qty",
            "sku,Qty,qty\nBOLT,5,7\n",
            "several columns are called 'Qty': say which by its number, such as column 2",
        ),
        ("column 2", "sku,x,column 2\nBOLT,5,7\n", "is the title of column 3 and the number of another"),
        ("column 4", "BOLT,5,7\nNUT,1,2\n", "no column 'column 4' to take the count from: there are 3 columns"),
        ("A", "BOLT,5,7\nNUT,1,2\n", "'column 1' cannot be the count, because it holds the codes"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused_and_says_why(name: str, text: str, told: str) -> None:
    assert told in problem(of_column(name, text)).problem


def test_an_answer_does_not_make_a_whole_count_of_a_part() -> None:
    assert "make up the count" in problem(of_column("Zz", "sku,Cases,Zz\nBOLT,2,5\nNUT,1,4\n")).problem


def test_cases_that_a_person_names_are_cases_and_not_all_of_a_count_beside_loose_units() -> None:
    captured = of_column("Cases", "sku,Stock,Cases\nBOLT,480,2\nNUT,9,1\n")
    assert lines(captured) == {"BOLT": "48"}
    assert reasons(captured) == [(3, "missing_pack_size")]
    assert "make up the count" in problem(of_column("Cases", "sku,Cases,Loose units\nBOLT,2,5\n")).problem


def test_a_column_beyond_the_header_can_be_named_by_its_number() -> None:
    assert lines(of_column("column 3", "sku,Stock\nBOLT,480,46\nNUT,9,7\n")) == {"BOLT": "46", "NUT": "7"}


def test_an_answer_does_not_make_counts_of_changes() -> None:
    changes = "sku,Zz\nBOLT,-2\nNUT,-1\nROPE,3\n"
    assert "changes of stock" in problem(of_column("Zz", changes)).problem


def test_a_header_that_we_do_not_know_at_all_is_settled_by_an_answer() -> None:
    unknown = "Wbr,Foo,Bar baz\nBOLT,48,46\nNUT,30,29\n"
    asked = problem(count(unknown)).question
    assert asked is not None
    assert [candidate.title for candidate in asked.candidates] == ["Foo", "Bar baz"]
    assert lines(of_column("Bar baz", unknown)) == lines(of_column("C", unknown)) == {"BOLT": "46", "NUT": "29"}


def test_without_a_header_the_columns_are_asked_about_by_number() -> None:
    bare = "BOLT,5,7\nNUT,1,2\n"
    asked = problem(count(bare)).question
    assert asked is not None
    assert asked.candidates == (Candidate("", 2, ("5", "1")), Candidate("", 3, ("7", "2")))
    captured = of_column("column 3", bare)
    assert lines(captured) == {"BOLT": "7", "NUT": "2"}
    assert captured.tables[0].left_aside == "column 2 (5, 1)"


def test_a_sheet_of_a_workbook_without_the_column_is_passed_over() -> None:
    book = Workbook()
    for row in (["sku", "Foo"], ["BOLT", "5"]):
        first_sheet(book).append(row)
    for row in (["Notes", "by"], ["all fine", "Sam"]):
        book.create_sheet("Notes").append(row)
    captured = capture([UploadedFile("1.xlsx", saved(book))], snapshot(), answers={"1.xlsx": Answers("Foo")})
    assert lines(captured) == {"BOLT": "5"}
    assert captured.passed_over == ("1.xlsx [Notes]", "1.xlsx [Notes1]")


def test_an_answer_is_about_its_own_file() -> None:
    files = [UploadedFile("1.csv", TWO_COUNTS.encode()), UploadedFile("2.csv", b"sku,count\nTILE,4\n")]
    captured = capture(files, snapshot(), answers={"1.csv": Answers("Kontrolle")})
    assert lines(captured) == {"BOLT": "45", "NUT": "8", "ROPE": "3", "TILE": "4"}


# The unit.


def test_a_person_can_say_which_unit_the_count_is_in() -> None:
    text = "sku,count\nBOLT,2\nNUT,3\n"
    captured = count(text, answers=Answers(unit="cases"))
    assert lines(captured) == {"BOLT": "48"}
    assert reasons(captured) == [(3, "missing_pack_size")]
    assert lines(count(text, answers=Answers(unit="each"))) == {"BOLT": "2", "NUT": "3"}


def test_where_two_columns_may_be_the_unit_a_person_is_asked_and_the_answer_counts() -> None:
    text = "sku,count,UoM,Stock UoM\nBOLT,2,box,ea\nNUT,3,ea,ea\n"
    asked = problem(count(text)).question
    assert asked is not None
    assert asked.kind is QuestionKind.UNIT
    assert [candidate.title for candidate in asked.candidates] == ["UoM", "Stock UoM"]
    assert lines(count(text, answers=Answers(unit="each"))) == {"BOLT": "2", "NUT": "3"}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("sku,Count (x?)\nBOLT,2\n", {"BOLT": "48"}),
        ("sku,Counted (cases)\nBOLT,2\n", {"BOLT": "48"}),
        ("BOLT,2\nBOLT,2\n", {"BOLT": "48"}),
        ("BOLT,2,box,ea\nNUT,3,ea,box\n", {"BOLT": "48"}),
    ],
)
def test_a_unit_that_a_person_says_is_that_of_every_number_without_one(text: str, right: dict[str, str]) -> None:
    assert lines(count(text, answers=Answers(unit="cases"))) == right


def test_a_unit_that_contradicts_the_file_parks_the_row_or_refuses_the_file() -> None:
    assert reasons(count("sku,count,unit\nBOLT,2,ea\n", answers=Answers(unit="cases"))) == [(2, "unknown_unit")]
    told = problem(count("sku,Counted (cases)\nBOLT,2\n", answers=Answers(unit="each"))).problem
    assert "'Counted (cases)' names another unit than each" in told


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("sku,count\nBOLT,2\n", "furlongs", "'furlongs' is no unit that we know"),
        ("Barcode,Time\n5012345678900,14:41\n", "cases", "every row is one scan"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(text: str, unit: str, told: str) -> None:
    assert told in problem(count(text, answers=Answers(unit=unit))).problem


# Equal rows.

LOTS = "sku,Lot,count\nBOLT,L1,5\nBOLT,L2,5\nNUT,L1,3\n"


def test_equal_rows_add_up_or_are_one_count_as_a_person_says() -> None:
    added, same = (count(LOTS, answers=Answers(equal_rows=answer)) for answer in EqualRows)
    assert lines(added) == {"BOLT": "10", "NUT": "3"}
    assert lines(same) == {"BOLT": "5", "NUT": "3"}
    for captured in (added, same):
        assert_conserved(captured)
        assert captured.totals.collapsed == 1


def test_rows_that_add_up_do_so_place_by_place_and_not_over_files() -> None:
    text = "sku,bin,count\nBOLT,A1,5\nBOLT,A1,5\nBOLT,B2,7\nNUT,,1\nNUT,A1,2\n"
    added = count(text, text, answers=Answers(equal_rows=EqualRows.ADD))
    assert lines(added) == {"BOLT": "17", "NUT": "3"}
    assert_conserved(added)


# What is kept of it.


def test_a_question_is_stored_with_the_outcome_and_documents_without_one_still_load() -> None:
    stored = TypeAdapter(Capture)
    captured = count(TWO_COUNTS)
    assert stored.validate_json(stored.dump_json(captured)) == captured
    before = TypeAdapter(FileProblem).validate_json('{"file": "1.csv", "problem": "it is empty", "row": null}')
    assert before.question is None


def test_titles_and_cells_of_a_question_stay_short() -> None:
    long = f"sku,Stock,{'é' * 500}\nBOLT,48,{'1' * 7}\n"
    asked = problem(count(long)).question
    assert asked is not None
    assert all(len(candidate.title) <= 200 for candidate in asked.candidates)


# What was not used.


def test_numbers_that_may_be_counts_and_were_not_used_are_named() -> None:
    captured = count("sku,counted_qty,Kontrolle,Qty,Price,Stock\nBOLT,5,46,8,1.20,5\nNUT,7,29,9,0.35,7\n")
    assert lines(captured) == {"BOLT": "5", "NUT": "7"}
    assert captured.tables[0].left_aside == "'Kontrolle' (46, 29), 'Qty' (8, 9)"


@pytest.mark.parametrize(
    "text",
    [
        "sku,Stock,Counted,Price\nBOLT,480,5,1.20\n",
        "sku,Count,Recount\nBOLT,5,6\n",
        "sku,Counted,Id\nBOLT,5,9001\nNUT,6,9002\nROPE,2,9003\n",
        "5012345678900,12,003278,14:41:03,23/11/2009\n",
        "Barcode,Time\n5012345678900,14:41\n",
    ],
)
def test_what_is_plainly_no_count_is_not_warned_about(text: str) -> None:
    captured = count(text)
    assert captured.lines
    assert captured.tables[0].left_aside == ""


@pytest.mark.parametrize("above", ["sep=;\n", "Saturday count\n", "Saturday count\nSam\n"])
def test_a_line_above_titles_that_we_do_not_know_does_not_hide_them(above: str) -> None:
    text = f"{above}Wbr;Foo\nBOLT;48\nNUT;30\n"
    asked = problem(count(text)).question
    assert asked is not None
    assert asked.candidates == (Candidate("Foo", 2, ("48", "30")),)
    assert lines(of_column("Foo", text)) == {"BOLT": "48", "NUT": "30"}
