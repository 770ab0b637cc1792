"""The functions, what they are called with, and what lies between them; one queue of what happens when, one clock."""

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from itertools import count as counting
from random import Random
from typing import Any

import pytest

from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import query, values
from tests.deployment import Context, Deployment
from tests.handlers.crashes import killed_at
from tests.simulated_year.clock import Clock
from tests.simulated_year.oracle import LONDON
from tests.simulated_year.quick import quicken
from tests.simulated_year.services import Bus, Functions, Model, Post, Queues, Scheduler

REDELIVERED = (60, 120)
"""Seconds after which an invocation that failed is repeated, as Lambda does with an event; then it is given up."""


class Machine(ABC):
    """The deployed functions and services, and the time that passes.

    ``stored`` are the objects that were written since they were last delivered, ``stored_ever`` all there were.
    """

    def __init__(
        self,
        deployment: Deployment,
        invocation: Callable[[str], Context],
        monkeypatch: pytest.MonkeyPatch,
        seed: int,
        begins: datetime,
    ) -> None:
        self.deployment, self._invocation = deployment, invocation
        self.chance = Random(seed)
        self.clock = Clock(begins)
        self.clock.patch(monkeypatch)
        quicken(monkeypatch)
        self.post = Post(lambda: self.clock.now)
        self.model = Model()
        self.scheduler, self.bus, self.queues = Scheduler(), Bus(), Queues()
        self.functions = Functions(lambda payload: self._handler("cause", payload))
        played = {
            "ses": self.post, "bedrock": self.model, "scheduler": self.scheduler, "events": self.bus,
            "sqs": self.queues, "functions": self.functions,
        }  # fmt: skip
        for name, service in played.items():
            # Cached, as the providers that they stand in for.
            monkeypatch.setattr(aws, name, cache(lambda service=service: service))
        known = deployment.environment("approve")
        self.bucket, self.trail = known["BUCKET"], known["ADJUSTMENTS_TABLE"]
        self.counts_table, self.inventory = known["COUNTS_TABLE"], known["INVENTORY_TABLE"]
        self.urls = {
            name: deployment.environment("sweep")[f"{name.upper()}_URL"] for name in ("approve", "reject", "session")
        }
        self.stored: list[str] = []
        aws.s3().meta.events.register("before-parameter-build.s3.PutObject", self._note_stored)
        self.stored_ever: set[str] = set()
        self.diary: list[str] = []
        self.given_up: list[tuple[str, dict[str, Any]]] = []
        self.dead_letters = 0
        self.to_redrive: list[Callable[[], None]] = []
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = counting()

    def run(self) -> None:
        """Let everything happen that is on the agenda, and whatever comes of it."""
        while self._agenda:
            moment, _, happens = heapq.heappop(self._agenda)
            self.clock.now = max(moment, self.clock.now)
            happens()

    def at(self, moment: datetime, happens: Callable[[], None]) -> None:
        """Have something happen at an instant."""
        heapq.heappush(self._agenda, (moment, next(self._order), happens))

    def after(self, delay: timedelta | float, happens: Callable[[], None]) -> None:
        """Have something happen after a while; numbers are seconds."""
        self.at(self.clock.now + (delay if isinstance(delay, timedelta) else timedelta(seconds=delay)), happens)

    def note(self, text: str) -> None:
        """Write into the diary."""
        self.diary.append(f"{self.clock.now.astimezone(LONDON):%a %d %b %H:%M:%S} {text}")

    def _handler(self, function: str, payload: dict[str, Any]) -> Any:
        context = self._invocation(function)
        return import_module(f"functions.{function}.handler").handler(payload, context)

    def _invoke(self, function: str, payload: dict[str, Any], *, killable: float = 0.0) -> Any:
        """Call a function, which now and then dies at one of its writes.

        :raises Killed: it died.
        """
        try:
            if self.chance.random() < killable:
                with killed_at(self.chance.randint(1, 6), done=self.chance.random() < 0.5):
                    return self._handler(function, payload)
            return self._handler(function, payload)
        finally:
            self._deliver()

    @abstractmethod
    def _deliver(self) -> None:
        """Have what functions and people left behind delivered."""

    def _note_stored(self, params: dict[str, Any], **_: Any) -> None:
        self.stored.append(params["Key"])
        self.stored_ever.add(params["Key"])

    def _deliver_twice_at_times(self, happens: Callable[[], None], delay: float) -> None:
        self.after(delay, happens)
        if self.chance.random() < 0.06:
            self.after(delay + self.chance.choice((1, 90, 4000)), happens)

    def _retry(self, happens: Callable[[int], None], attempt: int, what: str, payload: dict[str, Any]) -> None:
        if attempt <= len(REDELIVERED):
            self.after(REDELIVERED[attempt - 1], lambda: happens(attempt + 1))
        else:
            self.note(f"{what} is given up.")
            self.given_up.append((what, payload))

    def _put(self, key: str, content: bytes) -> None:
        aws.s3().put_object(Bucket=self.bucket, Key=key, Body=content)

    def _header(self, session_id: str) -> dict[str, Any]:
        [found] = query(
            self.counts_table, "PK = :pk AND SK = :sk", {":pk": keyspace.session(session_id), ":sk": keyspace.META}
        )
        return found

    def _lines(self, session_id: str) -> dict[str, dict[str, Any]]:
        """The lines as they are stored, by SKU."""
        given = {":pk": keyspace.session(session_id), ":sk": keyspace.line("")}
        return {line["sku"]: line for line in query(self.counts_table, "PK = :pk AND begins_with(SK, :sk)", given)}

    def _trail_rows(self) -> list[dict[str, Any]]:
        pages = aws.dynamodb().get_paginator("scan").paginate(TableName=self.trail)
        return [values(item) for page in pages for item in page["Items"]]

    def _stored_item(self, place: str, sku: str) -> dict[str, Any] | None:
        given = {":pk": keyspace.location(place), ":sk": keyspace.sku(sku)}
        return next(query(self.inventory, "PK = :pk AND SK = :sk", given), None)

    def _url_id(self, action: str) -> str:
        return self.urls[action].split("/")[2].split(".")[0]
