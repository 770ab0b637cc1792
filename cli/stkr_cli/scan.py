"""Reading a whole table: for operators' commands only, because no function's role may scan."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stkr.infra import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

    Attributes = dict[str, UniversalAttributeValueTypeDef]
from stkr.store.dynamodb import values


def scan(table: str, watch: Callable[[int], None], **narrowed: Any) -> Iterator[dict[str, Any]]:
    """The plain values of all items of a table, in no order and a moment old: at half the price of consistent reads.

    For operators' commands only: no function's role may scan.

    :param watch: is told how many items each page was made from.
    :param narrowed: a filter, as the API has it.
    """
    for page in aws.dynamodb().get_paginator("scan").paginate(TableName=table, **narrowed):
        watch(page["ScannedCount"])
        yield from map(values, page["Items"])
