"""What staff ask for behind a signed link: open a count, see how it stands, fetch the blind sheet. Ends in a page.

What makes sheets and QR codes is loaded when one is asked for. It would add half as much again to every start of the
function, and most visits only see a page.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeVar

from stkr.domain.errors import ScopeError
from stkr.domain.names import SessionId
from stkr.domain.session import SessionStatus
from stkr.domain.variance_ids import session_of_variance
from stkr.infra.settings import SessionSettings
from stkr.infra.telemetry import logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, address, read_count, url
from stkr.rules.doc import Rules
from stkr.session import pages
from stkr.session.core import Opening, area_name
from stkr.session.pages import FormProblem, OpenForm, SessionLinks, UploadForm, as_sentence
from stkr.session.shell import (
    UPLOAD_LASTS,
    open_session,
    parked_rows,
    session_snapshot,
    session_standing,
    upload_form,
    wait_until_read,
)
from stkr.store.lines import read_line
from stkr.store.rules_doc import current_rules, pinned_rules
from stkr.store.sessions import read_session
from stkr.tabular.csv_out import CSV_TYPE
from stkr.web.guarded import LinkVisit, guarded
from stkr.web.page import Page

_Result = TypeVar("_Result")


def show(settings: SessionSettings, visit: LinkVisit, area: str = "", *, just_uploaded: bool) -> Page:
    """The page to open a count, or the count's own page once it is open. Changes nothing.

    :param area: the area that is counted, as it was typed.
    :param just_uploaded: the visitor comes from the upload form, and wants to see what became of the file.
    """

    def act(link: CountLink) -> Page:
        if link.session_id is None:
            return _open_page(settings, link, current_rules(settings.bucket).rules, OpenForm(visit.token))
        if just_uploaded:
            wait_until_read(settings, link.session_id)
        return _session_page(settings, visit, link.home, link.session_id, area_name(area))

    return _guarded(settings, visit, act)


def submit(settings: SessionSettings, visit: LinkVisit, form: OpenForm, nonce: str) -> Page | str:
    """Open a count.

    :param nonce: random characters for the session's id.
    :returns: the address of the count's page, or a page that says why there is none.
    """

    def act(link: CountLink) -> Page | str:
        if link.session_id is not None:
            return _session_page(settings, visit, link.home, link.session_id, "")
        rules = current_rules(settings.bucket)
        if form.problem:
            return _open_page(settings, link, rules.rules, form)
        # What the link settles is not for the form to say.
        opening = Opening(
            location=link.location or form.location,
            counter=form.counter,
            zone=None if link.skus else form.zone,
            skus=link.skus or form.skus,
            recount_of=link.recount_of,
        )
        try:
            session = open_session(settings, opening, rules, visit.now, nonce)
        except ScopeError as error:
            return _open_page(
                settings, link, rules.rules, replace(form, problem=FormProblem(error.about, as_sentence(error)))
            )
        logger.set_correlation_id(session.session_id)
        logger.info("session opened", expected=session.expected)
        expires = int((visit.now + timedelta(days=rules.rules.link_days)).timestamp())
        page = CountLink(home=link.home, location=session.location, session_id=session.session_id, expires_at=expires)
        return address(page, signing_keys(settings.signing_secret, visit.now))

    return _guarded(settings, visit, act)


Format = Literal["xlsx", "csv"]
Picture = Literal["svg", "png"]


@dataclass(frozen=True, slots=True)
class Download:
    """A file, ready to be saved."""

    content: bytes
    content_type: str
    filename: str


_MAX_DOWNLOAD_BYTES = 4_400_000
"""A function may answer with 6 MB, and a file is in its answer as base64, which is a third longer."""


def _handed_out(file: Download) -> Page | Download:
    return file if len(file.content) <= _MAX_DOWNLOAD_BYTES else pages.too_large_page()


def fetch_sheet(settings: SessionSettings, visit: LinkVisit, form: Format) -> Page | Download:
    """The blind sheet of the link's session, or a page that says why there is none."""
    from stkr.session.sheet import csv_sheet, xlsx_sheet  # noqa: PLC0415 - see the module's docstring
    from stkr.tabular.xlsx_out import XLSX_TYPE  # noqa: PLC0415 - as above

    def act(link: CountLink) -> Page | Download:
        if link.session_id is None:
            return pages.unknown_page()
        session = read_session(settings.counts_table, link.session_id)
        snapshot = session_snapshot(settings, session)
        name = f"count-{session.session_id}.{form}"
        if form == "xlsx":
            return _handed_out(Download(xlsx_sheet(session, snapshot), XLSX_TYPE, name))
        return _handed_out(Download(csv_sheet(session, snapshot), CSV_TYPE, name))

    return _guarded(settings, visit, act)


