"""A running Odoo 19 for the live tests, by environment variables with the values of a local one."""

import json
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from os import environ
from typing import Any
from urllib.error import URLError

URL = environ.get("STKR_ODOO_URL", "http://127.0.0.1:8069")
DATABASE = environ.get("STKR_ODOO_DATABASE", "stk")
LOGIN = environ.get("STKR_ODOO_LOGIN", "admin")
PASSWORD = environ.get("STKR_ODOO_PASSWORD", "admin")


class NoOdoo(Exception):
    """Nothing answers where the live tests look for Odoo."""


@dataclass(frozen=True, slots=True)
class Server:
    """``admin_key`` is for what happens in the shop, ``key`` that of a user who may do what the connector needs."""

    url: str
    database: str
    admin_key: str
    key: str


def connect(tag: str) -> Server:
    """Make two keys, the second for a new user whose only right is ``Inventory: User``.

    :raises NoOdoo: when none answers.
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
        request = urllib.request.Request(URL + path, content, {"Content-Type": "application/json"})  # noqa: S310 - a developer's own Odoo
        try:
            with self._opener.open(request, timeout=60) as answer:
                said = json.load(answer)
        except URLError as error:
            raise NoOdoo(f"no Odoo answers at {URL} ({error.reason}); start one, or set STKR_ODOO_URL") from error
        if "error" in said:
            raise NoOdoo(f"Odoo at {URL} refuses: {said['error']['data']['message']}")
        return said["result"]
