"""The real template on an emulator of its own, deployed once for all end-to-end tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from rich.console import Console

from local import gallery, shop, story
from local.chromium import chromium
from local.deploy import PROJECT, build_and_deploy
from local.emulator import Emulator
from local.process import free_port
from local.report import Report
from local.stack import Stack
from tests.concurrency.tables import ENDPOINT, Tables


@pytest.fixture(scope="session")
def tables() -> Iterator[Tables]:
    """The road from the functions to their tables, on which nobody meets anybody until a test wants it."""
    tables = Tables(free_port(), seed=1)
    yield tables
    tables.close()


@pytest.fixture(scope="session")
def emulator(tables: Tables) -> Iterator[Emulator]:
    """A running emulator with its model stand-in, on ports nobody uses, with IAM enforcement on."""
    emulator = Emulator(Path(PROJECT) / ".local" / "tests", port=tables.leads_to, model_port=free_port())
    emulator.stop()  # what an interrupted run may have left
    emulator.start({ENDPOINT: tables.url})
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def deployed(emulator: Emulator) -> Stack:
    """The deployed stack, with nothing in it."""
    build_and_deploy(emulator)
    return Stack(emulator)


@pytest.fixture(scope="session")
def saturday(deployed: Stack) -> Report:
    """What came of the story, which stocks the shop: it wants a stack that nothing has happened on."""
    report = Report(Console(quiet=True))
    story.tell(deployed, report)
    return report


@pytest.fixture(scope="session")
def stack(deployed: Stack, saturday: Report) -> Stack:
    """The deployed stack with the demo shop, after its Saturday count."""
    return deployed


@pytest.fixture(scope="session")
def pages(stack: Stack) -> gallery.Gallery:
    """Every page and every mail in each of its states, by name."""
    return gallery.walk(stack, shop.SCREW)  # the bolts of the Saturday count agree by now


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as started:
        yield started
