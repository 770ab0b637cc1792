"""The functions that only the clock calls: sync and summary."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.sesv2.models import sesv2_backends

from local.events import event
from stkr.infra import aws
from stkr.links.tokens import SigningKeys, SummaryLink, sign
from stkr.store.inventory import read_row
from stkr.store.sessions import new_session
from stkr.summary.shell import SummaryUndelivered
from tests.deployment import SIGNING, Context, call
from tests.handlers.world import PLACE, STOCK_FILE, ScriptedModel, World
from tests.template.stack import ACCOUNT, REGION
from tests.unit.summary.counts import session

pytestmark = pytest.mark.handlers

BUCKET = "shop-counts-bucket-123456789012"
RULES = b"locations: {fixings-aisle: {name: Fixings, approver: {name: Priya, email: priya@example.com}}}"


@pytest.fixture
def schedule(invocation: Callable[[str], Context]) -> Callable[..., Any]:
    """Call a function as its schedule does, with an event of ``events/``."""

    def invoke(function: str, case: str) -> Any:
        return call(function, event(function, case), invocation(function))

    return invoke


def test_the_schedule_mirrors_the_stock_file_and_skips_it_until_it_changes(schedule: Callable[..., Any]) -> None:
    content = b"sku,name,location,system_qty\nBOLT-M6-50,M6 bolts 50 mm,fixings-aisle,480"
    aws.s3().put_object(Bucket=BUCKET, Key="source/stock.csv", Body=content)

    first, second = schedule("sync", "schedule"), schedule("sync", "schedule")

    assert (first["changed"], first["refused"]) == (1, None)
    assert second["skipped"] == "the source has not changed"
    row = read_row("shop-inventory", "fixings-aisle", "BOLT-M6-50")
    assert row is not None
    assert int(row.system_qty) == 480


def test_a_refused_source_is_not_a_failure_of_the_function(schedule: Callable[..., Any]) -> None:
    assert "no stock file" in schedule("sync", "schedule")["refused"]


def test_on_the_first_of_the_month_the_one_before_is_summed_up(
    schedule: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "bedrock", cache(lambda: ScriptedModel(reply="not a summary")))
    boto3.client("s3").put_object(Bucket=BUCKET, Key="config/rules.yaml", Body=RULES)
    november = session("a", "2026-11-21T09:00:00.000000Z", counted=120, counted_in_agreement=112, minor=5, material=3)
    boto3.client("dynamodb").put_item(**new_session("shop-counts", november))

    first, again = schedule("summary", "monthly"), schedule("summary", "monthly")

    assert first == again == {"month": "2026-11", "narrated": False, "mails": 1}
    backend: Any = sesv2_backends[ACCOUNT][REGION]
    (mail,) = backend.core_backend.sent_messages
    assert "1 count, 120 lines counted" in mail.body


def test_a_summary_whose_mail_was_refused_is_mailed_by_the_retry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "SendEmail")

    world.counted()
    before = len(world.mails())
    with monkeypatch.context() as patched:
        patched.setattr(aws.ses(), "send_email", refused)
        with pytest.raises(SummaryUndelivered):
            world.replay("summary", "monthly")
    assert world.replay("summary", "monthly")["mails"] == 2
    assert len(world.mails()) == before + 2


def mirrored(world: World, **described: str) -> None:
    """The system of record is connected as described, and a count of its stock is with its managers."""
    secret = {"connector": "spreadsheet", "key": "source/stock.csv", **described}
    boto3.client("secretsmanager").put_secret_value(SecretId="shop/sync-credential", SecretString=json.dumps(secret))
    world.put("source/stock.csv", STOCK_FILE.encode())
    world.counted()
    assert world.replay("sync", "schedule")["refused"] is None


def content(world: World, key: str) -> str:
    """What an object holds."""
    return boto3.client("s3").get_object(Bucket=world.bucket, Key=key)["Body"].read().decode()


def test_what_was_approved_is_listed_for_whoever_books_by_hand(world: World) -> None:
    mirrored(world)
    world.tap("approve", "BOLT-M6-50")
    world.replay("sync", "schedule")
    assert f",BOLT-M6-50,{PLACE},M6 bolts 50 mm,-48," in content(world, "bookings/to-book.csv")
    assert content(world, "source/stock.csv") == STOCK_FILE


def test_what_was_approved_is_booked_once_into_a_file_that_is_the_books(world: World) -> None:
    mirrored(world, booking="file")
    world.tap("approve", "BOLT-M6-50")
    booked = [world.replay("sync", "schedule")["booked"] for _ in range(2)]
    assert booked == [1, 0]
    shelf = f"BOLT-M6-50,M6 bolts 50 mm,{PLACE}"
    assert content(world, "source/stock.csv") == STOCK_FILE.replace(f"{shelf},480", f"{shelf},432")


def test_the_mails_link_leads_to_the_page_and_the_page_to_the_file(world: World) -> None:
    world.counted()
    world.tap("approve", "BOLT-M6-50")
    world.replay("summary", "monthly")

    page, file = world.replay("session", "show-summary"), world.replay("session", "summary-csv")

    assert (page["statusCode"], file["statusCode"]) == (200, 200)
    assert "Stock counts in November 2026" in page["body"]
    assert page["headers"]["Content-Security-Policy"].startswith("default-src 'none'")
    assert page["headers"]["Cache-Control"] == "no-store"
    assert file["headers"]["Content-Disposition"] == 'attachment; filename="stock-counts-2026-11.csv"'
    content = base64.b64decode(file["body"]).decode("utf-8-sig")
    assert content.startswith("month,section,item,measure,value,unit")
    assert "2026-11,Counted,Lines counted,lines counted," in content


@pytest.mark.parametrize("case", ["show-summary", "summary-csv"])
def test_without_a_genuine_link_of_its_own_a_summary_is_shown_to_nobody(world: World, case: str) -> None:
    world.counted()
    world.replay("summary", "monthly")
    home = world.deployment.environment("sweep")["SESSION_URL"]
    later = int((datetime.now(UTC) + timedelta(days=1)).timestamp())

    def ask(token: str) -> int:
        return int(world.invoke("session", event("session", case, {**world.links(), "summary": token}))["statusCode"])

    def signed(month: str = "2026-11", at: str = home, expires: int = later, key: SigningKeys = SIGNING) -> str:
        return sign(SummaryLink(home=at, month=month, expires_at=expires), key)

    assert ask(signed()) == 200
    assert ask(world.links()["session"]) == 403
    assert ask("") == 403
    assert ask(signed(key=SigningKeys("s" * 64))) == 403
    assert ask(signed(at="https://elsewhere.example.com/")) == 403
    assert ask(signed(expires=1)) == 410
    assert ask(signed(month="2026-10")) == 404
