"""Staff at the desk: follow a signed link, open a count, see how it stands, fetch the blind sheet. Ends in a page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from urllib.parse import urlencode

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.capture.fixsheet import csv_fixes, xlsx_fixes
from stkr.errors import LinkExpired, LinkTampered, ScopeError, UnknownSession
from stkr.links import CountLink, address, read_count, url
from stkr.rules.store import current_rules, pinned_rules
from stkr.session import pages
from stkr.session.core import Opening, area_name
from stkr.session.pages import AREA, OpenForm, SessionLinks, UploadForm
from stkr.session.sheet import csv_sheet, xlsx_sheet
from stkr.session.shell import open_session, parked_rows, session_snapshot, session_standing, upload_form
from stkr.settings import Session as Settings
from stkr.signing import signing_keys
from stkr.store.counts import Status, read_session
from stkr.tabular.csvfile import CSV_TYPE
from stkr.tabular.handout import XLSX_TYPE
from stkr.telemetry import logger
from stkr.web.page import Page

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to the function URL: its id, the token it carries, and when (aware)."""

    url_id: str
    token: str
    now: datetime


def show(settings: Settings, visit: Visit, area: str = "", *, just_uploaded: bool) -> Page:
    """The page to open a count, or the count's own page once it is open. Changes nothing.

    :param area: the area that is counted, as it was typed.
    """

    def act(link: CountLink) -> Page:
        if link.session_id is None:
            return pages.open_page(link, current_rules(settings.bucket).rules, OpenForm(visit.token))
        return _session_page(settings, visit, link.home, link.session_id, area_name(area), just_uploaded=just_uploaded)

    return _guarded(settings, visit, act)


def submit(settings: Settings, visit: Visit, form: OpenForm, nonce: str) -> Page | str:
    """Open a count.

    :param nonce: random characters for the session's id.
    :returns: the address of the count's page, or a page that says why there is none.
    """

    def act(link: CountLink) -> Page | str:
        if link.session_id is not None:
            return _session_page(settings, visit, link.home, link.session_id, "", just_uploaded=False)
        rules = current_rules(settings.bucket)
        if form.problem:
            return pages.open_page(link, rules.rules, form)
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
            return pages.open_page(link, rules.rules, replace(form, problem=str(error)))
        logger.set_correlation_id(session.session_id)
        logger.info("session opened", expected=session.expected)
        expires = int((visit.now + timedelta(days=rules.rules.link_days)).timestamp())
        page = CountLink(home=link.home, location=session.location, session_id=session.session_id, expires_at=expires)
        return address(page, signing_keys(settings.signing_secret, visit.now))

    return _guarded(settings, visit, act)


Format = Literal["xlsx", "csv"]


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A session's blind sheet or fix sheet, ready to be saved."""

    content: bytes
    content_type: str
    filename: str


def fetch_sheet(settings: Settings, visit: Visit, form: Format) -> Page | SheetFile:
    """The blind sheet of the link's session, or a page that says why there is none."""

    def act(link: CountLink) -> Page | SheetFile:
        if link.session_id is None:
            return pages.unknown_page()
        session = read_session(settings.counts_table, link.session_id)
        snapshot = session_snapshot(settings, session)
        name = f"count-{session.session_id}.{form}"
        if form == "xlsx":
            return SheetFile(xlsx_sheet(session, snapshot), XLSX_TYPE, name)
        return SheetFile(csv_sheet(snapshot), CSV_TYPE, name)

    return _guarded(settings, visit, act)


def fetch_fixes(settings: Settings, visit: Visit, form: Format) -> Page | SheetFile:
    """The fix sheet with what is parked now, or a page that says why there is none."""

    def act(link: CountLink) -> Page | SheetFile:
        if link.session_id is None:
            return pages.unknown_page()
        session = read_session(settings.counts_table, link.session_id)
        parked = parked_rows(settings, session)
        # A file replaces an earlier one of its name, and the next sheet has none of the rows that are fixed by then.
        name = f"fixes-{link.session_id}-{session.captured_seq}.{form}"
        if form == "xlsx":
            return SheetFile(xlsx_fixes(parked, visit.now), XLSX_TYPE, name)
        return SheetFile(csv_fixes(parked), CSV_TYPE, name)

    return _guarded(settings, visit, act)


def _guarded(settings: Settings, visit: Visit, act: Callable[[CountLink], Page | _Result]) -> Page | _Result:
    """Run ``act`` for a genuine link; whatever goes wrong becomes a plain page that gives nothing away."""
    try:
        link = read_count(visit.token, signing_keys(settings.signing_secret, visit.now), int(visit.now.timestamp()))
        if not link.belongs_to(visit.url_id):
            return pages.tampered_page()
        logger.set_correlation_id(link.session_id)
        return act(link)
    except LinkExpired:
        return pages.expired_page()
    except LinkTampered:
        return pages.tampered_page()
    except UnknownSession:
        return pages.unknown_page()
    except (BotoCoreError, ClientError, GetParameterError) as error:
        logger.exception("the request came to nothing", error=type(error).__name__)
        return pages.trouble_page()


def _session_page(
    settings: Settings, visit: Visit, home: str, session_id: str, area: str, *, just_uploaded: bool
) -> Page:
    standing = session_standing(settings, session_id, pages.SHOWN)
    session = standing.session
    here = url(home, visit.token)
    upload = None
    if session.status is not Status.CLOSED:
        of_area = "&" + urlencode({AREA: area}) if area else ""
        signed = upload_form(settings, session_id, area, after=f"{here}{of_area}&uploaded=1")
        upload = UploadForm(signed["url"], signed["fields"], area)
    return pages.session_page(
        standing,
        pinned_rules(settings.bucket, session.rules_version_id),
        upload,
        SessionLinks(home, visit.token),
        just_uploaded=just_uploaded,
    )
