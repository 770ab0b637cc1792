"""When each product was last counted and received and how much was sold, from the moves that Odoo keeps. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stkr.domain.exact import ZERO
from stkr.sync.connectors.odoo.locations import Sites
from stkr.sync.connectors.odoo.records import MoveLine, Total, Trace

ProductAtSite = tuple[int, str]
"""The id of a product and the name of a location of ours."""


@dataclass(frozen=True, slots=True)
class LastTimes:
    """All products that were ``ever_there``, and when each was last counted and received."""

    ever_there: frozenset[ProductAtSite]
    counted: Mapping[ProductAtSite, datetime]
    received: Mapping[ProductAtSite, datetime]


@dataclass(frozen=True, slots=True)
class PastMoves:
    """What happened to each product at each of our locations.

    ``sold`` has only products whose sales since the last count are known. Quantities are in the product's unit.
    """

    last: LastTimes
    received: Mapping[ProductAtSite, Decimal]
    sold: Mapping[ProductAtSite, Decimal]


def last_times(traces: Iterable[Trace], sites: Sites) -> LastTimes:
    """Which products were ever at which location, and when each was last counted and received there."""
    ever_there: set[ProductAtSite] = set()
    counted: dict[ProductAtSite, datetime] = {}
    received: dict[ProductAtSite, datetime] = {}
    for trace in traces:
        for site in filter(None, {sites.of(trace.location_id), sites.of(trace.location_dest_id)}):
            key = trace.product_id, site.name
            ever_there.add(key)
            if trace.is_inventory:
                counted[key] = max(trace.last, counted.get(key, trace.last))
        into = sites.of(trace.location_dest_id)
        if into and sites.usage(trace.location_id) == "supplier":
            key = trace.product_id, into.name
            received[key] = max(trace.last, received.get(key, trace.last))
    return LastTimes(frozenset(ever_there), counted, received)


def received_units(
    lines: Iterable[MoveLine], received: Mapping[ProductAtSite, datetime], sites: Sites
) -> dict[ProductAtSite, Decimal]:
    """How much came with each last receipt, in the product's unit."""
    units: dict[ProductAtSite, Decimal] = defaultdict(Decimal)
    for line in lines:
        into = sites.of(line.location_dest_id)
        if into and received.get((line.product_id, into.name)) == line.date:
            units[line.product_id, into.name] += line.units
    return units


def sold_units(totals: Iterable[Total], counted: Iterable[ProductAtSite], sites: Sites) -> dict[ProductAtSite, Decimal]:
    """How much was sold and not brought back since the count of each of ``counted``, in the product's unit."""
    sold = {key: ZERO for key in counted if sites.by_name[key[1]].sells}
    for total in totals:
        out, back = sites.of(total.location_id), sites.of(total.location_dest_id)
        if out and (total.product_id, out.name) in sold:
            sold[total.product_id, out.name] += total.units
        if back and (total.product_id, back.name) in sold:
            sold[total.product_id, back.name] -= total.units
    return sold
