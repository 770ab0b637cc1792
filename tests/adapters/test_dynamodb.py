"""Items as they come from a query."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from stkr.infra import aws
from stkr.store.dynamodb import query
from tests.deployment import Deployment

pytestmark = pytest.mark.adapters

ITEM = {
    "PK": {"S": "A"},
    "SK": {"S": "ü ' \" \\ \n"},
    "qty": {"N": "-1.50"},
    "active": {"BOOL": False},
    "nothing": {"NULL": True},
    "aliases": {"L": [{"S": "4006381333931"}, {"M": {"pack": {"N": "24"}, "none": {"L": []}}}]},
    "codes": {"SS": ["a", "b"]},
    "sizes": {"NS": ["1", "2"]},
}


def test_what_a_query_finds_is_what_the_sdk_makes_of_it(deployment: Deployment) -> None:
    table = deployment.environment("approve")["COUNTS_TABLE"]
    aws.dynamodb().put_item(TableName=table, Item=ITEM)  # type: ignore[arg-type]  # built by hand
    asked: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "A"}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    ours, plain = aws.dynamodb().query(**asked), boto3.client("dynamodb").query(**asked)
    assert ours == plain | {"ResponseMetadata": ours["ResponseMetadata"]}
    assert ours["Items"] == [ITEM]


def test_a_query_that_is_refused_raises_as_any_other_request(deployment: Deployment) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        list(query("no-such-table", "PK = :pk", {":pk": "A"}))
