"""The codes that people have confirmed for an item: they help the next counts until the system of record has them."""

from collections.abc import Iterator
from decimal import Decimal

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from stkr import aws, keys
from stkr.capture.result import Alias, Sighting
from stkr.store.items import query, update, values
from stkr.tabular.words import folded


class Confirmed(BaseModel):
    """An alias as stored: in which count, by which row of which fix sheet, and when (stored instant)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    sku: str
    pack: Decimal | None = None
    session_id: str
    file: str
    row: int
    confirmed_at: str

    @property
    def alias(self) -> Alias:
        """The alias itself."""
        return Alias(self.code, self.sku, Sighting(self.file, self.row), self.pack)


def read_aliases(table: str) -> Iterator[Confirmed]:
    """Every confirmed code, by code."""
    yield from map(Confirmed.model_validate, query(table, "PK = :aliases", {":aliases": keys.ALIASES}))


def remember(table: str, confirmed: Confirmed) -> Confirmed | None:
    """Store a confirmed code. What is remembered already stays: a person has to take it back first (``forget``).

    :returns: ``None``, or what the code is remembered as, where that is something else.
    """
    key = {"PK": keys.ALIASES, "SK": keys.alias(folded(confirmed.code))}
    request = update(table, key, condition="attribute_not_exists(PK)", sets=confirmed.model_dump())
    try:
        aws.dynamodb().update_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        before = Confirmed.model_validate(values(error.response["Item"]))  # type: ignore[typeddict-item]  # was asked for
        return None if (before.sku, before.pack) == (confirmed.sku, confirmed.pack) else before
    return None


def forget(table: str, code: str) -> bool:
    """Take a confirmed code back; counts that are open keep the stock as it was when they were opened.

    :returns: whether it was there.
    """
    key = {"PK": {"S": keys.ALIASES}, "SK": {"S": keys.alias(folded(code))}}
    answer = aws.dynamodb().delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    return "Attributes" in answer
