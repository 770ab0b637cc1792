"""The mails as pure functions: what happened goes in, subject and both bodies come out. Sending is ``stkr.mail.send``.

Each mail says in its subject what it is about, needs no image, and reads the same in its text part.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.instants import local_day, moment_of
from stkr.domain.line import Line
from stkr.domain.session import Session
from stkr.rules.doc import Person, Rules
from stkr.summary.sections import Section
from stkr.tabular.text import one_line
from stkr.web.formatting import counted_noun, day, signed_money
from stkr.web.page import render
from stkr.web.wording import place

MAX_SUBJECT_CHARS: Final = 200
MAX_ITEMS: Final = 30
"""Variances in one digest, each up to 3.3 kB of HTML: Gmail hides what is beyond 102 kB, buttons included."""

MAX_WAITING: Final = 26
"""Variances in a digest of what waits: each may have its age, and a heading of its own with its count."""

MOST_NAMED: Final = 2
"""Locations that a headline names; a phone shows no longer one."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address, with a body for each kind of reader. ``subject`` is one printable line."""

    to: str
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class DigestItem:
    """A variance in a digest, with the addresses behind its two buttons."""

    line: Line
    approve_url: str
    reject_url: str


@dataclass(frozen=True, slots=True)
class CountInDigest:
    """The variances of one session in a digest."""

    session: Session
    items: Sequence[DigestItem]

    @property
    def gaps(self) -> list[DigestItem]:
        """Those with a gap."""
        return [item for item in self.items if item.line.kind is not LineKind.UNCOUNTED]

    @property
    def uncounted(self) -> list[DigestItem]:
        """Those that nobody counted."""
        return [item for item in self.items if item.line.kind is LineKind.UNCOUNTED]

    @property
    def counted_at(self) -> str:
        """The stored instant of the count."""
        return self.session.captured_at or self.session.opened_at


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item to count first, and why in words. No quantity is told, since whoever counts is not to know one."""

    sku: str
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A location that is to be counted: not counted as a whole for ``days`` (``None``: never).

    ``share`` says how many items of how many are not counted in time, where others were. ``open_url`` opens a count of
    the location, ``first_url`` one of the ``proposals`` only; it is empty where their codes are too long for a link.
    """

    location: str
    days: int | None
    open_url: str
    first_url: str = ""
    share: tuple[int, int] | None = None
    proposals: Sequence[Proposal] = ()


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Facts of a report: what they are about, label and figure of each, and what to do about them."""

    title: str
    rows: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Totals:
    """Money of the gaps in one digest; ``unpriced`` gaps have no unit cost and are in none of the sums."""

    short: Decimal
    over: Decimal
    net: Decimal
    priced: int
    unpriced: int


def digest(
    to: Person, counts: Sequence[CountInDigest], rules: Rules, now: datetime, *, part: int = 1, parts: int = 1
) -> Mail:
    """What one person is to decide, in the order given; uncounted lines of a count have a section of their own.

    :param counts: one for a first notice; what is mailed again names every count that it is of.
    :param now: aware; tells how many days, by the calendar, a variance has been waiting.
    :param part: of how many ``parts`` this mail is, where there are more variances than one mail can show.
    """
    items = [item for count in counts for item in count.items]
    gaps = [item for count in counts for item in count.gaps]
    totals = _totals(item.line for item in gaps)
    headline = _headline(gaps, len(items) - len(gaps))
    waiting = {item.line.variance_id: _days_waiting(item.line, now, rules.zone) for item in items}
    places = {count.session.session_id: place(rules, count.session.location) for count in counts}
    where = _places(dict.fromkeys(places.values()))
    money = f", {signed_money(totals.net, rules.currency_sign)}" if totals.priced else ""
    of_part = f"part {part} of {parts}" if parts > 1 else ""
    context = {
        "to": to,
        "counts": counts,
        "place": where,
        "places": places,
        "headline": headline,
        "totals": totals,
        "waiting": waiting,
        "escalated": _places(_escalated(to, counts, rules)),
        "part": part,
        "parts_of": parts,
        "sign": rules.currency_sign,
        "zone": rules.zone,
        "link_days": rules.link_days,
        "unknown": Cause.UNKNOWN,
    }
    if len(counts) == 1:
        # The year would only push the figures out of a phone's list of mails.
        day_only = day(moment_of(counts[0].counted_at), rules.zone).rpartition(" ")[0]
        told = f"{where} count: {headline}{money} ({', '.join(filter(None, (day_only, of_part)))})"
    else:
        told = f"{where}: {headline}{money}{f' ({of_part})' if of_part else ''}"
    return _mail(to.email, _prefix(items, waiting) + told, "digest", context)


def _places(names: Collection[str]) -> str:
    """Locations in a headline: up to two by their names."""
    return " and ".join(names) if len(names) <= MOST_NAMED else counted_noun(len(names), "location")


def _escalated(to: Person, counts: Sequence[CountInDigest], rules: Rules) -> dict[str, None]:
    """The locations whose escalation contact, rather than approver, the mail goes to."""
    locations = (rules.locations.get(count.session.location) for count in counts)
    return {each.name: None for each in locations if each and each.approver.email.casefold() != to.email.casefold()}


def reminder(to: Person, call: Call, rules: Rules) -> Mail:
    """A location has not been counted for long; what to begin with, and how."""
    where = place(rules, call.location)
    if call.share:
        every = counted_noun(rules.locations[call.location].count_every_days, "day")
        since = f"{call.share[0]:,} of {counted_noun(call.share[1], 'item')} not counted within {every}"
    elif call.days is None:
        since = "never counted yet"
    else:
        since = f"not counted for {counted_noun(call.days, 'day')}"
    return _mail(to.email, f"{where}: {since}", "reminder", {"to": to, "place": where, "since": since, "call": call})


def report(to: str, title: str, paragraphs: Sequence[str], tables: Sequence[ReportTable]) -> Mail:
    """A few paragraphs and figures under a title, the subject as well: notes to operations."""
    return _mail(to, title, "report", {"title": title, "paragraphs": paragraphs, "tables": tables})


def monthly(
    to: str, title: str, paragraphs: Sequence[str], sections: Sequence[Section], page_url: str, *, rows: int = 15
) -> Mail:
    """The month's summary: its sentences, and its figures with bars; of each section at most so many ``rows``.

    :param page_url: where all of it can be read.
    """
    context = {"title": title, "paragraphs": paragraphs, "sections": sections, "page_url": page_url, "most": rows}
    return _mail(to, title, "summary", context)


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


def _headline(gaps: Sequence[DigestItem], uncounted: int) -> str:
    missing = counted_noun(uncounted, "item") + " not counted"
    if not gaps:
        return missing
    to_sign = counted_noun(len(gaps), "gap") + " to sign off"
    return f"{to_sign}, {missing}" if uncounted else to_sign


def _days_waiting(line: Line, now: datetime, zone: tzinfo) -> int:
    """Calendar days since a variance was queued, once it has been mailed before; 0 for one that is mailed for the first
    time.
    """
    if not (line.mails and line.queued_at):
        return 0
    return (now.astimezone(zone).date() - local_day(line.queued_at, zone)).days


def _prefix(items: Sequence[DigestItem], waiting: dict[str, int]) -> str:
    if items and all(item.line.mails for item in items):
        return f"Still waiting after {counted_noun(max(waiting.values()), 'day')}: "
    if items and all(item.line.held_from_qty is not None and not item.line.mails for item in items):
        return "Stock has moved: "
    return ""
