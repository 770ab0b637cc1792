"""The arithmetic of the bill, and the units that DynamoDB bills."""

from decimal import Decimal

import pytest
import yaml

from bench.cost.bill import COMPONENTS, SEED, Cost, by_component, costs, total
from bench.cost.meter import write_units
from bench.cost.month import FINDING, READING, SIZES, MonthUsage, ShopSize
from bench.cost.report import report
from tests.template.stack import ROOT

pytestmark = pytest.mark.unit

PRICES = yaml.safe_load((ROOT / "bench" / "cost" / "prices.yaml").read_text("utf-8"))


def test_every_price_belongs_to_one_component() -> None:
    names = [name for part in COMPONENTS.values() for name in part]
    assert sorted(names) == sorted(PRICES)
    assert list(SEED) == list(COMPONENTS)
    assert sum(SEED.values()) == Decimal("2.20")


def test_what_is_free_for_good_is_taken_off_the_second_figure_only() -> None:
    cost = costs({"sqs_request": Decimal(1_500_000), "call sqs.SendMessage": Decimal(9)}, PRICES)
    assert cost["sqs_request"] == Cost(Decimal("0.6"), Decimal("0.2"))
    assert by_component(cost)["SQS, EventBridge, CloudWatch"] == Cost(Decimal("0.6"), Decimal("0.2"))
    assert total(cost.values()) == Cost(Decimal("0.6"), Decimal("0.2"))


def test_usage_without_a_price_is_an_error() -> None:
    with pytest.raises(KeyError, match="no price for moon_landing"):
        costs({"moon_landing": Decimal(1)}, PRICES)


LINE = {"PK": {"S": "SESSION#1"}, "SK": {"S": "LINE#BOLT"}, "state": {"S": "queued"}}
QUEUED = LINE | {"queue_pk": {"S": "QUEUE#fixings"}, "queue_sk": {"S": "2026#1#BOLT"}}


def test_a_write_is_billed_by_kilobytes_begun_of_the_larger_of_before_and_after() -> None:
    big = LINE | {"rationale": {"S": "x" * 1024}}
    assert write_units("shop-counts", {}, LINE) == 1
    assert write_units("shop-counts", LINE, big) == 2
    assert write_units("shop-counts", big, LINE) == 2


def test_an_entry_of_an_index_is_billed_where_it_comes_goes_changes_and_twice_where_it_moves() -> None:
    assert write_units("shop-counts", {}, QUEUED) == 2
    assert write_units("shop-counts", QUEUED, LINE) == 2
    assert write_units("shop-counts", QUEUED, QUEUED) == 1
    assert write_units("shop-counts", QUEUED, QUEUED | {"mails": {"N": "1"}}) == 2
    assert write_units("shop-counts", QUEUED, QUEUED | {"queue_sk": {"S": "2027#1#BOLT"}}) == 3


def month(size: ShopSize, requests: int, **usage: int) -> MonthUsage:
    used = {name: Decimal(amount) for name, amount in usage.items()}
    return MonthUsage(size, used, {READING: requests, FINDING: 0}, Decimal(2))


def test_a_goal_is_called_missed_where_it_is() -> None:
    # The person's own upload is not counted.
    months = [month(SIZES[0], 22, secret_month=4), month(SIZES[1], 101, secret_month=4), month(SIZES[2], 1_002)]
    goals = [line for line in report(months, PRICES).splitlines() if line.startswith(("- met", "- **missed**"))]
    assert [line.partition(":")[0] for line in goals] == [
        "- met",
        "- **missed**",
        "- met",
        "- met",
        "- **missed**",
        "- met",
        "- **missed**",
        "- met",
    ]
