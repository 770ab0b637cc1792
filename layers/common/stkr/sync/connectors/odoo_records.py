"""What Odoo 19 answers, and what it means to us: stock rows, movements, and where an adjustment is to be booked. Pure.

Odoo keeps a quantity per product and place (a shelf, a package), in the product's own unit. A location of ours is a
place with everything inside it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.alias import split_alias
from stkr.domain.errors import SourceRefused
from stkr.domain.exact import ONE, ZERO
from stkr.domain.movement import Movement, MovementKind
from stkr.domain.stock import History, StockRow
from stkr.domain.units import CASE, held_in, is_measure
from stkr.stockfile.read import MAX_NAME_CHARS, MAX_SKU_CHARS
from stkr.tabular.text import visible

ORIGIN = "stock count reconciler"
"""What a move of ours says it comes from."""
_PLACES = Decimal("0.000001")
_NAMED = 5
_KINDS: Mapping[str, MovementKind] = {
    "customer": MovementKind.SALE,
    "supplier": MovementKind.RECEIPT,
    "inventory": MovementKind.ADJUSTMENT,
}
"""Usage of the place at the other end of a move; what comes from or goes to any other place is a transfer."""


def _text(value: Any) -> Any:
    return "" if value is False else value


def _reference(value: Any) -> Any:
    """A reference to a record is its id, the id with a name, or ``false``."""
    if value is False:
        return None
    return value[0] if isinstance(value, list) and value else value


def _plain(number: Decimal) -> Decimal:
    """Without the zeros that Odoo writes behind the point."""
    return number.to_integral_value() if number == number.to_integral_value() else number.normalize()


def _utc(naive: datetime | None) -> datetime | None:
    return naive and naive.replace(tzinfo=UTC)


# Odoo writes false where it has nothing.
_Text = Annotated[str, BeforeValidator(_text)]
_Id = Annotated[int, BeforeValidator(_reference)]
_MaybeId = Annotated[int | None, BeforeValidator(_reference)]
_Number = Annotated[Decimal, AfterValidator(_plain)]
_Moment = Annotated[datetime, AfterValidator(_utc)]


class Record(BaseModel):
    """Base: field names are Odoo's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def names(cls) -> list[str]:
        """The fields to ask Odoo for."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Warehouse(Record):
    """``view_location_id`` is the place that all places of the warehouse are in, ``lot_stock_id`` its stock."""

    id: int
    code: str
    view_location_id: _Id
    lot_stock_id: _Id
    int_type_id: _Id
    delivery_steps: str


class OdooLocation(Record):
    """A location of Odoo; only those with the usage ``internal`` hold the company's stock."""

    id: int
    complete_name: str
    usage: str
    parent_path: str
    warehouse_id: _MaybeId


class Unit(Record):
    """A unit of measure; ``factor`` is how many of the unit at the root of its tree it holds.

    Odoo rounds its quantities to whole multiples of ``rounding``.
    """

    id: int
    name: str
    factor: _Number
    rounding: _Number
    parent_path: str

    @property
    def root(self) -> int:
        """The unit that all of its tree are made of."""
        return int(self.parent_path.partition("/")[0])


class Category(Record):
    """A product category with all it is in."""

    id: int
    complete_name: str


class Packaging(Record):
    """The barcode of one packaging of a product."""

    product_id: _Id
    uom_id: _Id
    barcode: str


class SupplierCode(Record):
    """A supplier's code for a variant, or where ``product_id`` is empty for all variants of a product."""

    product_id: _MaybeId
    product_tmpl_id: _MaybeId
    product_code: str


class Product(Record):
    """A variant whose quantity Odoo keeps. ``display_name`` is read without the code."""

    id: int
    default_code: _Text
    barcode: _Text
    display_name: str
    standard_price: _Number
    categ_id: _MaybeId
    uom_id: _Id
    uom_ids: list[int]
    tracking: str
    product_tmpl_id: _Id
    active: bool
    property_stock_inventory: _MaybeId

    @property
    def sku(self) -> str:
        """Its internal reference, or its barcode where it has none; empty where neither can be a SKU."""
        code = visible(self.default_code) or visible(self.barcode)
        return code if len(code) <= MAX_SKU_CHARS else ""


