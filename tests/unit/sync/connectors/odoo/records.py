"""Records of a small Odoo for the tests: one product, BOLT, in a warehouse with one shelf."""

from decimal import Decimal
from typing import Any

from stkr.sync.connectors.odoo.catalogue import Catalogue
from stkr.sync.connectors.odoo.locations import Sites
from stkr.sync.connectors.odoo.records import OdooLocation, Product, Quant, Unit, Warehouse, parse_records

D = Decimal
STOCK, SHELF, CUSTOMERS, LOSS = 5, 6, 2, 11
PLACES = parse_records(
    OdooLocation,
    [
        {"id": 4, "complete_name": "WH", "usage": "view", "parent_path": "4/", "warehouse_id": 1},
        {"id": STOCK, "complete_name": "WH/Stock", "usage": "internal", "parent_path": "4/5/"} | {"warehouse_id": 1},
        {"id": SHELF, "complete_name": "WH/Stock/A", "usage": "internal", "parent_path": "4/5/6/"}
        | {"warehouse_id": 1},
        {"id": CUSTOMERS, "complete_name": "C", "usage": "customer", "parent_path": "2/"} | {"warehouse_id": False},
    ],
)
PIECE = Unit(id=1, name="Units", factor=D(1), rounding=D("0.01"), parent_path="1/")
GRAM = Unit(id=2, name="g", factor=D(1), rounding=D("0.01"), parent_path="2/")
BOX = Unit(id=3, name="Box of 24", factor=D(24), rounding=D("0.01"), parent_path="1/3/")
SACK = Unit(id=4, name="Sack", factor=D(25000), rounding=D("0.01"), parent_path="2/4/")
UNITS = {unit.id: unit for unit in (PIECE, GRAM, BOX, SACK)}


def sites(named: dict[str, str] | None = None, steps: str = "ship_only") -> Sites:
    warehouse = Warehouse(id=1, code="WH", view_location_id=4, lot_stock_id=STOCK, int_type_id=7, delivery_steps=steps)
    return Sites(named or {}, [warehouse], PLACES)


def product(**fields: Any) -> Product:
    values: dict[str, Any] = {"id": 1, "default_code": "BOLT", "barcode": "", "display_name": "Bolt", "categ_id": None}
    values |= {"standard_price": D("0.35"), "uom_id": 1, "uom_ids": [], "tracking": "none", "product_tmpl_id": 9}
    return Product.model_validate(values | {"active": True, "property_stock_inventory": LOSS} | fields)


def catalogue(*products: Product, **fields: Any) -> Catalogue:
    others: dict[str, Any] = {"categories": {}, "packagings": {}, "supplier_codes": ()} | fields
    return Catalogue(products={record.id: record for record in products}, units=UNITS, **others)


def quant(id_: int, place: int, quantity: Decimal, owner: int | None = None) -> Quant:
    return Quant(id=id_, product_id=1, location_id=place, package_id=None, owner_id=owner, quantity=quantity)
