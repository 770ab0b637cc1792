"""What is said of a link that is not followed, whatever it is for."""

from collections.abc import Callable

import pytest

from stkr.approval import pages as approval_pages
from stkr.session import pages as session_pages
from stkr.summary import page as summary_page
from stkr.web.link_pages import LinkMessages, expired_page, misused_page, tampered_page, trouble_page
from stkr.web.page import Page
from tests.unit.web.samples import Read

pytestmark = pytest.mark.unit

MESSAGES = {
    "approval": approval_pages.MESSAGES,
    "session": session_pages.MESSAGES,
    "summary": summary_page.MESSAGES,
}


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize(
    ("page", "status", "title"),
    [
        (expired_page, 410, "This link has expired"),
        (tampered_page, 403, "This link is not valid"),
        (trouble_page, 503, "Please try again in a minute"),
    ],
)
def test_the_page_says_what_is_wrong_and_nothing_of_what_is_behind_the_link(
    kind: str, page: Callable[[LinkMessages], Page], status: int, title: str
) -> None:
    refusal = page(MESSAGES[kind])
    assert refusal.status == status
    shown = Read(refusal.html)
    assert title in shown.text
    assert not shown.all("form")
    assert shown.links() == []
    assert "@" not in shown.text


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("approval", "This link belongs to another page"),
        ("session", "This link is not valid"),
        ("summary", "This link is not valid"),
    ],
)
def test_a_link_of_another_page_is_refused(kind: str, title: str) -> None:
    refusal = misused_page(MESSAGES[kind])
    assert refusal.status == 403
    assert title in Read(refusal.html).text


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("approval", "There is nothing left to decide"),
        ("session", "There is no such count"),
        ("summary", "There is no such summary"),
    ],
)
def test_a_genuine_link_to_what_is_gone_says_so(kind: str, title: str) -> None:
    refusal = MESSAGES[kind].unknown_page()
    assert refusal.status == 404
    assert title in Read(refusal.html).text
