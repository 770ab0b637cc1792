"""Odoo's quantities as stock rows. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from stkr.domain import instants
from stkr.domain.errors import SourceRefused
from stkr.domain.exact import ZERO
from stkr.domain.stock import History, StockRow
from stkr.stockfile.read import MAX_NAME_CHARS
from stkr.sync.connectors.odoo.catalogue import Catalogue, ProductUnit
from stkr.sync.connectors.odoo.history import PastMoves, ProductAtSite
from stkr.sync.connectors.odoo.locations import Sites
from stkr.sync.connectors.odoo.records import Product, Quant
from stkr.tabular.text import visible

_NAMED = 5
"""How many codes an error names; the rest is counted."""


def stock_rows(catalogue: Catalogue, sites: Sites, quants: Iterable[Quant], past: PastMoves) -> tuple[StockRow, ...]:
    """One row for each product and location where it is or ever was, in order of the products' ids.

    A product that is sold out has no quantity in Odoo, but a count is still expected to find none of it. A product
    without a code is left out, and so is an archived one of which nothing is left.

    :raises SourceRefused: two of the products have the same code.
    """
    on_hand: dict[ProductAtSite, dict[int, Decimal]] = defaultdict(dict)
    for quant in quants:
        if site := sites.of(quant.location_id):
            places = on_hand[quant.product_id, site.name]
            places[quant.location_id] = places.get(quant.location_id, ZERO) + quant.quantity
    stocked = sorted(key for key in on_hand.keys() | past.last.ever_there if key[0] in catalogue.products)
    listed = [
        (product, name)
        for product, name in stocked
        if catalogue.products[product].sku
        and (catalogue.products[product].active or sum(on_hand.get((product, name), {}).values()))
    ]
    _refuse_shared_codes(catalogue.products[product] for product in dict.fromkeys(product for product, _ in listed))
    return tuple(_row(catalogue, sites, key, on_hand.get(key, {}), past) for key in listed)


def _refuse_shared_codes(products: Iterable[Product]) -> None:
    shared = [code for code, times in Counter(product.sku for product in products).items() if times > 1]
    if shared:
        more = f" and {len(shared) - _NAMED:,} more" if len(shared) > _NAMED else ""
        raise SourceRefused(
            f"several products of Odoo have the internal reference {', '.join(sorted(shared)[:_NAMED])}{more}; "
            "nothing was changed. Give each its own"
        )


def _row(
    catalogue: Catalogue, sites: Sites, key: ProductAtSite, places: Mapping[int, Decimal], past: PastMoves
) -> StockRow:
    product, location = key
    record, unit = catalogue.products[product], catalogue.unit_of(product)
    filled = [place for place, quantity in places.items() if quantity]
    return StockRow(
        sku=record.sku,
        name=visible(record.display_name)[:MAX_NAME_CHARS],
        location=location,
        system_qty=unit.eaches(sum(places.values(), ZERO)),
        unit_cost=catalogue.unit_cost(product),
        pack_size=catalogue.pack_size(product),
        aliases=catalogue.aliases(product),
        category=catalogue.categories.get(record.categ_id or 0, ""),
        bin=sites.bin(filled[0]) if len(filled) == 1 else "",
        by_measure=unit.by_measure,
        unit=unit.name,
        history=_history(key, unit, past),
    )


def _history(key: ProductAtSite, unit: ProductUnit, past: PastMoves) -> History:
    received, counted = past.last.received.get(key), past.last.counted.get(key)
    return History(
        sold_since_count=unit.eaches(past.sold[key]) if key in past.sold else None,
        last_received_at=instants.instant(received) if received else None,
        last_received_qty=unit.eaches(past.received[key]) if key in past.received else None,
        last_counted_at=instants.instant(counted) if counted else None,
    )
