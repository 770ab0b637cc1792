"""A simulated month: each kind of event runs once for real at full size, and counts as often as a month has it."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bench.cost.meter import Usage
from bench.cost.shop import MeteredShop
from local.events import event
from tests.deployment import stack

DAYS: Final = 30
OPEN_DAYS: Final = 26
_SYNCS: Final = DAYS * 24 * 4
_EXPORTS: Final = OPEN_DAYS * 10
"""The system of record exports its stock every hour of a working day, with one row in a hundred changed."""
_DECIDED: Final = 12
"""Decisions that are run; the month has as many as it has material variances, at their average."""
_POLLS: Final = DAYS * 24 * 60 * 3 * 5
"""Requests of an idle queue that Lambda listens to: five pollers that each wait for twenty seconds at a time."""
_WEEKS: Final = 4
OPENING: Final = "opening the counts, their sheets and pages"
READING: Final = "reading the uploads"
FINDING: Final = "finding the variances"
LABELS: Final = "labels, one model call a variance"
MAILS: Final = "mails about variances"
_GB: Final = Decimal(1024**3)
_MONTHS_KEPT: Final = 12
"""Storage is priced as after a year."""


@dataclass(frozen=True, slots=True)
class ShopSize:
    """Counted lines a month: ``counts`` of a location each, of ``skus`` every one."""

    counts: int
    skus: int

    @property
    def lines(self) -> int:
        """Lines counted in the month."""
        return self.counts * self.skus


SIZES: Final = (ShopSize(10, 200), ShopSize(20, 1_000), ShopSize(20, 10_000))


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """What a month used, the requests of one count by its stages, and the read units of one reconciliation."""

    size: ShopSize
    usage: Usage
    requests: Mapping[str, int]
    reconcile_reads: Decimal

    @property
    def requests_per_line(self) -> Decimal:
        """Requests from a file's arrival to every variance queued, for each counted line."""
        upload = 1  # the person's own, among those that were metered
        return Decimal(self.requests[READING] + self.requests[FINDING] - upload) / self.size.skus


def simulate(size: ShopSize, cold_seconds: Mapping[str, float]) -> MonthUsage:
    """Run the month, and say on the error stream how far it is."""
    shop = MeteredShop(size.counts, size.skus, cold_seconds)
    used: dict[str, Usage] = {}
    kept: Usage = defaultdict(Decimal)

    @contextmanager
    def counted(what: str, times: Decimal, kept_times: int) -> Iterator[None]:
        print(f"  {size.lines:,} lines: {what}", file=sys.stderr)
        before, stored = dict(shop.meter.usage), dict(shop.meter.stored)
        yield
        used[what] = {name: (now - before.get(name, 0)) * times for name, now in shop.meter.usage.items()}
        for name, now in shop.meter.stored.items():
            kept[name] += (now - stored.get(name, 0)) * kept_times

    schedule = event("sync", "schedule")
    with counted("the stock, mirrored for the first time", Decimal(0), 1):
        shop.put_rules()
        shop.put_stock()
        shop.mirror_first()
    with counted("syncs of a source that has not changed", Decimal(_SYNCS - _EXPORTS), 0):
        shop.run("sync", schedule)
    with counted("syncs of a source that has changed", Decimal(_EXPORTS), 0):
        shop.put_stock(changed_share=0.01)
        shop.run("sync", schedule)
    counts = size.counts * _MONTHS_KEPT
    with counted(OPENING, Decimal(size.counts), counts):
        session = shop.open_count(0)
    with counted(READING, Decimal(size.counts), counts):
        shop.upload(session, 0)
    with counted(FINDING, Decimal(size.counts), counts):
        shop.find_variances(session)
    with counted(LABELS, Decimal(size.counts), counts):
        shop.label()
    with counted(MAILS, Decimal(size.counts), counts):
        shop.mail(0)
    decided = Decimal(shop.material * size.counts) / _DECIDED
    with counted("decisions, and scanners that open both links", decided, round(decided) * _MONTHS_KEPT):
        shop.decide(_DECIDED)
    with counted("reminders of counts that are overdue, weekly", Decimal(_WEEKS), 0):
        shop.run("sweep", event("sweep", "daily"))
    with counted("daily sweeps of a quiet day", Decimal(DAYS - _WEEKS), 0):
        shop.run("sweep", event("sweep", "daily"))
    with counted("the summary", Decimal(1), 0):
        shop.run("summary", event("summary", "monthly"))
    used["what is there all the time"] = _standing(kept)
    queues = Decimal(_POLLS * len(stack().of_type("AWS::Lambda::EventSourceMapping")))
    used["Lambda listening to its queues"] = {"sqs_request": queues}
    usage: Usage = defaultdict(Decimal)
    for part in used.values():
        for name, amount in part.items():
            usage[name] += amount
    usage["log_gb"] = usage.pop("log_bytes") / _GB
    usage["log_gb_month"] = usage["log_gb"] * 7 / DAYS
    requests = {
        stage: int(sum(amount for name, amount in used[stage].items() if name.startswith("call ")) / size.counts)
        for stage in (OPENING, READING, FINDING, LABELS, MAILS)
    }
    return MonthUsage(size, usage, requests, used[FINDING]["dynamodb_read_unit"] / size.counts)


def _standing(kept: Usage) -> Usage:
    tables, bucket = kept["dynamodb_bytes"] / _GB, kept["s3_bytes"] / _GB
    return {
        "secret_month": Decimal(len(stack().of_type("AWS::SecretsManager::Secret"))),
        "scheduler_invocation": Decimal(_SYNCS + DAYS + 1),
        "dynamodb_gb_month": tables,
        "dynamodb_backup_gb_month": tables,
        "s3_gb_month": bucket,
    }
