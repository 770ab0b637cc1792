"""The simulations' tables are quick, and answer as moto's do otherwise."""

from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from stkr.infra import aws
from stkr.store.dynamodb import attributes, put, query, update
from tests.deployment import Deployment
from tests.shop.quick import quicken, quicken_behind_the_sdk

pytestmark = pytest.mark.handlers

KEY = {"PK": "A", "SK": "1"}


@pytest.fixture(params=[lambda _: None, quicken_behind_the_sdk, quicken], ids=["moto", "behind the SDK", "quick"])
def table(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    request.param(monkeypatch)
    name = deployment.environment("approve")["COUNTS_TABLE"]
    aws.dynamodb().put_item(**put(name, KEY | {"qty": Decimal("1.5")}, condition="attribute_not_exists(PK)"))
    return name


def test_a_transaction_that_is_refused_changes_nothing_and_says_why(table: str) -> None:
    raised = update(table, KEY, condition="attribute_exists(PK)", sets={"qty": Decimal(9), "more": ["x"]})
    fresh = put(table, {"PK": "B", "SK": "1"}, condition="attribute_not_exists(PK)")
    refused = update(table, {"PK": "C", "SK": "1"}, condition="attribute_exists(PK)", sets={"qty": Decimal(9)})
    with pytest.raises(ClientError) as cancelled:
        aws.dynamodb().transact_write_items(
            TransactItems=[{"Update": raised}, {"Put": fresh}, {"Update": refused}]  # type: ignore[typeddict-item]  # built requests
        )
    answer = cancelled.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    reasons = [reason["Code"] for reason in answer["CancellationReasons"]]
    assert reasons == ["None", "None", "ConditionalCheckFailed"]
    assert list(query(table, "PK = :pk", {":pk": "A"})) == [KEY | {"qty": Decimal("1.5")}]
    assert [list(query(table, "PK = :pk", {":pk": other})) for other in ("B", "C")] == [[], []]


def test_a_refused_write_hands_back_what_is_there_when_asked(table: str) -> None:
    request = put(table, KEY, condition="attribute_not_exists(PK)")
    with pytest.raises(ClientError) as refused:
        aws.dynamodb().put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    answer = refused.value.response
    assert answer["Error"]["Code"] == "ConditionalCheckFailedException"
    assert answer["Item"] == attributes(KEY | {"qty": Decimal("1.5")})  # type: ignore[typeddict-item]  # was asked for


def test_items_come_in_the_order_of_their_keys(table: str) -> None:
    for code in ("3", "2", "10"):
        aws.dynamodb().put_item(**put(table, {"PK": "A", "SK": code}, condition="attribute_not_exists(PK)"))
    assert [item["SK"] for item in query(table, "PK = :pk", {":pk": "A"})] == ["1", "10", "2", "3"]
