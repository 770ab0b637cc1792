"""The page of a month's summary: what the mail says, in full, and a file of it."""

from http import HTTPStatus
from typing import Final

from stkr.links.tokens import url
from stkr.summary.facts import Summary
from stkr.summary.sections import sections
from stkr.web.link_pages import LinkMessages
from stkr.web.page import Page, message_page, render

PATH: Final = "summary"
"""Where the page is, below the address of the function URL that serves it."""

CSV_PATH: Final = "summary.csv"
"""Where the file is."""


def summary_page(summary: Summary, home: str, token: str) -> Page:
    """All of a summary; ``home`` is the function URL's address, ``token`` the link's."""
    csv_url = url(f"{home}{CSV_PATH}", token)
    return Page(
        HTTPStatus.OK,
        render("summary/summary.html", summary=summary, sections=sections(summary), csv_url=csv_url),
    )


def unknown_page() -> Page:
    """There is no summary of the link's month."""
    return message_page(
        HTTPStatus.NOT_FOUND, "There is no such summary", "It was not made yet, or it was taken out of the bucket."
    )


MESSAGES: Final = LinkMessages(
    expired="Open the summary from a later month's mail: it has the figures of the months before as well.",
    tampered=(
        "It is incomplete, or it is not a link to a summary. Open it again from the month's mail; "
        "if you copied it, make sure that you copied all of it.",
    ),
    unknown_page=unknown_page,
)
