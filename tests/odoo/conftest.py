"""Each test runs against the recording of an Odoo 19, and with ``make test-odoo`` against a running one."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.odoo import NoOdooError, Server, connect
from tests.odoo.relay import Relay
from tests.odoo.shop import OdooShop


@pytest.fixture(scope="session")
def server() -> Server:
    """The running Odoo."""
    try:
        return connect(_tag())
    except NoOdooError as nobody:
        pytest.exit(str(nobody), returncode=1)


@pytest.fixture(
    params=[pytest.param("recorded", marks=pytest.mark.adapters), pytest.param("live", marks=pytest.mark.odoo)]
)
def shop(request: pytest.FixtureRequest) -> Iterator[OdooShop]:
    """A shop without stock. What a live one is asked and answers is recorded under the name of the test."""
    live: Server | None = request.getfixturevalue("server") if request.param == "live" else None
    facts = {"tag": _tag(), "now": datetime.now(UTC).isoformat(timespec="seconds")}
    # Without the fixture's own parameter: ``an_answer_that_is_lost_books_nothing_twice-create``.
    name = (
        request.node.name.removeprefix("test_")
        .replace(request.param, "")
        .replace("[]", "")
        .replace("[-", "-")
        .rstrip("-]")
    )
    with Relay(name, live, facts).serving() as relay:
        key, admin_key, database = (live.key, live.admin_key, live.database) if live else ("key", "admin-key", "stk")
        yield OdooShop(relay, key, admin_key, database)


def _tag() -> str:
    return secrets.token_hex(5).upper()
