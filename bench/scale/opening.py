"""What opening a count takes in a stock of many rows, on the session function's own code.

DynamoDB and S3 answer from memory, below the SDK's parser, so that everything which a function's processor does is
done: parsing pages, checking rows, making the snapshot, packing it, and reading it again as capture does.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from stkr import aws, keys
from stkr.rules.doc import parse_rules
from stkr.rules.store import VersionedRules
from stkr.session.core import Opening
from stkr.session.shell import open_session
from stkr.settings import Session as Settings
from stkr.stock import Snapshot
from stkr.store import objects
from stkr.store.inventory import InventoryRow, row_key
from stkr.store.items import attributes

_PAGE_ROWS: Final = 2_500
"""DynamoDB ends a page at 1 MB."""

_CLIENTS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-2",
    # Else a body comes framed in chunks with a checksum behind it.
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
}

_BARE_MB: Final = 90
"""What a session function takes before it has done anything: the interpreter, the SDK and our own modules."""

_NOW: Final = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Taken:
    """CPU seconds that something took, and the largest memory of its process in MB, libraries included."""

    cpu: float
    peak_mb: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A count opened among ``rows`` of stock, and its ``snapshot`` as it was packed for the bucket."""

    rows: int
    took: Taken
    snapshot: bytes


def opened(rows: int, locations: int = 20) -> Opened:
    """Open one count of the first of ``locations`` that share ``rows`` equally. To be run in a process of its own."""
    os.environ |= _CLIENTS
    names = [f"aisle-{number:02}" for number in range(locations)]
    places = "\n".join(
        f"  {name}: {{name: {name}, approver: {{name: Priya, email: priya@example.com}}}}" for name in names
    )
    rules = VersionedRules(parse_rules(f"locations:\n{places}\n"), None)
    service = _Service(names, rows // locations)
    for client in (aws.dynamodb(), aws.s3()):
        client.meta.events.register("before-send", service.answer)  # type: ignore[arg-type]  # the stubs forget answers
    settings = Settings(bucket="counts", inventory_table="inventory", counts_table="counts", signing_secret="unused")  # noqa: S106 - no secret
    before, began = _peak_mb(), time.process_time()
    open_session(settings, Opening(names[0], "Sam"), rules, _NOW, "7f3a9c")
    cpu = time.process_time() - began - service.spent
    # What the stand-in keeps to answer from is not the function's.
    return Opened(rows, Taken(cpu, _peak_mb() - before + _BARE_MB), service.stored)


def read_back(packed: bytes) -> Taken:
    """Read a snapshot as capture and variance begin with. To be run in a process of its own."""
    os.environ |= _CLIENTS

    def answer(request: AWSRequest, **_: object) -> AWSResponse:
        return _answer(request, packed)

    aws.s3().meta.events.register("before-send", answer)  # type: ignore[arg-type]  # the stubs forget answers
    began = time.process_time()
    if objects.read_document("counts", keys.snapshot_object("session"), Snapshot) is None:
        raise RuntimeError("there is no snapshot")
    return Taken(time.process_time() - began, _peak_mb())


def _peak_mb() -> int:
    # Not getrusage's: a process begins with the peak of the one that started it.
    [told] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(told) // 1024


def _answer(request: AWSRequest, body: bytes) -> AWSResponse:
    headers = HTTPHeaders.from_pairs([("content-length", str(len(body)))])
    return AWSResponse(str(request.url), 200, headers, _Raw(body))


class _Service:
    """Answers the requests of one opening; ``spent`` is its own CPU time."""

    def __init__(self, names: list[str], rows_each: int) -> None:
        self._pages = {keys.location(name): list(_pages(place, name, rows_each)) for place, name in enumerate(names)}
        self.stored = b""
        self.spent = 0.0

    def answer(self, request: AWSRequest, event_name: str, **_: object) -> AWSResponse:
        """As the services would."""
        began = time.process_time()
        body = b"{}"
        match event_name.rpartition(".")[2]:
            case "Query":
                body = self._page(json.loads(request.body))
            case "PutObject":
                self.stored = request.body.read()  # type: ignore[attr-defined]  # the SDK wraps it in a stream
                body = b""
            case "GetObject":
                body = self.stored
        answer = _answer(request, body)
        self.spent += time.process_time() - began
        return answer

    def _page(self, query: dict[str, Any]) -> bytes:
        values = query["ExpressionAttributeValues"]
        pages = self._pages.get(values.get(":location", {}).get("S", ""), [])
        number = int(query.get("ExclusiveStartKey", {}).get("SK", {}).get("S", 0))
        if not pages:
            return b'{"Items": [], "Count": 0}'
        return pages[number]


def _pages(place: int, name: str, rows: int) -> Iterator[bytes]:
    for first in range(0, rows, _PAGE_ROWS):
        numbers = range(first, min(first + _PAGE_ROWS, rows))
        page: dict[str, Any] = {"Items": [_item(place, name, number) for number in numbers]}
        if numbers.stop < rows:
            page["LastEvaluatedKey"] = attributes({"PK": "page", "SK": str(numbers.stop // _PAGE_ROWS)})
        yield json.dumps(page).encode()


def _item(place: int, name: str, number: int) -> Any:
    sku = f"SKU-{place:02}-{number:06}"
    row = InventoryRow.model_validate(
        {
            "location": name,
            "sku": sku,
            "source_qty": 100,
            "unbooked_qty": 0,
            "system_qty": 100,
            "snapshot_version": 3,
            "active": True,
            "name": f"Item {number} of {name}, boxed",
            "category": "loose",
            "unit_cost": "1.25",
            "pack_size": 10,
            "aliases": (f"20{place:03}{number:07}",),
        }
    )
    return attributes(row_key(name, sku) | row.attributes())


class _Raw(BytesIO):
    """A body as the SDK streams it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield self.read()
