"""A real browser: shows pages and mails as people see them, for the tests and the screenshots."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from local import browser
from local.deploy import PROJECT

# Nothing is fetched from anywhere but the emulator.
_ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"


class NoChromiumError(Exception):
    """There is no Chromium, and none could be installed."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, installed where there is none; raises NoChromiumError."""
    script = subprocess.run(
        [PROJECT / "requirements" / "chromium.sh", sys.executable], capture_output=True, text=True, check=False
    )
    if script.returncode:
        raise NoChromiumError(script.stderr.strip())
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=script.stdout.strip(), args=[_ONLY_HERE])
        yield started
        started.close()


def show(tab: Page, page: browser.FetchedPage) -> None:
    """Show a page in a tab as it was answered once: its text, its status and the headers that confine it."""
    tab.route(
        page.url,
        lambda route: route.fulfill(status=page.status, headers=dict(page.headers), body=page.body),
    )
    tab.goto(page.url)
    tab.unroute(page.url)
