"""What is known of how the stock of a location moved in the last weeks, and what it tells of an item's past. Pure.

Two kinds of knowledge are kept apart. *Listed* movements are the source's own records: what, why, how many, when.
*Observed* ones are what sync saw itself: between two readings the quantity changed by so much. Every source shows the
latter; a spreadsheet shows nothing else, and as nobody knows how old its figures were, they say that stock moved but
not when.

What we booked ourselves is among the listed movements, too. It corrects the books and moves no stock, and
``system_qty`` contains it since the approval, so it is left out wherever movements are added up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from stkr.domain import instants
from stkr.domain.exact import ZERO
from stkr.domain.instants import shifted
from stkr.domain.movement import Ledger, Movement, MovementKind, Observed, OnHand
from stkr.domain.stock import History
from stkr.domain.variance_ids import session_of_variance

KEPT = timedelta(days=35)
"""A month's movements and a few days: the summary of a month is the longest anybody looks back."""


@dataclass(frozen=True, slots=True)
class ReadingOfLocation:
    """What one reading told of the movements of a location.

    ``at`` is the stored instant it is of. ``moved`` is by how much it changed ``system_qty`` of which SKU, in eaches.
    ``listed`` are the movements at the location from ``since`` on, in any order.
    """

    at: str
    moved: Mapping[str, Decimal]
    since: str
    listed: Iterable[Movement] | None


def advanced(known: Ledger | None, location: str, stock: Mapping[str, OnHand], told: ReadingOfLocation) -> Ledger:
    """The ledger after a reading.

    :param known: the ledger so far.
    :param stock: the location's rows that the source lists, by SKU, as they stand after the reading.
    """
    if known and told.at <= known.read_at:
        known = None  # Nothing can be said about the time between a reading and an older one.
    oldest = shifted(told.at, -KEPT)
    first_read, observed = _observed(known, told, oldest)
    listed_since, listed = _listed(known, told, oldest)
    return Ledger(location, first_read, told.at, stock, observed, listed, listed_since)


def missed(known: Ledger, stored: Iterable[tuple[str, OnHand]]) -> bool:
    """Whether rows, as they stand before a reading, have moved in a way that the ledger has not been told of.

    An approval changes only the version of a row, and a booking only its source's side.
    """
    return any(
        sku in known.stock
        and known.stock[sku].source_qty != row.source_qty
        and known.stock[sku].snapshot_version != row.snapshot_version
        for sku, row in stored
    )


def _observed(known: Ledger | None, told: ReadingOfLocation, oldest: str) -> tuple[str, tuple[Observed, ...]]:
    if known is None:
        return told.at, ()
    forgotten = [one.until for one in known.observed if one.until < oldest]
    kept = [one for one in known.observed if one.until >= oldest]
    new = [Observed(sku, units, known.read_at, told.at) for sku, units in sorted(told.moved.items()) if units]
    return max([known.first_read, *forgotten]), (*kept, *new)


def _listed(known: Ledger | None, told: ReadingOfLocation, oldest: str) -> tuple[str, tuple[Movement, ...] | None]:
    if told.listed is None:
        return "", None
    # What the source says of the time it was asked about replaces what it said before: an order may be cancelled.
    found = [one for one in told.listed if one.at >= told.since]
    since = told.since
    if known and known.listed is not None and told.since <= known.read_at:
        found += [one for one in known.listed if one.at < told.since]
        since = min(known.listed_since, told.since)
    since = max(since, oldest)
    return since, tuple(_each_once(one for one in found if one.at >= since))


def _each_once(movements: Iterable[Movement]) -> list[Movement]:
    return sorted(set(movements), key=lambda one: (one.at, one.sku, one.reference, one.kind, one.units))


def stock_movements(listed: Iterable[Movement]) -> dict[str, tuple[Movement, ...] | None]:
    """The movements of stock by SKU in order of time, each once and without what we booked ourselves.

    ``None`` for a SKU of which the source says two things under one reference: neither can be trusted.
    """
    found: dict[str, list[Movement]] = {}
    references: dict[str, set[str]] = {}
    contradictory: set[str] = set()
    for one in _each_once(listed):
        seen = references.setdefault(one.sku, set())
        if one.reference in seen:
            contradictory.add(one.sku)
        seen.add(one.reference)
        if not _count_behind(one):
            found.setdefault(one.sku, []).append(one)
    return {sku: None if sku in contradictory else tuple(found.get(sku, ())) for sku in references}


def _count_behind(one: Movement) -> str | None:
    """The session whose approved variance a movement books."""
    return session_of_variance(one.reference, one.sku) if one.kind is MovementKind.ADJUSTMENT else None


def histories(ledger: Ledger, own: Mapping[str, History], zone: ZoneInfo) -> dict[str, History]:
    """What is known of the past of each SKU in ``own``: what its row says itself, else what the movements tell.

    Nothing is said of the time before the ledger: where the last delivery or count may lie there, it is unknown, and
    so is what was sold since.
    """
    if ledger.listed is None:
        return dict(own)
    moved = stock_movements(ledger.listed)
    counts: dict[str, str] = {}
    for one in ledger.listed:
        session_id = _count_behind(one)
        if session_id:
            counts[one.sku] = max(counts.get(one.sku, ""), session_id[: len("2026-11-21")])

    def local_day(instant: str) -> str:
        return instants.local_day(instant, zone).isoformat()

    found: dict[str, History] = {}
    for sku, row in own.items():
        movements = moved.get(sku, ())
        if movements is None:
            found[sku] = row
            continue
        counted_at = row.last_counted_at or counts.get(sku)
        sold = row.sold_since_count
        if sold is None and counted_at:
            sold = _sold_since(counted_at, movements, ledger.listed_since, local_day)
        received_at, received_qty = row.last_received_at, row.last_received_qty
        if received_at is None and received_qty is None:
            received_at, received_qty = _last_receipt(movements, local_day)
        found[sku] = History(sold, received_at, received_qty, counted_at)
    return found


def _sold_since(
    counted_at: str, movements: Iterable[Movement], known_since: str, local_day: Callable[[str], str]
) -> Decimal | None:
    """Eaches sold after the day of a count, returns taken off; unknown unless every sale since is sure to be known."""
    counted_on = _day_of(counted_at, local_day)
    if counted_on is None or counted_on <= local_day(known_since):
        return None
    sales = [(local_day(one.at), one.units) for one in movements if one.kind is MovementKind.SALE]
    if any(day == counted_on for day, _ in sales):
        return None  # Before or after the shelf was counted, nobody knows.
    return -sum((units for day, units in sales if day > counted_on), ZERO)


def _day_of(counted_at: str, local_day: Callable[[str], str]) -> str | None:
    try:
        moment = datetime.fromisoformat(counted_at)
    except ValueError:
        return None  # The source's own wording of a date, which is shown but not counted from.
    return local_day(counted_at) if moment.tzinfo else moment.date().isoformat()


def _last_receipt(movements: Iterable[Movement], local_day: Callable[[str], str]) -> tuple[str | None, Decimal | None]:
    """The last day on which more came in than was taken back, and how much that was."""
    received: dict[str, Decimal] = {}
    for one in movements:
        if one.kind is MovementKind.RECEIPT:
            day = local_day(one.at)
            received[day] = received.get(day, ZERO) + one.units
    days = [day for day, units in received.items() if units > 0]
    return (max(days), received[max(days)]) if days else (None, None)
