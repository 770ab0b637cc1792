"""A shop in Odoo, with a warehouse of its own, and what happens in it."""

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import urllib3

from stkr.domain.adjustment import Adjustment
from stkr.domain.movement import Movement
from stkr.domain.names import Instant
from stkr.domain.stock import StockRow
from stkr.sync.connector import Reading
from stkr.sync.connectors.odoo.connector import Odoo
from stkr.sync.connectors.odoo.description import OdooSource
from stkr.sync.connectors.odoo.records import ORIGIN
from tests.odoo.relay import Relay

LOCATION = "shop"


class OdooShop:
    """Whatever is asked of it goes through the relay, so that it is recorded as well."""

    def __init__(self, relay: Relay, key: str, admin_key: str, database: str) -> None:
        self.relay = relay
        self.tag = relay.facts["tag"]
        self.now = datetime.fromisoformat(relay.facts["now"])
        self._key, self._admin_key, self._database = key, admin_key, database
        (self.warehouse,) = self.ask(
            "stock.warehouse", "create", vals_list=[{"name": f"Shop {self.tag}", "code": self.tag[-5:]}]
        )
        (found,) = self.ask("stock.warehouse", "read", ids=[self.warehouse], load="", fields=_WAREHOUSE)
        self._warehouse: dict[str, Any] = found
        self.stock = int(found["lot_stock_id"])
        usages = ("customer", "supplier", "inventory")
        places = self.ask(
            "stock.location",
            "search_read",
            domain=[["usage", "in", usages]],
            fields=["usage", "complete_name", "parent_path"],
            order="id desc",
        )
        self._outside = {place["usage"]: place["id"] for place in places}

    def ask(self, model: str, method: str, **arguments: Any) -> Any:
        """What happens in the shop, by its own administrator."""
        headers = {"Authorization": f"bearer {self._admin_key}", "X-Odoo-Database": self._database}
        url = f"{self.relay.url}/json/2/{model}/{method}"
        answer = urllib3.request("POST", url, json=arguments, headers=headers, timeout=120, retries=False)
        assert answer.status == 200, answer.data[:500]
        return answer.json()

    def sku(self, name: str) -> str:
        """A code that no other test has."""
        return f"{name}-{self.tag}"

    def product(self, name: str, quantity: float = 0, **fields: Any) -> int:
        """A product that the shop keeps; its internal reference is ``sku(name)``."""
        values = {"name": f"Item {self.tag}", "default_code": self.sku(name), "is_storable": True, **fields}
        (product,) = self.ask("product.product", "create", vals_list=[values])
        if quantity:
            self.receive(product, quantity)
        return int(product)

    def shelf(self, name: str) -> int:
        """A place within the stock."""
        (place,) = self.ask("stock.location", "create", vals_list=[{"name": name, "location_id": self.stock}])
        return int(place)

    def receive(self, product: int, quantity: float, into: int | None = None) -> None:
        self._move("in_type_id", product, quantity, self._outside["supplier"], into or self.stock)

    def sell(self, product: int, quantity: float) -> None:
        self._move("out_type_id", product, quantity, self.stock, self._outside["customer"])

    def take_back(self, product: int, quantity: float) -> None:
        self._move("in_type_id", product, quantity, self._outside["customer"], self.stock)

    def shelve(self, product: int, quantity: float, shelf: int) -> None:
        self._move("int_type_id", product, quantity, self.stock, shelf)

    def send_away(self, product: int, quantity: float) -> None:
        """Into a place that is not the shop's stock."""
        self._move("int_type_id", product, quantity, self.stock, int(self._warehouse["wh_pack_stock_loc_id"]))

    def scrap(self, product: int, quantity: float) -> None:
        values = {"product_id": product, "scrap_qty": quantity, "location_id": self.stock}
        (scrap,) = self.ask("stock.scrap", "create", vals_list=[values])
        self.ask("stock.scrap", "action_validate", ids=[scrap])

    def count(self, product: int, quantity: float) -> None:
        """Adjust as people do it in Odoo."""
        values = {"product_id": product, "location_id": self.stock, "inventory_quantity": quantity}
        (quant,) = self.ask("stock.quant", "create", vals_list=[values], context={"inventory_mode": True})
        self.ask("stock.quant", "action_apply_inventory", ids=[quant])

    def _move(self, kind: str, product: int, quantity: float, source: int, target: int) -> None:
        way = {"location_id": source, "location_dest_id": target}
        move = {**way, "product_id": product, "product_uom_qty": quantity, "quantity": quantity, "picked": True}
        values = {**way, "picking_type_id": self._warehouse[kind], "move_ids": [[0, 0, move]]}
        (transfer,) = self.ask("stock.picking", "create", vals_list=[values])
        assert self.ask("stock.picking", "button_validate", ids=[transfer]) is True

    def waiting(self) -> int:
        """How many transfers of the connector wait to be validated."""
        domain = [
            ["origin", "=", ORIGIN],
            ["picking_type_id", "=", self._warehouse["int_type_id"]],
            ["state", "not in", ["done", "cancel"]],
        ]
        return len(self.ask("stock.picking", "search", domain=domain))

    def wait_a_second(self) -> None:
        """Until Odoo's clock, whose times are whole seconds, has moved on."""
        if self.relay.is_live:
            time.sleep(1.1)

    def connector(self, later: timedelta = timedelta(0)) -> Odoo:
        """As the sync makes one for each run."""
        source = OdooSource.model_validate(
            {
                "connector": "odoo",
                "url": self.relay.url,
                "database": self._database,
                "api_key": self._key,
                "locations": {LOCATION: f"{self.tag[-5:]}/Stock"},
            }
        )
        return Odoo(source, self.now + later)

    def reading(self) -> Reading:
        reading = self.connector().read(None, self.now - timedelta(hours=1))
        assert reading is not None
        return reading

    def rows(self) -> Mapping[str, StockRow]:
        """The stock by SKU without its tag."""
        return {row.sku.removesuffix(f"-{self.tag}"): row for row in self.reading().rows}

    def movements(self) -> Collection[Movement]:
        return self.reading().movements or ()

    def quantities(self) -> dict[str, Decimal]:
        return {sku: row.system_qty for sku, row in self.rows().items()}

    def adjustment(self, name: str, units: str, session: str = "S1", location: str = LOCATION) -> Adjustment:
        sku = self.sku(name)
        at = self.now.astimezone(UTC).isoformat()
        return Adjustment(f"{self.tag}{session}.{sku}.r100", sku, location, Decimal(units), Instant(at))


_WAREHOUSE = ["lot_stock_id", "in_type_id", "out_type_id", "int_type_id", "wh_pack_stock_loc_id"]
