"""The mails keep to what Outlook and Gmail make of HTML, and say the same without it."""

import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from stkr.mail.message import Mail
from stkr.summary.mail import summary_mail
from stkr.summary.sections import sections
from stkr.sweep.digest import MAX_ITEMS, MAX_WAITING
from stkr.sweep.digest_mail import CountInDigest, DigestItem, digest_mail
from stkr.sweep.reminder import Proposal
from stkr.sweep.reminder_mail import LocationToCount, reminder_mail
from stkr.sweep.report import ReportTable
from stkr.sweep.report_mail import report_mail
from tests.unit.summary.test_sections import SUMMARY
from tests.unit.sweep.digest_mails import DRILL, NOW, mail
from tests.unit.web.samples import PRIYA, RULES, SESSION, Read, line, rolled, uncounted, unrecorded

pytestmark = pytest.mark.unit

GMAIL_SHOWS = 102_000
"""Bytes of HTML; what is beyond is hidden behind a link."""

ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body"),
    *("table", "tr", "th", "td", "div", "p", "h1", "h2", "h3", "span", "strong", "a", "br"),
}
# What Outlook's engine (Word's) or Gmail drop.
FORBIDDEN = re.compile(
    r"\b(position|float|transform|animation|background-image|box-shadow|gap|"
    r"flex[\w-]*|grid[\w-]*|display\s*:\s*(?:flex|grid|inline-flex|inline-grid))\s*:|\burl\(|\bvar\(|\bcalc\(|!important|\brem\b"
)


URL = "https://" + "i" * 32 + ".lambda-url.eu-west-2.on.aws/?t=" + "t" * 330


def longest(**changed: object) -> DigestItem:
    """A variance about which there is as much to say as there can be."""
    variance = line(
        name="N" * 60, rationale="r" * 240, sku="S" * 20, incomplete=True, held_from_qty=Decimal(500), **changed
    )
    return DigestItem(variance, URL, URL)


def waiting() -> list[CountInDigest]:
    """As many variances as fit into one mail of what waits, each of a count of its own."""
    place = {"session_id": "2026-11-21-" + "l" * 40, "location": "l" * 40, "counter": "c" * 40}
    return [CountInDigest(SESSION.model_copy(update=place), [longest(mails=1)])] * MAX_WAITING


TO_COUNT = LocationToCount(
    "fixings-aisle",
    65,
    "https://count.example.com/?t=x",
    "https://count.example.com/?t=y",
    proposals=[Proposal("NUT-M6", "M6 nuts", ("short at 2 counts in the last year",))],
)
MAILS = {
    "digest": mail(
        line(), DRILL, rolled(), unrecorded(), uncounted(), line(held_from_qty=Decimal(500), incomplete=True)
    ),
    "again": mail(line(mails=1), uncounted(mails=2)),
    "full": digest_mail(PRIYA, [CountInDigest(SESSION, [longest()] * MAX_ITEMS)], RULES, NOW),
    "full of what waits": digest_mail(PRIYA, waiting(), RULES, NOW + timedelta(days=100)),
    "summary": summary_mail("o@example.com", "Stock counts", SUMMARY.paragraphs, sections(SUMMARY), URL),
    "reminder": reminder_mail(PRIYA, TO_COUNT, RULES),
    "report": report_mail(
        "o@example.com", "Left", ["4 counts."], [ReportTable("Parked rows", [("Aisle", "3 rows")], "Fix them.")]
    ),
}
every_mail = pytest.mark.parametrize("sent", MAILS.values(), ids=MAILS)


@every_mail
def test_only_elements_that_every_mail_program_shows(sent: Mail) -> None:
    assert {tag for tag, _ in Read(sent.html).elements} <= ELEMENTS


@every_mail
def test_layout_is_tables_that_a_screen_reader_passes_over(sent: Mail) -> None:
    """A table of figures has headers, and is read as such."""
    read = Read(sent.html)
    figure_tables = [table for table in read.all("table") if table.get("role") != "presentation"]
    assert bool(figure_tables) == bool(read.all("th"))
    assert all(header["scope"] == "row" for header in read.all("th"))


@every_mail
def test_nothing_is_loaded_from_elsewhere_and_the_language_is_said(sent: Mail) -> None:
    read = Read(sent.html)
    assert not {"img", "script", "link", "form", "iframe"} & {tag for tag, _ in read.elements}
    assert "url(" not in sent.html
    assert read.all("html") == [{"lang": "en-GB"}]


@every_mail
def test_styles_are_inline_and_survive(sent: Mail) -> None:
    read = Read(sent.html)
    styles = [attributes["style"] for _, attributes in read.elements if "style" in attributes]
    assert [style for style in styles if FORBIDDEN.search(style)] == []
    for tag in ("td", "p", "h1", "h2", "h3", "th"):
        assert all("style" in each or not each.keys() - {"width", "height"} for each in read.all(tag)), tag


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
    shown, text = Read(PREVIEW.sub("", sent.html)), LINK.sub("", sent.text)
    assert LINK.findall(sent.text) == shown.links()
    assert not Counter(FIGURE.findall(shown.text)) - Counter(FIGURE.findall(text))


PREVIEW = re.compile(r"<div style=\"display:none.*?</div>", flags=re.DOTALL)
"""What lists of mails show beside the subject; the mail says it again."""

LINK = re.compile(r"https://\S+")
FIGURE = re.compile(r"(?<![\w-])[-+]?[£$€]?\d(?:[\d.,:]*\d)?%?")
"""A number with sign, currency and percent, and not a piece of a SKU."""
