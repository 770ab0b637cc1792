"""The trail of whole counts, told in order and checked against everything that follows from it."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from stkr.domain.names import SessionId
from stkr.infra.settings import SyncSettings, load
from stkr.store import keyspace
from stkr.store.dynamodb import attributes
from stkr_cli.app import app
from tests.handlers.world import PLACE, SCAN, SESSION, World

pytestmark = pytest.mark.handlers

BOLT = "BOLT-M6-50"


@pytest.fixture
def stkr(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the operators' command on this deployment."""
    known = {
        "InventoryTableName": world.inventory,
        "CountsTableName": world.counts,
        "AdjustmentsTableName": world.adjustments,
        "BucketName": world.bucket,
    }
    for module in ("commands.trail", "stack"):
        monkeypatch.setattr(f"stkr_cli.{module}.outputs", lambda _stack: known)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run


def the_main_job(world: World) -> None:
    """A count that is corrected, decided both ways, held once, and partly booked."""
    world.counted()
    world.upload("scan.csv", SCAN.replace(b"DRILL-18V,10", b"DRILL-18V,12").replace(b"432", b"431"))
    world.replay("capture", "scan")
    world.reconcile(2)
    world.replay("sweep", "variances-due")
    world.sell("HINGE-75", 5)
    assert [world.tap("approve", sku)[0] for sku in (BOLT, "HINGE-75")] == [200, 409]
    world.tap("reject", "PAINT-RED")
    world.replay("sweep", "variances-due")
    assert world.tap("approve", "HINGE-75")[0] == 200
    world.counted_again(SCAN.replace(b"432", b"400"))
    assert world.tap("approve", BOLT)[0] == 200


def differences(result: Result) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(result.stdout)["differences"]
    assert result.exit_code == bool(found), result.output
    return found


