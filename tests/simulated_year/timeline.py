"""A shop and the time that passes: an agenda, functions that die, and messages that are late or repeated."""

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count as counting
from random import Random
from typing import Any

import pytest

from tests.deployment import Context, Deployment
from tests.handlers.faults import killed_at
from tests.shop.quick import quicken
from tests.shop.shop import Shop
from tests.simulated_year.oracle import LONDON

REDELIVERED = (60, 120)
"""Seconds after which an invocation that failed is repeated, as Lambda does with an event; then it is given up."""


class Timeline(Shop, ABC):
    """The shop with its agenda, and a diary of what happened."""

    def __init__(
        self,
        deployment: Deployment,
        invocation: Callable[[str], Context],
        monkeypatch: pytest.MonkeyPatch,
        seed: int,
        begins: datetime,
    ) -> None:
        super().__init__(deployment, invocation, monkeypatch, begins)
        quicken(monkeypatch)
        self.chance = Random(seed)
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

    def _invoke(self, function: str, payload: dict[str, Any], *, killable: float = 0.0, last_write: int = 6) -> Any:
        """Call a function, which now and then dies at one of its writes, up to the ``last_write``-th.

        :raises Killed: it died.
        """
        try:
            if self.chance.random() < killable:
                with killed_at(self.chance.randint(1, last_write), done=self.chance.random() < 0.5):
                    return self.call(function, payload)
            return self.call(function, payload)
        finally:
            self._deliver()

    @abstractmethod
    def _deliver(self) -> None:
        """Have what functions and people left behind delivered."""

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
