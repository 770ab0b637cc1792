"""What staff see: a page to open a count, and the count's own page with its sheet, its upload and what was understood.

The pages are blind: no system quantity is on any of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from stkr.capture.result import Reason
from stkr.domain.line import Line
from stkr.domain.question import QuestionKind
from stkr.domain.session import Session, SessionStatus
from stkr.links.tokens import TOKEN, CountLink, url
from stkr.rules.doc import Rules
from stkr.session.core import MAX_AREA_CHARS, SessionProgress, mendable, next_step
from stkr.tabular.sheet import MAX_FILE_BYTES
from stkr.tabular.text import one_line
from stkr.web.formatting import day
from stkr.web.forms import MAX_NAME_CHARS, fields
from stkr.web.link_pages import LinkMessages
from stkr.web.page import Page, message_page, render
from stkr.web.wording import place

if TYPE_CHECKING:
    from stkr.session.sheet import SheetRow

AREA: Final = "area"
"""Query parameter that names the area an upload is for."""

UPLOADED: Final = "uploaded"
"""Query parameter of a visit that comes from the upload form."""

MAX_LISTED_SKUS = 200
SHOWN = 500
"""Of parked rows, counted items, problems and codes, as many on one page; what is beyond is counted, and shows once the
first ones are mended.
"""

MAX_PRINTED = 5_000
"""Rows on the printed sheet: some two hundred sheets of paper, and far below what a function may answer with."""

SPARE_LINES = 10
"""Empty lines on paper for what is found beside the expected."""

_MAX_ZONE_CHARS = 100
_MAX_SKU_CHARS = 128

_REASONS = {
    Reason.UNKNOWN_CODE: "unknown code",
    Reason.AMBIGUOUS_CODE: "code fits several items",
    Reason.MISSING_CODE: "no code",
    Reason.MANGLED_BARCODE: "barcode mangled by a spreadsheet",
    Reason.UNREADABLE_QUANTITY: "unreadable quantity",
    Reason.NEGATIVE_QUANTITY: "negative quantity",
    Reason.FRACTIONAL_QUANTITY: "part of a unit",
    Reason.UNKNOWN_UNIT: "unknown unit",
    Reason.MISSING_PACK_SIZE: "pack size not known",
    Reason.CONFLICTING_COUNTS: "counts contradict each other",
    Reason.ALREADY_DECIDED: "already decided by a manager",
}
_QUESTIONS = {
    QuestionKind.COUNT_COLUMN: "Which of these was counted on the shelf?",
    QuestionKind.UNIT: "Which of these is the unit that was counted in?",
}
"""As people are asked about the columns of their own file, which is why its numbers may stand on a blind page."""


@dataclass(frozen=True, slots=True)
class FormProblem:
    """What has to be put right in a form, as a sentence; ``about`` is the field."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenForm:
    """What was posted to open a count. ``problem`` says what has to be put right before a count can be opened.

    ``zone`` and ``skus`` are ``None`` where the whole location is to be counted.
    """

    token: str
    counter: str = ""
    location: str = ""
    zone: str | None = None
    skus: tuple[str, ...] | None = None
    problem: FormProblem | None = None


@dataclass(frozen=True, slots=True)
class SessionLinks:
    """The addresses on a session's page: ``home`` is the function URL, ``token`` the session's own, ``area`` the one
    that is counted (empty: the session as a whole).
    """

    home: str
    token: str
    area: str = ""

    @property
    def page(self) -> str:
        """The page itself."""
        return url(self.home, self.token)

    @property
    def outcome(self) -> str:
        """The page of the same area, as soon as what was uploaded is read."""
        return f"{self.page}&{urlencode({AREA: self.area, UPLOADED: 1} if self.area else {UPLOADED: 1})}"

    def file(self, name: str) -> str:
        """A file to download: ``sheet`` or ``fixes`` as ``.xlsx`` or ``.csv``."""
        return url(f"{self.home}{name}", self.token)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned POST for one file, until when it works (aware), and the area it is for (empty: the session as a
    whole).
    """

    url: str
    fields: Mapping[str, str]
    expires_at: datetime
    area: str = ""


def parse_open_form(body: str) -> OpenForm:
    """Read the form post that opens a count (urlencoded text); SKUs are separated by commas or line ends."""
    posted = fields(body)
    counter, zone = one_line(posted.get("counter", "")), one_line(posted.get("zone", ""))
    typed = posted.get("skus", "").replace(",", "\n").splitlines()
    skus = tuple(dict.fromkeys(sku for sku in map(one_line, typed) if sku))
    form = OpenForm(
        posted.get(TOKEN, ""),
        counter[:MAX_NAME_CHARS],
        one_line(posted.get("location", ""))[:_MAX_ZONE_CHARS],
        zone[:_MAX_ZONE_CHARS] or None,
        skus[:MAX_LISTED_SKUS] or None,
    )
    if not counter:
        problem = FormProblem("counter", "Enter who is counting.")
    elif len(counter) > MAX_NAME_CHARS:
        problem = FormProblem("counter", f"Enter a name of at most {MAX_NAME_CHARS} characters.")
    elif len(skus) > MAX_LISTED_SKUS:
        problem = FormProblem("skus", f"List at most {MAX_LISTED_SKUS} SKUs; for more, count the whole location.")
    elif any(len(sku) > _MAX_SKU_CHARS for sku in skus):
        problem = FormProblem("skus", f"List one SKU a line; none has more than {_MAX_SKU_CHARS} characters.")
    elif zone and skus:
        problem = FormProblem("zone", "Name either a zone or a list of SKUs, not both.")
    else:
        return form
    return replace(form, problem=problem)


def as_sentence(error: Exception) -> str:
    """An error's text as a person reads it on a page."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def open_page(link: CountLink, rules: Rules, form: OpenForm, rejected: Line | None = None) -> Page:
    """The page to open a count: who, where, and optionally which zone or SKUs; what the link settles is not asked.

    :param form: carries the token; with a problem it is shown again with what was entered.
    :param rejected: the line that a recount is about; only its name and who rejected it are shown.
    """
    asked = ["counter", *([] if link.location else ["location"]), *([] if link.skus else ["zone", "skus"])]
    html = render(
        "session/open.html",
        link=link,
        place=place(rules, link.location) if link.location else None,
        locations=[(key, location.name) for key, location in rules.locations.items()],
        form=form,
        item=rejected.name if rejected else None,
        asked_by=rejected.decided_by if rejected else None,
        fields=asked,
        card=None if link.skus else url(f"{link.home}card", form.token),
        token_field=TOKEN,
        max_name=MAX_NAME_CHARS,
        max_zone=_MAX_ZONE_CHARS,
        max_skus=MAX_LISTED_SKUS,
    )
    return Page(HTTPStatus.UNPROCESSABLE_ENTITY if form.problem else HTTPStatus.OK, html)


