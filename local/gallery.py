"""Every page and every mail in each of its states, as a count of the demo shop brings them about.

Each is kept as it was answered, so that a page that only a press of a button shows can be looked at again and again.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from local import shop, shop_floor
from local.browser import FetchedPage
from local.saturday import FILE_NAME, Saturday, saturday
from local.shop import CASTOR, HOOK, NAIL_GUN, PLUG, PRIYA, TESTER
from local.stack import CaughtMail, Stack
from stkr.links import tokens

MAILBOX = "http://mail.localhost/"
"""Where mails are shown; nothing answers there."""


class Gallery(dict[str, FetchedPage]):
    """Pages and mails by name. A name begins with what it is of, so that what belongs together sorts together."""

    def keep(self, name: str, page: FetchedPage) -> FetchedPage:
        """Add a page; returns it."""
        self[name] = page
        return page

    def keep_mail(self, name: str, mail: CaughtMail) -> CaughtMail:
        """Add the HTML part of a mail; returns the mail."""
        self[name] = as_page(mail)
        return mail


def as_page(mail: CaughtMail) -> FetchedPage:
    """The HTML part of a mail as a page, which nothing confines."""
    return FetchedPage(MAILBOX, 200, {"content-type": "text/html; charset=utf-8"}, mail.html)


def walk(stack: Stack, approved: str) -> Gallery:
    """Count the fixings aisle and see everything on the way; the shop is stocked.

    :param approved: the SKU of the Saturday count whose variance is approved.
    """
    gallery, seen = Gallery(), len(_to_priya(stack))
    expected = saturday(shop_floor.today())
    counted = _count(stack, gallery, expected)
    mail = gallery.keep_mail("mail-digest", shop_floor.wait_for_mail(stack, PRIYA, seen))
    _decide(stack, gallery, mail, approved)
    _go_astray(stack, gallery, mail)
    _let_stock_move(stack, gallery, mail, seen + 1)
    _correct(stack, gallery, mail, counted, expected)
    _keep_scheduled_mails(stack, gallery)
    return gallery


def _count(stack: Stack, gallery: Gallery, expected: Saturday) -> FetchedPage:
    link = stack.command("link", shop.FIXINGS)
    [form] = gallery.keep("count-open", stack.browser.get(link)).forms
    gallery.keep("count-card", stack.browser.get(link.replace("/?", "/card?")))
    gallery.keep("count-open-error", stack.browser.submit(form, counter=""))
    page = gallery.keep("count-nothing-yet", stack.browser.submit(form, counter="Sam"))
    gallery.keep("count-area", stack.browser.get(f"{page.url}&area=Front"))
    gallery.keep("count-sheet", stack.browser.get(page.url.replace("/?", "/sheet?")))
    shop_floor.upload(stack, page, FILE_NAME, expected.file())
    shop_floor.wait_until(
        lambda: "reconciled_at" in shop_floor.header(stack, shop_floor.session_of(page)), "the reconciled count"
    )
    gallery.keep("count-parked", stack.browser.get(page.url))
    gallery.keep("count-link-not-genuine", stack.browser.get(shop_floor.tampered(page.url)))
    return page


def _decide(stack: Stack, gallery: Gallery, mail: CaughtMail, approved: str) -> None:
    [approve] = gallery.keep("decision-approve", stack.browser.get(mail.link(approved, "Approve"))).forms
    gallery.keep("decision-approve-error", stack.browser.submit(approve, name=""))
    gallery.keep("decision-approved", stack.browser.submit(approve, name="Priya"))
    gallery.keep("decision-already-approved", stack.browser.submit(approve, name="Priya"))
    [reject] = gallery.keep("decision-reject", stack.browser.get(mail.link(HOOK, "Reject"))).forms
    rejected = gallery.keep("decision-rejected", stack.browser.submit(reject, name="Priya"))
    [recount] = gallery.keep("count-open-recount", stack.browser.get(rejected.links[-1])).forms
    gallery.keep("count-recount", stack.browser.submit(recount, counter="Ola"))
    gallery.keep("decision-unrecorded", stack.browser.get(mail.link(TESTER, "Approve")))
    gallery.keep("decision-uncounted", stack.browser.get(mail.link(CASTOR, "Confirm zero")))


def _go_astray(stack: Stack, gallery: Gallery, mail: CaughtMail) -> None:
    link = mail.link(PLUG, "Approve")
    gallery.keep("link-not-genuine", stack.browser.get(shop_floor.tampered(link)))
    other_button = urlsplit(stack.outputs["RejectUrl"])
    gallery.keep(
        "link-of-the-other-button", stack.browser.get(urlsplit(link)._replace(netloc=other_button.netloc).geturl())
    )
    gallery.keep("link-expired", stack.browser.get(_expired(stack, link)))


def _let_stock_move(stack: Stack, gallery: Gallery, mail: CaughtMail, seen: int) -> None:
    shop_floor.sell(stack, NAIL_GUN, 1)
    [form] = gallery.keep("decision-stock-moved", stack.browser.get(mail.link(NAIL_GUN, "Approve"))).forms
    gallery.keep("decision-held", stack.browser.submit(form, name="Priya"))
    afresh = gallery.keep_mail("mail-stock-moved", shop_floor.wait_for_mail(stack, PRIYA, seen))
    gallery.keep("decision-asked-again", stack.browser.get(afresh.link(NAIL_GUN, "Approve")))


def _correct(stack: Stack, gallery: Gallery, mail: CaughtMail, page: FetchedPage, expected: Saturday) -> None:
    """A corrected file counts one plug less, and no tester."""
    items = {item.sku: item for item in shop.stock(shop_floor.today())}
    plug, tester = items[PLUG].barcode, items[TESTER].barcode
    rows = [(code, "113" if code == plug else qty, where) for code, qty, where in expected.rows if code != tester]
    shop_floor.upload(stack, page, FILE_NAME, replace(expected, rows=rows).file())
    session_id = shop_floor.session_of(page)
    shop_floor.wait_until(
        lambda: TESTER not in {line["sku"] for line in shop_floor.lines(stack, session_id)}, "the corrected count"
    )
    gallery.keep("link-out-of-date", stack.browser.get(mail.link(PLUG, "Approve")))
    gallery.keep("link-nothing-left", stack.browser.get(mail.link(TESTER, "Approve")))


def _keep_scheduled_mails(stack: Stack, gallery: Gallery) -> None:
    stack.invoke("sweep", {"detail": {}})
    stack.invoke("summary", {"time": shop_floor.next_month().strftime("%Y-%m-%dT%H:%M:%SZ")})
    gallery.keep_mail("mail-reminder", _about(stack, "never counted"))
    summary = gallery.keep_mail("mail-summary", _about(stack, "Stock counts in"))
    gallery.keep("summary", stack.browser.get(as_page(summary).links[0]))


def _about(stack: Stack, subject: str) -> CaughtMail:
    def first() -> CaughtMail | None:
        return next((mail for mail in stack.mailbox() if subject in mail.subject), None)

    return shop_floor.wait_until(first, f"a mail about {subject}")


def _to_priya(stack: Stack) -> list[CaughtMail]:
    return [mail for mail in stack.mailbox() if PRIYA in mail.to]


def _expired(stack: Stack, link: str) -> str:
    """The same link, with its time over."""
    name = stack.outputs["LinkSigningKeyName"]
    key = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])["key"]
    keys, now = tokens.SigningKeys(key), int(datetime.now(UTC).timestamp())
    genuine = tokens.read(link.partition("=")[2], keys, now)
    return tokens.address(genuine.model_copy(update={"expires_at": now}), keys)
