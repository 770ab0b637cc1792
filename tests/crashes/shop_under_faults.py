"""A small shop of which any call may fail: what people do there, what waits to be delivered, and what was done."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

from stkr.domain import instants
from stkr.infra.telemetry import logger
from stkr.session.core import Opening
from stkr.store import keyspace
from stkr.store.rules_doc import forget_recent
from tests.crashes.wire import Fault, Wire
from tests.deployment import Context, Deployment, create_bucket, stack
from tests.handlers.faults import Killed
from tests.shop.files import STOCK_FILE, csv_file
from tests.shop.messages import Message
from tests.shop.quick import quicken_behind_the_sdk
from tests.shop.shop import Button, Shop, Spot
from tests.template.stack import ACCOUNT, REGION
from tests.unit.sync.fakes import Inline

PLACES = {"fixings": ("BOLT", "NUT"), "paint": ("RED", "BLUE")}
START = 50
BEGINS = datetime(2026, 11, 23, 9, tzinfo=UTC)

RULES = b"""
time_zone: Europe/London
due_days: 1
link_days: 60
close_days: 60
locations:
  fixings:
    name: Fixings
    approver: {name: Priya, email: priya@example.com}
    escalation: {name: Morgan, email: morgan@example.com}
  paint:
    name: Paint
    approver: {name: Jo, email: jo@example.com}