class Quant(Record):
    """What is of a product at a place, in a package or loose, in the product's unit."""

    id: int
    product_id: _Id
    location_id: _Id
    package_id: _MaybeId
    owner_id: _MaybeId
    quantity: _Number


class MoveLine(Record):
    """A line of a done move; ``units`` are in the product's unit."""

    id: int
    move_id: _MaybeId
    product_id: _Id
    location_id: _Id
    location_dest_id: _Id
    units: _Number = Field(alias="quantity_product_uom")
    date: _Moment
    reference: _Text
    origin: _Text


class Trace(Record):
    """When a product last moved from one place to another, apart for what was counted (``is_inventory``)."""

    product_id: _Id
    location_id: _Id
    location_dest_id: _Id
    is_inventory: bool = Field(alias="move_id.is_inventory")
    last: _Moment = Field(alias="date:max")


class Total(Record):
    """How much of a product moved from one place to another, in the product's unit."""

    product_id: _Id
    location_id: _Id
    location_dest_id: _Id
    units: _Number = Field(alias="quantity_product_uom:sum")


class Stamp(Record):
    """Figures of some records that differ once any of them has changed; ``newest`` is when the newest change began."""

    count: int = Field(alias="__count")
    last: _MaybeId = Field(alias="id:max")
    newest: Annotated[datetime | None, BeforeValidator(_reference), AfterValidator(_utc)] = Field(
        alias="write_date:max"
    )
    sums: tuple[Annotated[Decimal | None, BeforeValidator(_reference)], ...]


class OwnMove(Record):
    """A move that was made for an adjustment; ``quantity`` is in the product's unit."""

    id: int
    inventory_name: str
    state: str
    picking_id: _MaybeId
    product_id: _Id
    quantity: _Number
    location_dest_usage: str

    @property
    def units(self) -> Decimal:
        """Negative for what left."""
        return -self.quantity if self.location_dest_usage == "inventory" else self.quantity


_Kind = TypeVar("_Kind", bound=Record)


def parsed(kind: type[_Kind], answer: Any) -> list[_Kind]:
    """Odoo's answer as records.

    :raises SourceRefused: it is not what Odoo 19 says of them.
    """
    try:
        return TypeAdapter(list[kind]).validate_python(answer)  # type: ignore[valid-type]  # a type that is passed in
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        # Without its cause, which quotes the answer.
        raise SourceRefused(f"Odoo's {kind.__name__.lower()} records are not those of Odoo 19: {where}") from None


@dataclass(frozen=True, slots=True)
class Site:
    """A location of ours in Odoo: the place that it is, and the ``stock`` place where things go that are new to it.

    ``transfer_type`` is the operation type of a transfer within its warehouse. ``sells`` says whether what is sold
    leaves from it straight to the customer, so that its sales can be told from transfers.
    """

    name: str
    root: OdooLocation
    stock: int
    transfer_type: int
    sells: bool


