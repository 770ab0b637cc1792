"""The lines of Odoo's moves as movements. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from stkr.domain import instants
from stkr.domain.movement import Movement, MovementKind
from stkr.sync.connectors.odoo.catalogue import Catalogue
from stkr.sync.connectors.odoo.locations import Sites
from stkr.sync.connectors.odoo.records import ORIGIN, MoveLine

_KINDS: Mapping[str, MovementKind] = {
    "customer": MovementKind.SALE,
    "supplier": MovementKind.RECEIPT,
    "inventory": MovementKind.ADJUSTMENT,
}
"""By the usage of the place at the other end of a move; what comes from or goes to any other place is a transfer."""


def movements_of(catalogue: Catalogue, sites: Sites, lines: Iterable[MoveLine]) -> tuple[Movement, ...]:
    """The lines as movements, one for each move and location of ours that it changed."""
    units: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    latest: dict[tuple[int, str], tuple[MoveLine, MovementKind]] = {}
    for line in lines:
        product = catalogue.products.get(line.product_id)
        out, into = sites.of(line.location_id), sites.of(line.location_dest_id)
        if product is None or not product.sku or out is into:
            continue
        for site, other_end, sign in ((out, line.location_dest_id, -1), (into, line.location_id, 1)):
            if site:
                key = line.move_id or -line.id, site.name
                units[key] += sign * catalogue.unit_of(line.product_id).eaches(line.units)
                kind = _KINDS.get(sites.usage(other_end), MovementKind.TRANSFER)
                latest[key] = max(latest.get(key, (line, kind)), (line, kind), key=lambda pair: pair[0].date)
    return tuple(
        Movement(
            sku=catalogue.products[line.product_id].sku,
            location=location,
            kind=kind,
            units=units[move, location],
            at=instants.instant(line.date),
            # The reference of a delivery is that of many moves; the one of our adjustment is its own.
            reference=line.reference if line.origin == ORIGIN else f"{line.reference} #{abs(move)}",
        )
        for (move, location), (line, kind) in latest.items()
        if units[move, location]
    )
