"""Who may decide, and who counted."""

import pytest

from stkr.domain.session import Session, SessionStatus
from stkr.rules.doc import Rules
from stkr.rules.people import counted_by

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "addressee", "same"),
    [
        ("Sam", "priya@example.com", True),
        (" SAM ", "priya@example.com", True),
        ("Priya", "SAM@example.com", True),
        ("Priya", "priya@example.com", False),
    ],
)
def test_a_counter_is_recognised_by_name_and_by_address(name: str, addressee: str, same: bool) -> None:
    people = {"approver": {"name": "Priya", "email": "priya@example.com"}}
    counters = [{"name": "Sam", "email": "sam@example.com"}]
    rules = Rules.model_validate({"locations": {"aisle": {"name": "Aisle", **people, "counters": counters}}})
    session = Session(session_id="s1", location="aisle", counter="sam", opened_at="", status=SessionStatus.OPEN)
    assert counted_by(session, rules, name, addressee) is same