class Sites:
    """Our locations, and which of them each place of Odoo belongs to: the nearest it is in."""

    def __init__(
        self, named: Mapping[str, str], warehouses: Iterable[Warehouse], places: Iterable[OdooLocation]
    ) -> None:
        """``named`` maps our names to the full names of Odoo's; without any, every warehouse's stock has its code.

        :raises SourceRefused: a place is not there or has no warehouse, or two warehouses have one code.
        """
        self._places = {place.id: place for place in places}
        by_id = {warehouse.id: warehouse for warehouse in warehouses}
        chosen = self._named(named) if named else self._stocks(by_id.values())
        self.roots: Mapping[int, Site] = {
            place.id: _site(name, place, by_id.get(place.warehouse_id or 0)) for name, place in chosen.items()
        }
        self.by_name = {site.name: site for site in self.roots.values()}

    def _named(self, named: Mapping[str, str]) -> dict[str, OdooLocation]:
        by_name = {place.complete_name: place for place in self._places.values() if place.usage in ("internal", "view")}
        missing = sorted(set(named.values()) - by_name.keys())
        if missing:
            raise SourceRefused(f"Odoo has no location {', '.join(missing)}; nothing was changed. Mend the secret")
        return {name: by_name[place] for name, place in named.items()}

    def _stocks(self, warehouses: Collection[Warehouse]) -> dict[str, OdooLocation]:
        twice = [code for code, times in Counter(each.code for each in warehouses).items() if times > 1]
        if twice:
            raise SourceRefused(
                f"several warehouses of Odoo are called {', '.join(twice)}; nothing was changed. "
                "Name the locations in the secret"
            )
        return {each.code: self._places[each.lot_stock_id] for each in warehouses}

    def of(self, place: int) -> Site | None:
        """The location of ours that a place of Odoo belongs to."""
        return self._sites.get(place)

    @cached_property
    def _sites(self) -> dict[int, Site]:
        return {
            place.id: self.roots[nearest]
            for place in self._places.values()
            if (nearest := next((up for up in _path(place) if up in self.roots), None)) is not None
        }

    def usage(self, place: int) -> str:
        """What a place is for; empty for one that we may not see."""
        return self._places[place].usage if place in self._places else ""

    def bin(self, place: int) -> str:
        """A place's name within its location; empty for the location itself."""
        site = self._sites[place]
        return (
            self._places[place].complete_name.removeprefix(f"{site.root.complete_name}/")
            if site.root.id != place
            else ""
        )


def _path(place: OdooLocation) -> Iterator[int]:
    """The place and all it is in, from the inside out."""
    return (int(step) for step in reversed(place.parent_path.strip("/").split("/")))


