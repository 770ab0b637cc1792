"""Rows for the tests of the sync."""

from decimal import Decimal
from typing import Any

from stkr.domain.inventory import InventoryRow, Unbooked
from stkr.domain.stock import StockRow
from stkr.sync.core import BookedByHand, Confirmation, decide

BY_HAND = BookedByHand(until="9999")
"""What is confirmed where people book by hand, and could have booked all that waits."""


def said(qty: int | str, sku: str = "BOLT-M6-50", location: str = "fixings-aisle", **fields: Any) -> StockRow:
    """A row as the source lists it."""
    return StockRow(sku=sku, name=f"Item {sku}", location=location, system_qty=Decimal(qty), **fields)


def stored(qty: int | str, sku: str = "BOLT-M6-50", location: str = "fixings-aisle", **fields: Any) -> InventoryRow:
    """A row as the first sync leaves it, with ``fields`` changed since."""
    change = decide(None, said(qty, sku, location), BY_HAND)
    assert change is not None
    return change.wanted.model_copy(update=fields)


def approved(row: InventoryRow, gap: int, adjustment: str | None = None) -> InventoryRow:
    """A row after a manager approved a gap."""
    at = "2026-11-23T09:00:00.000000Z"
    one = Unbooked(id=adjustment or f"{row.sku}.r{len(row.unbooked)}", units=Decimal(gap), at=at)
    return row.model_copy(
        update={
            "unbooked_qty": row.unbooked_qty + gap,
            "system_qty": row.system_qty + gap,
            "snapshot_version": row.snapshot_version + 1,
            "unbooked": (*row.unbooked, one),
            "unbooked_since": row.unbooked_since or at,
        }
    )


def found(qty: int, sku: str = "PAINT-9", location: str = "fixings-aisle") -> InventoryRow:
    """A row that exists only because a manager approved an unrecorded item."""
    empty = stored(0, sku, location, snapshot_version=0)
    return approved(empty, qty)


def synced(stored_row: InventoryRow | None, listed: StockRow | None, confirmed: Confirmation = BY_HAND) -> InventoryRow:
    """The row after one sync."""
    change = decide(stored_row, listed, confirmed)
    row = change.wanted if change else stored_row
    assert row is not None
    return row


def quantities(row: InventoryRow) -> tuple[int, int, int]:
    """What the source said, what is approved and unbooked, and their sum, as the system has it."""
    return int(row.source_qty), int(row.unbooked_qty), int(row.system_qty)
