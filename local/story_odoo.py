"""The same shop with its stock in Odoo: counted against it, decided by link, booked there, and quiet afterwards.

Everything is in one location, so that the whole shop of about 2,000 SKUs is one count. Every sixteenth shelf is short.
"""

import csv
import io
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus

from local import odoo, shop, shop_floor
from local.odoo import DemoWarehouse
from local.report import Report
from local.shop import PRIYA
from local.stack import CaughtMail, Stack

_EVERY = 16


def tell(stack: Stack, report: Report) -> None:
    """Play the story on a freshly deployed stack and a running Odoo.

    :raises NoOdooError: when none answers.
    """
    items = [replace(item, location=shop.FIXINGS) for item in shop.stock(shop_floor.today())]
    short = {item.sku: item.system_qty - 3 - item.system_qty // 10 for item in items[::_EVERY]}
    warehouse = _the_shop(stack, report, items)
    session_id = _the_count(stack, report, items, short)
    rejected = _the_decisions(stack, report, items, short)
    _the_booking(stack, report, warehouse, session_id, {sku: short[sku] for sku in short if sku != rejected})


def _the_shop(stack: Stack, report: Report, items: Sequence[shop.DemoItem]) -> DemoWarehouse:
    report.chapter("The shop, mirrored from Odoo")
    tag = secrets.token_hex(5).upper()
    with report.working(f"Put {len(items):,} products with their stock into Odoo"):
        server = odoo.connect(tag)
        warehouse = odoo.fill(server, tag, items)
    source = {
        "connector": "odoo",
        "url": server.url,
        "database": server.database,
        "api_key": server.key,
        "locations": {shop.FIXINGS: warehouse.name},
    }
    name = stack.outputs["SyncCredentialName"]
    stack.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(source))
    shop_floor.set_rules(stack)
    with report.working("Connect the stack to it, and sync"):
        stack.invoke("sync", {})
    rows = _rows(stack)
    report.check("items", len(rows), len(items))
    in_odoo = {item.sku: (item.system_qty, item.system_qty, 0) for item in items}
    report.check("items with the quantity that Odoo has", _agreeing(rows, in_odoo), len(items))
    return warehouse


def _the_count(stack: Stack, report: Report, items: Sequence[shop.DemoItem], short: Mapping[str, int]) -> str:
    report.chapter(f"Sam counts all of it; {len(short)} shelves are short")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Barcode", "Qty"))
    writer.writerows((item.barcode, short.get(item.sku, item.system_qty)) for item in items)
    page = shop_floor.open_count(stack, shop.FIXINGS, "Sam")
    session_id = shop_floor.session_of(page)
    with report.working(f"Upload {len(items):,} rows, capture, reconcile, suggest causes and mail them"):
        shop_floor.upload(stack, page, "scan.csv", text.getvalue().encode())
        shop_floor.wait_until(lambda: len(_mails(stack, short)) == len(short), "mails with every variance", 180)
    states = Counter(line["state"] for line in shop_floor.lines(stack, session_id))
    report.check("lines queued", states["queued"], len(short))
    report.check("lines in agreement", states["in_agreement"], len(items) - len(short))
    return session_id


def _the_decisions(stack: Stack, report: Report, items: Sequence[shop.DemoItem], short: Mapping[str, int]) -> str:
    report.chapter("Priya decides about each by its link")
    mails = _mails(stack, short)
    rejected, *approved = short
    with report.working(f"Approve {len(approved)}, reject {rejected}"):
        answers = [shop_floor.decide(stack, mails[sku].link(sku, "Approve"), "Priya").status for sku in approved]
        answers.append(shop_floor.decide(stack, mails[rejected].link(rejected, "Reject"), "Priya").status)
    report.check("answers", Counter(answers), {HTTPStatus.OK: len(short)})
    before = {item.sku: item.system_qty for item in items}
    rows = _rows(stack)
    waiting = {sku: (short[sku], before[sku], short[sku] - before[sku]) for sku in approved}
    report.check("items as counted, with the adjustment waiting to be booked", _agreeing(rows, waiting), len(approved))
    return rejected


def _the_booking(
    stack: Stack, report: Report, warehouse: DemoWarehouse, session_id: str, approved: Mapping[str, int]
) -> None:
    report.chapter("The next sync books what was approved")
    with report.working(f"Book {len(approved)} adjustments in Odoo, and mirror it"):
        stack.invoke("sync", {})
    rows = _rows(stack)
    booked = {sku: (quantity, quantity, 0) for sku, quantity in approved.items()}
    report.check("items of which nothing waits any more", _agreeing(rows, booked), len(approved))
    report.check("items with the counted quantity in Odoo", _agreeing(warehouse.quantities(), approved), len(approved))
    lines = {line["SK"].removeprefix("LINE#"): line for line in shop_floor.lines(stack, session_id)}
    names = {f"{session_id}.{sku}.r{int(lines[sku]['revision']):03}": lines[sku]["gap_units"] for sku in approved}
    moves = warehouse.adjustments()
    report.check("stock moves in Odoo", len(moves), len(approved))
    report.check("stock moves of the right units under a variance's id", _agreeing(moves, names), len(approved))
    report.say(f"such as {next(iter(names))}: {next(iter(names.values()))}")
    again = stack.invoke("sync", {})
    report.check("the sync after that changes", again["changed"], 0)
    report.check("books unchanged", _rows(stack) == rows, True)


def _rows(stack: Stack) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """System, source and unbooked quantity by SKU."""
    return {
        row["SK"].removeprefix("SKU#"): (row["system_qty"], row["source_qty"], row["unbooked_qty"])
        for row in stack.partition("Inventory", f"LOC#{shop.FIXINGS}")
    }


def _agreeing(figures: Mapping[str, object], wanted: Mapping[str, object]) -> int:
    """How many are as they should be."""
    return sum(figures.get(name) == figure for name, figure in wanted.items())


def _mails(stack: Stack, skus: Mapping[str, int]) -> dict[str, CaughtMail]:
    """The mail to Priya that asks about each SKU."""
    mails: dict[str, CaughtMail] = {}
    for mail in stack.mailbox():
        if PRIYA in mail.to:
            mails |= {sku: mail for sku in skus if f">{sku} ·" in mail.html}
    return mails
