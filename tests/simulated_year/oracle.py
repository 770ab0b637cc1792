"""What must have come of everything that happened, worked out a second time from what the product promises.

The oracle knows what the shop and its people did, never what the product made of it: it has its own arithmetic for
gaps, its own idea of quiet hours, and its own memory of what is to be decided, by whom, and who was mailed when.
Whatever differs is a broken promise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from stkr.links.tokens import DecisionLink
from tests.shop.shop import Spot
from tests.simulated_year.shelves import CountSheet, Shelves

LONDON = ZoneInfo("Europe/London")
ANSWERS_IN = timedelta(minutes=15)
"""How long a variance waits for its label before it is mailed without one."""

UNANSWERED = 2
"""Rounds of mails after which the escalation contact is written to as well."""

State = Literal["in_agreement", "minor", "queued", "approved", "rejected"]


class Broken(AssertionError):
    """A promise that was not kept."""


def hold(true: object, promise: str, *facts: object) -> None:
    """Hold the product to a promise.

    :raises Broken: it was not kept; with the facts.
    """
    if not true:
        raise Broken(f"{promise}: {', '.join(map(str, facts))}")


@dataclass(frozen=True)
class RulesDoc:
    """The rules as the shop wrote them, in the figures that matter here."""

    units: Decimal
    percent: Decimal
    value: Decimal
    quiet: tuple[str, str] | None
    due_days: int
    approvers: dict[str, str]
    escalations: dict[str, str]
    counters: dict[str, str]
    every_days: dict[str, int]
    link_days: int = 12
    close_days: int = 10

    def is_quiet(self, at: datetime) -> bool:
        """Whether nobody may be mailed at an instant, by the clock on the shop's wall."""
        if self.quiet is None:
            return False
        start, end = self.quiet
        clock = f"{at.astimezone(LONDON):%H:%M}"
        return start <= clock < end if start < end else clock >= start or clock < end

    def quiet_ends(self, at: datetime) -> datetime:
        """The first minute from an instant on at which people may be mailed, found by looking at each."""
        minute = at.replace(second=0, microsecond=0)
        while self.is_quiet(minute):
            minute += timedelta(minutes=1)
        return minute

    def judge(
        self, category: str, gap: int, expected: int, cost: Decimal
    ) -> Literal["in_agreement", "minor", "material"]:
        """What the tolerance makes of a gap; tools have one of their own: none at all."""
        units, percent = (Decimal(0), Decimal(0)) if category == "tools" else (self.units, self.percent)
        size = abs(gap)
        if not size:
            return "in_agreement"
        by_units, by_percent = size > units, expected <= 0 or Decimal(size) / expected > percent / 100
        if (by_units and by_percent) or size * cost > self.value:
            return "material"
        return "minor" if by_units or by_percent else "in_agreement"


@dataclass
class Mirror:
    """What the product's books must say of an item: what it last saw in the source, and what waits to be booked there.

    ``version`` counts how often the quantity changed.
    """

    source: int
    unbooked: dict[str, int] = field(default_factory=dict)
    approved_at: dict[str, datetime] = field(default_factory=dict)
    version: int = 1
    active: bool = True

    @property
    def system(self) -> int:
        """What the product has to say is in stock."""
        return self.source + sum(self.unbooked.values())


@dataclass
class Expected:
    """A line as it has to be, and what became of its variance."""

    kind: Literal["counted", "uncounted", "unrecorded"]
    counted: int | None
    system: int
    version: int
    materiality: str
    state: State
    cost: Decimal
    queued_at: datetime | None = None
    held: bool = False
    labelled: bool = False
    current: int | None = None
    dead: set[int] = field(default_factory=set)
    rounds: int = 0
    round_on: date | None = None
    due_on: date | None = None
    mailed: dict[str, list[datetime]] = field(default_factory=dict)
    doubtful: datetime | None = None
    """When a sweep died over its mail: whether that counts as sent is only told by the next day's."""
    posted: int = 0
    queues: int = 0
    withdrawals: int = 0

    @property
    def gap(self) -> int | None:
        """Counted less expected; none for what nobody counted."""
        return None if self.counted is None else self.counted - self.system

    def anew(self) -> None:
        """New figures: what was mailed before speaks of them no more."""
        if self.current is not None:
            self.dead.add(self.current)
        self.current, self.rounds, self.round_on, self.due_on, self.mailed = None, 0, None, None, {}
        self.doubtful = None


