"""DynamoDB and S3 that answer from memory, below the SDK's parser, for a stock of many rows.

So everything is done that a function's processor does: pages are parsed, rows checked, documents packed and unpacked.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from stkr.domain.inventory import InventoryRow
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import attributes
from stkr.store.inventory import row_attributes, row_key

_PAGE_ROWS: Final = 2_500
"""DynamoDB ends a page at 1 MB."""

_CLIENTS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-2",
    # Else a body comes framed in chunks with a checksum behind it.
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
}

WRITTEN: Final = datetime(2026, 11, 21, 8, 55, tzinfo=UTC)
"""When whatever is read from the bucket was put there."""

BARE_MB: Final = 90
"""What a function takes before it has done anything: the interpreter, the SDK and our own modules."""


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """CPU seconds that something took, and the largest memory of its process in MB, libraries included."""

    cpu: float
    peak_mb: int


class StandIn:
    """Answers this process's requests for a stock, and keeps the bucket's ``objects`` by key.

    ``state`` is the item that a key without rows is answered with.
    """

    def __init__(self, locations: list[str], rows_each: int, objects: dict[str, bytes]) -> None:
        """Stock of so many rows at each location."""
        self.objects = objects
        self.state: dict[str, Any] = {}
        self._pages = {
            keyspace.location(name): list(_pages(place, name, rows_each)) for place, name in enumerate(locations)
        }
        os.environ |= _CLIENTS
        for client in (aws.dynamodb(), aws.s3()):
            client.meta.events.register("before-send", self._answer)  # type: ignore[arg-type]  # the stubs forget answers
        self.begin()

    def begin(self) -> None:
        """Measure from here on."""
        self._spent = 0.0
        self._before, self._began = peak_mb(), time.process_time()

    def taken(self) -> ProcessUse:
        """What was taken since then, without what these services took themselves."""
        cpu = time.process_time() - self._began - self._spent
        return ProcessUse(cpu, peak_mb() - self._before + BARE_MB)

    def _answer(self, request: AWSRequest, event_name: str, **_: object) -> AWSResponse:
        began = time.process_time()
        status, body = HTTPStatus.OK, b"{}"
        headers: dict[str, str] = {}
        key = unquote(urlsplit(request.url).path).removeprefix("/")
        match event_name.rpartition(".")[2]:
            case "Query":
                body = self._page(json.loads(request.body))
            case "GetItem":
                body = json.dumps({"Item": attributes(self.state)}).encode()
            case "PutObject":
                self.objects[key] = request.body.read()  # type: ignore[attr-defined]  # the SDK wraps it in a stream
                body = b""
            case "GetObject" if key in self.objects:
                body, headers = (
                    self.objects[key],
                    {"ETag": '"1"', "Last-Modified": format_datetime(WRITTEN, usegmt=True)},
                )
            case "GetObject":
                status, body = HTTPStatus.NOT_FOUND, b"<Error><Code>NoSuchKey</Code></Error>"
        answer = AWSResponse(
            str(request.url),
            status,
            HTTPHeaders.from_pairs([("content-length", str(len(body))), *headers.items()]),
            _Raw(body),
        )
        self._spent += time.process_time() - began
        return answer

    def _page(self, query: dict[str, Any]) -> bytes:
        values = query["ExpressionAttributeValues"]
        pages = self._pages.get(values.get(":location", {}).get("S", ""), [])
        number = int(query.get("ExclusiveStartKey", {}).get("SK", {}).get("S", 0))
        if not pages:
            return b'{"Items": [], "Count": 0}'
        return pages[number]


def names(locations: int) -> list[str]:
    """So many locations."""
    return [f"aisle-{number:02}" for number in range(locations)]


def row(place: int, name: str, number: int) -> InventoryRow:
    """One row of the stock."""
    return InventoryRow.model_validate(
        {
            "location": name,
            "sku": f"SKU-{place:02}-{number:06}",
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


def peak_mb() -> int:
    """The largest memory of this process so far."""
    # Not getrusage's: a process begins with the peak of the one that started it.
    [told] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(told) // 1024


def _pages(place: int, name: str, rows: int) -> Iterator[bytes]:
    for first in range(0, rows, _PAGE_ROWS):
        numbers = range(first, min(first + _PAGE_ROWS, rows))
        page: dict[str, Any] = {"Items": [_item(row(place, name, number)) for number in numbers]}
        if numbers.stop < rows:
            page["LastEvaluatedKey"] = attributes({"PK": "page", "SK": str(numbers.stop // _PAGE_ROWS)})
        yield json.dumps(page).encode()


def _item(stored: InventoryRow) -> Any:
    return attributes(row_key(stored.location, stored.sku) | row_attributes(stored))


class _Raw(BytesIO):
    """A body as the SDK streams it."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield self.read()
