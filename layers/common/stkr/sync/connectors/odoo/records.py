"""Odoo's records as typed values. Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from stkr.domain.errors import SourceRefused
from stkr.stockfile.read import MAX_SKU_CHARS
from stkr.tabular.text import visible

ORIGIN = "stock count reconciler"
"""The origin that each of our moves gives."""


def _text(value: Any) -> Any:
    return "" if value is False else value


def _reference(value: Any) -> Any:
    """A reference to a record is its id, the id with a name, or ``false``."""
    if value is False:
        return None
    return value[0] if isinstance(value, list) and value else value


def without_zeros(number: Decimal) -> Decimal:
    """The number without the zeros that Odoo writes after the decimal point."""
    return number.to_integral_value() if number == number.to_integral_value() else number.normalize()


def _utc(naive: datetime | None) -> datetime | None:
    return naive and naive.replace(tzinfo=UTC)


# Odoo writes false where it has nothing.
_Text = Annotated[str, BeforeValidator(_text)]
_Id = Annotated[int, BeforeValidator(_reference)]
_MaybeId = Annotated[int | None, BeforeValidator(_reference)]
_Number = Annotated[Decimal, AfterValidator(without_zeros)]
_Moment = Annotated[datetime, AfterValidator(_utc)]


class Record(BaseModel):
    """Base of all records; field names are Odoo's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def field_names(cls) -> list[str]:
        """The fields to ask Odoo for."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Warehouse(Record):
    """``view_location_id`` is the place that contains all places of the warehouse, ``lot_stock_id`` its stock."""

    id: int
    code: str
    view_location_id: _Id
    lot_stock_id: _Id
    int_type_id: _Id
    delivery_steps: str


class OdooLocation(Record):
    """A place; only those with the usage ``internal`` hold the company's stock."""

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
        """The unit at the root of its tree."""
        return int(self.parent_path.partition("/")[0])


class Category(Record):
    """A product category; its ``complete_name`` begins with those of the categories it is in."""

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


def parse_records(kind: type[_Kind], answer: Any) -> list[_Kind]:
    """An answer of Odoo as records.

    :raises SourceRefused: the fields are not those of Odoo 19.
    """
    try:
        return TypeAdapter(list[kind]).validate_python(answer)  # type: ignore[valid-type]  # a type that is passed in
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        # The cause is not chained: it quotes the answer.
        raise SourceRefused(f"Odoo's {kind.__name__.lower()} records are not those of Odoo 19: {where}") from None
