"""The calls of DynamoDB: typed attributes, request builders, queries, and writes that say which condition failed."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from stkr.domain.errors import Busy
from stkr.infra import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UniversalAttributeValueTypeDef

    Attributes = dict[str, UniversalAttributeValueTypeDef]


MAX_ACTIONS = 100
"""DynamoDB's limit for one transaction."""

_CONFLICT_TRIES = 6
"""A conflicting transaction is over in milliseconds; six tries with growing pauses wait about a second in all."""

_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons for which an action of a transaction is refused although it goes through a moment later."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def attributes(values: Mapping[str, Any]) -> "Attributes":
    """Typed attributes of ``values``; entries that are ``None`` are left out, so that sparse indexes stay sparse."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of an item; numbers are ``Decimal``."""
    return {name: _deserialize(value) for name, value in item.items()}


def update(  # noqa: PLR0913 - the parts that an UpdateItem has
    table: str,
    key: Mapping[str, str],
    *,
    condition: str | None,
    sets: Mapping[str, Any] | None = None,
    adds: Mapping[str, Any] | None = None,
    removes: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    bound: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build an UpdateItem request, which is a transaction's ``Update`` alike.

    ``sets`` are assigned (a value of ``None`` removes the attribute), ``adds`` added to, ``removes`` dropped.
    ``condition`` uses the placeholders of ``names`` and ``bound`` and those of the attributes that are written
    (``#name`` and ``:name``); ``None`` only where any earlier value may be written over.
    """
    assigned = {name: value for name, value in (sets or {}).items() if value is not None}
    dropped = [*(name for name, value in (sets or {}).items() if value is None), *removes]
    clauses: list[str] = []
    for verb, joiner, written in (("SET", " = ", assigned), ("ADD", " ", adds or {})):
        if written:
            clauses.append(f"{verb} " + ", ".join(f"#{name}{joiner}:{name}" for name in written))
    if dropped:
        clauses.append("REMOVE " + ", ".join(f"#{name}" for name in dropped))
    changed = {**assigned, **(adds or {})}
    placeholders = {**{f":{name}": value for name, value in changed.items()}, **(bound or {})}
    request: dict[str, Any] = {
        "TableName": table,
        "Key": attributes(key),
        "UpdateExpression": " ".join(clauses),
        "ExpressionAttributeNames": {**{f"#{name}": name for name in [*changed, *dropped]}, **(names or {})},
    }
    if placeholders:
        request["ExpressionAttributeValues"] = {name: _serialize(value) for name, value in placeholders.items()}
    if condition:
        request["ConditionExpression"] = condition
    return request


def query(
    table: str, condition: str, bound: Mapping[str, str], *, index: str | None = None
) -> Iterator[dict[str, Any]]:
    """The plain values of all items under a key condition, page by page, in the order of the sort key.

    A table is read consistently; an index cannot be.
    """
    source: dict[str, Any] = {"IndexName": index} if index else {"ConsistentRead": True}
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={name: {"S": value} for name, value in bound.items()},
            **source,
        )
    )
    for page in pages:
        yield from map(values, page["Items"])


def put(table: str, item: Mapping[str, Any], *, condition: str) -> dict[str, Any]:
    """Build a conditional PutItem request."""
    return {"TableName": table, "Item": attributes(item), "ConditionExpression": condition}


def pause(attempt: int) -> None:
    """Back off before retrying a write that collided with another transaction: up to 40, 80, 160 ... milliseconds.

    A random part of up to half of it is left out, so that two that collided do not collide again.
    """
    longest = 0.02 * 2**attempt
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - a waiting time, not a secret


ActionOutcome = Literal["done", "condition", "conflict"]


def transact_once(actions: "Sequence[TransactWriteItemTypeDef]") -> list[ActionOutcome]:
    """Run one transaction; all of it happens or nothing.

    :param actions: at most 100.
    :returns: ``["done", ...]``; else nothing was written, and the list says of each action whether its condition
        failed, or whether it collided with another transaction or was throttled, which is over in a moment.
    :raises botocore.exceptions.ClientError: for anything else; the SDK repeats lost answers with the same token.
    """
    try:
        aws.dynamodb().transact_write_items(TransactItems=actions)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        outcomes = [_outcome(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]
        if {"condition", "conflict"}.isdisjoint(outcomes):
            raise
        return outcomes
    return ["done"] * len(actions)


def _outcome(code: str | None) -> ActionOutcome:
    if code == "ConditionalCheckFailed":
        return "condition"
    # Throttling of single actions arrives as a cancellation too, which the SDK does not try again.
    return "conflict" if code in _PASSING else "done"


def transact(actions: "Sequence[TransactWriteItemTypeDef]", pause: Callable[[int], None]) -> list[ActionOutcome]:
    """Run one transaction as ``transact_once`` does, and again after a conflict.

    :param pause: called with 1, 2, ... before each further try.
    :returns: ``["done", ...]``, or for each action whether its condition failed (then nothing was written).
    :raises Busy: other transactions were at work on the same items in every try.
    """
    for attempt in range(1, _CONFLICT_TRIES + 1):
        outcomes = transact_once(actions)
        if "condition" in outcomes or "conflict" not in outcomes:
            return outcomes
        if attempt < _CONFLICT_TRIES:
            pause(attempt)
    raise Busy("other transactions kept working on the same items; try again")


def patient_update(request: Mapping[str, Any]) -> dict[str, Any]:
    """Run an UpdateItem, and wait for a transaction that is at work on the same item; the SDK would give up at once.

    Every transaction of a reconciliation checks the session's header, so the header's other writers do collide.
    """
    attempt = 0
    while True:
        try:
            return dict(aws.dynamodb().update_item(**request))
        except ClientError as error:
            attempt += 1
            if error.response["Error"]["Code"] != "TransactionConflictException" or attempt >= _CONFLICT_TRIES:
                raise
            pause(attempt)


def conditional_update(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run an UpdateItem whose condition may fail.

    :returns: the answer, or ``None`` when the condition failed and nothing was written.
    """
    try:
        return patient_update(request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise


class GuardFailed(Exception):
    """The guard that every transaction of a run carries no longer holds; this transaction wrote nothing."""


def transact_groups(
    groups: "Iterable[Sequence[TransactWriteItemTypeDef]]",
    pause: Callable[[int], None],
    guard: "TransactWriteItemTypeDef | None" = None,
) -> "list[Sequence[TransactWriteItemTypeDef]]":
    """Write many small groups, each of which happens whole or not at all, packed into few transactions.

    :param guard: a condition check that every one of the transactions carries.
    :returns: the groups of which a condition failed; all others are written.
    :raises GuardFailed: when the guard does not hold.
    """
    room = MAX_ACTIONS - (guard is not None)
    refused: list[Sequence[TransactWriteItemTypeDef]] = []
    batch: list[Sequence[TransactWriteItemTypeDef]] = []
    for group in groups:
        if sum(map(len, batch)) + len(group) > room:
            refused += _write_batch(batch, pause, guard)
            batch = []
        batch.append(group)
    return refused + _write_batch(batch, pause, guard)


def _write_batch(
    batch: "list[Sequence[TransactWriteItemTypeDef]]",
    pause: Callable[[int], None],
    guard: "TransactWriteItemTypeDef | None",
) -> "list[Sequence[TransactWriteItemTypeDef]]":
    refused: list[Sequence[TransactWriteItemTypeDef]] = []
    while batch:
        actions = [action for group in batch for action in group]
        outcomes = transact([*actions, guard] if guard else actions, pause)
        if guard and outcomes[-1] == "condition":
            raise GuardFailed
        remaining = iter(outcomes)
        failed = [group for group in batch if "condition" in [next(remaining) for _ in group]]
        if not failed:
            break
        refused += failed
        # The rest was not written, because a transaction is all or nothing: once more without the refused ones.
        batch = [group for group in batch if not any(group is other for other in failed)]
    return refused