@dataclass
class ExpectedCount:
    """A session: what it covers, what was frozen when it was opened, and what was uploaded to it."""

    session_id: str
    place: str
    skus: tuple[str, ...]
    opened_at: datetime
    rules: RulesDoc
    frozen: dict[str, tuple[int, int, str]]
    """System quantity, version and category of every item in scope."""
    whole: bool
    recount: bool
    sheets: dict[str, CountSheet] = field(default_factory=dict)
    captured: dict[int, tuple[dict[str, CountSheet], datetime]] = field(default_factory=dict)
    applied: int = 0
    reconciled: dict[str, Expected] = field(default_factory=dict)
    """The lines as they were when it was reconciled last: what the month's summary speaks of."""
    lines: dict[str, Expected] = field(default_factory=dict)
    closed: bool = False


class Oracle:
    """Follows the year and says what must be."""

    def __init__(self, shelves: Shelves, rules: RulesDoc) -> None:
        self.shelves, self.rules = shelves, rules
        self.mirror = {spot: Mirror(item.books) for spot, item in shelves.stock.items() if item.books is not None}
        self.counts: dict[str, ExpectedCount] = {}
        self.dropped: list[tuple[str, str, int, int]] = []
        """Lines that a correction took away: of which session and SKU, how often queued, and how often withdrawn."""

    # The mirror of the shop's own system.

    def synced(self, intended: dict[Spot, set[str]]) -> None:
        """The product has read an export in which people had booked what was ``intended``, item by item."""
        for spot, stock in self.shelves.stock.items():
            known = self.mirror.get(spot)
            if stock.books is None:
                if known and known.active and not known.source and not known.system:
                    known.unbooked.clear()
                    known.active = False
                continue
            if known is None:
                self.mirror[spot] = Mirror(stock.books)
                continue
            before = known.system
            known.source, known.active = stock.books, True
            if not sum(known.unbooked.values()):
                known.unbooked.clear()  # They cancel out: there is nothing that anybody could book.
            for name in intended.get(spot, ()):
                del known.unbooked[name]
            known.version += known.system != before

    # Counts.

    def opened(
        self, session_id: str, place: str, at: datetime, *, zone: str | None, skus: tuple[str, ...] | None
    ) -> ExpectedCount:
        """A count was opened: what is in its scope is frozen."""
        known = {sku: mirror for (where, sku), mirror in self.mirror.items() if where == place and mirror.active}
        in_scope = [sku for sku in known if skus is None or sku in skus]
        if zone:
            in_scope = [
                sku for sku in in_scope if self.shelves.stock[place, sku].bin == zone and self._listed(place, sku)
            ]
        frozen = {sku: (known[sku].system, known[sku].version, self._category(place, sku)) for sku in in_scope}
        count = ExpectedCount(
            session_id,
            place,
            tuple(in_scope),
            at,
            self.rules,
            frozen,
            whole=zone is None and skus is None,
            recount=skus is not None,
        )
        self.counts[session_id] = count
        return count

    def _listed(self, place: str, sku: str) -> bool:
        return self.shelves.stock[place, sku].books is not None

    def _category(self, place: str, sku: str) -> str:
        """An item's category is known once the shop's own system lists it there."""
        return self.shelves.stock[place, sku].category if self._listed(place, sku) else ""

    def reconciled(self, session_id: str, seq: int, at: datetime) -> bool:
        """The lines of a capture were made; returns whether it is the latest, so that they hold."""
        count = self.counts[session_id]
        sheets, _ = count.captured[seq]
        if seq <= count.applied or not any(sheet.counts for sheet in sheets.values()):
            return False
        count.applied = seq
        counted = {sku: qty for sheet in sheets.values() for sku, qty in sheet.counts.items()}
        unreadable = {sku for sheet in sheets.values() for sku in sheet.unreadable} - counted.keys()
        fresh: dict[str, Expected] = {}
        for sku, qty in counted.items():
            stock = self.shelves.stock[count.place, sku]
            if sku in count.frozen:
                system, version, category = count.frozen[sku]
                materiality = count.rules.judge(category, qty - system, system, stock.cost)
                fresh[sku] = _line("counted", qty, system, version, materiality, stock.cost)
            else:
                fresh[sku] = _line("unrecorded", qty, 0, 0, "material" if qty else "in_agreement", stock.cost)
        for sku, (system, version, _) in count.frozen.items():
            if sku not in counted and sku not in unreadable:
                cost = self.shelves.stock[count.place, sku].cost
                fresh[sku] = _line("uncounted", None, system, version, "material" if system else "in_agreement", cost)
        self._merge(count, fresh, at)
        return True

    def _merge(self, count: ExpectedCount, fresh: dict[str, Expected], at: datetime) -> None:
        for sku, line in fresh.items():
            old = count.lines.get(sku)
            if old and old.state in {"approved", "rejected"}:
                continue
            if (
                old
                and (old.counted, old.materiality) == (line.counted, line.materiality)
                and (old.held or (old.kind, old.system) == (line.kind, line.system))
            ):
                continue
            if old:
                line.dead, line.current = old.dead, old.current
                line.queues, line.withdrawals = old.queues, old.withdrawals + (old.state == "queued")
                line.anew()
            if line.state == "queued":
                line.queues += 1
                line.queued_at = at
            count.lines[sku] = line
        for sku, old in list(count.lines.items()):
            if sku not in fresh and old.state not in {"approved", "rejected"}:
                self.dropped.append((count.session_id, sku, old.queues, old.withdrawals + (old.state == "queued")))
                del count.lines[sku]
        count.reconciled = {sku: replace(line) for sku, line in count.lines.items()}

    # Decisions.

    def tapped(self, link: DecisionLink, at: datetime, adjustment: str) -> tuple[int, str]:
        """What a tap must come to: the page's status, and in a word what is done: ``approved``, ``rejected``, ``held``
        or ``nothing``.

        :param adjustment: the name under which an approved gap waits to be booked.
        """
        refused = self._refused(link, at)
        if refused:
            return refused, "nothing"
        place = self.counts[link.session_id].place
        line = self.counts[link.session_id].lines[link.sku]
        if link.action == "reject":
            line.state = "rejected"
            return 200, "rejected"
        live = self.mirror.get((place, link.sku))
        stocked = live if live and live.active else None
        if stocked and (line.kind == "unrecorded" or line.version != stocked.version):
            line.anew()
            line.held, line.system, line.version = True, stocked.system, stocked.version
            line.kind = "counted" if line.kind == "unrecorded" else line.kind
            line.queues += 1
            return 409, "held"
        if not stocked:
            stocked = self.mirror[place, link.sku] = Mirror(0, version=live.version if live else 0)
        line.posted, line.state = (line.counted or 0) - stocked.system, "approved"
        if line.posted:
            stocked.unbooked[adjustment] = line.posted
            stocked.approved_at[adjustment] = at
        stocked.version += 1
        return 200, "approved"

    def _refused(self, link: DecisionLink, at: datetime) -> int | None:
        """The status of a tap that must change nothing."""
        if at.timestamp() >= link.expires_at:
            return 410
        count = self.counts[link.session_id]
        line = count.lines.get(link.sku)
        if line is None:
            return 404
        if line.state != "queued" or link.revision in line.dead:
            return 409
        decides = link.addressee in {self.rules.approvers[count.place], self.rules.escalations[count.place]}
        return None if decides else 403

    def waiting(self, place: str | None = None) -> list[tuple[ExpectedCount, str, Expected]]:
        """Every variance that nobody has decided."""
        return [
            (count, sku, line)
            for count in self.counts.values()
            if place in {None, count.place}
            for sku, line in count.lines.items()
            if line.state == "queued"
        ]

    # Mails.

    def addressees(self, count: ExpectedCount, line: Expected) -> set[str]:
        """Who has to be written to about a variance now."""
        people = {self.rules.approvers[count.place]}
        return people | {self.rules.escalations[count.place]} if line.rounds >= UNANSWERED else people

    def mailed(self, at: datetime, to: str, told: set[tuple[str, str, int]], *, died: bool) -> None:
        """Somebody was mailed these variances, by session, SKU and revision.

        :param died: by a sweep that did not live to note it; then they may be mailed again.
        """
        today, unanswered, approves = at.astimezone(LONDON).date(), False, False
        hold(not self.rules.is_quiet(at), "nobody is mailed in quiet hours", to, at.astimezone(LONDON))
        for session_id, sku, revision in told:
            count = self.counts[session_id]
            line = count.lines.get(sku)
            hold(line and line.state == "queued", "only what waits for a decision is mailed", session_id, sku)
            assert line
            hold(revision not in line.dead, "figures that were replaced are not mailed", session_id, sku, revision)
            hold(line.current in {None, revision}, "a variance keeps its links while its figures stay", session_id, sku)
            line.current = revision
            approver, escalation = self.rules.approvers[count.place], self.rules.escalations[count.place]
            hold(to in {approver, escalation}, "only whom the rules name is mailed", to, session_id, sku)
            before = line.mailed.setdefault(to, [])
            twice = any(one.astimezone(LONDON).date() == today for one in before)
            hold(
                line.doubtful or not twice, "nobody is mailed twice for the same variance in a day", to, session_id, sku
            )
            soon = line.due_on is not None and today < line.due_on
            hold(
                line.doubtful or not soon,
                "a variance is not mailed again before its due window is over",
                to,
                session_id,
                sku,
            )
            before.append(at)
            line.doubtful = at if died else line.doubtful
            unanswered |= line.rounds >= UNANSWERED
            approves |= to == approver
        hold(approves or unanswered, "nobody is escalated to before mails went unanswered", to, told)

    def swept(self, at: datetime, place: str | None, unreachable: Callable[[str], bool]) -> None:
        """A sweep is over, of one location or (the daily one) of all: whatever was due has been mailed.

        :param unreachable: whether SES would not take a mail to an address.
        """
        today = at.astimezone(LONDON).date()
        for count, sku, line in self.waiting(place):
            if line.doubtful and not self._told_by_now(line, at, daily=place is None):
                continue
            people = self.addressees(count, line)
            got = {
                to for to in people if any(one.astimezone(LONDON).date() == today for one in line.mailed.get(to, ()))
            }
            if self._must_be_mailed(line, at, daily=place is None):
                left_out = {to for to in people - got if not unreachable(to)}
                hold(not left_out, "what is due is mailed", left_out, count.session_id, sku, line)
            if got == people and line.round_on != today:
                self._complete(line, today)

    def _complete(self, line: Expected, day: date) -> None:
        """Everybody has been mailed; it is due again after as many days as the rules then say."""
        line.rounds, line.round_on, line.due_on = line.rounds + 1, day, day + timedelta(days=self.rules.due_days)

    def _told_by_now(self, line: Expected, at: datetime, *, daily: bool) -> bool:
        """Whether it shows what became of a mail that a sweep died over: who was sent it for sure gets no other one."""
        assert line.doubtful
        died_on, today = (one.astimezone(LONDON).date() for one in (line.doubtful, at))
        if died_on == today or not daily:
            return False
        if not any(one.astimezone(LONDON).date() == today for mails in line.mailed.values() for one in mails):
            self._complete(line, died_on)
        line.doubtful = None
        return True

    def _must_be_mailed(self, line: Expected, at: datetime, *, daily: bool) -> bool:
        ready = line.labelled or line.kind == "uncounted" or (line.queued_at and at - line.queued_at > ANSWERS_IN)
        if line.due_on is None:
            return bool(ready)
        return daily and at.astimezone(LONDON).date() >= line.due_on


def _line(kind: Any, counted: int | None, system: int, version: int, materiality: str, cost: Decimal) -> Expected:
    state: Any = "queued" if materiality == "material" else materiality
    return Expected(kind, counted, system, version, materiality, state, cost)
