"""What AWS would bill of the calls that real code makes on moto: units, requests, bytes, and each function's time.

DynamoDB's units follow its developer guide: a write is of 1 kB begun, of the larger of the item before and after, once
more for each entry of an index that changes, and twice in a transaction; a read is of 4 kB begun, half of that where it
need not be consistent. That a condition failed does not make a write cheaper.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

from botocore.client import BaseClient
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends

from tests.deployment import stack
from tests.template.stack import ACCOUNT, REGION

_Note = Callable[[Mapping[str, Any]], None]
Usage = dict[str, Decimal]
"""Amounts by the name of their price in prices.yaml, and ``call <service>.<operation>`` for each call."""

WAIT_MS: Final[Mapping[str, int]] = {
    "dynamodb.GetItem": 5,
    "dynamodb.Query": 8,
    "dynamodb.BatchGetItem": 8,
    "dynamodb.PutItem": 6,
    "dynamodb.UpdateItem": 6,
    "dynamodb.TransactWriteItems": 25,
    "s3.GetObject": 30,
    "s3.PutObject": 50,
    "s3.ListObjectsV2": 40,
    "s3.HeadObject": 20,
    "sqs.SendMessage": 12,
    "sqs.SendMessageBatch": 15,
    "sesv2.SendEmail": 90,
    "events.PutEvents": 20,
    "secretsmanager.GetSecretValue": 30,
    "lambda.Invoke": 15,
    "bedrock.Converse": 300,  # one and a half seconds, five at a time
}
"""Assumed time from call to answer inside the region, on the slow side of what is commonly measured."""
_OTHER_MS: Final = 40

_CALL: Final = "_make_api_call"
"""Where every call of every client passes; botocore has no public place to hear of all of them."""

# What a log gets beside a function's own lines: START, END and REPORT.
_PLATFORM_LOG_BYTES: Final = 330
_VCPU_MB: Final = 1769
"""The memory at which Lambda gives a function one whole vCPU; less memory is a proportional share."""


@dataclass
class _Frame:
    """An invocation under way: seconds spent waiting for AWS, and CPU seconds that were not the function's own."""

    waiting: float = 0
    elsewhere: float = 0


