"""Each function under its own role: refused what it must not do, as far as the emulator judges it."""

import json

import pytest

from local import shop
from local.stack import Stack
from tests.e2e.probe import attempt

pytestmark = pytest.mark.e2e

EVERYBODY = ("session", "capture", "variance", "cause", "approve", "sync", "sweep", "summary")
REFUSED = {"AccessDeniedException", "AccessDenied"}
ROW = {"PK": {"S": f"LOC#{shop.FIXINGS}"}, "SK": {"S": "SKU#BOLT-M6-50"}}


@pytest.mark.parametrize("function", [name for name in EVERYBODY if name not in {"approve", "sync"}])
@pytest.mark.parametrize("operation", ["update_item", "put_item", "delete_item"])
def test_nobody_but_approve_and_sync_can_write_inventory(stack: Stack, function: str, operation: str) -> None:
    parameters: dict[str, object] = {"TableName": stack.outputs["InventoryTableName"]}
    if operation == "put_item":
        parameters["Item"] = ROW
    else:
        parameters["Key"] = ROW
    if operation == "update_item":
        parameters |= {
            "UpdateExpression": "SET system_qty = :none",
            "ExpressionAttributeValues": {":none": {"N": "0"}},
        }
    assert attempt(stack, function, "dynamodb", operation, parameters) in REFUSED


def test_approve_cannot_change_a_quantity_outside_a_transaction(stack: Stack) -> None:
    change = {
        "TableName": stack.outputs["InventoryTableName"],
        "Key": ROW,
        "UpdateExpression": "SET system_qty = :none",
        "ExpressionAttributeValues": {":none": {"N": "0"}},
    }
    assert attempt(stack, "approve", "dynamodb", "update_item", change) in REFUSED


@pytest.mark.parametrize("function", [name for name in EVERYBODY if name != "sync"])
def test_nobody_but_sync_can_read_the_credential(stack: Stack, function: str) -> None:
    wanted = {"SecretId": stack.outputs["SyncCredentialName"]}
    assert attempt(stack, function, "secretsmanager", "get_secret_value", wanted) in REFUSED


def test_sync_can_read_the_credential_and_not_the_key_that_signs_links(stack: Stack) -> None:
    credential = {"SecretId": stack.outputs["SyncCredentialName"]}
    assert attempt(stack, "sync", "secretsmanager", "get_secret_value", credential) == "allowed"
    signing = {"SecretId": stack.outputs["LinkSigningKeyName"]}
    assert attempt(stack, "sync", "secretsmanager", "get_secret_value", signing) in REFUSED


@pytest.mark.parametrize("function", EVERYBODY)
@pytest.mark.parametrize("operation", ["update_item", "delete_item"])
def test_nobody_can_change_the_trail(stack: Stack, function: str, operation: str) -> None:
    change = {
        "TableName": stack.outputs["AdjustmentsTableName"],
        "Key": {"PK": {"S": "SKU#BOLT-M6-50"}, "SK": {"S": "TS#2026"}},
    }
    assert attempt(stack, function, "dynamodb", operation, change) in REFUSED


def test_cause_can_write_nothing_at_all(stack: Stack) -> None:
    outputs = stack.outputs
    attempts: list[tuple[str, str, dict[str, object]]] = [
        ("dynamodb", "put_item", {"TableName": outputs["CountsTableName"], "Item": ROW}),
        ("dynamodb", "put_item", {"TableName": outputs["AdjustmentsTableName"], "Item": ROW}),
        ("s3", "put_object", {"Bucket": outputs["BucketName"], "Key": "captures/x", "Body": "x"}),
        ("sqs", "send_message", {"QueueUrl": outputs["LabelQueueUrl"], "MessageBody": "x"}),
        ("events", "put_events", {"Entries": [{"Source": "stkr", "DetailType": "x", "Detail": json.dumps({})}]}),
        ("sns", "publish", {"TopicArn": outputs["AlarmTopicArn"], "Message": "x"}),
    ]
    outcomes = {operation: attempt(stack, "cause", service, operation, call) for service, operation, call in attempts}
    assert set(outcomes.values()) <= REFUSED | {"AuthorizationError", "AuthorizationErrorException"}, outcomes
