"""Every page and mail in a real browser: for everybody, on small screens, by keyboard, and confined."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it says nothing of types
from playwright.sync_api import Browser, Page, ViewportSize

from local import browser as seen
from local.chromium import show
from local.gallery import MAILBOX, Gallery

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ON_PAGES = {"target-size": {"enabled": True}}  # axe leaves it out unless it is asked
IN_MAILS = {
    **ON_PAGES,
    # A mail is shown inside a mail program's own page, which has the landmarks.
    "region": {"enabled": False},
    "landmark-one-main": {"enabled": False},
}
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""All that another colour scheme can change."""
SMALL: ViewportSize = {"width": 320, "height": 640}
PHONE: ViewportSize = {"width": 390, "height": 844}

# What a person can act on, in the order of the page.
INTERACTIVE = """[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(element => element.checkVisibility())"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab for looking into pages; what does so is script, which the pages themselves would not let run."""
    context = browser.new_context(bypass_csp=True, viewport=PHONE)
    yield context.new_page()
    context.close()


def is_mail(page: seen.FetchedPage) -> bool:
    return page.url == MAILBOX


def violations(tab: Page, **options: object) -> list[str]:
    found = Axe().run(tab, options={"resultTypes": ["violations"], **options}).response
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


def test_axe_finds_nothing_on_any_page_or_mail_in_light_or_dark(tab: Page, pages: Gallery) -> None:
    wrong: dict[tuple[str, str], list[str]] = {}
    for name, page in pages.items():
        show(tab, page)
        tab.emulate_media(color_scheme="light")
        wrong[name, "light"] = violations(tab, runOnly=WCAG, rules=IN_MAILS if is_mail(page) else ON_PAGES)
        tab.emulate_media(color_scheme="dark")
        wrong[name, "dark"] = violations(tab, runOnly=OF_COLOURS)
    assert {where: found for where, found in wrong.items() if found} == {}


def test_axe_finds_what_is_wrong(tab: Page, pages: Gallery) -> None:
    page = pages["decision-approve"]
    show(tab, replace(page, body=page.body.replace('<label for="name">', "<label>")))
    assert any(found.startswith("label: ") for found in violations(tab, runOnly=WCAG))
    tab.emulate_media(color_scheme="dark")
    tab.evaluate("document.querySelector('h1').style.color = '#333'")
    assert any(found.startswith("color-contrast: ") for found in violations(tab, runOnly=OF_COLOURS))


def test_nothing_scrolls_sideways_on_a_small_phone_or_with_letters_of_twice_the_size(tab: Page, pages: Gallery) -> None:
    wrong = {}
    for name, page in pages.items():
        show(tab, page)
        for what, screen, size in (("small", SMALL, "100%"), ("large letters", PHONE, "200%")):
            tab.set_viewport_size(screen)
            tab.evaluate("size => document.documentElement.style.fontSize = size", size)
            if (width := tab.evaluate("document.scrollingElement.scrollWidth")) > screen["width"]:
                wrong[name, what] = width
    assert wrong == {}


def test_everything_is_reached_by_keyboard_in_the_order_of_the_page_with_a_visible_focus(
    tab: Page, pages: Gallery
) -> None:
    wrong = {}
    for name, page in pages.items():
        show(tab, page)
        tab.evaluate(f"window.all = {INTERACTIVE}")
        for number in range(tab.evaluate("all.length")):
            tab.keyboard.press("Tab")
            if (found := tab.evaluate("all.indexOf(document.activeElement)")) != number:
                wrong[name] = f"{found} instead of {number}"
                break
            outline = tab.evaluate("getComputedStyle(document.activeElement).outline")
            if "none" in outline or " 0px" in outline:
                wrong[name] = f"{number} has no visible focus: {outline}"
    assert wrong == {}


def test_what_is_above_on_the_page_comes_before_in_its_text(tab: Page, pages: Gallery) -> None:
    for name, page in pages.items():
        show(tab, page)
        tops = tab.evaluate(
            "[...document.querySelectorAll('h1, h2, h3, p, label, button')].filter(each => each.checkVisibility())"
            ".map(each => Math.round(each.getBoundingClientRect().top))"
        )
        assert tops == sorted(tops), name


def test_each_page_says_in_its_title_how_things_stand_as_its_heading_does(tab: Page, pages: Gallery) -> None:
    for name, page in pages.items():
        if is_mail(page):
            continue
        show(tab, page)
        title, heading = tab.title(), tab.locator("h1").inner_text()
        assert title.startswith("Error: ") == name.endswith("-error"), name
        # The first word tells how things stand: Approved, Already, Rejected, Recount. The rest may be shorter.
        assert re.search(rf"\b{heading.split()[0]}\b", title), name


def test_no_page_asks_for_anything_that_its_policy_forbids(browser: Browser, pages: Gallery) -> None:
    assert refusals(browser, *pages.values()) == []


def test_the_browser_tells_when_a_page_breaks_its_policy(browser: Browser, pages: Gallery) -> None:
    page = pages["decision-approve"]
    [told] = refusals(browser, replace(page, body=page.body.replace("<h1>", '<h1 style="color: red">')))
    assert "style-src" in told


def refusals(browser: Browser, *pages: seen.FetchedPage) -> list[str]:
    """What the browser refused because of a page's content security policy."""
    tab, told = browser.new_page(java_script_enabled=False), []
    tab.on("console", lambda message: told.append(f"{tab.title()}: {message.text}"))
    for page in pages:
        show(tab, page)
    tab.close()
    return [message for message in told if "Content Security Policy" in message]


STATUSES = {
    "decision-approve": 200,
    "decision-approve-error": 422,
    "decision-approved": 200,
    "decision-already-approved": 409,
    "decision-rejected": 200,
    "decision-held": 409,
    "link-expired": 410,
    "link-not-genuine": 403,
    "link-nothing-left": 404,
    "link-of-the-other-button": 403,
    "link-out-of-date": 409,
    "count-link-not-genuine": 403,
    "count-open-error": 422,
}


@pytest.mark.parametrize("name", STATUSES)
def test_each_page_is_answered_with_its_status(pages: Gallery, name: str) -> None:
    assert pages[name].status == STATUSES[name]
