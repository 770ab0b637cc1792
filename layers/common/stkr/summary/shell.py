"""The summary's reading, asking and mailing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stkr import keys
from stkr.mail.compose import report
from stkr.mail.outbox import Outbox
from stkr.model import ask
from stkr.rules.doc import Rules
from stkr.rules.store import current_rules
from stkr.settings import Summary as Settings
from stkr.store.counts import Line, Session
from stkr.store.items import query
from stkr.summary.core import MONTHS_BACK, Facts, Month, facts_of
from stkr.summary.narrative import INSTRUCTIONS, MAX_TOKENS, check_narrative, plain_narrative, prompt, tables
from stkr.telemetry import logger


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which month was summed up (``2026-11``), whether in the model's words, and how many addresses have it."""

    month: str
    narrated: bool
    mails: int


def summarise(settings: Settings, deliver: Outbox, now: datetime) -> Outcome:
    """Mail the summary of the month before ``now``, by the shop's calendar, to every approver and to operations.

    An address that has the month's mail already gets no second one.

    :raises ExceptionGroup: after everybody else was mailed, with what went wrong; the run is to be repeated.
    """
    rules = current_rules(settings.bucket).rules
    month = Month.at(now, rules.zone).back(1)
    start = month.back(MONTHS_BACK).start(rules.zone)
    sessions = [Session.model_validate(item) for item in _in_month_index(settings, "SESSION", start, now)]
    decided = [Line.model_validate(item) for item in _in_month_index(settings, "DECISION", start, now)]
    facts = facts_of(month, sessions, decided, rules.zone)
    told = _narrated(settings.model_id, facts, rules)
    paragraphs = told or plain_narrative(facts, rules.currency_sign)
    figures = tables(facts, rules.currency_sign)
    mails, failures = 0, []
    for address in _addresses(rules):
        mail = report(address, f"Stock counts in {month.label}", paragraphs, figures)
        try:
            mails += deliver(f"summary {month.label} {address}", mail)
        except (BotoCoreError, ClientError) as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"the summary of {month.label} did not reach everybody", failures)
    return Outcome(f"{month.year}-{month.number:02}", bool(told), mails)


def _narrated(model_id: str, facts: Facts, rules: Rules) -> tuple[str, ...] | None:
    text = ask(model_id, INSTRUCTIONS, prompt(facts, rules.currency), max_tokens=MAX_TOKENS)
    paragraphs = check_narrative(text, facts, rules.currency)
    if text and paragraphs is None:
        logger.warning("the model's summary was not usable; the plain one goes out", length=len(text))
    return paragraphs


def _addresses(rules: Rules) -> list[str]:
    """Every approver and operations, each address once."""
    addresses = [location.approver.email for location in rules.locations.values()]
    if rules.operations:
        addresses.append(rules.operations)
    if not addresses:
        logger.error("nobody to mail the summary to: name approvers or operations in the rules doc")
    return list({address.casefold(): address for address in addresses}.values())


def _in_month_index(settings: Settings, kind: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Sessions or decisions from ``start`` to ``end``; the index has a partition for each UTC month."""
    first, last = Month.at(start, UTC), Month.at(end, UTC)
    month = last
    while month >= first:
        given = {
            ":month": keys.month_of(f"{month.year}-{month.number:02}"),
            ":start": f"{kind}#{keys.instant(start)}",
            # `~` sorts after every character of a key, so that what happened this very instant is included.
            ":end": f"{kind}#{keys.instant(end)}~",
        }
        within = "month_pk = :month AND month_sk BETWEEN :start AND :end"
        yield from query(settings.counts_table, within, given, index="by_month")
        month = month.back(1)
