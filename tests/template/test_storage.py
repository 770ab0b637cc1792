"""What holds data: tables, bucket, queues, secrets."""

import json
from typing import Any

import pytest

from tests.template.stack import Stack

pytestmark = pytest.mark.template

TABLES = ("InventoryTable", "CountsTable", "AdjustmentsTable")


def keys_of(schema: list[dict[str, str]]) -> dict[str, str]:
    """A key schema as ``{"HASH": name, "RANGE": name}``."""
    return {key["KeyType"]: key["AttributeName"] for key in schema}


def test_there_are_exactly_three_tables(stack: Stack) -> None:
    assert set(stack.of_type("AWS::DynamoDB::Table")) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_on_demand_recoverable_and_outlives_the_stack(stack: Stack, name: str) -> None:
    table = stack.properties(name)
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in table
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert stack.resources[name]["DeletionPolicy"] == stack.resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", TABLES)
def test_a_tables_keys_are_two_strings(stack: Stack, name: str) -> None:
    table = stack.properties(name)
    assert keys_of(table["KeySchema"]) == {"HASH": "PK", "RANGE": "SK"}
    assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}


def test_counts_is_indexed_by_queue_and_by_month_and_the_trail_is_not_indexed(stack: Stack) -> None:
    indexes = {index["IndexName"]: index for index in stack.properties("CountsTable")["GlobalSecondaryIndexes"]}
    assert {name: keys_of(index["KeySchema"]) for name, index in indexes.items()} == {
        "by_queue": {"HASH": "queue_pk", "RANGE": "queue_sk"},
        "by_month": {"HASH": "month_pk", "RANGE": "month_sk"},
    }
    assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes.values())
    assert "GlobalSecondaryIndexes" not in stack.properties("AdjustmentsTable")


def test_inventory_is_indexed_by_what_waits_to_be_booked_with_all_that_is_needed_to_book_it(stack: Stack) -> None:
    (index,) = stack.properties("InventoryTable")["GlobalSecondaryIndexes"]
    assert (index["IndexName"], keys_of(index["KeySchema"])) == (
        "by_booking",
        {"HASH": "unbooked_pk", "RANGE": "unbooked_since"},
    )
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "unbooked"]}


def test_only_counts_lets_items_expire(stack: Stack) -> None:
    assert stack.properties("CountsTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }
    for name in ("InventoryTable", "AdjustmentsTable"):
        assert "TimeToLiveSpecification" not in stack.properties(name)


@pytest.fixture(name="bucket")
def the_bucket(stack: Stack) -> dict[str, Any]:
    """The one bucket."""
    (properties,) = stack.of_type("AWS::S3::Bucket").values()
    return properties


def test_the_bucket_is_versioned_private_encrypted_and_outlives_the_stack(stack: Stack, bucket: dict[str, Any]) -> None:
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    resource = stack.resources["CountsBucket"]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_announces_its_objects_on_eventbridge(bucket: dict[str, Any]) -> None:
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_raw_uploads_and_nothing_else_go_to_glacier_after_90_days_whatever_their_size(bucket: dict[str, Any]) -> None:
    rules = bucket["LifecycleConfiguration"]["Rules"]
    moving = {rule["Prefix"]: rule["Transitions"] for rule in rules if "Transitions" in rule}
    assert moving == {"sessions/": [{"StorageClass": "GLACIER", "TransitionInDays": 90}]}
    assert bucket["LifecycleConfiguration"]["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"


def test_nothing_current_ever_expires_and_no_version_of_an_upload_or_of_the_rules_does(bucket: dict[str, Any]) -> None:
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    assert not any(name.startswith("Expiration") for rule in rules for name in rule)
    expiring = {
        rule["Prefix"]: rule["NoncurrentVersionExpiration"] for rule in rules if "NoncurrentVersionExpiration" in rule
    }
    assert expiring == {
        "snapshots/": {"NoncurrentDays": 365},
        "source/": {"NoncurrentDays": 30},
        "bookings/": {"NoncurrentDays": 30},
    }


def test_abandoned_multipart_uploads_are_cleared_everywhere(bucket: dict[str, Any]) -> None:
    (rule,) = (rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "AbortIncompleteMultipartUpload" in rule)
    assert "Prefix" not in rule


@pytest.mark.parametrize(
    ("queue", "dead_letters"), [("CaptureQueue", "CaptureDeadLetterQueue"), ("LabelQueue", "LabelDeadLetterQueue")]
)
def test_what_fails_twice_goes_to_a_dead_letter_queue(stack: Stack, queue: str, dead_letters: str) -> None:
    policy = stack.properties(queue)["RedrivePolicy"]
    assert policy == {"deadLetterTargetArn": stack.arn(dead_letters), "maxReceiveCount": 2}


def test_every_queue_is_encrypted_and_dead_letters_are_kept_for_14_days(stack: Stack) -> None:
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True
        assert queue.get("MessageRetentionPeriod") == (14 * 24 * 3600 if "DeadLetter" in name else None)


def test_the_link_key_is_generated_and_never_written_down(stack: Stack) -> None:
    secret = stack.properties("LinkSigningSecret")
    assert "SecretString" not in secret
    generated = secret["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {}
    assert (generated["GenerateStringKey"], generated["PasswordLength"]) == ("key", 64)


def test_the_sync_credential_starts_as_the_spreadsheet_in_the_stacks_own_bucket(stack: Stack) -> None:
    secret = stack.properties("SyncCredentialSecret")
    assert json.loads(secret["SecretString"]) == {"connector": "spreadsheet", "key": "source/stock.csv"}
