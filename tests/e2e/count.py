"""A count on the deployed stack, from the opened page to the mail, each test's on SKUs of its own."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local import shop, shop_floor
from local.browser import Form
from local.stack import CaughtMail, Stack

APPROVER = shop.PRIYA


@dataclass(frozen=True)
class Count:
    """A session that was counted and mailed."""

    stack: Stack
    session_id: str
    mail: CaughtMail

    def line(self, sku: str) -> Mapping[str, Any]:
        """A line as stored."""
        items = self.stack.partition("Counts", f"SESSION#{self.session_id}")
        return next(item for item in items if item["SK"] == f"LINE#{sku}")

    def trail(self, sku: str) -> list[str]:
        """The actions on a SKU in this session, in order."""
        rows = self.stack.partition("Adjustments", f"SKU#{sku}")
        return [row["action"] for row in rows if row["session_id"] == self.session_id]

    def button(self, sku: str, label: str) -> Form:
        """The form behind a button of the mail."""
        [form] = self.stack.browser.get(self.mail.link(sku, label)).forms
        return form

    def press(self, *buttons: Form) -> list[int]:
        """Press all these buttons at the same time, each as somebody else; the status codes, sorted."""
        names = [f"Manager {number}" for number in range(len(buttons))]
        with ThreadPoolExecutor(len(buttons)) as people:
            pages = people.map(lambda form, name: self.stack.browser.submit(form, name=name), buttons, names)
            return sorted(page.status for page in pages)


def count(stack: Stack, counts: Mapping[str, int], *more: str) -> Count:
    """Open a count of just these SKUs, upload what was counted and ``more`` rows, and wait for the manager's mail."""
    seen = sum(APPROVER in mail.to for mail in stack.mailbox())
    page = stack.browser.get(stack.command("open", shop.FIXINGS, "--counter", "Sam", *_listed(counts)).split()[-1])
    rows = [f"{sku},{qty}" for sku, qty in counts.items()]
    shop_floor.upload(stack, page, "scan.csv", "\n".join(["code,qty", *rows, *more]).encode())
    return Count(stack, shop_floor.session_of(page), shop_floor.wait_for_mail(stack, APPROVER, seen))


def _listed(counts: Mapping[str, int]) -> list[str]:
    return [argument for sku in counts for argument in ("--sku", sku)]


def plentiful(stack: Stack, number: int) -> tuple[str, int]:
    """SKU and quantity of an item of the fixings aisle with at least 200 on the books; a number for each test."""
    rows = stack.partition("Inventory", f"LOC#{shop.FIXINGS}")
    row = [row for row in rows if row["system_qty"] >= 200][-1 - number]
    return row["SK"].removeprefix("SKU#"), int(row["system_qty"])


def on_hand(stack: Stack, sku: str) -> Decimal:
    """What the books say of a SKU in the fixings aisle."""
    [row] = [row for row in stack.partition("Inventory", f"LOC#{shop.FIXINGS}") if row["SK"] == f"SKU#{sku}"]
    quantity = row["system_qty"]
    assert isinstance(quantity, Decimal)
    return quantity
