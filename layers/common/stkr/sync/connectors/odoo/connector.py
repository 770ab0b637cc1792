"""Reads one Odoo 19 and books into it.

Odoo answers each request from one moment, but several requests see several moments. What moved is therefore summed up
before and after it is read, and read again if that differs: a reading is of one moment, or there is none.

Booking takes two steps (see ``transfers``). The moves are those that Odoo's own inventory adjustment makes
(``is_inventory``), and they carry differences, so that a sale in between stays what it is. Odoo's adjustment itself
needs the counted quantity to be written and then applied: in between it has no name, anybody may apply it, and a sale
just before it would be undone.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceUnavailable
from stkr.infra.telemetry import logger
from stkr.sync.connector import Reading
from stkr.sync.connectors.odoo.bookings import plan_bookings
from stkr.sync.connectors.odoo.catalogue import Catalogue
from stkr.sync.connectors.odoo.database import ALSO_ARCHIVED, OdooDatabase, SearchDomain, odoo_time
from stkr.sync.connectors.odoo.description import OdooSource
from stkr.sync.connectors.odoo.history import PastMoves, ProductAtSite, last_times, received_units, sold_units
from stkr.sync.connectors.odoo.locations import Sites
from stkr.sync.connectors.odoo.movements import movements_of
from stkr.sync.connectors.odoo.records import (
    Category,
    MoveLine,
    OdooLocation,
    Packaging,
    Product,
    Quant,
    Stamp,
    SupplierCode,
    Total,
    Trace,
    Unit,
    Warehouse,
)
from stkr.sync.connectors.odoo.rows import stock_rows
from stkr.sync.connectors.odoo.transfers import Transfers, log_not_booked

_READINGS = 3
"""How often stock that moves while it is read is read in one run."""

_SETTLED = timedelta(minutes=10)
"""Odoo dates a change by when its transaction began, and shows us whole seconds: what was changed less than this ago
may be followed by a change that looks no newer."""

_CUT_OFFS = 200
"""Moments since which sales are summed up in one request."""

_SHOWN = 5
_DONE = ("state", "=", "done")
_STORED = ("is_storable", "=", True)


class Odoo:
    """A ``Connector`` to one database of an Odoo 19."""

    def __init__(self, source: OdooSource, now: datetime) -> None:
        """``now`` is when the run began."""
        self._now = now
        self._named = source.locations
        self._database = OdooDatabase(source)
        self._transfers = Transfers(self._database)

    def read(self, known: str | None, since: datetime) -> Reading | None:
        """See ``Connector``. A movement during the reading is in both the quantities and the movements, or in neither.

        :raises SourceUnavailable: also when the stock keeps moving while it is read.
        """
        tables = self._small_tables()
        sites = Sites(self._named, tables.warehouses, tables.places)
        stocked = self._database.stamp("product.product", [_STORED], (), context=ALSO_ARCHIVED)
        for _ in range(_READINGS):
            before = self._moved(sites)
            fingerprint = self._fingerprint(tables, (stocked, *before))
            if fingerprint == known:
                return None
            catalogue = self._catalogue(tables)
            recently = [_DONE, ("date", ">=", odoo_time(since)), *_touching(sites)]
            lines = self._database.search(MoveLine, "stock.move.line", recently)
            quants = self._database.search(Quant, "stock.quant", [_inside(sites)])
            past = self._past(sites)
            if self._moved(sites) == before:
                _report_nameless(catalogue)
                return Reading(
                    rows=stock_rows(catalogue, sites, quants, past),
                    fingerprint=fingerprint,
                    movements=movements_of(catalogue, sites, lines),
                )
        raise SourceUnavailable(
            f"the stock in Odoo moved {_READINGS} times while it was read; the next run tries again"
        )

    def book(self, adjustments: Sequence[Adjustment]) -> Collection[str]:
        """See ``Connector``. An adjustment counts as booked by its id, whatever has become of the quantity since."""
        ids = {adjustment.id for adjustment in adjustments}
        own_moves = self._transfers.own_moves(ids)
        missing = [adjustment for adjustment in adjustments if adjustment.id not in own_moves.done]
        if not missing:
            _, stale = own_moves.sort_out({})
            self._transfers.discard(stale)
            return own_moves.done
        tables = self._small_tables()
        sites = Sites(self._named, tables.warehouses, tables.places)
        catalogue = self._catalogue(tables)
        skus = {adjustment.sku for adjustment in missing}
        products = sorted(product.id for product in catalogue.products.values() if product.sku in skus)
        quants = self._database.search(Quant, "stock.quant", [_inside(sites), ("product_id", "in", products)])
        bookings, problems = plan_bookings(catalogue, sites, quants, missing)
        for adjustment, problem in problems.items():
            log_not_booked(adjustment, problem)
        ready, stale = own_moves.sort_out(bookings)
        self._transfers.discard(stale)
        prepared = {adjustment for names in ready.values() for adjustment in names}
        unprepared = [booking for adjustment, booking in bookings.items() if adjustment not in prepared]
        self._transfers.book(ready, bookings, unprepared)
        return self._transfers.own_moves(ids).done

    def _small_tables(self) -> "_SmallTables":
        search = self._database.search
        return _SmallTables(
            warehouses=search(Warehouse, "stock.warehouse", []),
            # Archived places may still hold stock.
            places=search(OdooLocation, "stock.location", [], context=ALSO_ARCHIVED),
            # In English, whatever the user's language is: their names are matched.
            units=search(Unit, "uom.uom", [], context={**ALSO_ARCHIVED, "lang": "en_US"}),
            categories=search(Category, "product.category", []),
            packagings=search(Packaging, "product.uom", []),
            supplier_codes=search(SupplierCode, "product.supplierinfo", [("product_code", "!=", False)]),
        )

    def _catalogue(self, tables: "_SmallTables") -> Catalogue:
        without_code = {**ALSO_ARCHIVED, "display_default_code": False}
        products = self._database.search(Product, "product.product", [_STORED], context=without_code)
        packagings: dict[int, list[Packaging]] = defaultdict(list)
        for packaging in tables.packagings:
            packagings[packaging.product_id].append(packaging)
        return Catalogue(
            products={product.id: product for product in products},
            units={unit.id: unit for unit in tables.units},
            categories={category.id: category.complete_name for category in tables.categories},
            packagings=packagings,
            supplier_codes=tables.supplier_codes,
        )

    def _moved(self, sites: Sites) -> tuple[Stamp, Stamp]:
        """Stamps that differ once anything has moved. Ids rise with every move, whatever time its transaction has."""
        return (
            self._database.stamp("stock.quant", [_inside(sites)], ["quantity:sum"]),
            self._database.stamp("stock.move.line", [_DONE, *_touching(sites)], ["quantity_product_uom:sum"]),
        )

    def _fingerprint(self, tables: "_SmallTables", stamps: Sequence[Stamp]) -> str:
        content = repr((sorted(self._named.items()), tables, stamps))
        digest = hashlib.sha256(content.encode()).hexdigest()
        newest = max((stamp.newest for stamp in stamps if stamp.newest), default=None)
        may_be_followed = newest is not None and newest > self._now - _SETTLED
        return f"{digest} {instants.instant(self._now)}" if may_be_followed else digest

    def _past(self, sites: Sites) -> PastMoves:
        moves = [_DONE, *_touching(sites)]
        last = last_times(self._database.groups(Trace, "stock.move.line", moves), sites)
        receipts = [
            _DONE,
            _inside(sites, "location_dest_id"),
            ("location_id.usage", "=", "supplier"),
            ("date", "in", sorted({odoo_time(at) for at in last.received.values()})),
        ]
        lines = self._database.search(MoveLine, "stock.move.line", receipts) if last.received else []
        return PastMoves(
            last=last,
            received=received_units(lines, last.received, sites),
            sold=sold_units(self._sold(last.counted, sites), last.counted, sites),
        )

    def _sold(self, counted: Mapping[ProductAtSite, datetime], sites: Sites) -> Iterator[Total]:
        """What was sold from, and brought back to, each location since each product was last counted there."""
        since: dict[tuple[str, datetime], list[int]] = defaultdict(list)
        for (product, name), at in counted.items():
            if sites.by_name[name].sells:
                since[name, at].append(product)
        cut_offs = sorted(since.items())
        for start in range(0, len(cut_offs), _CUT_OFFS):
            clauses: SearchDomain = []
            for (name, at), products in cut_offs[start : start + _CUT_OFFS]:
                root = sites.by_name[name].root.id
                # Prefix notation: the operator comes before the two clauses that it joins.
                clauses = [*(["|"] if clauses else []), *clauses, *_since(root, at, products)]
            yield from self._database.groups(Total, "stock.move.line", [_DONE, *clauses])


@dataclass(frozen=True, slots=True)
class _SmallTables:
    """Everything read beside products and stock: small tables, which are read whole each time."""

    warehouses: Sequence[Warehouse]
    places: Sequence[OdooLocation]
    units: Sequence[Unit]
    categories: Sequence[Category]
    packagings: Sequence[Packaging]
    supplier_codes: Sequence[SupplierCode]


def _inside(sites: Sites, field: str = "location_id") -> tuple[str, str, list[int]]:
    return field, "child_of", sorted(sites.roots)


def _touching(sites: Sites) -> SearchDomain:
    return ["|", _inside(sites), _inside(sites, "location_dest_id")]


def _since(root: int, at: datetime, products: Sequence[int]) -> SearchDomain:
    """Sales of some products from one location and returns to it, since a moment."""
    out = ["&", ("location_id", "child_of", [root]), ("location_dest_id.usage", "=", "customer")]
    back = ["&", ("location_dest_id", "child_of", [root]), ("location_id.usage", "=", "customer")]
    return ["&", "&", ("product_id", "in", sorted(products)), ("date", ">", odoo_time(at)), "|", *out, *back]


def _report_nameless(catalogue: Catalogue) -> None:
    nameless = [product.id for product in catalogue.products.values() if product.active and not product.sku]
    if nameless:
        logger.warning(
            "products of Odoo without an internal reference or barcode are left out",
            products=len(nameless),
            ids=nameless[:_SHOWN],
        )
