"""A small shop on the deployed functions: what people do, what is delivered to whom, and what was really done."""

import base64
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

from local.events import event
from stkr.domain import instants
from stkr.domain.variance_ids import variance_id
from stkr.infra import aws
from stkr.infra.settings import SessionSettings, load
from stkr.infra.telemetry import logger
from stkr.links.tokens import DecisionLink, SigningKeys, read
from stkr.session.core import Opening
from stkr.session.shell import open_session
from stkr.store import keyspace
from stkr.store.dynamodb import values
from stkr.store.rules_doc import current_rules, forget_recent
from tests.crashes.wire import Fault, Wire
from tests.deployment import Context, Deployment, _create_bucket, call, stack
from tests.handlers.crashes import Killed
from tests.simulated_year.clock import Clock
from tests.simulated_year.quick import quicken_behind_the_sdk
from tests.simulated_year.services import Bus, Functions, Model, Post, Queues, Scheduler
from tests.template.stack import ACCOUNT, REGION
from tests.unit.sync.fakes import Inline

PLACES = {"fixings": ("BOLT", "NUT"), "paint": ("RED", "BLUE")}
START = 50
BEGINS = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGNING = SigningKeys("k" * 64)
STOCK_FILE = "source/stock.csv"

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
Spot = tuple[str, str]


@dataclass
class Message:
    """Something that waits to be handed to a function: a queue's is tried twice, an event's three times."""

    function: str
    payload: dict[str, Any]
    tries: int
    failed: int = 0


