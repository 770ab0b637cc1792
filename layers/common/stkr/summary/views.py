"""Behind the link of a summary's mail: the month's page, or the file of it. Changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from stkr.infra.settings import SessionSettings
from stkr.links.tokens import SummaryLink, read_summary
from stkr.store import documents, keyspace
from stkr.summary import page
from stkr.summary.facts import Summary
from stkr.summary.sections import csv_of
from stkr.web.guarded import LinkVisit, guarded
from stkr.web.page import Page

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """A summary as CSV, ready to be saved."""

    content: bytes
    filename: str


def read_page(settings: SessionSettings, visit: LinkVisit) -> Page:
    """The page of the link's month, or one that says why there is none."""
    return _guarded(settings, visit, lambda link, summary: page.summary_page(summary, link.home, visit.token))


def fetch_csv(settings: SessionSettings, visit: LinkVisit) -> Page | SummaryFile:
    """The file of the link's month, or a page that says why there is none."""

    def act(link: SummaryLink, summary: Summary) -> SummaryFile:
        return SummaryFile(csv_of(summary), f"stock-counts-{link.month}.csv")

    return _guarded(settings, visit, act)


def _guarded(
    settings: SessionSettings, visit: LinkVisit, act: Callable[[SummaryLink, Summary], Page | _Result]
) -> Page | _Result:
    def follow(link: SummaryLink) -> Page | _Result:
        summary = documents.read_document(settings.bucket, keyspace.summary_object(link.month), Summary)
        return act(link, summary) if summary else page.unknown_page()

    return guarded(visit, settings.signing_secret, read_summary, page.MESSAGES, follow)
