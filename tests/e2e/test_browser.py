"""People at work in a real browser, on the deployed stack. Script is off, since the pages need none."""

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from local import shop, shop_floor
from local.chromium import show
from local.gallery import as_page
from local.stack import CaughtMail, Stack
from tests.e2e.count import APPROVER, count, on_hand, plentiful

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_staff_open_a_count_fill_in_its_sheet_upload_it_and_see_what_is_parked(
    stack: Stack, tab: Page, tmp_path: Path
) -> None:
    (right, qty), (parked, _), (left, _) = (plentiful(stack, number) for number in (20, 21, 22))
    seen = sum(APPROVER in mail.to for mail in stack.mailbox())
    tab.goto(stack.command("link", shop.FIXINGS))
    tab.get_by_label("Who is counting?").fill("Sam")
    tab.get_by_text("Count only a part of it").click()
    tab.get_by_label("Or a list of SKUs").fill(f"{right}\n{parked}\n{left}")
    tab.get_by_role("button", name="Open the count").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Count of Fixings aisle")

    sheet = tmp_path / "sheet.xlsx"
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download for Excel").click()
    download.value.save_as(sheet)
    fill_in(sheet, {right: qty, parked: "lots"})
    tab.get_by_label("The filled-in sheet, or the file of your scanner").set_input_files(sheet)
    tab.get_by_role("button", name="Upload").click()
    # The page waits for the file to be read; where that takes longer, it says where to look again.
    again = tab.get_by_role("link", name="see what was understood")
    for _ in range(5):
        if again.is_visible():
            again.click()
    expect(tab.get_by_role("heading", name="1 row to mend")).to_be_visible()
    expect(tab.get_by_role("heading", name="unreadable quantity")).to_be_visible()
    expect(tab.get_by_text("lots cannot be read as a quantity")).to_be_visible()
    assert "1 item not counted" in shop_floor.wait_for_mail(stack, APPROVER, seen).subject


def fill_in(sheet: Path, counted: dict[str, int | str]) -> None:
    """Type quantities into the sheet's rows, as a person does; raises LookupError for a SKU it does not list."""
    book = openpyxl.load_workbook(sheet)
    page = book.active
    assert page is not None
    header, *rows = page.iter_rows()
    titles = [str(cell.value) for cell in header]
    todo = dict(counted)
    for row in rows:
        sku = str(row[titles.index("SKU")].value)
        if sku in todo:
            row[titles.index("Counted quantity")].value = todo.pop(sku)
    assert not todo
    book.save(sheet)


def tap(tab: Page, mail: CaughtMail, sku: str, label: str) -> None:
    """Open the mail, and tap a button below an item."""
    show(tab, as_page(mail))
    tab.locator(f'a[href="{mail.link(sku, label)}"]').click()


def test_a_manager_decides_from_the_mail_and_has_a_rejected_item_counted_again(stack: Stack, tab: Page) -> None:
    (approved, qty), (rejected, other_qty) = plentiful(stack, 23), plentiful(stack, 24)
    mail = count(stack, {approved: qty - 40, rejected: other_qty - 50}).mail

    tap(tab, mail, approved, "Approve")
    tab.get_by_label("Your name").fill("Priya")
    tab.get_by_role("button", name=f"Approve: change stock from {qty} to {qty - 40}").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Approved")
    assert on_hand(stack, approved) == qty - 40
    tap(tab, mail, approved, "Approve")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Already approved")
    expect(tab.get_by_role("button")).to_have_count(0)

    tap(tab, mail, rejected, "Reject")
    tab.get_by_label("Your name").fill("Priya")
    tab.get_by_role("button", name="Reject: leave stock as it is").click()
    assert on_hand(stack, rejected) == other_qty
    tab.get_by_role("link", name=f"Count {rejected} again").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Count again: Fixings aisle")
    tab.get_by_label("Who is counting?").fill("Ola")
    tab.get_by_role("button", name="Open the count").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Recount of Fixings aisle")
    expect(tab.locator("main")).to_contain_text("1 item on a list")
    expect(tab.locator("main")).not_to_contain_text(re.compile(rf"\b{other_qty}\b"))
