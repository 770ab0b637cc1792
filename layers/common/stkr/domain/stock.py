"""Stock rows, one per SKU and location, and the snapshot that freezes them for a session.

Quantities are eaches (or the item's measure, e.g. metres) and money is the rules doc's currency, both ``Decimal``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from stkr.domain.names import NO_INSTANT, Instant


@dataclass(frozen=True, slots=True)
class History:
    """A SKU's recent past, as the system of record has it; ``None`` means unknown, never zero.

    ``sold_since_count`` and ``last_received_qty`` are eaches; the dates are ISO-8601 days or instants as given.
    """

    sold_since_count: Decimal | None = None
    last_received_at: str | None = None
    last_received_qty: Decimal | None = None
    last_counted_at: str | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """One SKU at one location. ``system_qty`` is the source's quantity plus what managers approved since.

    ``aliases`` are other codes for the SKU (barcodes, supplier codes); ``CODE*24`` is the barcode of a case of 24.
    ``unit`` is the unit of the quantities: a measure such as ``m`` or ``kg``, ``case``, or empty for eaches. Items sold
    ``by_measure`` have fractions; their unit may be unknown, which is empty too.
    ``pack_size`` is eaches per case and ``unit_cost`` money per each, both ``None`` where unknown.
    ``snapshot_version`` counts changes of the quantity; every write is conditional on the version that was read.
    """

    sku: str
    name: str
    location: str
    system_qty: Decimal
    unit_cost: Decimal | None = None
    pack_size: Decimal | None = None
    aliases: tuple[str, ...] = ()
    category: str = ""
    bin: str = ""
    by_measure: bool = False
    unit: str = ""
    snapshot_version: int = 0
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stock that a session is compared with: the rows in its scope, and every other item the system knows.

    ``rows`` has the rows at ``location`` in the session's scope, by SKU. ``elsewhere`` has one row for every other SKU
    (at another location or out of scope), so that its codes are known. ``out_of_scope`` are the SKUs of ``elsewhere``
    that are stocked at this location, outside the session's scope.
    ``taken_at`` is the stored instant of the snapshot and ``zone`` the name of the shop's time zone; without both,
    times in the counted files are not used.
    """

    location: str
    rows: Mapping[str, StockRow]
    elsewhere: Mapping[str, StockRow] = field(default_factory=dict)
    out_of_scope: frozenset[str] = frozenset()
    taken_at: Instant = NO_INSTANT
    zone: str = ""
