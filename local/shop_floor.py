"""What people do in the demo shop: keep its stock spreadsheet and rules, open a count, upload a file, read mail."""

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from local import shop
from local.browser import FetchedPage, Form
from local.stack import CaughtMail, Stack

PATIENCE_SECONDS = 30
STOCK_KEY = "source/stock.csv"
_Outcome = TypeVar("_Outcome")


class NothingHappenedError(Exception):
    """Something that should have happened by itself did not, within the time a person would wait."""


class NoSuchFormError(Exception):
    """A page came without the form a person would fill in."""


def today() -> date:
    """The shop's calendar day."""
    return datetime.now(shop.TIME_ZONE).date()


def next_month() -> datetime:
    """When the summary of this month is due."""
    return (datetime.now(UTC).replace(day=1) + timedelta(days=32)).replace(day=1, hour=8)


def stock_the_shop(stack: Stack) -> tuple[shop.DemoItem, ...]:
    """Put the rules and the stock spreadsheet into the bucket and have it mirrored; returns the spreadsheet's items."""
    items = shop.stock(today())
    set_rules(stack)
    _put(stack, STOCK_KEY, shop.spreadsheet(items))
    stack.invoke("sync", {})
    return items


def set_rules(stack: Stack) -> None:
    """Put the shop's rules into the bucket."""
    _put(stack, "config/rules.yaml", shop.rules(datetime.now(UTC)))


def _put(stack: Stack, key: str, text: str) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["BucketName"], Key=key, Body=text.encode())


def sell(stack: Stack, sku: str, units: int) -> None:
    """A sale that the stock spreadsheet shows, and the sync that brings it here."""
    content = stack.client("s3").get_object(Bucket=stack.outputs["BucketName"], Key=STOCK_KEY)["Body"].read().decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    for row in rows:
        if row["sku"] == sku:
            row["system_qty"] = str(int(row["system_qty"]) - units)
    text = io.StringIO()
    writer = csv.DictWriter(text, shop.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _put(stack, STOCK_KEY, text.getvalue())
    stack.invoke("sync", {})


def header(stack: Stack, session_id: str) -> dict[str, Any]:
    """A count's header as it is stored."""
    return next(item for item in stack.partition("Counts", f"SESSION#{session_id}") if item["SK"] == "META")


def lines(stack: Stack, session_id: str) -> list[dict[str, Any]]:
    """A count's lines as they are stored."""
    return [item for item in stack.partition("Counts", f"SESSION#{session_id}") if item["SK"].startswith("LINE#")]


def open_count(stack: Stack, location: str, counter: str) -> FetchedPage:
    """Follow the location's link, say who counts, and arrive at the count's own page."""
    page = stack.browser.get(stack.command("link", location))
    return stack.browser.submit(_form(page, "open the count", "/"), counter=counter)


def session_of(page: FetchedPage) -> str:
    """The id of the count that a page shows."""
    shown = re.search(r'Count <span class="code">([^<]+)</span>', page.body)
    if not shown:
        raise NoSuchFormError(f"{page.url} shows no count (status {page.status})")
    return shown[1]


def upload(stack: Stack, page: FetchedPage, name: str, content: bytes) -> FetchedPage:
    """Upload a file with the form on the count's page."""
    return stack.browser.upload(_form(page, "upload a file", stack.outputs["BucketName"]), name, content)


def decide(stack: Stack, link: str, name: str) -> FetchedPage:
    """Follow a mail's button, type a name, and press the button there."""
    page = stack.browser.get(link)
    return stack.browser.submit(_form(page, "decide", "/"), name=name)


def tampered(link: str) -> str:
    """The link with one character of its token exchanged."""
    middle = len(link) - 60
    return link[:middle] + ("A" if link[middle] != "A" else "B") + link[middle + 1 :]


def wait_for_mail(stack: Stack, address: str, seen: int = 0) -> CaughtMail:
    """The first mail to `address` after the `seen` ones already known."""

    def newest() -> CaughtMail | None:
        mails = [mail for mail in stack.mailbox() if address in mail.to]
        return mails[seen] if len(mails) > seen else None

    return wait_until(newest, f"a mail to {address}")


def wait_until(look: Callable[[], _Outcome | None], what: str, seconds: int = PATIENCE_SECONDS) -> _Outcome:
    """Look again and again until there is something; raises NothingHappenedError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        outcome = look()
        if outcome:
            return outcome
        time.sleep(0.3)
    raise NothingHappenedError(f"{what} did not come within {seconds} s")


def _form(page: FetchedPage, purpose: str, action: str) -> Form:
    for form in page.forms:
        if form.action.endswith(action):
            return form
    raise NoSuchFormError(f"{page.url} has no form to {purpose} (status {page.status})")
