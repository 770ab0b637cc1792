"""The summary's reading, asking, keeping and mailing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.domain.errors import StkrError
from stkr.domain.instants import END_OF_TIME
from stkr.infra.bedrock import ask
from stkr.infra.settings import SummarySettings
from stkr.infra.telemetry import logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import SigningKeys, SummaryLink, sign, url
from stkr.mail.outbox import Outbox
from stkr.rules.doc import Rules
from stkr.store import documents, keyspace
from stkr.store.inventory import read_waiting
from stkr.store.lines import decisions_between, queued_lines
from stkr.store.location_notes import read_last_count
from stkr.store.rules_doc import current_rules
from stkr.store.sessions import sessions_between
from stkr.summary.facts import (
    MONTHS_BACK,
    MONTHS_COMPARED,
    Facts,
    Summary,
    SummaryInput,
    facts_of,
    locations_of,
)
from stkr.summary.figures import MonthFigures
from stkr.summary.mail import summary_mail
from stkr.summary.month import Month
from stkr.summary.narrative import INSTRUCTIONS, MAX_TOKENS, check_narrative, plain_narrative, prompt
from stkr.summary.page import PATH
from stkr.summary.sections import sections
from stkr.web.formatting import day

LINK_LASTS: Final = timedelta(days=60)
"""How long the page of a summary can be opened from its mail: until after the next one has come."""


class SummaryUndelivered(StkrError):
    """The month's mail did not reach everybody; a repeated run mails only those who have not got it."""


@dataclass(frozen=True, slots=True)
class SummaryOutcome:
    """Which month was summed up (``2026-11``), whether in the model's words, and how many addresses have it."""

    month: str
    narrated: bool
    mails: int


def summarise(settings: SummarySettings, deliver: Outbox, now: datetime) -> SummaryOutcome:
    """Mail the summary of the month before ``now``, by the shop's calendar, to every approver and to operations.

    It is made once and kept before anybody is mailed: a repeat, and the page and the file behind the mail's link, say
    what the first mail said. An address that has the month's mail already gets no second one.

    :raises SummaryUndelivered: after everybody else was mailed.
    """
    rules = current_rules(settings.bucket).rules
    month = Month.at(now, rules.zone).back(1)
    summary = _kept(settings, month) or _keep(settings, _make(settings, month, rules, now), month)
    signing = signing_keys(settings.signing_secret, now)
    mails = failed = 0
    for address in _addresses(rules):
        mail = summary_mail(
            address,
            f"Stock counts in {month.label}",
            summary.paragraphs,
            sections(summary),
            _page_url(settings, month, signing, now),
        )
        try:
            delivered = deliver(f"summary {month.label} {address.casefold()}", mail)
        except (BotoCoreError, ClientError, IdempotencyPersistenceLayerError) as error:
            # Not the error itself: SES names the address that it refuses.
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            logger.error("a mail could not be sent; the summary is to be run again", error=code)
            delivered = False
        # What another run is sending may never go out: that run may be dead.
        mails, failed = mails + delivered, failed + (not delivered)
    if failed:
        raise SummaryUndelivered(f"{failed} mails of the summary of {month.label} could not be sent")
    return SummaryOutcome(month.key, summary.narrated, mails)


def _kept(settings: SummarySettings, month: Month) -> Summary | None:
    return documents.read_document(settings.bucket, keyspace.summary_object(month.key), Summary)


def _keep(settings: SummarySettings, made: Summary, month: Month) -> Summary:
    """Keep a summary, unless another run was first: then that one's holds."""
    if documents.create_document(settings.bucket, keyspace.summary_object(month.key), made):
        return made
    return _kept(settings, month) or made


def _make(settings: SummarySettings, month: Month, rules: Rules, now: datetime) -> Summary:
    facts = facts_of(month, _gather(settings, month, rules), rules, now)
    narrative = _narrated(settings.model_id, facts, rules)
    return Summary(
        facts=facts,
        paragraphs=narrative or plain_narrative(facts, rules.currency_sign),
        narrated=narrative is not None,
        currency=rules.currency,
        sign=rules.currency_sign,
        as_of=day(now, rules.zone),
    )


def _gather(settings: SummarySettings, month: Month, rules: Rules) -> SummaryInput:
    start, end = month.back(MONTHS_BACK).start(rules.zone), month.back(-1).start(rules.zone)
    table = settings.counts_table
    sessions = list(sessions_between(table, start, end))
    locations = locations_of(sessions, rules)
    return SummaryInput(
        sessions=sessions,
        decided=list(decisions_between(table, start, end)),
        queued={name: list(queued_lines(table, name, due_by=END_OF_TIME)) for name in locations},
        last_counts={name: read_last_count(table, name) for name in locations},
        to_book=list(read_waiting(settings.inventory_table)),
        earlier=_earlier(settings, month),
    )


def _earlier(settings: SummarySettings, month: Month) -> tuple[MonthFigures, ...]:
    """The figures of the months before, from the latest summary that was kept of one: it has those before it too."""
    for back in range(1, MONTHS_COMPARED + 1):
        summary = _kept(settings, month.back(back))
        if summary:
            return (summary.facts.figures, *summary.facts.before)
    return ()


def _narrated(model_id: str, facts: Facts, rules: Rules) -> tuple[str, ...] | None:
    text = ask(model_id, INSTRUCTIONS, prompt(facts, rules.currency_sign), max_tokens=MAX_TOKENS)
    paragraphs = check_narrative(text, facts, rules.currency_sign)
    if text and paragraphs is None:
        logger.warning("the model's summary was not usable; the plain one goes out", length=len(text))
    return paragraphs


def _page_url(settings: SummarySettings, month: Month, signing: SigningKeys, now: datetime) -> str:
    expires = int((now + LINK_LASTS).timestamp())
    token = sign(SummaryLink(home=settings.session_url, month=month.key, expires_at=expires), signing)
    return url(f"{settings.session_url}{PATH}", token)


def _addresses(rules: Rules) -> list[str]:
    """Every approver and operations, each address once."""
    addresses = [location.approver.email for location in rules.locations.values()]
    if rules.operations:
        addresses.append(rules.operations)
    if not addresses:
        logger.error("nobody to mail the summary to: name approvers or operations in the rules doc")
    return list({address.casefold(): address for address in addresses}.values())
