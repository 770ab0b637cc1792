"""``stkr bookings`` on the template's table."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from stkr.domain import instants
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import post_unrecorded
from stkr_cli.app import app

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

TABLE = "shop-inventory"


def test_what_waits_to_be_booked_is_listed_with_its_age_the_longest_wait_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stkr_cli.commands.bookings.outputs", lambda _stack: {"InventoryTableName": TABLE})
    now = datetime.now(UTC)
    for sku, days in (("=BOLT", 3), ("NUT", 40)):
        approved_at = instants.instant(now - timedelta(days=days, minutes=1))
        action = post_unrecorded(
            TABLE,
            location="shop",
            sku=sku,
            name=f"Item {sku}",
            adjustment=f"count.{sku}.r1",
            counted_qty=Decimal(7),
            at=approved_at,
        )
        assert transact([action], pause) == ["done"]

    result = CliRunner().invoke(app, ["bookings"])

    assert result.exit_code == 0, result.output
    header, *rows = csv.reader(result.stdout.splitlines())
    assert header == ["id", "sku", "location", "name", "units", "approved_at", "days"]
    assert [(row[1], row[4], row[-1]) for row in rows] == [("NUT", "7", "40"), ("'=BOLT", "7", "3")]
