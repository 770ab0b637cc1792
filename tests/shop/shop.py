"""A shop on the deployed functions, simulated: tables and bucket on moto, services played here, one clock, its people.

What happens when, and what fails meanwhile, is up to the simulation: a year (`tests/simulated_year`), or histories in
which anything may fail (`tests/crashes`).
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.s3.models import S3Backend, s3_backends

from local.events import event
from stkr.domain.names import SessionId
from stkr.domain.session import Session
from stkr.domain.variance_ids import variance_id
from stkr.infra import aws
from stkr.infra.settings import SessionSettings, load
from stkr.links.tokens import DecisionLink, read
from stkr.session.core import Opening
from stkr.session.shell import open_session
from stkr.store import keyspace
from stkr.store.dynamodb import values
from stkr.store.rules_doc import current_rules
from tests.deployment import SIGNING, Context, Deployment, at_work, call
from tests.shop import messages
from tests.shop.clock import SimulatedClock
from tests.shop.messages import Message
from tests.shop.services import Bus, Functions, Letter, Post, Queues, Scheduler, SimulatedModel
from tests.template.stack import ACCOUNT, REGION

Spot = tuple[str, str]
"""A location and a SKU."""

Item = dict[str, Any]
"""An item of a table, as it is stored."""


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
    """The deployment with its clock and services, what people do there, and what is stored.

    ``stored`` are the keys of the objects that were written since they were last delivered.
    """

    def __init__(
        self,
        deployment: Deployment,
        invocation: Callable[[str], Context],
        monkeypatch: pytest.MonkeyPatch,
        begins: datetime,
        behind: Callable[[str, Any], Any] = lambda _name, service: service,
    ) -> None:
        """:param behind: what the functions get in place of a played service, by its name in ``stkr.infra.aws``."""
        self._invocation = invocation
        self.clock = SimulatedClock(begins)
        self.clock.patch(monkeypatch)
        self.post = Post(lambda: self.clock.now)
        self.model, self.scheduler, self.bus, self.queues = SimulatedModel(), Scheduler(), Bus(), Queues()
        self.functions = Functions(lambda payload: self.call("cause", payload))
        played: dict[str, Any] = {
            "ses": self.post, "bedrock": self.model, "scheduler": self.scheduler, "events": self.bus,
            "sqs": self.queues, "functions": self.functions,
        }  # fmt: skip
        for name, service in played.items():
            # Cached, as the providers that they stand in for.
            monkeypatch.setattr(aws, name, cache(partial(behind, name, service)))
        variables = deployment.environment("approve")
        self.bucket, self.trail = variables["BUCKET"], variables["ADJUSTMENTS_TABLE"]
        self.counts_table, self.inventory = variables["COUNTS_TABLE"], variables["INVENTORY_TABLE"]
        self.urls = {
            name: deployment.environment("sweep")[f"{name.upper()}_URL"] for name in ("approve", "reject", "session")
        }
        self.stored: list[str] = []
        monkeypatch.setattr(S3Backend, "put_object", self._noting(S3Backend.put_object))

    def call(self, function: str, payload: dict[str, Any]) -> Any:
        """Call a function's handler, by the function's own name."""
        return call(function, payload, self._invocation(function))

    # What people do.

    def open_count(self, opening: Opening, nonce: str) -> Session:
        """Open a count, as the form does."""
        self._invocation("session")
        with at_work("session"):
            return open_session(load(SessionSettings), opening, current_rules(self.bucket), self.clock.now, nonce)

    def upload(self, session_id: str, name: str, content: bytes) -> None:
        """Put a file into a count's folder."""
        self.put(f"{keyspace.upload_prefix(SessionId(session_id))}{name}", content)

    def put(self, key: str, content: bytes) -> None:
        """Put an object into the bucket."""
        aws.s3().put_object(Bucket=self.bucket, Key=key, Body=content)

    def tap_of(self, button: Button, form: dict[str, str]) -> dict[str, Any]:
        """The request of somebody who posts the form behind a button."""
        payload = event("approve", button.action, self._placeholders(button))
        payload["body"] = base64.b64encode(urlencode({"t": button.token, **form}).encode()).decode()
        return payload

    def look_of(self, button: Button) -> dict[str, Any]:
        """The request of a person or a mail filter that opens a link."""
        return event("approve", "show-approve", self._placeholders(button))

    def _placeholders(self, button: Button) -> dict[str, str]:
        url_id = self.urls[button.action].split("/")[2].split(".")[0]
        return {"approve": button.token, "approve-url": url_id, "reject": button.token, "reject-url": url_id}

    # What comes of it.

    def left_behind(self) -> list[Message]:
        """Take what functions and people have left in bucket, bus and queues."""
        found = [message for key in self.stored if (message := messages.of_object(key))]
        found += [messages.of_announcement(detail) for detail in self.bus.announced]
        found += [messages.of_queue(url, body) for url, body in self.queues.waiting]
        for place in (self.stored, self.bus.announced, self.queues.waiting):
            place.clear()
        return found

    def buttons(self, letter: Letter) -> list[Button]:
        """The buttons of a mail, in its order, those that approve first."""
        return [
            Button(token, action, read(token, SIGNING, now=0))
            for action in ("approve", "reject")
            for token in self.tokens(letter.html, action)
        ]

    def tokens(self, html: str, url: str) -> list[str]:
        """The tokens of a page's or mail's links to one of the URLs, each once, in its order: hashes differ by run."""
        return list(dict.fromkeys(re.findall(re.escape(self.urls[url]) + r"\?t=([\w.-]+)", unescape(html))))

    # What is stored, read past the SDK.

    def items(self, table: str) -> list[Item]:
        """Every item of a table."""
        return [values(item.to_json()["Attributes"]) for item in _table(table).all_items()]

    def partition(self, table: str, pk: str) -> dict[str, Item]:
        """The items of one partition, by their sort keys."""
        found = _table(table).items.get(DynamoType({"S": pk}), {})
        items = [values(item.to_json()["Attributes"]) for item in found.values()]
        return {item["SK"]: item for item in sorted(items, key=lambda item: str(item["SK"]))}

    def rows(self) -> dict[Spot, Item]:
        """The rows of stock."""
        prefix, skus = keyspace.location(""), keyspace.sku("")
        return {
            (item["PK"].removeprefix(prefix), item["SK"].removeprefix(skus)): item
            for item in self.items(self.inventory)
            if item["PK"].startswith(prefix)
        }

    def lines(self) -> dict[tuple[str, str], Item]:
        """The lines, by session and SKU."""
        found = [item for item in self.items(self.counts_table) if item["SK"].startswith(keyspace.line(""))]
        return {(item["session_id"], item["sku"]): item for item in found}

    def lines_of(self, session_id: str) -> dict[str, Item]:
        """The lines of a session, by SKU."""
        found = self.partition(self.counts_table, keyspace.session(SessionId(session_id)))
        return {item["sku"]: item for key, item in found.items() if key.startswith(keyspace.line(""))}

    def trail_rows(self) -> list[Item]:
        """The trail."""
        return self.items(self.trail)

    def holds(self, key: str) -> bool:
        """Whether there is such an object."""
        return key in self._objects

    def content(self, key: str) -> bytes:
        """An object's content."""
        return bytes(self._objects[key].value)

    @property
    def _objects(self) -> Any:
        return s3_backends[ACCOUNT]["aws"].buckets[self.bucket].keys

    def _noting(self, put_object: Callable[..., Any]) -> Callable[..., Any]:
        def noting(backend: S3Backend, bucket_name: str, key_name: str, *rest: Any, **more: Any) -> Any:
            written = put_object(backend, bucket_name, key_name, *rest, **more)
            self.stored.append(key_name)
            return written

        return noting


def _table(name: str) -> Table:
    return dynamodb_backends[ACCOUNT][REGION].tables[name]