def test_the_main_job_follows_from_its_trail(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    result = stkr("verify", "--json")
    assert differences(result) == []
    told = json.loads(result.stdout)
    assert (told["posts"], told["changes"], told["waiting"]) == (3, 3, 3)
    for sku in (BOLT, "HINGE-75", "PAINT-RED", "DRILL-18V"):
        assert differences(stkr("verify", sku, "--json")) == []
    assert "Everything follows from the trail." in stkr("verify").stdout


def test_an_uncounted_item_that_was_held_and_is_counted_after_all_follows_from_its_trail(
    world: World, stkr: Callable[..., Result]
) -> None:
    world.counted()
    world.replay("sweep", "variances-due")
    world.sell("HINGE-75", 5)
    assert world.tap("approve", "HINGE-75")[0] == 409
    world.upload("scan.csv", SCAN + b"HINGE-75,3\n")
    world.replay("capture", "scan")
    world.reconcile(2)
    assert [row["action"] for row in world.trail("HINGE-75")] == ["queued", "queued", "withdrawn", "queued"]
    assert differences(stkr("verify", "--json")) == []


def test_what_a_sync_books_leaves_everything_as_the_trail_says(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    rows = [f"{sku},{sku},{PLACE},{qty}" for sku, qty in ((BOLT, 400), ("NUT-M6", 480), ("WASHER-M6", 480))]
    rows += [f"DRILL-18V,Drill,{PLACE},12", f"HINGE-75,Hinge,{PLACE},0", "PAINT-RED,Red,paint-aisle,7"]
    world.put("source/stock.csv", "\n".join(["sku,name,location,system_qty", *rows]).encode())
    outcome = world.replay("sync", "schedule")
    assert outcome["refused"] is None, outcome
    result = stkr("verify", "--json")
    assert differences(result) == []
    assert json.loads(result.stdout)["waiting"] == 0
    assert load(SyncSettings).inventory_table == world.inventory


def tampered(world: World, table: str, key: dict[str, str], changes: dict[str, Any]) -> None:
    boto3.client("dynamodb").update_item(
        TableName=table,
        Key=attributes(key),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues=attributes({f":{name}": value for name, value in changes.items()}),
    )


def test_stock_that_somebody_changed_is_told_with_what_to_do(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    stock = {"PK": keyspace.location(PLACE), "SK": keyspace.sku(BOLT)}
    tampered(world, world.inventory, stock, {"system_qty": Decimal(7)})
    told = differences(stkr("verify", "--json"))
    assert {one["sku"] for one in told} == {BOLT}
    assert differences(stkr("verify", BOLT, "--json")) == told
    shown = stkr("verify")
    assert shown.exit_code == 1
    assert "sync sets it right" in " ".join(shown.stdout.split())


def test_a_row_of_the_trail_that_somebody_removed_or_rewrote_is_told(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    posted = next(row for row in world.trail(BOLT) if row["action"] == "posted")
    key = {name: posted[name] for name in ("PK", "SK")}
    tampered(world, world.adjustments, key, {"user": "Somebody else"})
    assert any("who decided" in one["problem"] for one in differences(stkr("verify", "--json")))
    boto3.client("dynamodb").delete_item(TableName=world.adjustments, Key=attributes(key))
    assert any("posted 0 times" in one["problem"] for one in differences(stkr("verify", "--json")))


def test_a_decision_whose_line_is_the_only_trace_is_told(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    tampered(
        world,
        world.counts,
        {"PK": keyspace.session(SessionId(SESSION)), "SK": keyspace.line("NUT-M6")},
        {"state": "approved"},
    )
    [one, *_] = differences(stkr("verify", "--json"))
    assert one["sku"] == "NUT-M6"


def test_an_item_that_cannot_be_read_is_told_and_hides_nothing_else(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    stock = {"PK": keyspace.location(PLACE), "SK": keyspace.sku(BOLT)}
    tampered(world, world.inventory, stock, {"system_qty": "many"})
    tampered(world, world.inventory, stock | {"SK": keyspace.sku("HINGE-75")}, {"system_qty": Decimal(3)})
    told = differences(stkr("verify", "--json"))
    assert {one["sku"] for one in told} == {BOLT, "HINGE-75"}
    assert [one["problem"] for one in told if one["sku"] == BOLT] == ["an item cannot be read"]


def test_the_story_of_a_sku_names_who_did_what_when_and_through_whose_link(
    world: World, stkr: Callable[..., Result]
) -> None:
    the_main_job(world)
    events = json.loads(stkr("audit", BOLT, "--json").stdout)["events"]
    assert [event["what"] for event in events] == [
        *("queued", "withdrawn", "queued", "approved", "posted"),  # the first count and its correction
        *("queued", "approved", "posted"),
    ]
    posted = events[4]
    assert (posted["who"], posted["link_issued_to"], posted["session_id"]) == ("Priya", "priya@example.com", SESSION)
    assert (posted["before"], posted["after"], posted["gap"], posted["value"]) == ("480", "431", "-49", "-17.15")
    assert (posted["cause"], posted["note"]) == ("shrinkage", "waits to be booked")


def test_the_story_of_a_count_is_told_in_order_from_its_opening_on(world: World, stkr: Callable[..., Result]) -> None:
    the_main_job(world)
    events = json.loads(stkr("audit", "--session", SESSION, "--json").stdout)["events"]
    told = [event["what"] for event in events]
    assert told[0] == "opened"
    assert [told.count(what) for what in ("opened", "uploaded", "read", "reconciled", "withdrawn")] == [1, 2, 2, 1, 2]
    assert "read" in told[: told.index("queued")]
    assert (events[0]["who"], events[0]["note"]) == ("Sam", f"{PLACE}, the whole location: 5 SKUs expected")
    reads = [event["note"] for event in events if event["what"] == "read"]
    assert reads[0] == "capture 1: 6 rows = 5 counted + 0 collapsed + 0 blank + 1 parked"
    # The drills agree since the correction; that they were queued before is told all the same.
    assert [event["what"] for event in events if event["sku"] == "DRILL-18V"] == ["queued", "withdrawn"]
    assert {event["session_id"] for event in events if event["sku"]} == {SESSION}


def test_a_refused_upload_and_the_end_of_a_count_are_told(world: World, stkr: Callable[..., Result]) -> None:
    world.counted()
    header = {"PK": keyspace.session(SessionId(SESSION)), "SK": keyspace.META}
    tampered(world, world.counts, header, {"status": "closed"})
    world.upload("late.csv", SCAN)
    world.replay("capture", "scan")
    shown = stkr("audit", "--session", SESSION)
    assert shown.exit_code == 0, shown.output
    events = json.loads(stkr("audit", "--session", SESSION, "--json").stdout)["events"]
    assert [event["what"] for event in events][-2:] == ["refused", "closed"]


def test_the_table_is_in_the_shops_time_with_units_and_currency(world: World, stkr: Callable[..., Result]) -> None:
    world.counted()
    shown = stkr("audit", "--session", SESSION)
    assert "times in Europe/London" in shown.stdout
    assert "Sat 21 Nov 2026, 09:00" in " ".join(shown.stdout.split())
    assert "-£16.80" in shown.stdout


@pytest.mark.parametrize("arguments", [(), (BOLT, "--session", SESSION)])
def test_audit_wants_to_know_of_what(stkr: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    result = stkr("audit", *arguments)
    assert result.exit_code == 2
    assert "--session" in result.stderr


def test_audit_of_what_there_is_not_says_so(stkr: Callable[..., Result]) -> None:
    assert "there is no trail for NO-SUCH" in stkr("audit", "NO-SUCH").stderr
    assert "no count session" in stkr("audit", "--session", "2026-01-01-none").stderr