@dataclass
class Meter:
    """Adds up usage from every call and every invocation while it is listening.

    ``usage`` is in the units of the price list. ``stored`` is by how many bytes tables and bucket grew.
    """

    usage: Usage = field(default_factory=lambda: defaultdict(Decimal))
    stored: Usage = field(default_factory=lambda: defaultdict(Decimal))
    _frame: "_Frame" = field(default_factory=_Frame)

    def listen(self) -> None:
        """Hear of every call of every client of this process, and leave out the time that moto takes."""
        call, stub = getattr(BaseClient, _CALL), BotocoreStubber.__call__

        def heard(client: BaseClient, operation: str, request: dict[str, Any]) -> dict[str, Any]:
            began = time.thread_time()
            note = self._before(client.meta.service_model.service_name, operation, request)
            self._frame.elsewhere += time.thread_time() - began
            parsed: dict[str, Any] = {}
            try:
                parsed = call(client, operation, request)
                return parsed
            finally:
                began = time.thread_time()
                note(parsed)
                self._frame.elsewhere += time.thread_time() - began

        def timed(stubber: BotocoreStubber, event_name: str, request: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return stub(stubber, event_name, request, **kwargs)
            finally:
                self._frame.elsewhere += time.thread_time() - began

        patch.object(BaseClient, _CALL, heard).start()
        patch.object(BotocoreStubber, "__call__", timed).start()

    @contextmanager
    def invocation(self, function: str, cold_seconds: float) -> Iterator[None]:
        """Bill what runs inside as one invocation of a function.

        :param cold_seconds: what its start took, as CPU seconds; 0 for a warm one. Starting has a whole vCPU.
        """
        memory = int(stack().function(function)["MemorySize"])
        log, outer = _Length(), self._frame
        self._frame = frame = _Frame()
        began = time.process_time()
        with redirect_stdout(log):
            yield
        busy = time.process_time() - began - frame.elsewhere
        seconds = cold_seconds + busy * _VCPU_MB / memory + frame.waiting
        self._frame = outer
        # Whoever called this function waits for it, and its work is not the caller's.
        outer.waiting += seconds
        outer.elsewhere += time.process_time() - began
        self.usage["lambda_gb_second"] += Decimal(str(seconds * memory / 1024))
        self.usage["lambda_request"] += 1
        self.usage["log_bytes"] += log.bytes + _PLATFORM_LOG_BYTES

    def store_table(self, name: str) -> None:
        """Count all that a table holds now as stored, where it was filled without being listened to."""
        items = dynamodb_backends[ACCOUNT][REGION].get_table(name).all_items()
        self.stored["dynamodb_bytes"] += sum(_size(item.to_json()["Attributes"]) for item in items)

    def model_call(self, request: Mapping[str, Any], reply: str) -> None:
        """Bill a call of the model; a token is taken to be three and a half characters."""
        sent = json.dumps([request["system"], request["messages"], request.get("outputConfig", "")])
        self.usage["bedrock_input_token"] += round(len(sent) / 3.5)
        self.usage["bedrock_output_token"] += round(len(reply) / 3.5)
        self._wait("bedrock.Converse")

    def _wait(self, call: str) -> None:
        self.usage[f"call {call}"] += 1
        self._frame.waiting += WAIT_MS.get(call, _OTHER_MS) / 1000

    def _before(self, service: str, operation: str, request: Mapping[str, Any]) -> "_Note":
        """Look at what a call is about to change; what comes back is called with its answer."""
        body = len(request["Body"]) if operation == "PutObject" else 0  # The client wraps it in a stream.
        stored = {key: _item(*key) for key in _written(operation, request)} if service == "dynamodb" else {}

        def note(answer: Mapping[str, Any]) -> None:
            self._wait(f"{service}.{operation}")
            match service:
                case "dynamodb":
                    self._dynamodb(operation, request, stored, answer)
                case "s3":
                    self._s3(operation, body)
                case "sqs":
                    self.usage["sqs_request"] += 1
                case "sesv2":
                    self.usage["ses_mail"] += 1
                case "events":
                    self.usage["eventbridge_event"] += 1
                case "secretsmanager":
                    self.usage["secret_request"] += 1

        return note

    def _s3(self, operation: str, body: int) -> None:
        writes = operation.startswith(("Put", "List"))
        self.usage["s3_write_request" if writes else "s3_read_request"] += 1
        if operation == "PutObject":
            self.usage["eventbridge_event"] += 1  # the bucket tells EventBridge of every object
            self.stored["s3_bytes"] += body

    def _dynamodb(
        self, operation: str, request: Mapping[str, Any], before: Mapping[Any, Any], parsed: Mapping[str, Any]
    ) -> None:
        if before or operation == "TransactWriteItems":
            units = sum(write_units(table, old, _item(table, key)) for (table, key), old in before.items())
            checks = sum("ConditionCheck" in action for action in request.get("TransactItems", ()))
            twice = 2 if operation == "TransactWriteItems" else 1
            self.usage["dynamodb_write_unit"] += twice * (units + checks)
            grown = sum(_size(_item(*key)) - _size(old) for key, old in before.items())
            self.stored["dynamodb_bytes"] += grown
            return
        share = Decimal(1) if request.get("ConsistentRead") else Decimal("0.5")
        if operation == "Query":
            blocks = _blocks(sum(map(_size, parsed.get("Items", ()))), 4096)
        elif operation == "BatchGetItem":
            found = [item for items in parsed.get("Responses", {}).values() for item in items]
            asked = sum(len(keys["Keys"]) for keys in request["RequestItems"].values())
            blocks = sum(_blocks(_size(item), 4096) for item in found) + asked - len(found)
        else:
            blocks = _blocks(_size(parsed.get("Item", {})), 4096)
        self.usage["dynamodb_read_unit"] += share * blocks


def _written(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Table and key of each item that a request writes."""
    if operation == "TransactWriteItems":
        for action in request["TransactItems"]:
            for verb in ("Put", "Update", "Delete"):
                if verb in action:
                    yield _address(action[verb])
    elif operation in {"PutItem", "UpdateItem", "DeleteItem"}:
        yield _address(request)


def _address(action: Mapping[str, Any]) -> tuple[str, str]:
    key = action.get("Key") or action["Item"]
    return action["TableName"], json.dumps([key["PK"], key["SK"]])


def _item(table: str, address: str) -> dict[str, Any]:
    """An item's typed attributes as they are stored now; empty where there is none."""
    partition, position = json.loads(address)
    found = dynamodb_backends[ACCOUNT][REGION].get_item(table, {"PK": partition, "SK": position})
    return dict(found.to_json()["Attributes"]) if found else {}


def write_units(table: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """Write units of one item's change outside a transaction; ``old`` or ``new`` is empty where there is no item."""
    units = max(1, _blocks(max(_size(old), _size(new)), 1024))
    for entry in _indexes(table):
        was, now = entry(old), entry(new)
        if was != now:
            keys_moved = bool(was) and bool(now) and was[0] != now[0]  # type: ignore[index]  # told apart just before
            if keys_moved or not now:
                units += _blocks(_size(was[1]), 1024)  # type: ignore[index]  # there is one
            if now:
                units += _blocks(_size(now[1]), 1024)
    return units


_Entry = Callable[[Mapping[str, Any]], tuple[tuple[str, ...], dict[str, Any]] | None]


def _indexes(table: str) -> list[_Entry]:
    [declared] = [one for one in stack().of_type("AWS::DynamoDB::Table").values() if one["TableName"] == table]
    return [_entry_of(index) for index in declared.get("GlobalSecondaryIndexes", ())]


def _entry_of(index: Mapping[str, Any]) -> _Entry:
    keys = [one["AttributeName"] for one in index["KeySchema"]]
    projection = index["Projection"]
    kept = {"PK", "SK", *keys, *projection.get("NonKeyAttributes", ())}

    def entry(item: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]] | None:
        if not all(name in item for name in keys):
            return None
        everything = projection["ProjectionType"] == "ALL"
        shown = {name: value for name, value in item.items() if everything or name in kept}
        return tuple(json.dumps(item[name]) for name in keys), shown

    return entry


def _blocks(size: int, of: int) -> int:
    return max(1, -(-size // of))


def _size(item: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's own reckoning; attributes are typed."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        digits = len(content.strip("-").replace(".", "").strip("0"))
        return (digits + 1) // 2 + 1 + int(content.startswith("-"))
    if kind == "L":
        return 3 + sum(1 + _value_size(one) for one in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in content.items())
    if kind in {"SS", "NS"}:
        return sum(_value_size({kind[0]: one}) for one in content)
    return 1


class _Length:
    """A stream that keeps nothing but its length."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, text: str) -> int:
        """As a stream's."""
        self.bytes += len(text.encode())
        return len(text)

    def flush(self) -> None:
        """As a stream's."""
