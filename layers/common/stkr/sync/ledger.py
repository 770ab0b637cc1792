"""How the stock of a location moved in the last weeks, and the history of its items that follows from it. Pure.

Two kinds of records are kept apart. *Listed* movements are the source's own: what, why, how many, when. *Observed*
changes are what sync saw itself: between two readings the quantity changed by so much. Every source shows these. A
spreadsheet shows nothing else, and since nobody knows how old its figures were, they say that stock moved but not when.

Our own bookings are among the listed movements, too. They correct the books and move no stock, and ``system_qty`` has
contained them since the approval, so they are left out wherever movements are added up.
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
from stkr.domain.names import NO_INSTANT, Instant
from stkr.domain.stock import History
from stkr.domain.variance_ids import session_of_variance

KEPT = timedelta(days=35)
"""A month's movements and a few days: the summary of a month is the longest anybody looks back."""


@dataclass(frozen=True, slots=True)
class ReadingOfLocation:
    """What one reading says of the movements at a location.

    ``at`` is the stored instant it is of. ``moved`` is by how much it changed ``system_qty`` of each SKU, in eaches.
    ``listed`` are the movements at the location from ``since`` on, in any order.
    """

    at: Instant
    moved: Mapping[str, Decimal]
    since: Instant
    listed: Iterable[Movement] | None


def advanced(ledger: Ledger | None, location: str, stock: Mapping[str, OnHand], reading: ReadingOfLocation) -> Ledger:
    """The ledger of a location after a reading.

    :param ledger: the ledger before, if there is one that nothing is missing from.
    :param stock: the location's rows that the source lists, by SKU, as they stand after the reading.
    """
    if ledger and reading.at <= ledger.read_at:
        ledger = None  # Nothing can be said about the time between a reading and an older one.
    oldest = shifted(reading.at, -KEPT)
    first_read, observed = _observed(ledger, reading, oldest)
    listed_since, listed = _listed(ledger, reading, oldest)
    return Ledger(
        location=location,
        first_read=first_read,
        read_at=reading.at,
        stock=stock,
        observed=observed,
        listed=listed,
        listed_since=listed_since,
    )


def misses_changes(ledger: Ledger, rows: Iterable[tuple[str, OnHand]]) -> bool:
    """Whether rows, as they stand before a reading, have moved in a way that is not in the ledger.

    An approval changes only the version of a row, and a booking only its source's side.
    """
    return any(
        sku in ledger.stock
        and ledger.stock[sku].source_qty != row.source_qty
        and ledger.stock[sku].snapshot_version != row.snapshot_version
        for sku, row in rows
    )


def _observed(
    ledger: Ledger | None, reading: ReadingOfLocation, oldest: Instant
) -> tuple[Instant, tuple[Observed, ...]]:
    if ledger is None:
        return reading.at, ()
    forgotten = [change.until for change in ledger.observed if change.until < oldest]
    kept = [change for change in ledger.observed if change.until >= oldest]
    new = [Observed(sku, units, ledger.read_at, reading.at) for sku, units in sorted(reading.moved.items()) if units]
    return max([ledger.first_read, *forgotten]), (*kept, *new)


def _listed(
    ledger: Ledger | None, reading: ReadingOfLocation, oldest: Instant
) -> tuple[Instant, tuple[Movement, ...] | None]:
    if reading.listed is None:
        return NO_INSTANT, None
    # The new list replaces what the source said of the same time before: an order may have been cancelled.
    listed = [movement for movement in reading.listed if movement.at >= reading.since]
    since = reading.since
    if ledger and ledger.listed is not None and reading.since <= ledger.read_at:
        listed += [movement for movement in ledger.listed if movement.at < reading.since]
        since = min(ledger.listed_since, reading.since)
    since = max(since, oldest)
    return since, tuple(_each_once(movement for movement in listed if movement.at >= since))


def _each_once(movements: Iterable[Movement]) -> list[Movement]:
    return sorted(
        set(movements),
        key=lambda movement: (movement.at, movement.sku, movement.reference, movement.kind, movement.units),
    )


