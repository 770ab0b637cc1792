"""The counts table's partition that remembers for some days which mails went out; Powertools reads and writes it."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from stkr.infra import aws
from stkr.store import keyspace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def sent_mails(table: str, remember: timedelta) -> DynamoDBPersistenceLayer:
    """Where an outbox that remembers for ``remember`` keeps what it has sent."""
    return _persistence(aws.dynamodb(), table, remember)


# Once per process: each one made hooks into the client, and every later request passes all of the hooks.
@cache
def _persistence(
    client: "DynamoDBClient",
    table: str,
    remember: timedelta,  # noqa: ARG001 - the layer keeps the period that it is configured with first
) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=table,
        key_attr="PK",
        sort_key_attr="SK",
        static_pk_value=keyspace.SENT_MAILS,
        expiry_attr="expires_at",
        boto3_client=client,  # its own would take longer to make than the mails
    )
