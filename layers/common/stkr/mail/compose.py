"""The mails as pure functions: what happened goes in, subject and both bodies come out. Sending is ``stkr.mail.send``.

Each mail says in its subject what it is about, needs no image, and reads the same in its text part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from stkr.capture.result import Kind
from stkr.cause.evidence import Cause
from stkr.rules.doc import Person, Rules
from stkr.store.counts import Line, Session
from stkr.tabular.words import one_line
from stkr.web.figures import counted_noun, day, signed_money, stored
from stkr.web.page import render
from stkr.web.wording import place

MAX_SUBJECT_CHARS: Final = 200
MAX_ITEMS: Final = 30
"""Variances in one digest, each up to 3.3 kB of HTML: Gmail hides what is beyond 102 kB, buttons included."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, with a body for each kind of reader. ``subject`` is one printable line."""

    to: str
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A variance in a digest, with the addresses behind its two buttons."""

    line: Line
    approve_url: str
    reject_url: str


@dataclass(frozen=True, slots=True)
class Table:
    """Facts of a report: what they are about, and label and figure of each."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Totals:
    """Money of the gaps in one digest; ``unpriced`` gaps have no unit cost and are in none of the sums."""

    short: Decimal
    over: Decimal
    net: Decimal
    priced: int
    unpriced: int


def digest(
    to: Person, session: Session, items: Sequence[Item], rules: Rules, now: datetime, *, part: int = 1, parts: int = 1
) -> Mail:
    """What one person is to decide of one session, in the order given; uncounted lines have a section of their own.

    :param now: aware; tells how many days a variance has been waiting.
    :param part: of how many ``parts`` this mail is, where a session has more variances than one mail can show.
    """
    where = place(rules, session.location)
    gaps = [item for item in items if item.line.kind is not Kind.UNCOUNTED]
    uncounted = [item for item in items if item.line.kind is Kind.UNCOUNTED]
    counted_at = stored(session.captured_at or session.opened_at)
    totals = _totals(item.line for item in gaps)
    headline = _headline(gaps, uncounted)
    waiting = {item.line.sku: _days_waiting(item.line, now) for item in items}
    money = f", {signed_money(totals.net, rules.currency_sign)}" if totals.priced else ""
    # The year would only push the figures out of a phone's list of mails.
    day_only = day(counted_at, rules.zone).rpartition(" ")[0]
    part_of = f", part {part} of {parts}" if parts > 1 else ""
    subject = f"{where} count: {headline}{money} ({day_only}{part_of})"
    location = rules.locations.get(session.location)
    context = {
        "to": to,
        "session": session,
        "place": where,
        "headline": headline,
        "counted_at": session.captured_at or session.opened_at,
        "gaps": gaps,
        "uncounted": uncounted,
        "totals": totals,
        "waiting": waiting,
        "escalated": bool(location and location.approver.email != to.email),
        "part": part,
        "parts_of": parts,
        "sign": rules.currency_sign,
        "zone": rules.zone,
        "link_days": rules.link_days,
        "unknown": Cause.UNKNOWN,
    }
    return _mail(to.email, _prefix(items, waiting) + subject, "digest", context)


def reminder(to: Person, location: str, rules: Rules, days: int | None, open_url: str) -> Mail:
    """A location has not been counted for ``days`` (``None``: never); ``open_url`` opens a count of it."""
    where = place(rules, location)
    since = f"not counted for {counted_noun(days, 'day')}" if days is not None else "never counted yet"
    context = {"to": to, "place": where, "since": since, "open_url": open_url}
    return _mail(to.email, f"{where}: {since}", "reminder", context)


def report(to: str, title: str, paragraphs: Sequence[str], tables: Sequence[Table]) -> Mail:
    """A few paragraphs and figures under a title, the subject as well: the month's summary, notes to operations."""
    return _mail(to, title, "report", {"title": title, "paragraphs": paragraphs, "tables": tables})


def _mail(to: str, subject: str, template: str, context: dict[str, object]) -> Mail:
    subject = one_line(subject)[:MAX_SUBJECT_CHARS]
    html = render(f"mail/{template}.html", subject=subject, **context)
    return Mail(to, subject, html, render(f"mail/{template}.txt", subject=subject, **context))


def _totals(lines: Iterable[Line]) -> _Totals:
    values = [line.gap_value for line in lines]
    priced = [value for value in values if value is not None]
    short = sum((value for value in priced if value < 0), Decimal(0))
    over = sum((value for value in priced if value > 0), Decimal(0))
    return _Totals(short, over, short + over, len(priced), len(values) - len(priced))


def _headline(gaps: Sequence[Item], uncounted: Sequence[Item]) -> str:
    missing = counted_noun(len(uncounted), "item") + " not counted"
    if not gaps:
        return missing
    to_sign = counted_noun(len(gaps), "gap") + " to sign off"
    return f"{to_sign}, {missing}" if uncounted else to_sign


def _days_waiting(line: Line, now: datetime) -> int:
    """Days since a variance was queued, once it has been mailed before; 0 for one that is mailed for the first time."""
    return (now - stored(line.queued_at)).days if line.mails and line.queued_at else 0


def _prefix(items: Sequence[Item], waiting: dict[str, int]) -> str:
    if items and all(item.line.mails for item in items):
        return f"Still waiting after {counted_noun(max(waiting.values()), 'day')}: "
    if items and all(item.line.held_from_qty is not None and not item.line.mails for item in items):
        return "Stock has moved: "
    return ""
