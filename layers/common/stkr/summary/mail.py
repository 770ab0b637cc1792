"""The mail of a month's summary: its sentences, and its figures with bars."""

from collections.abc import Sequence
from typing import Final

from stkr.mail.message import Mail, write_mail
from stkr.summary.sections import Section

MAX_ROWS: Final = 15
"""Rows of a section in the mail; the page has all of them."""


def summary_mail(to: str, title: str, paragraphs: Sequence[str], sections: Sequence[Section], page_url: str) -> Mail:
    """The month's summary, of each section the first ``MAX_ROWS`` rows.

    :param page_url: where all of it can be read.
    """
    return write_mail(
        to,
        title,
        "summary/mail",
        title=title,
        paragraphs=paragraphs,
        sections=sections,
        page_url=page_url,
        most=MAX_ROWS,
    )
