"""Confirmed codes in the counts table: they help the next counts until the system of record has them."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from stkr.domain.alias import ConfirmedAlias
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import attributes, query, update, values
from stkr.tabular.text import folded


def _alias_key(code: str) -> dict[str, str]:
    return {"PK": keyspace.ALIASES, "SK": keyspace.alias(folded(code))}


def read_aliases(table: str) -> Iterator[ConfirmedAlias]:
    """Every confirmed code, by code."""
    yield from map(ConfirmedAlias.model_validate, query(table, "PK = :aliases", {":aliases": keyspace.ALIASES}))


def remember(table: str, confirmed: ConfirmedAlias) -> ConfirmedAlias | None:
    """Store a confirmed code. An earlier meaning stays: a person has to take it back first (``forget``).

    :returns: ``None``, or what the code is remembered as, where that is something else.
    """
    # Counts were made with the earlier meaning; what a code means must not change under them by another fix sheet.
    code_is_new = "attribute_not_exists(PK)"
    request = update(table, _alias_key(confirmed.code), condition=code_is_new, sets=confirmed.model_dump())
    try:
        aws.dynamodb().update_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        before = ConfirmedAlias.model_validate(values(error.response["Item"]))  # type: ignore[typeddict-item]  # was asked for
        return None if (before.sku, before.pack) == (confirmed.sku, confirmed.pack) else before
    return None


def forget(table: str, code: str) -> bool:
    """Take a confirmed code back; open counts keep the codes of their snapshots.

    :returns: whether it was there.
    """
    key = attributes(_alias_key(code))
    answer = aws.dynamodb().delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    return "Attributes" in answer
