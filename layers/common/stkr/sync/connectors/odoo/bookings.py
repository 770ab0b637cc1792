"""How adjustments are booked in Odoo, and which of them are. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stkr.domain.adjustment import Adjustment
from stkr.domain.exact import ZERO
from stkr.sync.connectors.odoo.catalogue import Catalogue
from stkr.sync.connectors.odoo.history import ProductAtSite
from stkr.sync.connectors.odoo.locations import Site, Sites
from stkr.sync.connectors.odoo.records import ORIGIN, OwnMove, Product, Quant

PlaceAndPackage = tuple[int, int | None]
"""The ids of a place and of a package there; no package for what is loose."""


@dataclass(frozen=True, slots=True)
class BookingShare:
    """The part of a booking at one place; ``units`` are positive, in the product's unit."""

    place: int
    package: int | None
    units: Decimal


@dataclass(frozen=True, slots=True)
class Booking:
    """How an adjustment is booked: ``units`` in the product's unit, against the place ``loss``, in ``shares``."""

    adjustment: Adjustment
    product: int
    site: Site
    loss: int
    units: Decimal
    shares: tuple[BookingShare, ...]

    def is_made_by(self, move: OwnMove) -> bool:
        """Whether a move does exactly what this booking needs."""
        return (move.product_id, move.units) == (self.product, self.units)

    def move(self) -> dict[str, Any]:
        """The move as Odoo's own inventory adjustment would make it, still to be validated."""
        loses = self.units < 0
        return {
            **self._from_to(self.site.root.id if loses else self.loss, self.loss if loses else self.shares[0].place),
            "product_id": self.product,
            "product_uom_qty": abs(self.units),
            "is_inventory": True,
            "inventory_name": self.adjustment.id,
            "origin": ORIGIN,
            "picked": True,
            # If Odoo confirmed them itself, it would merge two moves of one product.
            "state": "confirmed",
            "move_line_ids": [
                [
                    0,
                    0,
                    {
                        **self._from_to(share.place if loses else self.loss, self.loss if loses else share.place),
                        "product_id": self.product,
                        "quantity": share.units,
                        "package_id": (share.package if loses else None) or False,
                        "result_package_id": (None if loses else share.package) or False,
                        "picked": True,
                    },
                ]
                for share in self.shares
            ],
        }

    @staticmethod
    def _from_to(source: int, target: int) -> dict[str, Any]:
        return {"location_id": source, "location_dest_id": target}


def plan_bookings(
    catalogue: Catalogue, sites: Sites, quants: Iterable[Quant], adjustments: Iterable[Adjustment]
) -> tuple[dict[str, Booking], dict[str, str]]:
    """How each adjustment is booked, and for those that cannot be, why; both by the adjustment's id."""
    by_sku = _products_by_sku(catalogue)
    on_hand: dict[ProductAtSite, dict[PlaceAndPackage, Decimal]] = defaultdict(dict)
    for quant in quants:
        # We do not write off stock that belongs to somebody else.
        if (site := sites.of(quant.location_id)) and quant.owner_id is None:
            quantities = on_hand[quant.product_id, site.name]
            where = quant.location_id, quant.package_id
            quantities[where] = quantities.get(where, ZERO) + quant.quantity
    bookings: dict[str, Booking] = {}
    problems: dict[str, str] = {}
    for adjustment in adjustments:
        products, site = by_sku.get(adjustment.sku, []), sites.by_name.get(adjustment.location)
        if site is None:
            problems[adjustment.id] = "its location is not one of those that are read from Odoo"
            continue
        problem = _problem(catalogue, products, adjustment.units)
        if problem is not None:
            problems[adjustment.id] = problem
            continue
        product = products[0]
        units = adjustment.units / catalogue.unit_of(product.id).size
        bookings[adjustment.id] = Booking(
            adjustment=adjustment,
            product=product.id,
            site=site,
            loss=product.property_stock_inventory or 0,
            units=units,
            shares=tuple(_shares(on_hand[product.id, site.name], units, site.stock)),
        )
    return bookings, problems


def _products_by_sku(catalogue: Catalogue) -> dict[str, list[Product]]:
    by_sku: dict[str, list[Product]] = defaultdict(list)
    for product in sorted(catalogue.products.values(), key=lambda product: not product.active):
        # An archived product matters only if no other has its code.
        if product.active or not by_sku[product.sku]:
            by_sku[product.sku].append(product)
    return by_sku


def _problem(catalogue: Catalogue, products: Sequence[Product], units: Decimal) -> str | None:
    if len(products) != 1:
        return "several products of Odoo have this code" if products else "no product of Odoo has this code"
    (product,) = products
    if product.tracking != "none":
        return "Odoo tracks it by lots or serial numbers, and a count does not say which: adjust it in Odoo"
    unit = catalogue.units[product.uom_id]
    if units % (unit.rounding * catalogue.unit_of(product.id).size):
        return f"Odoo keeps it in {unit.name} to {unit.rounding:f}: adjust it in Odoo"
    return None if product.property_stock_inventory else "the product has no inventory loss location in Odoo"


def _shares(quantities: dict[PlaceAndPackage, Decimal], units: Decimal, stock: int) -> Iterator[BookingShare]:
    """Where to book: an increase at the place that is in the red, else at the fullest; a loss from the fullest first.

    ``quantities`` are what is on hand where, and are changed by what is booked.
    """
    by_quantity = sorted(quantities, key=lambda where: (-quantities[where], where[0], where[1] or 0)) or [(stock, None)]
    fullest, emptiest = by_quantity[0], by_quantity[-1]
    if units > 0:
        where = emptiest if quantities.get(emptiest, ZERO) < 0 else fullest
        quantities[where] = quantities.get(where, ZERO) + units
        yield BookingShare(*where, units)
        return
    left = -units
    # If Odoo has less than is missing, the fullest place goes into the red.
    short = max(left - sum(max(quantity, ZERO) for quantity in quantities.values()), ZERO)
    for where in by_quantity:
        part = min(left, max(quantities.get(where, ZERO), ZERO)) + short
        if part:
            quantities[where] = quantities.get(where, ZERO) - part
            yield BookingShare(*where, part)
        left, short = left - part, ZERO


class OwnMoves:
    """The moves that were made for adjustments: ids of those ``done``, and transfers that wait to be validated."""

    def __init__(self, moves: Iterable[OwnMove]) -> None:
        self.done: set[str] = set()
        self._waiting: dict[int, list[OwnMove]] = defaultdict(list)
        for move in moves:
            if move.state == "done":
                self.done.add(move.inventory_name)
            elif move.picking_id is not None:
                self._waiting[move.picking_id].append(move)

    def sort_out(self, wanted: Mapping[str, Booking]) -> tuple[dict[int, Sequence[str]], list[int]]:
        """Transfers to validate, with the ids of the adjustments in them, and transfers to discard.

        A transfer may be validated only if each of its moves is exactly what an adjustment needs and is in no other.
        """
        taken = set(self.done)
        ready: dict[int, Sequence[str]] = {}
        stale: list[int] = []
        for transfer, moves in sorted(self._waiting.items()):
            names = [move.inventory_name for move in moves]
            fits = all(move.inventory_name in wanted and wanted[move.inventory_name].is_made_by(move) for move in moves)
            if fits and len(set(names)) == len(names) and taken.isdisjoint(names):
                ready[transfer] = names
                taken.update(names)
            else:
                stale.append(transfer)
        return ready, stale