"""

Plan = Mapping[int, Fault]
"""Which call of a function, counted from 1, comes to what harm."""


@dataclass
class Delivery:
    """A message that waits, and how often it was handed over in vain."""

    message: Message
    failed: int = 0


@dataclass
class StaffCount:
    """A count as its staff know it: what the books said when it was ``opened``, and every sheet that was uploaded."""

    place: str
    opened: str
    frozen: dict[str, Decimal]
    sheets: list[dict[str, int]] = field(default_factory=list)


class ShopUnderFaults(Shop):
    """One deployment for all histories; ``begin`` empties it for the next one."""

    def __init__(
        self, deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.wire = Wire()
        super().__init__(deployment, invocation, monkeypatch, BEGINS, self.wire.played)
        # Thousands of histories would fill a disk.
        monkeypatch.setattr(logging.getLogger(logger.name), "disabled", True)
        monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        described = json.dumps({"connector": "spreadsheet", "key": STOCK_FILE, "booking": "file"})
        secret = deployment.environment("sync")["SYNC_SECRET"]
        boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=described)
        quicken_behind_the_sdk(monkeypatch)
        for module in ("sync", "cause"):  # The same plan must come to the same.
            monkeypatch.setattr(f"stkr.{module}.shell.ThreadPoolExecutor", Inline)
        self.wire.patch(monkeypatch)

    def begin(self) -> None:
        """An empty shop, with its stock mirrored."""
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()
        s3_backends[ACCOUNT]["aws"].reset()
        for declared in stack().of_type("AWS::S3::Bucket").values():
            create_bucket(declared)
        forget_recent()
        self.wire.forget()
        self.clock.now = BEGINS
        for lasting in (self.post.letters, self.scheduler.waiting):
            lasting.clear()
        self.left_behind()
        self.pending: list[Delivery] = []
        self.dead: list[Delivery] = []
        self.counts: dict[str, StaffCount] = {}
        self.moves: Counter[Spot] = Counter()
        self.moved: dict[Spot, set[int]] = {(place, sku): {0} for place, skus in PLACES.items() for sku in skus}
        self.mailed: dict[str, Button] = {}
        self.tapped: set[tuple[str, str]] = set()
        self.fresh: Counter[str] = Counter()
        self._letters_read = 0
        self._counts_begun = 0
        self.put(keyspace.RULES_KEY, RULES)
        self.left_behind()  # The rules are valid, and so nobody is told of them.
        self._write_stock({(place, sku): START for place, skus in PLACES.items() for sku in skus})
        self.sync({})

    # What people do.

    def open(self, place: str, plan: Plan) -> None:
        """Somebody opens a count; where they get no answer they have no count, and try again."""
        self._pass_time()
        frozen = {sku: row["system_qty"] for (location, sku), row in self.rows().items() if location == place}
        self._counts_begun += 1
        with self.wire.harmed(plan):
            try:
                session = self.open_count(Opening(place, "Sam"), f"{self._counts_begun:08x}")
            except (Exception, Killed):  # noqa: BLE001 - whatever it is, there is no answer
                return
        self.counts[session.session_id] = StaffCount(place, instants.instant(self.clock.now), frozen)

    def upload_sheet(self, session_id: str, sheet: dict[str, int], *, twice: bool) -> None:
        """Somebody uploads a sheet, over the last one of the same count."""
        self._pass_time()
        self.counts[session_id].sheets.append(sheet)
        self.upload(session_id, "scan.csv", csv_file(("code", "qty"), [*sheet.items(), ("MYSTERY", 5)]))
        self._collect()
        if twice:
            self.pending.append(Delivery(self.pending[-1].message))

    def trade(self, place: str, sku: str, units: int) -> None:
        """A sale or a delivery is entered in the stock file."""
        self._pass_time()
        self.moves[place, sku] += units
        self.moved[place, sku].add(self.moves[place, sku])
        stock = self.source()
        self._write_stock(stock | {(place, sku): stock[place, sku] + units})

    def tap(self, button: Button, plan: Plan) -> None:
        """Somebody taps a button of a mail, however old it is."""
        self._pass_time()
        self.tapped.add((button.variance, button.action))
        answer = self._invoke("approve", self.tap_of(button, {"name": "Priya"}), plan)
        if answer and answer["statusCode"] == 200:
            self.fresh[button.variance] += 1
            actions = {row["action"] for row in self.trail_rows() if row["variance_id"] == button.variance}
            wanted = {"approved", "posted"} if button.action == "approve" else {"rejected"}
            assert wanted <= actions, f"{button.variance} was said to be {button.action}d, the trail has {actions}"

    def look(self, button: Button, plan: Plan) -> None:
        """Somebody, or a mail filter, opens a link without tapping anything."""
        self._pass_time()
        before = [self.items(table) for table in (self.counts_table, self.inventory, self.trail)]
        self._invoke("approve", self.look_of(button), plan)
        after = [self.items(table) for table in (self.counts_table, self.inventory, self.trail)]
        assert after == before, f"looking at {button.variance} has changed something"

    # What AWS does.

    def deliver(self, which: int, plan: Plan, *, again: bool) -> None:
        """Hand over one of the messages that wait; sometimes it stays, to be delivered once more."""
        delivery = self.pending.pop(which % len(self.pending))
        self._pass_time()
        # What failed is not tried again at once, so that whoever died over a mail blocks it no longer.
        self.clock.now += timedelta(minutes=delivery.failed)
        answer = self._invoke(delivery.message.function, delivery.message.payload, plan)
        failed = answer is None or bool((answer.get("batch") or {}).get("batchItemFailures"))
        if failed:
            delivery.failed += 1
            (self.pending if delivery.failed < delivery.message.tries else self.dead).append(delivery)
        elif again:
            self.pending.append(Delivery(delivery.message))

    def redrive(self) -> None:
        """An operator has what was given up tried again."""
        self.pending += [Delivery(dead.message) for dead in self.dead]
        self.dead = []

    def sync(self, plan: Plan) -> None:
        """A quarter of an hour has passed."""
        self.clock.now += timedelta(minutes=15)
        self._invoke("sync", {}, plan)

    def sweep(self, plan: Plan) -> None:
        """The next day's sweep."""
        self.clock.now += timedelta(days=1)
        self._invoke("sweep", {"detail": {}}, plan)

    def _invoke(self, function: str, payload: dict[str, Any], plan: Plan) -> dict[str, Any] | None:
        """What a function answers, a batch's under ``batch``; ``None`` where it failed or died."""
        answer: dict[str, Any] | None
        with self.wire.harmed(plan):
            try:
                returned = self.call(function, payload)
            except (Exception, Killed):  # noqa: BLE001 - whatever it is, AWS only knows that it failed
                answer = None
            else:
                answer = returned if isinstance(returned, dict) and "statusCode" in returned else {"batch": returned}
        self._collect()
        return answer

    def _collect(self) -> None:
        """What was left in bucket, bus and queues is going to be delivered; mails have arrived."""
        self.pending += [Delivery(message) for message in self.left_behind()]
        for letter in self.post.letters[self._letters_read :]:
            self.mailed |= {button.token: button for button in self.buttons(letter)}
        self._letters_read = len(self.post.letters)

    def source(self) -> dict[Spot, int]:
        """What the stock file says."""
        rows = [line.split(",") for line in self.content(STOCK_FILE).decode().splitlines()[1:] if line]
        return {(place, sku): int(qty) for sku, _name, place, qty, _cost in rows}

    def _write_stock(self, stock: dict[Spot, int]) -> None:
        rows = [(sku, sku.title(), place, qty, 1) for (place, sku), qty in stock.items()]
        self.put(STOCK_FILE, csv_file(("sku", "name", "location", "system_qty", "unit_cost"), rows))

    def _pass_time(self) -> None:
        self.clock.now += timedelta(seconds=7)
