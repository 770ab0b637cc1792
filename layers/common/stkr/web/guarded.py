"""The one frame around everything behind a signed link: the link is checked, and every failure ends in a plain page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.domain.errors import Busy, LinkExpired, LinkTampered, UnknownSession
from stkr.infra.telemetry import logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, DecisionLink, SigningKeys, SummaryLink
from stkr.web.link_pages import LinkMessages, expired_page, misused_page, tampered_page, trouble_page
from stkr.web.page import Page

_Link = TypeVar("_Link", DecisionLink, CountLink, SummaryLink)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class LinkVisit:
    """A request to a function URL: the URL's id, the token it carries, and when (aware)."""

    url_id: str
    token: str
    now: datetime


def guarded(
    visit: LinkVisit,
    signing_secret: str,
    read: Callable[[str, SigningKeys, int], _Link],
    messages: LinkMessages,
    act: Callable[[_Link], Page | _Result],
) -> Page | _Result:
    """Run ``act`` with a genuine link; whatever goes wrong becomes a plain page that gives nothing away.

    :param signing_secret: id of the secret.
    :param read: reads a token of the kind that is expected here.
    """
    try:
        link = read(visit.token, signing_keys(signing_secret, visit.now), int(visit.now.timestamp()))
        if not link.belongs_to(visit.url_id):
            return misused_page(messages)
        return act(link)
    except LinkExpired:
        return expired_page(messages)
    except LinkTampered:
        return tampered_page(messages)
    except UnknownSession:
        return messages.unknown_page()
    except (Busy, BotoCoreError, ClientError, GetParameterError) as error:
        logger.exception("the request came to nothing", error=type(error).__name__)
        return trouble_page(messages)
