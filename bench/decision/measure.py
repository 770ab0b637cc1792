"""Decisions made one after the other: a manager looks at the page, then taps. AWS is moto, without its own time."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from statistics import median
from typing import Final

from bench.cost.meter import WAIT_MS
from bench.cost.shop import MeteredShop
from local.events import event
from tests.deployment import stack
from tests.template.stack import FUNCTIONS

LOOK: Final = "the page, GET"
APPROVE: Final = "approve, POST"
REJECT: Final = "reject, POST"

DECISIONS: Final = 200
_RENEWALS: Final = frozenset({"s3.GetObject", "secretsmanager.GetSecretValue"})
"""Calls that fetch what a warm function keeps: the rules for a minute, the keys of links for five."""


@dataclass(frozen=True, slots=True)
class MeasuredRequest:
    """One request to a warm function: the calls it made, as ``service.Operation``, and the seconds until its answer.

    The seconds are processor time, as slow as the function's memory makes it, and the assumed waits for the calls.
    """

    kind: str
    calls: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """All requests of a kind that renewed nothing. Milliseconds.

    ``calls`` are those that most of them made, ``most_calls`` the number that one of them made at most, ``waits`` what
    ``calls`` are assumed to take. ``renewing`` are the requests that are left out.
    """

    number: int
    calls: tuple[str, ...]
    most_calls: int
    waits: int
    median: float
    p99: float
    renewing: int


def decide() -> list[MeasuredRequest]:
    """Decide ``DECISIONS`` variances, every fourth by rejecting it. To be run in a process of its own."""
    shop = MeteredShop(1, DECISIONS + 1, dict.fromkeys(FUNCTIONS, 0.0), material=1)
    print("  a count is opened, uploaded, compared, labelled and mailed", file=sys.stderr)
    shop.put_rules()
    shop.put_stock()
    shop.run("sync", event("sync", "schedule"))
    session = shop.open_count(0)
    shop.upload(session, 0)
    shop.find_variances(session)
    shop.label()
    shop.mail(0)
    first, *links = shop.links()
    shop.tap("show-approve", "approve", first["approve"], cold=True)
    made: list[MeasuredRequest] = []
    for number, pair in enumerate(links[:DECISIONS]):
        if number % 50 == 0:
            print(f"  {number} of {DECISIONS} are decided", file=sys.stderr)
        action, kind = ("reject", REJECT) if number % 4 == 3 else ("approve", APPROVE)
        made.append(_request(shop, LOOK, "show-approve", action, pair[action]))
        made.append(_request(shop, kind, action, action, pair[action]))
    return made


def summed_up(made: Iterable[MeasuredRequest]) -> dict[str, RequestFigures]:
    """By kind."""
    by_kind: dict[str, list[MeasuredRequest]] = {}
    for request in made:
        by_kind.setdefault(request.kind, []).append(request)
    return {kind: _summed_up(requests) for kind, requests in by_kind.items()}


def _summed_up(requests: list[MeasuredRequest]) -> RequestFigures:
    warm = [request for request in requests if _RENEWALS.isdisjoint(request.calls)]
    [(calls, _)] = Counter(request.calls for request in warm).most_common(1)
    taken = sorted(request.seconds * 1000 for request in warm)
    return RequestFigures(
        number=len(warm),
        calls=calls,
        most_calls=max(len(request.calls) for request in warm),
        waits=sum(WAIT_MS[call] for call in calls),
        median=median(taken),
        p99=taken[ceil(len(taken) * 0.99) - 1],
        renewing=len(requests) - len(warm),
    )


def _request(shop: MeteredShop, kind: str, case: str, action: str, token: str) -> MeasuredRequest:
    before = dict(shop.meter.usage)
    shop.tap(case, action, token, cold=False)
    used = {name: now - before.get(name, Decimal(0)) for name, now in shop.meter.usage.items()}
    calls = [
        name.removeprefix("call ")
        for name, times in used.items()
        if name.startswith("call ")
        for _ in range(int(times))
    ]
    memory = int(stack().function("approve")["MemorySize"])
    return MeasuredRequest(kind, tuple(sorted(calls)), float(used["lambda_gb_second"]) * 1024 / memory)
