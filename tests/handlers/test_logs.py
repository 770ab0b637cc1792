"""One id follows a count through every function's log, and nothing personal is in any line."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from stkr.domain.names import SessionId
from stkr.infra.telemetry import following, logger
from stkr.store import keyspace
from tests.handlers.world import RULES, SCAN, SESSION, STOCK, World
from tests.template.stack import FUNCTIONS

pytestmark = pytest.mark.handlers

OF_NO_SESSION = {"sync", "summary"}
"""These work on all of the stock, and on a month; neither is about one count."""


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def function_of(line: dict[str, Any]) -> str:
    return str(line["function_name"]).removeprefix("shop-")


def the_main_job(world: World) -> None:
    """A count from its upload to its end, with a hold and a rejection; and one that is opened by its page."""
    world.counted()
    for case in ("show-session", "sheet", "fixes", "show-area"):
        world.replay("session", case)
    world.look("show-approve")
    world.sell("DRILL-18V", 1)
    for action, sku in (("approve", "BOLT-M6-50"), ("approve", "DRILL-18V"), ("reject", "HINGE-75")):
        world.tap(action, sku)
    world.replay("sweep", "variances-due")
    for sku in ("DRILL-18V", "PAINT-RED"):
        assert world.tap("approve", sku)[0] == 200
    world.sweep(datetime.now(UTC) + timedelta(days=30))
    world.replay("session", "open")
    world.replay("summary", "monthly")
    world.replay("sync", "schedule")


def test_every_function_that_works_on_a_count_says_so_under_the_counts_own_id(world: World, log: io.StringIO) -> None:
    the_main_job(world)
    told = {function_of(line) for line in lines(log) if "correlation_id" in line}
    assert told == set(FUNCTIONS) - OF_NO_SESSION


def test_the_story_of_a_count_can_be_read_by_its_id(world: World, log: io.StringIO) -> None:
    the_main_job(world)
    story = [line["message"] for line in lines(log) if line.get("correlation_id") == SESSION]
    told = ["captured", "reconciled", "every gap got a suggested cause", "labelled", "mailed", "decision", "closed"]
    assert [message for message in dict.fromkeys(story) if message in told] == told


def test_no_line_about_a_count_is_without_its_id(world: World, log: io.StringIO) -> None:
    the_main_job(world)
    assert not [line for line in lines(log) if SESSION in json.dumps(line) and line.get("correlation_id") != SESSION]


def test_opening_a_count_is_told_under_the_id_it_gets(world: World, log: io.StringIO) -> None:
    world.stock()
    answer = world.replay("session", "open")
    assert answer["statusCode"] == 303
    [opened] = [line for line in lines(log) if line["message"] == "session opened"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-fixings-aisle-\w+", opened["correlation_id"])


def test_no_address_name_token_or_item_name_is_in_any_line(world: World, log: io.StringIO) -> None:
    the_main_job(world)
    text = log.getvalue()
    tokens = [*world.tokens("approve").values(), *world.tokens("reject").values(), world.links()["session"]]
    names = [name for _, name, *_ in STOCK] + re.findall(r"name: (\w+)[,}]", RULES)
    assert len(names) > len(STOCK)
    assert len(lines(log)) > 10
    for secret in ("@", *tokens):
        assert secret not in text
    for name in names:
        assert not re.search(rf"\b{re.escape(name)}\b", text), name


def test_a_refused_upload_is_told_without_the_name_somebody_gave_its_file(world: World, log: io.StringIO) -> None:
    world.counted()
    boto3.client("s3").put_object(
        Bucket=world.bucket,
        Key=f"{keyspace.upload_prefix(SessionId(SESSION))}Sam Carter.csv",
        Body=SCAN,
        StorageClass="GLACIER",
    )
    world.replay("capture", "scan")
    [refused] = [line for line in lines(log) if line["message"] == "upload refused"]
    assert refused["error"] == "SessionClosed"
    assert "Carter" not in log.getvalue()


def test_a_failure_leaves_a_line_under_the_counts_id_and_without_its_text(log: io.StringIO) -> None:
    with pytest.raises(ValueError, match="Sam"), following(SessionId(SESSION)):
        raise ValueError("Sam wrote this")
    [line] = lines(log)
    assert (line["correlation_id"], line["error"], line["level"]) == (SESSION, "ValueError", "ERROR")
    assert re.fullmatch(r"test_logs\.py:\d+", line["where"])
    assert "Sam" not in log.getvalue()


def test_a_message_is_not_told_under_the_id_of_the_one_before(world: World, log: io.StringIO) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "one-of-two-unreadable")
    logger.info("afterwards")
    assert "correlation_id" not in lines(log)[-1]
    assert {line.get("correlation_id") for line in lines(log)[:-1]} == {SESSION}
