"""The mails keep to what Outlook and Gmail make of HTML, and say the same without it."""

import re
from collections import Counter
from decimal import Decimal

import pytest

from stkr.mail.compose import MAX_ITEMS, Item, Mail, Table, digest, reminder, report
from tests.unit.mail.test_compose import DRILL, NOW, mail
from tests.unit.web.samples import PRIYA, RULES, SESSION, Read, line, rolled, uncounted, unrecorded

pytestmark = pytest.mark.unit

GMAIL_SHOWS = 102_000
"""Bytes of HTML; what is beyond is hidden behind a link."""

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body"),
    *("table", "tr", "th", "td", "div", "p", "h1", "h2", "span", "strong", "a", "br"),
}
# What Outlook's engine (Word's) or Gmail drop.
FORBIDDEN = re.compile(
    r"\b(position|float|transform|animation|background-image|box-shadow|gap|"
    r"flex[\w-]*|grid[\w-]*|display\s*:\s*(?:flex|grid|inline-flex|inline-grid))\s*:|\burl\(|\bvar\(|\bcalc\(|!important|\brem\b"
)


def full() -> Mail:
    """The fullest digest: as many variances as fit into one, each as long as it can be."""
    longest = line(
        name="N" * 60, rationale="r" * 240, sku="S" * 20, incomplete=True, held_from_qty=Decimal(500), mails=1
    )
    url = "https://" + "i" * 32 + ".lambda-url.eu-west-2.on.aws/?t=" + "t" * 330
    return digest(PRIYA, SESSION, [Item(longest, url, url)] * MAX_ITEMS, RULES, NOW)


MAILS = {
    "digest": mail(
        line(), DRILL, rolled(), unrecorded(), uncounted(), line(held_from_qty=Decimal(500), incomplete=True)
    ),
    "waiting": mail(line(mails=1), uncounted(mails=2)),
    "full": full(),
    "reminder": reminder(PRIYA, "fixings-aisle", RULES, 65, "https://count.example.com/?t=x"),
    "report": report(
        "owner@example.com", "Stock counts", ["Four counts, 12 gaps."], [Table("Causes", [("Miscount", "3")])]
    ),
}
every_mail = pytest.mark.parametrize("sent", MAILS.values(), ids=MAILS)


@every_mail
def test_only_elements_that_every_mail_program_shows(sent: Mail) -> None:
    assert {tag for tag, _ in Read(sent.html).elements} <= ELEMENTS


@every_mail
def test_layout_is_tables_that_a_screen_reader_passes_over(sent: Mail) -> None:
    """A table with row headers is one of figures, and is read as such."""
    found = Read(sent.html)
    of_figures = len([attributes for tag, attributes in found.elements if tag == "th" and attributes["scope"] == "row"])
    silent = [table.get("role") == "presentation" for table in found.all("table")]
    assert silent.count(False) == (1 if of_figures else 0)


@every_mail
def test_styles_are_inline_and_survive(sent: Mail) -> None:
    found = Read(sent.html)
    styles = [attributes["style"] for _, attributes in found.elements if "style" in attributes]
    assert [style for style in styles if FORBIDDEN.search(style)] == []
    for tag in ("td", "p", "h1", "h2", "th"):
        assert all("style" in each or not each.keys() - {"width", "height"} for each in found.all(tag)), tag


@every_mail
def test_the_one_style_sheet_is_in_the_head_and_only_for_the_dark(sent: Mail) -> None:
    [sheet] = re.findall(r"<style>(.*?)</style>", sent.html, flags=re.DOTALL)
    assert sent.html.index("<style>") < sent.html.index("</head>")
    outside, dark = sheet.split("@media (prefers-color-scheme: dark) {")
    assert outside.split() == ":root { color-scheme: light dark; supported-color-schemes: light dark; }".split()
    classes = set(re.findall(r"\.(\w+)[ ,{]", dark))
    used = {name for _, attributes in Read(sent.html).elements for name in attributes.get("class", "").split()}
    assert used <= classes


@every_mail
def test_gmail_shows_all_of_it(sent: Mail) -> None:
    assert len(sent.html.encode()) < GMAIL_SHOWS


def test_the_fullest_mail_is_nearly_full() -> None:
    assert len(MAILS["full"].html.encode()) > GMAIL_SHOWS / 2


@every_mail
def test_the_text_part_has_every_figure_and_every_link_in_the_same_order(sent: Mail) -> None:
    shown, told = Read(PREVIEW.sub("", sent.html)), LINK.sub("", sent.text)
    assert LINK.findall(sent.text) == shown.links()
    assert not Counter(FIGURE.findall(shown.text)) - Counter(FIGURE.findall(told))


PREVIEW = re.compile(r"<div style=\"display:none.*?</div>", flags=re.DOTALL)
"""What lists of mails show beside the subject; the mail says it again."""

LINK = re.compile(r"https://\S+")
FIGURE = re.compile(r"(?<![\w-])[-+]?[£$€]?\d(?:[\d.,:]*\d)?%?")
"""A number with sign, currency and percent, and not a piece of a SKU."""
