"""The tables as they are on AWS while many write at once: a stretch of road between the functions and the emulator.

The emulator carries out one call after the other, so that two transactions never meet in it. DynamoDB's do meet, and it
refuses the one that came later. Here a transaction holds its items for some milliseconds before it is passed on, and
what comes meanwhile is refused in DynamoDB's words; everything else is passed on as it came. Calls are counted on the
way, so that a reader sees how hot the fire was.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, NamedTuple, cast

ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"
"""The SDK prefers it to the endpoint of all services."""

_TRANSACTION = "TransactWriteItems"
_SINGLE = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
_CALL_SECONDS = 60


class Item(NamedTuple):
    """An item of a table by its key, each part as the API has it."""

    table: str
    partition: str
    position: str


@dataclass(frozen=True)
class Heat:
    """What went past in one scenario.

    ``transactions`` counts what the functions sent, each of their own attempts for itself; ``done`` went through,
    ``conditions`` were cancelled because a condition failed, ``conflicts`` because another transaction held an item.
    ``single_conflicts`` are writes of one item refused for the same reason. ``most_at_once`` is the greatest number of
    transactions that were on the road at one moment.
    """

    transactions: int
    done: int
    conditions: int
    conflicts: int
    single_conflicts: int
    most_at_once: int

    def __add__(self, other: "Heat") -> "Heat":
        """Both together."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        return Heat(**sums | {"most_at_once": max(self.most_at_once, other.most_at_once)})


class Tables:
    """The road, open on a port of 127.0.0.1 until it is closed."""

    def __init__(self, leads_to: int, seed: int) -> None:
        """Lead to the emulator on this port; ``seed`` says how long each transaction takes."""
        self.leads_to = leads_to
        self.holds_ms: tuple[int, int] | None = None
        """Between how many milliseconds a transaction holds its items; ``None`` where nobody is to meet anybody."""
        self._lock = threading.Lock()
        self._random = Random(seed)
        self._held: Counter[Item] = Counter()
        self._counted: Counter[str] = Counter()
        self._on_the_road = 0
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the functions find it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()

    def heat(self) -> Heat:
        """What was counted since this was last asked."""
        with self._lock:
            counted = Heat(**{name: self._counted[name] for name in Heat.__dataclass_fields__})
            self._counted.clear()
            return counted

    @contextmanager
    def passing(self, operation: str, request: Mapping[str, Any]) -> Iterator[dict[str, Any] | None]:
        """Hold the items of a transaction while it is under way; gives the refusal where another one holds an item."""
        if self.holds_ms and operation == _TRANSACTION:
            with self._transaction(request, self.holds_ms) as refusal:
                yield refusal
        elif self.holds_ms and operation in _SINGLE:
            yield self._single(request)
        else:
            yield None

    def answered(self, status: int, answer: bytes) -> None:
        """Note what became of a transaction that was passed on."""
        with self._lock:
            if status == http.client.OK:
                self._counted["done"] += 1
            elif b"ConditionalCheckFailed" in answer:
                self._counted["conditions"] += 1

    @contextmanager
    def _transaction(self, request: Mapping[str, Any], holds_ms: tuple[int, int]) -> Iterator[dict[str, Any] | None]:
        items = [_item(*action.values()) for action in request["TransactItems"]]
        with self._lock:
            self._on_the_road += 1
            self._counted["transactions"] += 1
            self._counted["most_at_once"] = max(self._counted["most_at_once"], self._on_the_road)
            met = [self._held[item] > 0 for item in items]
            if any(met):
                self._counted["conflicts"] += 1
            else:
                self._held.update(items)
            seconds = self._random.uniform(*holds_ms) / 1000
        try:
            time.sleep(seconds)
            yield _cancelled(met) if any(met) else None
        finally:
            with self._lock:
                self._on_the_road -= 1
                if not any(met):
                    self._held.subtract(items)

    def _single(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            if not self._held[_item(request)]:
                return None
            self._counted["single_conflicts"] += 1
        message = "Transaction is ongoing for the item"
        return {"__type": f"{_NAMESPACE}TransactionConflictException", "message": message}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # every execution environment may knock at the same moment

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of functions that are gone, and of calls that are cut off when the emulator ends."""
        if not isinstance(sys.exception(), OSError | http.client.HTTPException):
            super().handle_error(request, client_address)


def _item(action: Mapping[str, Any]) -> Item:
    key = action.get("Key") or action["Item"]
    return Item(action["TableName"], key["PK"]["S"], key["SK"]["S"])


def _cancelled(met: list[bool]) -> dict[str, Any]:
    """DynamoDB's answer to a transaction that met another one at these of its items."""
    codes = ["TransactionConflict" if conflict else "None" for conflict in met]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    return {
        "__type": f"{_NAMESPACE}TransactionCanceledException",
        "Message": message,
        "CancellationReasons": [
            {"Code": code, "Message": "Transaction is ongoing for the item"} if code != "None" else {"Code": code}
            for code in codes
        ],
    }


def _handler_of(tables: Tables) -> type[BaseHTTPRequestHandler]:
    class Connection(BaseHTTPRequestHandler):
        """What one execution environment asks of the tables."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            with tables.passing(operation, cast("dict[str, Any]", json.loads(body))) as refusal:
                if refusal:
                    kind = {"Content-Type": "application/x-amz-json-1.0"}
                    self._answer(http.client.BAD_REQUEST, kind, json.dumps(refusal).encode())
                    return
                with closing(
                    http.client.HTTPConnection("127.0.0.1", tables.leads_to, timeout=_CALL_SECONDS)
                ) as emulator:
                    # With the host that was signed.
                    emulator.request("POST", self.path, body, dict(self.headers.items()))
                    response = emulator.getresponse()
                    answer = response.read()
                if operation == _TRANSACTION:
                    tables.answered(response.status, answer)
            self._answer(response.status, dict(response.getheaders()), answer)

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Nothing: every call would be a line."""

    return Connection
