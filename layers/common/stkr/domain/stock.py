"""Stock as every stage sees it: one row per SKU and location, frozen for a session in a snapshot.

Quantities are eaches (or the item's measure, e.g. metres) and money is the rules doc's currency, both ``Decimal``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class History:
    """What the system of record tells about a SKU's recent past; ``None`` means unknown, never zero.

    ``sold_since_count`` and ``last_received_qty`` are eaches; the dates are ISO-8601 days or instants as given.
    """

    sold_since_count: Decimal | None = None
    last_received_at: str | None = None
    last_received_qty: Decimal | None = None
    last_counted_at: str | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """One SKU at one location, as the system of record has it plus what managers approved (``system_qty``).

    ``aliases`` are other codes for the SKU (barcodes, supplier codes); ``CODE*24`` is the barcode of a case of 24.
    ``unit`` is what the quantities are in: a measure such as ``m`` or ``kg``, ``case``, or empty for eaches. Quantities
    have fractions where the item is sold ``by_measure``, whose unit may be unknown (empty), too.
    ``pack_size`` is eaches per case and ``unit_cost`` money per each, both ``None`` when the record does not say.
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
    """What a session is judged against: the rows in its scope, and everything else the system knows.

    ``rows`` maps SKU to the row at ``location`` within the session's scope. ``elsewhere`` maps SKU to one row for every
    other SKU the system knows (another location or out of scope), so that a code for it is not an unknown one.
    ``out_of_scope`` names the SKUs of ``elsewhere`` stocked at this very location, outside the session's scope.
    ``taken_at`` is the stored instant it is of and ``zone`` the name of the shop's time zone: without both, nothing is
    told of when a row was counted.
    """

    location: str
    rows: Mapping[str, StockRow]
    elsewhere: Mapping[str, StockRow] = field(default_factory=dict)
    out_of_scope: frozenset[str] = frozenset()
    taken_at: str = ""
    zone: str = ""