def _site(name: str, place: OdooLocation, warehouse: Warehouse | None) -> Site:
    if warehouse is None:
        raise SourceRefused(
            f"Odoo's location {place.complete_name} is in no warehouse; nothing was changed. Choose another"
        )
    return Site(
        name=name,
        root=place,
        stock=place.id if place.usage == "internal" else warehouse.lot_stock_id,
        transfer_type=warehouse.int_type_id,
        sells=warehouse.delivery_steps == "ship_only" or place.id == warehouse.view_location_id,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What a product's quantities are in. ``size`` is eaches per unit of Odoo, 1 for what is sold by measure."""

    unit: str
    by_measure: bool
    size: Decimal


@dataclass(frozen=True)
class Catalogue:
    """What Odoo says of the things themselves. ``products`` are by id, archived ones too."""

    products: Mapping[int, Product]
    units: Mapping[int, Unit]
    categories: Mapping[int, str]
    packagings: Mapping[int, Sequence[Packaging]]
    supplier_codes: Sequence[SupplierCode]

    def held(self, product: int) -> Held:
        """What a product's quantities are in."""
        unit = self.units[self.products[product].uom_id]
        known = held_in(unit.name)
        # A tonne that we have no word for is still none of a countable thing.
        if is_measure(held_in(self.units[unit.root].name)):
            return Held(known if is_measure(known) else "", True, ONE)
        return Held(known if known == CASE and unit.factor == 1 else "", False, unit.factor)

    def pack(self, product: int, unit: int) -> Decimal | None:
        """How many eaches (or of the product's measure) a packaging holds; ``None`` if that cannot be said exactly."""
        own, packed = self.units[self.products[product].uom_id], self.units.get(unit)
        if packed is None or packed.root != own.root:
            return None
        exact = packed.factor / own.factor if self.held(product).by_measure else packed.factor
        return _plain(exact) if exact == exact.quantize(_PLACES) else None

    def pack_size(self, product: int) -> Decimal | None:
        """Eaches per case, where there is one kind of case only."""
        units = {*self.products[product].uom_ids, *(each.uom_id for each in self.packagings.get(product, ()))}
        sizes = {size for unit in units if (size := self.pack(product, unit)) is not None and size > 1}
        return sizes.pop() if len(sizes) == 1 else None

    def aliases(self, product: int) -> tuple[str, ...]:
        """Barcodes, those of packagings as ``CODE*24``, and suppliers' codes."""
        own = self.products[product]
        codes = [own.barcode, *self._codes_of_suppliers.get(product, ())]
        # It would be read as the barcode of a case.
        single = [code for code in map(visible, codes) if split_alias(code)[1] is None]
        cases = [
            code if size == 1 else f"{code}*{size:f}"
            for each in self.packagings.get(product, ())
            if split_alias(code := visible(each.barcode))[1] is None
            and (size := self.pack(product, each.uom_id)) is not None
        ]
        return tuple(dict.fromkeys(code for code in (*single, *cases) if code and code != own.sku))

    @cached_property
    def _codes_of_suppliers(self) -> Mapping[int, list[str]]:
        variants: dict[int, list[int]] = defaultdict(list)
        for product in self.products.values():
            variants[product.product_tmpl_id].append(product.id)
        codes: dict[int, list[str]] = defaultdict(list)
        for code in self.supplier_codes:
            meant = [code.product_id] if code.product_id else variants.get(code.product_tmpl_id or 0, [])
            for variant in meant:
                codes[variant].append(code.product_code)
        return codes


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to each product at each of our locations, by product and location name.

    ``moved`` are all that were ever there. ``sold`` has only those whose sales since the last count are known.
    """

    moved: frozenset[tuple[int, str]]
    counted: Mapping[tuple[int, str], datetime]
    received: Mapping[tuple[int, str], datetime]
    received_units: Mapping[tuple[int, str], Decimal]
    sold: Mapping[tuple[int, str], Decimal]


def last_times(
    traces: Iterable[Trace], sites: Sites
) -> tuple[frozenset[tuple[int, str]], dict[tuple[int, str], datetime], dict[tuple[int, str], datetime]]:
    """What was ever there, when it was last counted, and when last received, by product and location name."""
    moved: set[tuple[int, str]] = set()
    counted: dict[tuple[int, str], datetime] = {}
    received: dict[tuple[int, str], datetime] = {}
    for trace in traces:
        for site in filter(None, {sites.of(trace.location_id), sites.of(trace.location_dest_id)}):
            place = trace.product_id, site.name
            moved.add(place)
            if trace.is_inventory:
                counted[place] = max(trace.last, counted.get(place, trace.last))
        into = sites.of(trace.location_dest_id)
        if into and sites.usage(trace.location_id) == "supplier":
            place = trace.product_id, into.name
            received[place] = max(trace.last, received.get(place, trace.last))
    return frozenset(moved), counted, received


def received_units(
    lines: Iterable[MoveLine], received: Mapping[tuple[int, str], datetime], sites: Sites
) -> dict[tuple[int, str], Decimal]:
    """How much came with each last receipt, in the product's unit."""
    units: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        into = sites.of(line.location_dest_id)
        if into and received.get((line.product_id, into.name)) == line.date:
            units[line.product_id, into.name] += line.units
    return units


def sold_units(
    totals: Iterable[Total], counted: Iterable[tuple[int, str]], sites: Sites
) -> dict[tuple[int, str], Decimal]:
    """How much was sold and not brought back since the count of each of ``counted``, in the product's unit."""
    sold = {place: ZERO for place in counted if sites.by_name[place[1]].sells}
    for total in totals:
        out, back = sites.of(total.location_id), sites.of(total.location_dest_id)
        if out and (total.product_id, out.name) in sold:
            sold[total.product_id, out.name] += total.units
        if back and (total.product_id, back.name) in sold:
            sold[total.product_id, back.name] -= total.units
    return sold


def stock_rows(catalogue: Catalogue, sites: Sites, quants: Iterable[Quant], past: Past) -> tuple[StockRow, ...]:
    """One row for each product and location where it is or ever was, in order of the products' ids.

    What is sold out has no quantity in Odoo, but is still expected to be none. A product without a code is left out,
    and so is an archived one of which there is nothing left.

    :raises SourceRefused: two of the products have one code.
    """
    at: dict[tuple[int, str], dict[int, Decimal]] = defaultdict(dict)
    for quant in quants:
        if site := sites.of(quant.location_id):
            bins = at[quant.product_id, site.name]
            bins[quant.location_id] = bins.get(quant.location_id, ZERO) + quant.quantity
    stocked = sorted(place for place in at.keys() | past.moved if place[0] in catalogue.products)
    listed = [
        (product, name)
        for product, name in stocked
        if catalogue.products[product].sku
        and (catalogue.products[product].active or sum(at.get((product, name), {}).values()))
    ]
    _refuse_shared_codes(catalogue.products[product] for product in dict.fromkeys(product for product, _ in listed))
    return tuple(_row(catalogue, sites, product, name, at.get((product, name), {}), past) for product, name in listed)


def _refuse_shared_codes(products: Iterable[Product]) -> None:
    shared = [code for code, times in Counter(product.sku for product in products).items() if times > 1]
    if shared:
        more = f" and {len(shared) - _NAMED:,} more" if len(shared) > _NAMED else ""
        raise SourceRefused(
            f"several products of Odoo have the internal reference {', '.join(sorted(shared)[:_NAMED])}{more}; "
            "nothing was changed. Give each its own"
        )


def _row(
    catalogue: Catalogue, sites: Sites, product: int, name: str, bins: Mapping[int, Decimal], past: Past
) -> StockRow:
    own, held = catalogue.products[product], catalogue.held(product)
    filled = [place for place, quantity in bins.items() if quantity]
    place = product, name
    received, counted = past.received.get(place), past.counted.get(place)
    return StockRow(
        sku=own.sku,
        name=visible(own.display_name)[:MAX_NAME_CHARS],
        location=name,
        system_qty=_eaches(sum(bins.values(), ZERO), held),
        unit_cost=_plain((own.standard_price / held.size).quantize(_PLACES)) if held.size != 1 else own.standard_price,
        pack_size=catalogue.pack_size(product),
        aliases=catalogue.aliases(product),
        category=catalogue.categories.get(own.categ_id or 0, ""),
        bin=sites.bin(filled[0]) if len(filled) == 1 else "",
        by_measure=held.by_measure,
        unit=held.unit,
        history=History(
            sold_since_count=_eaches(past.sold[place], held) if place in past.sold else None,
            last_received_at=instants.instant(received) if received else None,
            last_received_qty=_eaches(past.received_units[place], held) if place in past.received_units else None,
            last_counted_at=instants.instant(counted) if counted else None,
        ),
    )


def _eaches(units: Decimal, held: Held) -> Decimal:
    return _plain(units * held.size)


def movements_of(catalogue: Catalogue, sites: Sites, lines: Iterable[MoveLine]) -> tuple[Movement, ...]:
    """The lines as movements, one for each move and location of ours that it changed."""
    units: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    latest: dict[tuple[int, str], tuple[MoveLine, MovementKind]] = {}
    for line in lines:
        known = catalogue.products.get(line.product_id)
        out, into = sites.of(line.location_id), sites.of(line.location_dest_id)
        if known is None or not known.sku or out is into:
            continue
        for site, other, sign in ((out, line.location_dest_id, -1), (into, line.location_id, 1)):
            if site:
                place = line.move_id or -line.id, site.name
                units[place] += sign * _eaches(line.units, catalogue.held(line.product_id))
                kind = _KINDS.get(sites.usage(other), MovementKind.TRANSFER)
                latest[place] = max(latest.get(place, (line, kind)), (line, kind), key=lambda each: each[0].date)
    return tuple(
        Movement(
            sku=catalogue.products[line.product_id].sku,
            location=name,
            kind=kind,
            units=units[move, name],
            at=instants.instant(line.date),
            # A delivery names many moves; an adjustment of ours names one.
            reference=line.reference if line.origin == ORIGIN else f"{line.reference} #{abs(move)}",
        )
        for (move, name), (line, kind) in latest.items()
        if units[move, name]
    )


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
        """Whether a move does exactly what is wanted."""
        return (move.product_id, move.units) == (self.product, self.units)

    def move(self) -> dict[str, Any]:
        """The move as Odoo's own inventory adjustment would make it, still to be validated."""
        gone = self.units < 0
        return {
            **self._way(self.site.root.id if gone else self.loss, self.loss if gone else self.shares[0].place),
            "product_id": self.product,
            "product_uom_qty": abs(self.units),
            "is_inventory": True,
            "inventory_name": self.adjustment.id,
            "origin": ORIGIN,
            "picked": True,
            # Two moves of one product would be merged if Odoo were to confirm them.
            "state": "confirmed",
            "move_line_ids": [
                [
                    0,
                    0,
                    {
                        **self._way(share.place if gone else self.loss, self.loss if gone else share.place),
                        "product_id": self.product,
                        "quantity": share.units,
                        "package_id": (share.package if gone else None) or False,
                        "result_package_id": (None if gone else share.package) or False,
                        "picked": True,
                    },
                ]
                for share in self.shares
            ],
        }

    @staticmethod
    def _way(source: int, target: int) -> dict[str, Any]:
        return {"location_id": source, "location_dest_id": target}


def plan_bookings(
    catalogue: Catalogue, sites: Sites, quants: Iterable[Quant], adjustments: Iterable[Adjustment]
) -> tuple[dict[str, Booking], dict[str, str]]:
    """How each adjustment is booked, and for those that cannot be, why; both by the adjustment's id."""
    by_sku: dict[str, list[Product]] = defaultdict(list)
    for product in sorted(catalogue.products.values(), key=lambda product: not product.active):
        # An archived product matters only where no other has its code.
        if product.active or not by_sku[product.sku]:
            by_sku[product.sku].append(product)
    held: dict[tuple[int, str], dict[tuple[int, int | None], Decimal]] = defaultdict(dict)
    for quant in quants:
        # What belongs to somebody else is not ours to write off.
        if (site := sites.of(quant.location_id)) and quant.owner_id is None:
            places = held[quant.product_id, site.name]
            where = quant.location_id, quant.package_id
            places[where] = places.get(where, ZERO) + quant.quantity
    bookings: dict[str, Booking] = {}
    problems: dict[str, str] = {}
    for adjustment in adjustments:
        found, site = by_sku.get(adjustment.sku, []), sites.by_name.get(adjustment.location)
        problem = _problem(catalogue, found, site, adjustment.units)
        if problem is not None or site is None:
            problems[adjustment.id] = problem or ""
            continue
        product = found[0]
        units = adjustment.units / catalogue.held(product.id).size
        shares = tuple(_shares(held[product.id, site.name], units, site.stock))
        loss = product.property_stock_inventory or 0
        bookings[adjustment.id] = Booking(adjustment, product.id, site, loss, units, shares)
    return bookings, problems


def _problem(catalogue: Catalogue, found: Sequence[Product], site: Site | None, units: Decimal) -> str | None:
    if site is None:
        return "its location is not one of those that are read from Odoo"
    if len(found) != 1:
        return "several products of Odoo have this code" if found else "no product of Odoo has this code"
    (product,) = found
    if product.tracking != "none":
        return "Odoo tracks it by lots or serial numbers, and a count does not say which: adjust it in Odoo"
    unit = catalogue.units[product.uom_id]
    if units % (unit.rounding * catalogue.held(product.id).size):
        return f"Odoo keeps it in {unit.name} to {unit.rounding:f}: adjust it in Odoo"
    return None if product.property_stock_inventory else "the product has no inventory loss location in Odoo"


def _shares(places: dict[tuple[int, int | None], Decimal], units: Decimal, stock: int) -> Iterator[BookingShare]:
    """Where to book: what was found where most is, or where Odoo is in the red; what is missing from the fullest first.

    ``places`` are what is where, and are changed by what is booked.
    """
    by_quantity = sorted(places, key=lambda place: (-places[place], place[0], place[1] or 0)) or [(stock, None)]
    fullest, emptiest = by_quantity[0], by_quantity[-1]
    if units > 0:
        where = emptiest if places.get(emptiest, ZERO) < 0 else fullest
        places[where] = places.get(where, ZERO) + units
        yield BookingShare(*where, units)
        return
    left = -units
    # Where Odoo has less than is missing, the fullest place goes into the red.
    short = max(left - sum(max(quantity, ZERO) for quantity in places.values()), ZERO)
    for place in by_quantity:
        part = min(left, max(places.get(place, ZERO), ZERO)) + short
        if part:
            places[place] = places.get(place, ZERO) - part
            yield BookingShare(*place, part)
        left, short = left - part, ZERO
