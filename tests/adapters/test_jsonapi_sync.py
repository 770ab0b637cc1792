"""The whole sync with a JSON API: what managers approve is booked once, and no sale is taken for it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest

from stkr.domain import instants
from stkr.domain.errors import SourceUnavailable
from stkr.infra.settings import SyncSettings
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import post_adjustment, read_row
from stkr.sync.shell import SyncOutcome, sync
from tests.adapters.jsonserver import JsonServer, Reply, Request, json_server

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

TABLE = "shop-inventory"
SETTINGS = SyncSettings(
    bucket="shop-counts-bucket-123456789012", inventory_table=TABLE, sync_secret="shop/sync-credential"
)


class Till:
    """A shop system that keeps the stock of one item, books what it is asked to, and may lose the answer to it."""

    def __init__(self, shop: JsonServer) -> None:
        self.shop = shop
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.qty = 480
        self.booked: dict[str, int] = {}
        self.loses_answer = False
        shop.on("GET /items", lambda _: Reply([{"code": "BOLT", "place": "shop", "qty": self.qty}]))
        shop.on("GET /bookings", lambda _: Reply(list(self.booked)))
        shop.on("POST /bookings", self._book)
        described = {
            "connector": "jsonapi",
            "url": shop.url,
            "token": "t0ken",
            "stock": {"path": "/items", "fields": {"sku": "code", "location": "place", "system_qty": "qty"}},
            "bookings": {"path": "/bookings", "body": {"ref": "id", "by": "units"}, "check": {"path": "/bookings"}},
        }
        secrets: Any = boto3.client("secretsmanager")
        secrets.put_secret_value(SecretId=SETTINGS.sync_secret, SecretString=json.dumps(described))

    def _book(self, request: Request) -> Reply:
        assert request.body["ref"] not in self.booked, "booked twice"
        self.booked[request.body["ref"]] = request.body["by"]
        self.qty += request.body["by"]
        if self.loses_answer:
            self.loses_answer = False
            return Reply(dropped=True)
        return Reply(status=201)

    def sync(self) -> SyncOutcome:
        self.now += timedelta(minutes=15)
        return sync(SETTINGS, self.now, timedelta(seconds=120))

    def approve(self, variance: str, gap: int) -> None:
        row = read_row(TABLE, "shop", "BOLT")
        assert row is not None
        action = post_adjustment(
            TABLE,
            location="shop",
            sku="BOLT",
            adjustment=variance,
            gap_units=Decimal(gap),
            expected_qty=row.system_qty,
            expected_version=row.snapshot_version,
            at=instants.instant(self.now),
        )
        assert transact([action], pause) == ["done"]

    @property
    def figures(self) -> tuple[int, int, int]:
        """Source, unbooked and system quantity."""
        row = read_row(TABLE, "shop", "BOLT")
        assert row is not None
        return int(row.source_qty), int(row.unbooked_qty), int(row.system_qty)


@pytest.fixture
def till() -> Iterator[Till]:
    with json_server() as shop:
        yield Till(shop)


def test_an_approved_adjustment_is_booked_once_and_a_sale_of_the_same_amount_stays_a_sale(till: Till) -> None:
    till.sync()
    till.approve("1a2b.BOLT.r100", -48)
    till.qty -= 48

    till.sync()
    assert till.booked == {"1a2b.BOLT.r100": -48}
    assert till.figures == (384, 0, 384)

    assert till.sync().skipped == "the source has not changed"
    assert till.figures == (384, 0, 384)


def test_a_booking_whose_answer_was_lost_is_found_by_the_next_sync(till: Till) -> None:
    till.sync()
    till.approve("1a2b.BOLT.r100", -48)
    till.loses_answer = True
    with pytest.raises(SourceUnavailable, match="POST /bookings"):
        till.sync()
    assert till.figures == (480, -48, 432)

    # The run that failed keeps its lease until it can no longer be at work, which is over by then.
    till.sync()

    assert till.booked == {"1a2b.BOLT.r100": -48}
    assert till.figures == (432, 0, 432)
