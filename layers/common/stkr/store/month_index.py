"""The index ``by_month`` of the counts table: sessions by when they were opened, lines by when they were decided."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from stkr.domain import instants
from stkr.store import keyspace
from stkr.store.dynamodb import query


def entries(table: str, kind: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """The items of a kind from ``start`` until before ``end`` (aware); the latest UTC month comes first.

    :param kind: ``keyspace.OPENED`` or ``keyspace.DECIDED``.
    """
    # A month has a partition of its own. The sort key goes on behind the instant: what happened at ``end`` itself has a
    # longer key than ``:end``, which sorts after it.
    within = "month_pk = :month AND month_sk BETWEEN :start AND :end"
    bound = {":start": f"{kind}#{instants.instant(start)}", ":end": f"{kind}#{instants.instant(end)}"}
    for month in instants.months_between(start, end):
        yield from query(table, within, {":month": keyspace.month_of(month), **bound}, index="by_month")


def entries_of_month(table: str, kind: str, month: str) -> Iterator[dict[str, Any]]:
    """The items of a kind in a UTC month (``2026-11``), in order of time."""
    bound = {":month": keyspace.month_of(month), ":kind": kind}
    yield from query(table, "month_pk = :month AND begins_with(month_sk, :kind)", bound, index="by_month")
