"""What a manager asks for behind a signed link: see the variance, or decide it. Ends in a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from stkr.approval import pages
from stkr.approval.core import LinkStanding, Verdict, refusal_of_addressee
from stkr.approval.history import EarlierCount, history
from stkr.approval.pages import DecisionForm, Shown
from stkr.approval.shell import DecisionOutcome, counts_of, decide, live_stock, look
from stkr.domain import instants
from stkr.domain.line import Line, LineState, StillQueued
from stkr.infra.settings import ApproveSettings
from stkr.infra.telemetry import logger
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, DecisionLink, LinkAction, address, read
from stkr.rules.doc import Rules
from stkr.store.lines import waiting_beside
from stkr.store.rules_doc import recent_rules
from stkr.web.guarded import LinkVisit, guarded
from stkr.web.page import Page

_LOOKED_AT = 100
"""Waiting variances of the location that are looked at to say what is left of a count; more are "at least" so many."""

_UNREADABLE = (BotoCoreError, ClientError, ValidationError)
"""Why other lines may not be had: no answer, or one of them was stored in a form that is not known here."""

_Act = Callable[["ApproveSettings", "DecisionVisit", DecisionLink, Rules], Page]


@dataclass(frozen=True, slots=True)
class DecisionVisit:
    """A request to one of the two function URLs: which of them (its id), the form it carries, and when (aware)."""

    url_id: str
    form: DecisionForm
    now: datetime


def show(settings: ApproveSettings, visit: DecisionVisit) -> Page:
    """The variance a link speaks of, with the one button that decides it. Changes nothing, ever."""
    return _guarded(settings, visit, _show)


def submit(settings: ApproveSettings, visit: DecisionVisit) -> Page:
    """Take the decision that a link permits, exactly once, and say what came of it."""
    return _guarded(settings, visit, _submit)


def _guarded(settings: ApproveSettings, visit: DecisionVisit, act: _Act) -> Page:
    def follow(link: DecisionLink) -> Page:
        logger.set_correlation_id(link.session_id)
        return act(settings, visit, link, recent_rules(settings.bucket, visit.now).rules)

    link_visit = LinkVisit(visit.url_id, visit.form.token, visit.now)
    return guarded(link_visit, settings.signing_secret, read, pages.MESSAGES, follow)


def _show(settings: ApproveSettings, visit: DecisionVisit, link: DecisionLink, rules: Rules) -> Page:
    stands, line = look(settings, link.session_id, link.sku, link.revision)
    if stands is LinkStanding.PENDING and line:
        refusal = refusal_of_addressee(line, rules, link.addressee)
        if refusal:
            return pages.refusal_page(refusal)
        stock = live_stock(settings, line)
        shown = Shown(line, stock.system_qty if stock else None, _counts(settings, line))
        return pages.decision_page(shown, link.action, rules, visit.form)
    return _page(settings, visit, rules, DecisionOutcome(stands, line))


def _counts(settings: ApproveSettings, line: Line) -> tuple[EarlierCount, ...]:
    """The item's counts; empty where they cannot be read, which must not keep anybody from deciding."""
    try:
        return history(line, counts_of(settings, line))
    except _UNREADABLE as error:
        logger.warning("the item's other counts could not be read", error=type(error).__name__)
        return ()


def _submit(settings: ApproveSettings, visit: DecisionVisit, link: DecisionLink, rules: Rules) -> Page:
    if visit.form.problem:
        return _show(settings, visit, link, rules)
    stands, line = look(settings, link.session_id, link.sku, link.revision)
    if stands is not LinkStanding.PENDING or line is None:
        return _page(settings, visit, rules, DecisionOutcome(stands, line))
    verdict = Verdict(
        approves=link.action is LinkAction.APPROVE,
        name=visit.form.name,
        addressee=link.addressee,
        cause=visit.form.cause,
        at=instants.instant(visit.now),
    )
    outcome = decide(settings, line, verdict, rules)
    if outcome.refusal:
        return pages.refusal_page(outcome.refusal)
    logger.info("decision", standing=outcome.standing, fresh=outcome.fresh, held=outcome.held, sku=link.sku)
    return _page(settings, visit, rules, outcome)


def _page(settings: ApproveSettings, visit: DecisionVisit, rules: Rules, outcome: DecisionOutcome) -> Page:
    line = outcome.line
    if line is None or outcome.standing is LinkStanding.GONE:
        return pages.gone_page()
    if outcome.held:
        return pages.held_page(line, rules)
    if outcome.standing is LinkStanding.DECIDED:
        recount = _recount_url(settings, visit.now, rules, line) if line.state is LineState.REJECTED else None
        waiting = _waiting(settings, line) if outcome.fresh else None
        return pages.decided_page(line, rules, fresh=outcome.fresh, recount_url=recount, waiting=waiting)
    return pages.superseded_page()


def _waiting(settings: ApproveSettings, line: Line) -> StillQueued | None:
    """What else waits of the count; ``None`` where it cannot be told. The decision itself is made by then."""
    try:
        return waiting_beside(settings.counts_table, line, _LOOKED_AT)
    except _UNREADABLE as error:
        logger.warning("what still waits could not be read", error=type(error).__name__)
        return None


def _recount_url(settings: ApproveSettings, now: datetime, rules: Rules, line: Line) -> str:
    """A link that opens a fresh, blind count of just this SKU."""
    expires = int((now + timedelta(days=rules.link_days)).timestamp())
    link = CountLink(
        home=settings.session_url,
        location=line.location,
        skus=(line.sku,),
        recount_of=line.variance_id,
        expires_at=expires,
    )
    return address(link, signing_keys(settings.signing_secret, now))
