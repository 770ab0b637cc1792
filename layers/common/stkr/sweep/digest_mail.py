"""The digest: the mail that asks one person to decide variances, with two buttons for each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.instants import local_day, moment_of
from stkr.domain.line import Line
from stkr.domain.names import Instant
from stkr.domain.session import Session
from stkr.mail.message import Mail, write_mail
from stkr.rules.doc import Person, Rules
from stkr.web.formatting import counted_noun, day, signed_money
from stkr.web.wording import place

MAX_NAMED_LOCATIONS: Final = 2
"""Locations that a headline names; a phone shows no longer one."""


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
    def counted(self) -> list[DigestItem]:
        """Those that somebody counted."""
        return [item for item in self.items if item.line.kind is not LineKind.UNCOUNTED]

    @property
    def uncounted(self) -> list[DigestItem]:
        """Those that nobody counted."""
        return [item for item in self.items if item.line.kind is LineKind.UNCOUNTED]

    @property
    def counted_at(self) -> Instant:
        """The stored instant of the count."""
        return self.session.captured_at or self.session.opened_at


@dataclass(frozen=True, slots=True)
class _Totals:
    """Money of the counted variances in one digest; the ``unpriced`` have no unit cost and are in none of the sums."""

    short: Decimal
    over: Decimal
    net: Decimal
    priced: int
    unpriced: int


def digest_mail(
    to: Person, counts: Sequence[CountInDigest], rules: Rules, now: datetime, *, part: int = 1, parts: int = 1
) -> Mail:
    """What one person is to decide, in the order given; uncounted lines of a count have a section of their own.

    :param counts: one for a first notice; what is mailed again names every count that it is of.
    :param now: aware; tells how many days, by the calendar, a variance has been waiting.
    :param part: of how many ``parts`` this mail is, where there are more variances than one mail can show.
    """
    items = [item for count in counts for item in count.items]
    counted = [item for count in counts for item in count.counted]
    totals = _totals(item.line for item in counted)
    headline = _headline(len(counted), len(items) - len(counted))
    days_waiting = {item.line.variance_id: _days_waiting(item.line, now, rules.zone) for item in items}
    places = {count.session.session_id: place(rules, count.session.location) for count in counts}
    where = _named(dict.fromkeys(places.values()))
    money = f", {signed_money(totals.net, rules.currency_sign)}" if totals.priced else ""
    which_part = f"part {part} of {parts}" if parts > 1 else ""
    if len(counts) == 1:
        # The year would only push the figures out of a phone's list of mails.
        day_only = day(moment_of(counts[0].counted_at), rules.zone).rpartition(" ")[0]
        subject = f"{where} count: {headline}{money} ({', '.join(filter(None, (day_only, which_part)))})"
    else:
        subject = f"{where}: {headline}{money}{f' ({which_part})' if which_part else ''}"
    return write_mail(
        to.email,
        _prefix(items, days_waiting) + subject,
        "sweep/digest",
        to=to,
        counts=counts,
        place=where,
        places=places,
        headline=headline,
        totals=totals,
        waiting=days_waiting,
        escalated=_named(_escalated(to, counts, rules)),
        part=part,
        parts_of=parts,
        sign=rules.currency_sign,
        zone=rules.zone,
        link_days=rules.link_days,
    )


def _named(locations: Collection[str]) -> str:
    """Locations in a headline: up to two by their names."""
    return (
        " and ".join(locations) if len(locations) <= MAX_NAMED_LOCATIONS else counted_noun(len(locations), "location")
    )


def _escalated(to: Person, counts: Sequence[CountInDigest], rules: Rules) -> dict[str, None]:
    """The locations whose escalation contact, rather than approver, the mail goes to."""
    locations = (rules.locations.get(count.session.location) for count in counts)
    return {each.name: None for each in locations if each and each.approver.email.casefold() != to.email.casefold()}


def _totals(lines: Iterable[Line]) -> _Totals:
    values = [line.gap_value for line in lines]
    priced = [value for value in values if value is not None]
    short = sum((value for value in priced if value < 0), ZERO)
    over = sum((value for value in priced if value > 0), ZERO)
    return _Totals(short=short, over=over, net=short + over, priced=len(priced), unpriced=len(values) - len(priced))


def _headline(counted: int, uncounted: int) -> str:
    missing = counted_noun(uncounted, "item") + " not counted"
    if not counted:
        return missing
    to_sign_off = counted_noun(counted, "variance") + " to sign off"
    return f"{to_sign_off}, {missing}" if uncounted else to_sign_off


def _days_waiting(line: Line, now: datetime, zone: tzinfo) -> int:
    """Calendar days since a variance was queued, once it has been mailed before; 0 for one that is mailed for the first
    time.
    """
    if not (line.mails and line.queued_at):
        return 0
    return (now.astimezone(zone).date() - local_day(line.queued_at, zone)).days


def _prefix(items: Sequence[DigestItem], days_waiting: dict[str, int]) -> str:
    if items and all(item.line.mails for item in items):
        return f"Still waiting after {counted_noun(max(days_waiting.values()), 'day')}: "
    if items and all(item.line.held_from_qty is not None and not item.line.mails for item in items):
        return "Stock has moved: "
    return ""
