"""Adjustments: changes of stock that a manager approved and that the system of record has to book."""

from dataclasses import dataclass
from decimal import Decimal

from stkr.domain.names import Instant


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One approved change that the source does not show yet. ``id`` is the variance's; ``units`` are eaches, never 0.

    ``approved_at`` is a stored instant. ``source_qty`` is the quantity that the source last gave for the row, 0 where
    it never listed it.
    """

    id: str
    sku: str
    location: str
    units: Decimal
    approved_at: Instant
    source_qty: Decimal = Decimal(0)
