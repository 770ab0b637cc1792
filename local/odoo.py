"""A running Odoo 19, by environment variables with the values of a local one, and the demo shop's stock in it."""

import json
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from http.cookiejar import CookieJar
from os import environ
from typing import Any
from urllib.error import URLError

import urllib3

from local.shop import DemoItem

URL = environ.get("STKR_ODOO_URL", "http://127.0.0.1:8069")
DATABASE = environ.get("STKR_ODOO_DATABASE", "stk")
LOGIN = environ.get("STKR_ODOO_LOGIN", "admin")
PASSWORD = environ.get("STKR_ODOO_PASSWORD", "admin")


class NoOdooError(Exception):
    """No Odoo answers, or it does not do what it is asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """``admin_key`` is for what happens in the shop, ``key`` that of a user who may do what the connector needs."""

    url: str
    database: str
    admin_key: str
    key: str

    def ask(self, model: str, method: str, **arguments: Any) -> Any:
        """What a method of a model answers the administrator.

        :raises NoOdooError: with Odoo's own words where it refuses.
        """
        headers = {"Authorization": f"bearer {self.admin_key}", "X-Odoo-Database": self.database}
        url = f"{self.url}/json/2/{model}/{method}"
        answer = urllib3.request("POST", url, json=arguments, headers=headers, timeout=600, retries=False)
        if answer.status != HTTPStatus.OK:
            raise NoOdooError(f"Odoo refuses {model}.{method}: {answer.data[:500].decode()}")
        return answer.json()


def connect(tag: str) -> Server:
    """Make two keys, the second for a new user whose only right is ``Inventory: User``.

    :raises NoOdooError: when none answers.
    """
    admin = _Session(LOGIN, PASSWORD)
    login, password = f"stkr-{tag}@example.com", f"only-for-{tag}"
    group = admin.call("ir.model.data", "search_read", [[["module", "=", "stock"], ["name", "=", "group_stock_user"]]])
    admin.call(
        "res.users",
        "create",
        [{"name": f"Reconciler {tag}", "login": login, "password": password, "group_ids": [[4, group[0]["res_id"]]]}],
    )
    return Server(URL, DATABASE, admin.key(PASSWORD), _Session(login, password).key(password))


class _Session:
    """A user who is logged in as in a browser, which is the way to an API key."""

    def __init__(self, login: str, password: str) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._post("/web/session/authenticate", {"db": DATABASE, "login": login, "password": password})

    def call(self, model: str, method: str, arguments: list[Any], **context: str) -> Any:
        """What a method of a model answers."""
        asked = {"model": model, "method": method, "args": arguments, "kwargs": {"context": context}}
        return self._post("/web/dataset/call_kw", asked)

    def key(self, password: str) -> str:
        """A key that is good for a day."""
        (wish,) = self.call("res.users.apikeys.description", "create", [[{"name": "test", "duration": "1"}]])
        shown = self.call("res.users.apikeys.description", "make_key", [wish])
        if shown["res_model"] == "res.users.identitycheck":
            shown = self.call("res.users.identitycheck", "run_check", [shown["res_id"]], password=password)
        return str(shown["context"]["default_key"])

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        content = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        request = urllib.request.Request(URL + path, content, {"Content-Type": "application/json"})
        try:
            with self._opener.open(request, timeout=60) as answer:
                said = json.load(answer)
        except URLError as error:
            raise NoOdooError(f"no Odoo answers at {URL} ({error.reason}); start one, or set STKR_ODOO_URL") from error
        if "error" in said:
            raise NoOdooError(f"Odoo at {URL} refuses: {said['error']['data']['message']}")
        return said["result"]


@dataclass(frozen=True, slots=True)
class DemoWarehouse:
    """A warehouse of a demo, and the ids of its products by SKU. Products are those of earlier demos, too."""

    server: Server
    location: int
    name: str
    products: Mapping[str, int]

    def quantities(self) -> dict[str, Decimal]:
        """What Odoo has on hand, by SKU."""
        sku_of = {product: sku for sku, product in self.products.items()}
        quants = self.server.ask(
            "stock.quant",
            "search_read",
            domain=[["location_id", "=", self.location]],
            fields=["product_id", "quantity"],
            load="",
        )
        return {sku_of[quant["product_id"]]: Decimal(str(quant["quantity"])) for quant in quants}

    def adjustments(self) -> dict[str, Decimal]:
        """What was adjusted here since the warehouse was filled: the units of each stock move by its name in Odoo."""
        moves = self.server.ask(
            "stock.move",
            "search_read",
            domain=[
                ["state", "=", "done"],
                ["origin", "!=", False],
                "|",
                ["location_id", "=", self.location],
                ["location_dest_id", "=", self.location],
            ],
            fields=["inventory_name", "quantity", "location_id", "is_inventory"],
            load="",
        )
        return {
            move["inventory_name"]: Decimal(str(move["quantity"])) * (-1 if move["location_id"] == self.location else 1)
            for move in moves
            if move["is_inventory"]
        }


def fill(server: Server, tag: str, items: Sequence[DemoItem]) -> DemoWarehouse:
    """Make a warehouse and put the items' quantities into it, by an inventory adjustment as people do it in Odoo."""
    code = tag[-5:]
    (warehouse,) = server.ask("stock.warehouse", "create", vals_list=[{"name": f"Demo {tag}", "code": code}])
    (created,) = server.ask("stock.warehouse", "read", ids=[warehouse], fields=["lot_stock_id"], load="")
    products = _products(server, items)
    counted = [
        {
            "product_id": products[item.sku],
            "location_id": created["lot_stock_id"],
            "inventory_quantity": item.system_qty,
        }
        for item in items
    ]
    quants = server.ask("stock.quant", "create", vals_list=counted, context={"inventory_mode": True})
    server.ask("stock.quant", "action_apply_inventory", ids=quants)
    return DemoWarehouse(server, created["lot_stock_id"], f"{code}/Stock", products)


def _products(server: Server, items: Iterable[DemoItem]) -> dict[str, int]:
    """The products' ids by SKU; those that an earlier demo has not left are made."""
    wanted = {item.sku: item for item in items}
    domain = [["default_code", "in", list(wanted)]]
    existing = server.ask("product.product", "search_read", domain=domain, fields=["default_code"])
    ids = {product["default_code"]: int(product["id"]) for product in existing}
    new = [item for sku, item in wanted.items() if sku not in ids]
    made = server.ask("product.product", "create", vals_list=[_product(item) for item in new]) if new else []
    return ids | dict(zip((item.sku for item in new), made, strict=True))


def _product(item: DemoItem) -> dict[str, Any]:
    return {
        "name": item.name,
        "default_code": item.sku,
        "barcode": item.barcode,
        "is_storable": True,
        "standard_price": item.pence / 100,  # Odoo's own type for it; its JSON says 0.35 again
    }
