"""Inventory rows: the source's quantity of an item at a location, plus what is approved and not booked yet."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from stkr.domain.names import Instant
from stkr.domain.stock import History, StockRow

MAX_UNBOOKED = 100
"""Approvals that may wait on one row. An item holds 400 KB and an approval takes less than 700 bytes (its id contains
the SKU, of at most 128 characters), so the row's other attributes have more than 300 KB left.
"""


class Unbooked(BaseModel):
    """One approval that waits to be booked: the variance's ``id``, ``units`` in eaches, never 0, and the stored instant
    of the approval.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    units: Decimal
    at: Instant


@dataclass(frozen=True, slots=True)
class UnbookedRow:
    """The approvals of one row that wait to be booked; ``since`` is the stored instant of the first."""

    location: str
    sku: str
    name: str
    adjustments: tuple[Unbooked, ...]
    since: Instant


class InventoryRow(BaseModel):
    """A row as stored. Quantities are eaches, ``unit_cost`` is money per each; ``None`` means unknown, never zero.

    ``active`` is false once the system of record has stopped listing the row; its quantities then stay as they were.
    ``unbooked_since`` is the stored instant of the first approval that the system of record does not show yet. Rows of
    the first version have that and ``unbooked_qty``, but not ``unbooked``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    location: str
    sku: str
    source_qty: Decimal
    unbooked_qty: Decimal
    system_qty: Decimal
    snapshot_version: int
    active: bool
    name: str = ""
    category: str = ""
    bin: str = ""
    by_measure: bool = False
    unit: str = ""
    unit_cost: Decimal | None = None
    pack_size: Decimal | None = None
    aliases: tuple[str, ...] = ()
    sold_since_count: Decimal | None = None
    last_received_at: str | None = None
    last_received_qty: Decimal | None = None
    last_counted_at: str | None = None
    unbooked: tuple[Unbooked, ...] = ()
    unbooked_since: Instant | None = None

    def attributes(self) -> dict[str, Any]:
        """Everything but location and SKU as plain values, without what is absent or empty."""
        stored = self.model_dump(exclude={"location", "sku"}, exclude_none=True)
        return {name: value for name, value in stored.items() if value not in ("", ())}

    def stock(self) -> StockRow:
        """The row as the stages work with it."""
        return StockRow(
            sku=self.sku,
            name=self.name,
            location=self.location,
            system_qty=self.system_qty,
            unit_cost=self.unit_cost,
            pack_size=self.pack_size,
            aliases=self.aliases,
            category=self.category,
            bin=self.bin,
            by_measure=self.by_measure,
            unit=self.unit,
            snapshot_version=self.snapshot_version,
            history=History(
                sold_since_count=self.sold_since_count,
                last_received_at=self.last_received_at,
                last_received_qty=self.last_received_qty,
                last_counted_at=self.last_counted_at,
            ),
        )