def stock_movements(listed: Iterable[Movement]) -> dict[str, tuple[Movement, ...] | None]:
    """The movements of stock by SKU in order of time, each once and without what we booked ourselves.

    ``None`` for a SKU that has two different movements with one reference: neither can be trusted.
    """
    by_sku: dict[str, list[Movement]] = {}
    references: dict[str, set[str]] = {}
    contradictory: set[str] = set()
    for movement in _each_once(listed):
        earlier = references.setdefault(movement.sku, set())
        if movement.reference in earlier:
            contradictory.add(movement.sku)
        earlier.add(movement.reference)
        if not _count_behind(movement):
            by_sku.setdefault(movement.sku, []).append(movement)
    return {sku: None if sku in contradictory else tuple(by_sku.get(sku, ())) for sku in references}


def _count_behind(movement: Movement) -> str | None:
    """The session whose approved variance a movement books."""
    if movement.kind is not MovementKind.ADJUSTMENT:
        return None
    return session_of_variance(movement.reference, movement.sku)


def histories(ledger: Ledger, own: Mapping[str, History], zone: ZoneInfo) -> dict[str, History]:
    """The history of each SKU in ``own``: what its row says itself, else what follows from the movements.

    The ledger says nothing of the time before it: if the last delivery or count may lie there, it is unknown, and so
    is what was sold since.
    """
    if ledger.listed is None:
        return dict(own)
    movements_of = stock_movements(ledger.listed)
    counts: dict[str, str] = {}
    for movement in ledger.listed:
        session_id = _count_behind(movement)
        if session_id:
            counts[movement.sku] = max(counts.get(movement.sku, ""), session_id[: len("2026-11-21")])

    def local_day(instant: Instant) -> str:
        return instants.local_day(instant, zone).isoformat()

    by_sku: dict[str, History] = {}
    for sku, row in own.items():
        movements = movements_of.get(sku, ())
        if movements is None:
            by_sku[sku] = row
            continue
        counted_at = row.last_counted_at or counts.get(sku)
        sold = row.sold_since_count
        if sold is None and counted_at:
            sold = _sold_since(counted_at, movements, ledger.listed_since, local_day)
        received_at, received_qty = row.last_received_at, row.last_received_qty
        if received_at is None and received_qty is None:
            received_at, received_qty = _last_receipt(movements, local_day)
        by_sku[sku] = History(
            sold_since_count=sold,
            last_received_at=received_at,
            last_received_qty=received_qty,
            last_counted_at=counted_at,
        )
    return by_sku


def _sold_since(
    counted_at: str, movements: Iterable[Movement], known_since: Instant, local_day: Callable[[Instant], str]
) -> Decimal | None:
    """Eaches sold after the day of a count, returns taken off; unknown unless every sale since is sure to be known."""
    counted_on = _day_of(counted_at, local_day)
    if counted_on is None or counted_on <= local_day(known_since):
        return None
    sales = [(local_day(movement.at), movement.units) for movement in movements if movement.kind is MovementKind.SALE]
    if any(day == counted_on for day, _ in sales):
        return None  # It is unknown whether that was before or after the shelf was counted.
    return -sum((units for day, units in sales if day > counted_on), ZERO)


def _day_of(counted_at: str, local_day: Callable[[Instant], str]) -> str | None:
    try:
        moment = datetime.fromisoformat(counted_at)
    except ValueError:
        return None  # The source's own wording of a date, which is shown but not counted from.
    return local_day(instants.instant(moment)) if moment.tzinfo else moment.date().isoformat()


def _last_receipt(
    movements: Iterable[Movement], local_day: Callable[[Instant], str]
) -> tuple[str | None, Decimal | None]:
    """The last day on which more came in than was taken back, and how much that was."""
    received: dict[str, Decimal] = {}
    for movement in movements:
        if movement.kind is MovementKind.RECEIPT:
            day = local_day(movement.at)
            received[day] = received.get(day, ZERO) + movement.units
    days = [day for day, units in received.items() if units > 0]
    return (max(days), received[max(days)]) if days else (None, None)
