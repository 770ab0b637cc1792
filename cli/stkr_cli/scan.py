"""Reading a whole table: for operators' commands only, because no function's role may scan."""

from collections.abc import Callable, Iterator
from typing import Any

from stkr.infra import aws
from stkr.store.dynamodb import values


def scan(table: str, watch: Callable[[int], None], **options: Any) -> Iterator[dict[str, Any]]:
    """The plain values of all items of a table, in no order and a moment old: at half the price of consistent reads.

    :param watch: is called with the number of items that each page was made from.
    :param options: of the API's Scan, such as a filter.
    """
    for page in aws.dynamodb().get_paginator("scan").paginate(TableName=table, **options):
        watch(page["ScannedCount"])
        yield from map(values, page["Items"])
