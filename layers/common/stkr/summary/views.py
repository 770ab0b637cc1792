"""Whoever follows the link of a summary's mail: the month's page, or the file of it. Changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.domain.errors import LinkExpired, LinkTampered
from stkr.infra.settings import SessionSettings
from stkr.infra.telemetry import logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import SummaryLink, read_summary
from stkr.store import documents, keyspace
from stkr.summary import page
from stkr.summary.facts import Summary
from stkr.summary.sections import csv_of
from stkr.web.page import Page

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """A summary as CSV, ready to be saved."""

    content: bytes
    filename: str


def read_page(settings: SessionSettings, url_id: str, token: str, now: datetime) -> Page:
    """The page of the link's month, or one that says why there is none.

    :param url_id: of the function URL that was asked.
    :param now: aware.
    """
    return _guarded(settings, url_id, token, now, lambda link, summary: page.summary_page(summary, link.home, token))


def fetch_csv(settings: SessionSettings, url_id: str, token: str, now: datetime) -> Page | SummaryFile:
    """The file of the link's month, or a page that says why there is none; parameters as ``read_page``."""

    def act(link: SummaryLink, summary: Summary) -> SummaryFile:
        return SummaryFile(csv_of(summary), f"stock-counts-{link.month}.csv")

    return _guarded(settings, url_id, token, now, act)


def _guarded(
    settings: SessionSettings,
    url_id: str,
    token: str,
    now: datetime,
    act: Callable[[SummaryLink, Summary], Page | _Result],
) -> Page | _Result:
    """Run ``act`` for a genuine link; whatever goes wrong becomes a plain page that gives nothing away."""
    try:
        link = read_summary(token, signing_keys(settings.signing_secret, now), int(now.timestamp()))
        if not link.belongs_to(url_id):
            return page.tampered_page()
        summary = documents.read_document(settings.bucket, keyspace.summary_object(link.month), Summary)
        return act(link, summary) if summary else page.unknown_page()
    except LinkExpired:
        return page.expired_page()
    except LinkTampered:
        return page.tampered_page()
    except (BotoCoreError, ClientError, GetParameterError) as error:
        logger.exception("the request came to nothing", error=type(error).__name__)
        return page.trouble_page()