def print_sheet(settings: SessionSettings, visit: LinkVisit) -> Page:
    """The blind sheet of the link's session as a page to print, or a page that says why there is none."""
    from stkr.session.sheet import sheet_rows  # noqa: PLC0415 - see the module's docstring

    def act(link: CountLink) -> Page:
        if link.session_id is None:
            return pages.unknown_page()
        session = read_session(settings.counts_table, link.session_id)
        rows = sheet_rows(session, session_snapshot(settings, session))
        rules = pinned_rules(settings.bucket, session.rules_version_id)
        return pages.sheet_page(session, rows, rules, SessionLinks(link.home, visit.token))

    return _guarded(settings, visit, act)


def fetch_fixes(settings: SessionSettings, visit: LinkVisit, form: Format) -> Page | Download:
    """The fix sheet with what is parked now, or a page that says why there is none."""
    from stkr.capture.write_fix_sheet import csv_fixes, xlsx_fixes  # noqa: PLC0415 - see the module's docstring
    from stkr.tabular.xlsx_out import XLSX_TYPE  # noqa: PLC0415 - as above

    def act(link: CountLink) -> Page | Download:
        if link.session_id is None:
            return pages.unknown_page()
        session = read_session(settings.counts_table, link.session_id)
        parked = parked_rows(settings, session)
        # A file replaces an earlier one of its name, and the next sheet has none of the rows that are fixed by then.
        name = f"fixes-{link.session_id}-{session.captured_seq}.{form}"
        if form == "xlsx":
            return _handed_out(Download(xlsx_fixes(parked, visit.now), XLSX_TYPE, name))
        return _handed_out(Download(csv_fixes(parked), CSV_TYPE, name))

    return _guarded(settings, visit, act)


def show_card(settings: SessionSettings, visit: LinkVisit) -> Page:
    """The card with the QR code of a location's link, or a page that says why there is none."""

    def act(link: CountLink) -> Page:
        if not link.of_a_place:
            return pages.no_card_page()
        return pages.card_page(link, current_rules(settings.bucket).rules, visit.token)

    return _guarded(settings, visit, act)


def fetch_code(settings: SessionSettings, visit: LinkVisit, form: Picture) -> Page | Download:
    """The QR code of a location's link by itself, or a page that says why there is none."""
    from stkr.session.qr import PNG_TYPE, SVG_TYPE, png, svg  # noqa: PLC0415 - see the module's docstring

    def act(link: CountLink) -> Page | Download:
        if not link.of_a_place:
            return pages.no_card_page()
        address, name = url(link.home, visit.token), f"count-{link.location or 'stock'}.{form}"
        return Download(svg(address), SVG_TYPE, name) if form == "svg" else Download(png(address), PNG_TYPE, name)

    return _guarded(settings, visit, act)


def _guarded(settings: SessionSettings, visit: LinkVisit, act: Callable[[CountLink], Page | _Result]) -> Page | _Result:
    def follow(link: CountLink) -> Page | _Result:
        logger.set_correlation_id(link.session_id)
        return act(link)

    return guarded(visit, settings.signing_secret, read_count, pages.MESSAGES, follow)


def _open_page(settings: SessionSettings, link: CountLink, rules: Rules, form: OpenForm) -> Page:
    """The page to open a count; of a recount it says who asks for it."""
    rejected = None
    if link.recount_of and link.skus:
        session_id = session_of_variance(link.recount_of, link.skus[0])
        rejected = read_line(settings.counts_table, session_id, link.skus[0]) if session_id else None
    return pages.open_page(link, rules, form, rejected)


def _session_page(settings: SessionSettings, visit: LinkVisit, home: str, session_id: SessionId, area: str) -> Page:
    standing = session_standing(settings, session_id, pages.SHOWN)
    session = standing.session
    links = SessionLinks(home, visit.token, area)
    upload = None
    if session.status is not SessionStatus.CLOSED:
        signed = upload_form(settings, session_id, area, after=links.outcome)
        upload = UploadForm(signed["url"], signed["fields"], visit.now + UPLOAD_LASTS, area)
    return pages.session_page(
        standing,
        pinned_rules(settings.bucket, session.rules_version_id),
        upload,
        links,
        visit.now,
    )