@dataclass
class Count:
    """A count as people know it: what the books said when it was ``opened``, and every sheet that was uploaded."""

    place: str
    opened: str
    frozen: dict[str, Decimal]
    sheets: list[dict[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Button:
    """A button of a mail."""

    token: str
    action: str
    link: DecisionLink

    @property
    def variance(self) -> str:
        """Which variance it decides."""
        return variance_id(self.link.session_id, self.link.sku, self.link.revision)


class Shop:
    """One deployment for all histories; ``begin`` empties it for the next one."""

    def __init__(
        self, deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._invocation = invocation
        # Thousands of histories would fill a disk.
        monkeypatch.setattr(logging.getLogger(logger.name), "disabled", True)
        monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        known = deployment.environment("approve")
        self.bucket, self.trail = known["BUCKET"], known["ADJUSTMENTS_TABLE"]
        self.counts_table, self.inventory = known["COUNTS_TABLE"], known["INVENTORY_TABLE"]
        self.urls = {name: deployment.environment("sweep")[f"{name.upper()}_URL"] for name in ("approve", "reject")}
        described = json.dumps({"connector": "spreadsheet", "key": STOCK_FILE, "booking": "file"})
        secret = deployment.environment("sync")["SYNC_SECRET"]
        boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=described)
        self.clock = Clock(BEGINS)
        self.clock.patch(monkeypatch)
        quicken_behind_the_sdk(monkeypatch)
        for module in ("sync", "cause"):  # The same plan must come to the same.
            monkeypatch.setattr(f"stkr.{module}.shell.ThreadPoolExecutor", Inline)
        self.wire = Wire()
        self.wire.patch(monkeypatch, self._note_stored)
        self.post = Post(lambda: self.clock.now)
        self.model, self.scheduler, self.bus, self.queues = Model(), Scheduler(), Bus(), Queues()
        cause = Functions(lambda payload: call("cause", payload, self._invocation("cause")))
        played: dict[str, Any] = {
            "ses": self.post, "bedrock": self.model, "scheduler": self.scheduler, "events": self.bus,
            "sqs": self.queues, "functions": cause,
        }  # fmt: skip
        for name, service in played.items():
            stand_in = self.wire.played(name, service)
            monkeypatch.setattr(aws, name, cache(lambda stand_in=stand_in: stand_in))

    def begin(self) -> None:
        """An empty shop, with its stock mirrored."""
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()
        s3_backends[ACCOUNT]["aws"].reset()
        for declared in stack().of_type("AWS::S3::Bucket").values():
            _create_bucket(declared)
        forget_recent()
        self.wire.forget()
        self.clock.now = BEGINS
        for lasting in (self.post.letters, self.bus.announced, self.queues.waiting, self.scheduler.waiting):
            lasting.clear()
        self.pending: list[Message] = []
        self.dead: list[Message] = []
        self.counts: dict[str, Count] = {}
        self.moves: Counter[Spot] = Counter()
        self.moved: dict[Spot, set[int]] = {(place, sku): {0} for place, skus in PLACES.items() for sku in skus}
        self.buttons: dict[str, Button] = {}
        self.tapped: set[tuple[str, str]] = set()
        self.fresh: Counter[str] = Counter()
        self._stored: list[str] = []
        self._letters_read = 0
        self._sheets_named = 0
        self._put(keyspace.RULES_KEY, RULES)
        self._write_stock({(place, sku): START for place, skus in PLACES.items() for sku in skus})
        self.sync({})

    # What people do.

    def open(self, place: str, plan: Plan) -> None:
        """Somebody opens a count; where they get no answer they have no count, and try again."""
        self._pass_time()
        self._invocation("session")
        frozen = {sku: row["system_qty"] for (where, sku), row in self.rows().items() if where == place}
        self._sheets_named += 1
        opening, nonce = Opening(place, "Sam"), f"{self._sheets_named:08x}"
        with self.wire.harmed(plan):
            try:
                opened = open_session(load(SessionSettings), opening, current_rules(self.bucket), self.clock.now, nonce)
            except (Exception, Killed):  # noqa: BLE001 - whatever it is, there is no answer
                return
        self.counts[opened.session_id] = Count(place, instants.instant(self.clock.now), frozen)

    def upload(self, session_id: str, sheet: dict[str, int], *, twice: bool) -> None:
        """Somebody uploads a sheet, over the last one of the same count."""
        self._pass_time()
        self.counts[session_id].sheets.append(sheet)
        rows = "".join(f"{sku},{qty}\n" for sku, qty in sheet.items())
        self._put(f"{keyspace.upload_prefix(session_id)}scan.csv", f"code,qty\n{rows}MYSTERY,5\n".encode())
        self._collect()
        if twice:
            self.pending.append(Message(**vars(self.pending[-1])))

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
        url_id = self.urls[button.action].split("/")[2].split(".")[0]
        given = {button.action: button.token, f"{button.action}-url": url_id}
        payload = event("approve", button.action, given)
        payload["body"] = base64.b64encode(urlencode({"t": button.token, "name": "Priya"}).encode()).decode()
        self.tapped.add((button.variance, button.action))
        answer = self._invoke("approve", payload, plan)
        if answer and answer["statusCode"] == 200:
            self.fresh[button.variance] += 1
            actions = {row["action"] for row in self.trail_rows() if row["variance_id"] == button.variance}
            wanted = {"approved", "posted"} if button.action == "approve" else {"rejected"}
            assert wanted <= actions, f"{button.variance} was said to be {button.action}d, the trail has {actions}"

    def look(self, button: Button, plan: Plan) -> None:
        """Somebody, or a mail filter, opens a link without tapping anything."""
        self._pass_time()
        url_id = self.urls[button.action].split("/")[2].split(".")[0]
        payload = event("approve", "show-approve", {"approve": button.token, "approve-url": url_id})
        before = [self.items(table) for table in (self.counts_table, self.inventory, self.trail)]
        self._invoke("approve", payload, plan)
        after = [self.items(table) for table in (self.counts_table, self.inventory, self.trail)]
        assert after == before, f"looking at {button.variance} has changed something"

    # What AWS does.

    def deliver(self, which: int, plan: Plan, *, again: bool) -> None:
        """Hand over one of the messages that wait; sometimes it stays, to be delivered once more."""
        message = self.pending.pop(which % len(self.pending))
        self._pass_time()
        # What failed is not tried again at once, so that whoever died over a mail blocks it no longer.
        self.clock.now += timedelta(minutes=message.failed)
        answer = self._invoke(message.function, message.payload, plan)
        failed = answer is None or bool((answer.get("batch") or {}).get("batchItemFailures"))
        if failed:
            message.failed += 1
            (self.pending if message.failed < message.tries else self.dead).append(message)
        elif again:
            self.pending.append(Message(message.function, message.payload, message.tries))

    def redrive(self) -> None:
        """An operator has what was given up tried again."""
        for message in self.dead:
            message.failed = 0
        self.pending += self.dead
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
        answer: Any
        with self.wire.harmed(plan):
            try:
                answer = call(function, payload, self._invocation(function))
            except (Exception, Killed):  # noqa: BLE001 - whatever it is, AWS only knows that it failed
                answer = None
            else:
                answer = answer if isinstance(answer, dict) and "statusCode" in answer else {"batch": answer}
        self._collect()
        found: dict[str, Any] | None = answer
        return found

    def _collect(self) -> None:
        """What was left in bucket, bus and queues is going to be delivered; mails have arrived."""
        for key in self._stored:
            if key.startswith(keyspace.UPLOADS):
                self.pending.append(Message("capture", _batch("capture", "scan", _object(key)), 2))
            elif keyspace.capture_of(key):
                captured = event("variance", "session-captured")
                captured["detail"]["object"]["key"] = key
                self.pending.append(Message("variance", captured, 3))
        for detail in self.bus.announced:
            self.pending.append(Message("sweep", {"detail": detail}, 3))
        for url, body in self.queues.waiting:
            function, case = ("capture", "scan") if "capture" in url else ("variance", "label-chunk")
            self.pending.append(Message(function, _batch(function, case, body), 2))
        self._stored.clear()
        self.bus.announced.clear()
        self.queues.waiting.clear()
        for letter in self.post.letters[self._letters_read :]:
            for action, url in self.urls.items():
                for token in re.findall(re.escape(url) + r"\?t=([\w.-]+)", unescape(letter.html)):
                    self.buttons[token] = Button(token, action, read(token, SIGNING, now=0))
        self._letters_read = len(self.post.letters)

    # What is stored, read past the wire.

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table."""
        found = dynamodb_backends[ACCOUNT][REGION].tables[table].all_items()
        return [values(item.to_json()["Attributes"]) for item in found]

    def rows(self) -> dict[Spot, dict[str, Any]]:
        """The rows of stock."""
        found = [one for one in self.items(self.inventory) if one["PK"].startswith(keyspace.location(""))]
        return {
            (one["PK"].removeprefix(keyspace.location("")), one["SK"].removeprefix(keyspace.sku(""))): one
            for one in found
        }

    def lines(self) -> dict[Spot, dict[str, Any]]:
        """The lines, by session and SKU."""
        found = [one for one in self.items(self.counts_table) if one["SK"].startswith(keyspace.line(""))]
        return {(one["session_id"], one["sku"]): one for one in found}

    def trail_rows(self) -> list[dict[str, Any]]:
        """The trail."""
        return self.items(self.trail)

    def source(self) -> dict[Spot, int]:
        """What the stock file says."""
        text = _content(self.bucket, STOCK_FILE).decode()
        told = [line.split(",") for line in text.splitlines()[1:] if line]
        return {(place, sku): int(qty) for sku, _name, place, qty, _cost in told}

    def _write_stock(self, stock: dict[Spot, int]) -> None:
        lines = [f"{sku},{sku.title()},{place},{qty},1" for (place, sku), qty in stock.items()]
        self._put(STOCK_FILE, "\n".join(["sku,name,location,system_qty,unit_cost", *lines]).encode())

    def _put(self, key: str, content: bytes) -> None:
        aws.s3().put_object(Bucket=self.bucket, Key=key, Body=content)

    def _note_stored(self, key: str) -> None:
        self._stored.append(key)

    def _pass_time(self) -> None:
        self.clock.now += timedelta(seconds=7)


def _content(bucket: str, key: str) -> bytes:
    """An object's content as it is stored."""
    found = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys[key]
    return bytes(found.value)


def _batch(function: str, case: str, body: str) -> dict[str, Any]:
    return {"Records": [event(function, case)["Records"][0] | {"body": body}]}


def _object(key: str) -> str:
    return json.dumps({"detail": {"object": {"key": key}}})
