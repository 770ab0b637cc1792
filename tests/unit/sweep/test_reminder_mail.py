"""What a reminder says in subject, HTML and text."""

from dataclasses import replace

import pytest

from stkr.sweep.reminder import Proposal
from stkr.sweep.reminder_mail import LocationToCount, reminder_mail
from tests.unit.web.samples import HOSTILE, PRIYA, RULES, Read

pytestmark = pytest.mark.unit

TO_COUNT = LocationToCount("fixings-aisle", 65, "https://c.example.com/?t=x")


def test_a_reminder_opens_a_count() -> None:
    sent = reminder_mail(PRIYA, TO_COUNT, RULES)
    assert sent.subject == "Fixings aisle: not counted for 65 days"
    assert Read(sent.html).links() == ["https://c.example.com/?t=x"]
    assert "Open a count: https://c.example.com/?t=x" in sent.text
    assert "Short of time" not in sent.text
    in_parts = reminder_mail(PRIYA, replace(TO_COUNT, share=(312, 480)), RULES)
    assert in_parts.subject == "Fixings aisle: 312 of 480 items not counted within 90 days"


def test_a_reminder_says_what_to_begin_with_and_why_but_no_quantity() -> None:
    first = [
        Proposal("NUT-M6", "M6 nuts", ("negative stock", "short at 2 counts in the last year")),
        Proposal("X1", HOSTILE, ("never counted",)),
    ]
    sent = reminder_mail(PRIYA, replace(TO_COUNT, proposals=first, first_url="https://c.example.com/?t=y"), RULES)
    assert Read(sent.html).links() == ["https://c.example.com/?t=x", "https://c.example.com/?t=y"]
    assert "M6 nuts NUT-M6: negative stock, short at 2 counts in the last year" in Read(sent.html).text
    assert "Begin with these:\n  NUT-M6: M6 nuts (negative stock, short at 2 counts in the last year)\n" in sent.text
    assert "Open a count of only 2 items: https://c.example.com/?t=y" in sent.text
    assert "<script" not in sent.html
    unlinked = reminder_mail(PRIYA, replace(TO_COUNT, proposals=first[:1]), RULES)
    assert Read(unlinked.html).links() == ["https://c.example.com/?t=x"]
    assert "Begin with this one" in unlinked.text
    assert "of only" not in unlinked.text


def test_a_location_out_of_the_rules_cannot_add_a_header() -> None:
    sent = reminder_mail(PRIYA, LocationToCount("a\r\nBcc: x@example.com", None, "https://c.example.com/"), RULES)
    assert sent.subject == "a Bcc: x@example.com: never counted yet"
