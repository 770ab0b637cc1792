"""Several people count areas of one session, and parked rows come back filled in, on the deployed stack."""

import csv
import io
from urllib.parse import urlencode

import pytest

from local import shop, shop_floor
from local.browser import FetchedPage
from local.stack import Stack
from stkr.capture.read_fix_sheet import TITLES
from tests.e2e.count import APPROVER, count, plentiful

pytestmark = pytest.mark.e2e


def opened(stack: Stack, sku: str) -> FetchedPage:
    return stack.browser.get(stack.command("open", shop.FIXINGS, "--counter", "Sam", "--sku", sku).split()[-1])


def counted(stack: Stack, page: FetchedPage, sku: str) -> int | None:
    """What the session's line of a SKU says, once there is one."""
    lines = stack.partition("Counts", f"SESSION#{shop_floor.session_of(page)}")
    return next((int(line["counted_qty"]) for line in lines if line["SK"] == f"LINE#{sku}"), None)


def test_the_areas_that_two_people_upload_on_the_page_add_up(stack: Stack) -> None:
    sku, qty = plentiful(stack, 11)
    page = opened(stack, sku)
    seen = sum(APPROVER in mail.to for mail in stack.mailbox())
    for area, part in (("Front", qty - 60), ("Back store", 20)):
        of_area = stack.browser.get(f"{page.url}&{urlencode({'area': area})}")
        shop_floor.upload(stack, of_area, "scan.csv", f"code,qty\n{sku},{part}\n".encode())
    shop_floor.wait_for_mail(stack, APPROVER, seen)
    shop_floor.wait_until(lambda: counted(stack, page, sku) == qty - 40, "both areas in one line")


def test_a_code_confirmed_in_a_fix_sheet_counts_and_is_known_until_it_is_taken_back(stack: Stack) -> None:
    sku, qty = plentiful(stack, 12)
    page = opened(stack, sku)
    shop_floor.upload(stack, page, "scan.csv", f"code,qty\nOLD-LABEL,{qty - 40}\n".encode())
    fixes = page.url.replace("/?", "/fixes.csv?")
    rows = shop_floor.wait_until(
        lambda: list(csv.reader(io.StringIO(stack.browser.get(fixes).body.removeprefix("\ufeff"))))[1:],
        "the row to fix",
    )
    [row] = rows
    assert row[:4] == ["scan.csv", "2", "OLD-LABEL", str(qty - 40)]
    filled = io.StringIO()
    csv.writer(filled).writerows([TITLES, [*row[:5], sku, "", "yes"]])
    shop_floor.upload(stack, page, "fixes.csv", filled.getvalue().encode())
    shop_floor.wait_until(lambda: counted(stack, page, sku) == qty - 40, "the fixed row")
    assert f"OLD-LABEL</span> is {sku} (fixes.csv, row 2)" in stack.browser.get(page.url).body

    assert f"{sku},OLD-LABEL,{shop_floor.session_of(page)}" in stack.command("aliases")
    again = count(stack, {sku: qty - 41}, f"old-label,{qty - 41}")
    assert again.line(sku)["counted_qty"] == qty - 41
    assert "OLD-LABEL is forgotten" in stack.command("aliases", "--forget", "OLD-LABEL")
    assert "OLD-LABEL" not in stack.command("aliases")
