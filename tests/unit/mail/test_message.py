"""How a mail is made of a template."""

import pytest

from stkr.mail.message import MAX_SUBJECT_CHARS, write_mail

pytestmark = pytest.mark.unit


def test_a_subject_is_one_line_of_bounded_length_and_both_bodies_are_rendered() -> None:
    mail = write_mail(
        "o@example.com",
        "Left\r\nBcc: x@example.com" + "x" * 300,
        "sweep/report",
        title="Left",
        paragraphs=["<b>"],
        tables=[],
    )
    assert mail.subject.startswith("Left Bcc: x@example.com")
    assert len(mail.subject) == MAX_SUBJECT_CHARS
    assert "&lt;b&gt;" in mail.html
    assert "<b>" in mail.text
