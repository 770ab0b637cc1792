"""Odoo at the part of the job that it shares with ours: so many counted lines written and applied."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local import odoo
from local.odoo import Server

_SYSTEM, _COUNTED = 480, 432
_AT_ONCE: Final = 2_000


class WrongStock(Exception):
    """Odoo's stock is not what was counted, so that its time means nothing."""


@dataclass(frozen=True, slots=True)
class OdooTimes:
    """Seconds that Odoo took to take the counts in and to apply them, and how many ``lines`` and gaps there were."""

    written: float
    applied: float
    lines: int
    gaps: int

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.written + self.applied


def apply_count(lines: int, gaps: int, tell: Callable[[str], None]) -> OdooTimes:
    """Make so many products with their stock, then time a count of all of them in which so many are short.

    The count goes in by two writes, one for all that agree and one for all that do not, which is the fastest that Odoo
    takes it, and is applied in one call.

    :raises NoOdooError: when no Odoo answers, or it refuses.
    :raises WrongStock: where it has another stock afterwards.
    """
    tag = secrets.token_hex(5).upper()
    server = odoo.connect(tag)
    location = _warehouse(server, tag)
    quants = list(_stocked(server, tag, location, lines, tell))
    short, agreeing = quants[:gaps], quants[gaps:]
    tell(f"Odoo applies {lines:,} counted lines")
    begun = time.perf_counter()
    _write(server, short, _COUNTED)
    _write(server, agreeing, _SYSTEM)
    written = time.perf_counter() - begun
    server.ask("stock.quant", "action_apply_inventory", ids=quants)
    seconds = time.perf_counter() - begun
    _check(server, location, {_COUNTED: gaps, _SYSTEM: lines - gaps})
    return OdooTimes(written, seconds - written, lines, gaps)


def _warehouse(server: Server, tag: str) -> int:
    (warehouse,) = server.ask("stock.warehouse", "create", vals_list=[{"name": f"Count {tag}", "code": tag[-5:]}])
    (found,) = server.ask("stock.warehouse", "read", ids=[warehouse], fields=["lot_stock_id"], load="")
    return int(found["lot_stock_id"])


def _stocked(server: Server, tag: str, location: int, lines: int, tell: Callable[[str], None]) -> Iterator[int]:
    """The quants of so many new products, each with the same stock."""
    for first in range(0, lines, _AT_ONCE):
        tell(f"{first:,} of {lines:,} products put into Odoo")
        numbers = range(first, min(first + _AT_ONCE, lines))
        products = server.ask("product.product", "create", vals_list=[_product(tag, number) for number in numbers])
        vals = [{"product_id": product, "location_id": location, "quantity": _SYSTEM} for product in products]
        yield from server.ask("stock.quant", "create", vals_list=vals)


def _product(tag: str, number: int) -> dict[str, Any]:
    code = f"COUNT-{tag}-{number}"
    return {"name": code, "default_code": code, "is_storable": True, "standard_price": 0.35}


def _write(server: Server, quants: Sequence[int], quantity: int) -> None:
    server.ask("stock.quant", "write", ids=quants, vals={"inventory_quantity": quantity})


def _check(server: Server, location: int, expected: dict[int, int]) -> None:
    for quantity, number in expected.items():
        domain = [["location_id", "=", location], ["quantity", "=", quantity]]
        found = server.ask("stock.quant", "search_count", domain=domain)
        if found != number:
            raise WrongStock(f"Odoo has {quantity} of {found} items and not of {number}")