def session_page(
    standing: SessionProgress,
    rules: Rules,
    upload: UploadForm | None,
    links: SessionLinks,
    now: datetime,
) -> Page:
    """How a count stands, and what to do next.

    :param standing: with the first ``SHOWN`` of the rows that were parked.
    :param upload: ``None`` where the session takes no more files.
    :param now: aware.
    """
    session, outcome = standing.session, standing.outcome
    origin = None
    if upload:
        address = urlsplit(upload.url)
        origin = f"{address.scheme}://{address.netloc}"
    html = render(
        "session/session.html",
        session=session,
        place=place(rules, session.location),
        zone=rules.zone,
        step=next_step(standing, now),
        closed=session.status is SessionStatus.CLOSED,
        outcome=outcome,
        problems=[*(outcome.problems if outcome else ()), *standing.refused],
        parked=standing.parked,
        lines=outcome.lines[:SHOWN] if outcome else (),
        shown=SHOWN,
        reasons=_REASONS,
        questions=_QUESTIONS,
        fixable=outcome is not None and mendable(outcome),
        area_field=AREA,
        max_area=MAX_AREA_CHARS,
        token_field=TOKEN,
        upload=upload,
        until=f"{upload.expires_at.astimezone(rules.zone):%H:%M}" if upload else "",
        max_megabytes=MAX_FILE_BYTES // 1_000_000,
        links=links,
    )
    return Page(HTTPStatus.OK, html, form_origin=origin)


def card_page(link: CountLink, rules: Rules, token: str) -> Page:
    """What hangs at the end of an aisle: the location's name and the QR code of its link, on one sheet of paper."""
    from stkr.session.qr import inline_svg  # noqa: PLC0415 - no other page needs what draws codes

    html = render(
        "session/card.html",
        place=place(rules, link.location) if link.location else None,
        code=inline_svg(url(link.home, token)),
        # From that second on it is over, so the last day is that of the second before.
        last_day=day(datetime.fromtimestamp(link.expires_at - 1, UTC), rules.zone),
        svg=url(f"{link.home}qr.svg", token),
        png=url(f"{link.home}qr.png", token),
    )
    return Page(HTTPStatus.OK, html)


def no_card_page() -> Page:
    """The link is for one count or for some items, and not for the end of an aisle."""
    return message_page(
        HTTPStatus.NOT_FOUND,
        "This link has no QR code",
        "Only the link of a location has one, because a link to one count is of no use at the end of an aisle.",
    )


def sheet_page(session: Session, rows: "Sequence[SheetRow]", rules: Rules, links: SessionLinks) -> Page:
    """The blind sheet to be printed and filled in with a pen."""
    if len(rows) > MAX_PRINTED:
        return message_page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "These are too many items for one page",
            f"The count is of {len(rows):,} items, and a page holds {MAX_PRINTED:,}. "
            "Print the sheet for Excel, or open a count of one zone after the other.",
        )
    html = render(
        "session/sheet.html",
        session=session,
        place=place(rules, session.location),
        zone=rules.zone,
        rows=rows,
        spare=SPARE_LINES,
        links=links,
    )
    return Page(HTTPStatus.OK, html)


def too_large_page() -> Page:
    """The file would be larger than what a function may answer with."""
    return message_page(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This file is too large to be handed out",
        "The file for Excel is smaller than the CSV. If it is too large as well, open a count of one zone after the "
        "other; rows to mend can be mended in your own file.",
    )


def unknown_page() -> Page:
    """The count the link speaks of does not exist."""
    return message_page(HTTPStatus.NOT_FOUND, "There is no such count", "Open one with the link of your location.")


MESSAGES: Final = LinkMessages(
    expired="Ask your manager for a new one.",
    tampered=(
        "It is incomplete, or it is not a link to count with. Open it again from where you got it; "
        "if you copied it, make sure that you copied all of it.",
    ),
    unknown_page=unknown_page,
    trouble="Something did not answer in time. What you have uploaded is safe.",
)
