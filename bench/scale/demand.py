"""What one count needs at each stage, metered on the functions' own code as in `bench/cost/`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

import boto3

from bench.cost.meter import Meter
from bench.cost.shop import MeteredShop
from stkr.domain.names import SessionId
from stkr.store import keyspace
from stkr.variance.labelling import CHUNK
from tests.deployment import forget
from tests.template.stack import FUNCTIONS

LINES: Final = 1_000
LOCATIONS: Final = 20
DECIDED: Final = 12
"""Decisions that are run; the figures are those of one."""


@dataclass(frozen=True, slots=True)
class StageUsage:
    """What one stage of one count used: the billed units of `bench/cost/`, by name, and its functions' seconds.

    ``header_writes`` are those of the session's header, each of which is also one of its two index entries.
    """

    usage: Mapping[str, Decimal]
    header_writes: int


@dataclass(frozen=True, slots=True)
class Demand:
    """One count of ``LINES`` lines in a shop of ``LOCATIONS`` such locations, by stage; ``decided`` is one decision."""

    opened: StageUsage
    captured: StageUsage
    compared: StageUsage
    labelled: StageUsage
    mailed: StageUsage
    decided: StageUsage
    material: int

    @property
    def chunks(self) -> int:
        """Messages of the label queue."""
        return -(-self.material // CHUNK)


def measured() -> Demand:
    """Run the count. To be run in a process of its own, because moto stays in it."""
    shop = MeteredShop(LOCATIONS, LINES, dict.fromkeys(FUNCTIONS, 0.0))
    shop.put_rules()
    shop.put_stock()
    shop.mirror_first()
    session = ""

    def opening() -> None:
        nonlocal session
        session = shop.open_count(0)

    with _header_writes() as written:
        opened = _used(shop.meter, written, opening)
        captured = _used(shop.meter, written, lambda: shop.upload(session, 0))
        compared = _used(shop.meter, written, lambda: shop.find_variances(session))
        labelled = _used(shop.meter, written, shop.label)
        mailed = _used(shop.meter, written, lambda: shop.mail(0))
        decided = _used(shop.meter, written, lambda: shop.decide(DECIDED))
    one = StageUsage({name: amount / DECIDED for name, amount in decided.usage.items()}, decided.header_writes)
    return Demand(opened, captured, compared, labelled, mailed, one, shop.material)


def _used(meter: Meter, written: list[str], run: Callable[[], None]) -> StageUsage:
    before, headers = dict(meter.usage), len(written)
    run()
    usage = {name: now - before.get(name, Decimal(0)) for name, now in meter.usage.items()}
    return StageUsage(usage, len(written) - headers)


@contextmanager
def _header_writes() -> Iterator[list[str]]:
    """Collects the partition of every session header that is written."""
    written: list[str] = []

    def hear(params: Mapping[str, Any], **_: object) -> None:
        key = params.get("Key") or params["Item"]
        partition, position = (next(iter(key[name].values())) for name in ("PK", "SK"))
        if position == keyspace.META and partition.startswith(keyspace.session(SessionId(""))):
            written.append(partition)

    make = boto3.client

    def heard(service: str, **given: Any) -> Any:
        client = make(service, **given)  # type: ignore[call-overload]  # any service
        for operation in ("PutItem", "UpdateItem") if service == "dynamodb" else ():
            client.meta.events.register(f"provide-client-params.dynamodb.{operation}", hear)
        return client

    # A cold start makes its clients anew, so it is their making that has to be heard of.
    with patch.object(boto3, "client", heard):
        forget()
        yield written
