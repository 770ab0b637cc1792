"""Form posts are bounded and printable, whatever arrives."""

import unicodedata

import pytest
from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from hypothesis import given
from hypothesis import strategies as st

from stkr.tabular.text import one_line
from stkr.web.forms import MAX_BODY_CHARS, fields, posted

pytestmark = pytest.mark.unit


def test_fields_are_decoded_and_the_first_of_a_name_counts() -> None:
    assert fields("name=Priya+Shah&cause=&name=Other&t=a%2Bb") == {"name": "Priya Shah", "cause": "", "t": "a+b"}


@pytest.mark.parametrize("body", ["", "x" * (MAX_BODY_CHARS + 1), "&".join(f"a{n}=1" for n in range(21))])
def test_what_is_no_form_of_ours_has_no_fields(body: str) -> None:
    assert fields(body) == {}


@pytest.mark.parametrize("body", ["a", "%%%", "/w==", "\ud800"])
def test_a_body_that_is_no_base64_or_no_text_is_no_form(body: str) -> None:
    assert posted(LambdaFunctionUrlEvent({"body": body, "isBase64Encoded": True})) == ""


@given(st.text(max_size=300))
def test_any_body_is_taken_without_an_error(body: str) -> None:
    fields(body)  # It must not raise: that is all that is asked of it here.


@given(st.text(st.characters(), max_size=300))
def test_a_line_is_printable_and_stays_the_same_when_cleaned_again(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line == line.strip()
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in line)


def test_direction_marks_cannot_turn_a_name_around() -> None:
    assert one_line("Priya\u202e \r\n\tShah\x00") == "Priya Shah"


def test_names_keep_their_letters() -> None:
    assert one_line("Zoë O'Neill-Łukasz नेहा‍") == "Zoë O'Neill-Łukasz नेहा‍"
