"""When a location's counters are reminded to count it, and which items are best counted first. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from stkr.domain.exact import ZERO
from stkr.domain.instants import local_day, moment_of
from stkr.domain.inventory import InventoryRow
from stkr.domain.line import Line
from stkr.domain.session import LastCount

REMIND_EVERY = timedelta(days=7)

MAX_PROPOSED = 10
"""Items of a proposal: a quarter of an hour's work, and a link that no mail program breaks."""

PAST_MONTHS = 12
"""How far back corrections count as a sign that an item drifts."""

A_SHARE = Decimal("0.8")
"""Share of the value on hand that the items of class A make up."""

NEGATIVE, OFTEN, ONCE, NEVER, HIGH_VALUE = 16, 8, 4, 2, 1
"""What each reason counts; each is more than all that come after it together."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item to count first, and why in words. It has no quantity, because a count is blind."""

    sku: str
    name: str
    reasons: tuple[str, ...]


def overdue(interval_days: int, last: LastCount, now: datetime, zone: tzinfo) -> bool:
    """Whether a location was not counted as a whole within its interval, and nobody was reminded of it for a week.

    The week is one of calendar days, whatever the second at which a sweep begins. Its first day is no part of it: a
    repeat on that day reaches those whose mail failed, and the outbox spares everybody else.
    """
    if last.reminded_at:
        since = now.astimezone(zone).date() - local_day(last.reminded_at, zone)
        if timedelta(0) < since < REMIND_EVERY:
            return False
    return last.counted_at is None or (now - moment_of(last.counted_at)).days > interval_days


def still_to_count(rows: Iterable[InventoryRow], last: LastCount, every_days: int, now: datetime) -> list[InventoryRow]:
    """The active ``rows`` of a location that no count of a zone, by category or bin, has covered in time."""
    since = now - timedelta(days=every_days)
    counted = {zone for zone, at in last.zones.items() if moment_of(at) >= since}
    return [row for row in rows if row.active and not {row.category.casefold(), row.bin.casefold()} & counted]


def propose(rows: Sequence[InventoryRow], decided: Iterable[Line]) -> list[Proposal]:
    """The at most ``MAX_PROPOSED`` items of a location that are best counted first, the most urgent at the head.

    Ranked as is usual in cycle counting: a negative quantity is wrong for certain and comes first; then what counts
    have corrected before, more than once before once, because where records drift they drift again; then what was
    never counted; then class A of an ABC analysis, the few items that make up four fifths of the value on hand.
    Reasons add up, and between equals the higher value on hand comes first.

    :param rows: active ones of one location. Where the system of record dates no count, none counts as never counted.
    :param decided: the decisions of the last months; approved ones of other locations or without a change are no sign.
    """
    values = {row.sku: max(row.system_qty, ZERO) * (row.unit_cost or ZERO) for row in rows}
    class_a = _class_a(values)
    dates_counts = any(row.last_counted_at for row in rows)
    corrections: dict[str, list[Decimal]] = {}
    for line in decided:
        if line.posted_units:
            corrections.setdefault(line.sku, []).append(line.posted_units)
    ranked: list[tuple[int, Decimal, Proposal]] = []
    for row in rows:
        corrected = corrections.get(row.sku, [])
        by_points = {
            NEGATIVE: "negative stock" if row.system_qty < 0 else "",
            OFTEN if len(corrected) > 1 else ONCE: _drift(corrected),
            NEVER: "never counted" if dates_counts and not row.last_counted_at and not corrected else "",
            HIGH_VALUE: "high value" if row.sku in class_a else "",
        }
        reasons = {points: reason for points, reason in by_points.items() if reason}
        if reasons:
            proposal = Proposal(row.sku, row.name or row.sku, tuple(reasons.values()))
            ranked.append((sum(reasons), values[row.sku], proposal))
    ranked.sort(key=lambda rank: (-rank[0], -rank[1], rank[2].sku))
    return [proposal for _, _, proposal in ranked[:MAX_PROPOSED]]


def _class_a(values: Mapping[str, Decimal]) -> set[str]:
    """The fewest items that make up ``A_SHARE`` of the value; those without a value are in no class."""
    enough, total, skus = sum(values.values(), ZERO) * A_SHARE, ZERO, set()
    for sku, value in sorted(values.items(), key=lambda item: (-item[1], item[0])):
        if total >= enough or not value:
            break
        total += value
        skus.add(sku)
    return skus


def _drift(corrected: Sequence[Decimal]) -> str:
    if not corrected:
        return ""
    way = (
        "short" if all(units < 0 for units in corrected) else "over" if all(units > 0 for units in corrected) else "off"
    )
    return f"{way} at an earlier count" if len(corrected) == 1 else f"{way} at {len(corrected)} counts in the last year"
