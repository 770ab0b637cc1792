"""Movements of stock at a location: those the source lists, and those sync saw between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stkr.domain.inventory import InventoryRow
from stkr.domain.names import NO_INSTANT, Instant


class MovementKind(StrEnum):
    """Why stock moved. An ``adjustment`` comes from a count or a write-off, ours or anybody's."""

    SALE = "sale"
    RECEIPT = "receipt"
    TRANSFER = "transfer"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of the stock at one location, as the source has it.

    ``units`` are eaches (or the item's measure), negative for what left. ``at`` is the stored instant from which the
    source's quantity contains it. ``reference`` identifies it among all movements of the source, and a person can find
    it there: a receipt, an order, the id of our adjustment.
    """

    sku: str
    location: str
    kind: MovementKind
    units: Decimal
    at: Instant
    reference: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The quantity of a row changed by ``units`` between two readings (stored instants), approvals not counted."""

    sku: str
    units: Decimal
    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class OnHand:
    """A row's quantities and version at one moment; see ``InventoryRow``."""

    system_qty: Decimal
    source_qty: Decimal
    snapshot_version: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The movements document of a location. ``observed`` and ``listed`` are in order of time.

    ``read_at`` is the stored instant of the latest reading; ``observed`` is complete from ``first_read`` on.
    ``stock`` has the rows as they were after the latest reading, by SKU. ``listed`` is complete from ``listed_since``
    on, and ``None`` where the source keeps no movements.
    """

    location: str
    first_read: Instant
    read_at: Instant
    stock: Mapping[str, OnHand]
    observed: tuple[Observed, ...] = ()
    listed: tuple[Movement, ...] | None = None
    listed_since: Instant = NO_INSTANT


def on_hand(row: InventoryRow) -> OnHand:
    """The figures of a row that its movements explain."""
    return OnHand(row.system_qty, row.source_qty, row.snapshot_version)
