"""A mail, and how one is made of a stage's templates. Sending is ``stkr.mail.send``.

Each mail says in its subject what it is about, needs no image, and reads the same in its text part.
"""

from dataclasses import dataclass
from typing import Final

from stkr.tabular.text import one_line
from stkr.web.page import render

MAX_SUBJECT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, with a body for each kind of reader. ``subject`` is one printable line."""

    to: str
    subject: str
    html: str
    text: str


def write_mail(to: str, subject: str, template: str, /, **context: object) -> Mail:
    """A mail with both of its bodies: ``template`` is ``<stage>/<name>``, of which there is a ``.html`` and a ``.txt``.

    Both see the subject as it is sent, which is cut after ``MAX_SUBJECT_CHARS``.
    """
    subject = one_line(subject)[:MAX_SUBJECT_CHARS]
    return Mail(
        to=to,
        subject=subject,
        html=render(f"{template}.html", subject=subject, **context),
        text=render(f"{template}.txt", subject=subject, **context),
    )
