"""What stands between the tests and Odoo: it passes requests on and records them, or answers from a recording.

The requests have to be those of the recording, one after another; otherwise a test fails. An answer can be lost on its
way back, and something can happen in the shop just before a request goes through.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from local.odoo import Server

_RECORDINGS = Path(__file__).parents[1] / "recorded" / "odoo"
_TELLING = {
    "product.product/search_read": "display_name",
    "stock.warehouse/search_read": "code",
    "stock.location/search_read": "complete_name",
    "product.category/search_read": "complete_name",
    "uom.uom/search_read": "name",
    "product.uom/search_read": "barcode",
    "product.supplierinfo/search_read": "product_code",
}
"""Fields that hold the tag of the test a record belongs to."""

_OUTSIDE = frozenset({"customer", "supplier", "inventory"})
_INSIDE = ("/Stock", "/Packing Zone")
_UNITS = frozenset({"Units", "Dozens", "g", "kg"})

Exchange = dict[str, Any]


class Relay:
    """A server on 127.0.0.1. ``facts`` are what a recording needs to be repeated: names and times of its making."""

    def __init__(self, name: str, live: Server | None, facts: dict[str, str]) -> None:
        self._file = _RECORDINGS / f"{name}.json"
        self._live = live
        self._pool = urllib3.PoolManager()
        self.facts, self._exchanges = (facts, []) if live else _recorded(self._file)
        self._next = 0
        self._losing: str | None = None
        self._before: tuple[str, Callable[[], None]] | None = None
        self.calls: list[str] = []
        self.wrong: list[str] = []
        self.url = ""

    @property
    def is_live(self) -> bool:
        """Whether an Odoo is running behind it."""
        return self._live is not None

    @contextmanager
    def serving(self) -> Iterator["Relay"]:
        """Serve until the end; then every exchange of a recording must have taken place."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        assert not self.wrong, self.wrong[0]
        if self._live:
            self._save()
        assert self._live or self._next == len(self._exchanges), "not all of the recording was asked for"

    def lose_answer_of(self, method: str) -> None:
        """Let the next request of ``model/method`` be done, and its answer be lost."""
        self._losing = method

    def before(self, method: str, happens: Callable[[], None]) -> None:
        """Let something happen just before the next request of ``model/method``."""
        self._before = (method, happens)

    def answer(self, path: str, headers: dict[str, str], body: Any) -> tuple[int, bytes] | None:
        """Status and content of an answer; ``None`` where it gets lost."""
        method = path.removeprefix("/json/2/")
        if self._before and self._before[0] == method:
            (_, happens), self._before = self._before, None
            happens()
        self.calls.append(method)
        exchange = self._asked(path, headers, body) if self._live else self._recalled(path, body)
        if self._losing == method:
            self._losing = None
            return None
        return exchange["status"], json.dumps(exchange["answer"]).encode()

    def _asked(self, path: str, headers: dict[str, str], body: Any) -> Exchange:
        assert self._live
        answer = self._pool.request(
            "POST", self._live.url + path, json=body, headers=headers, timeout=120, retries=False
        )
        exchange = {"path": path, "body": body, "status": answer.status, "answer": answer.json()}
        self._exchanges.append(exchange)
        return exchange

    def _recalled(self, path: str, body: Any) -> Exchange:
        expected = self._exchanges[self._next] if self._next < len(self._exchanges) else None
        self._next += 1
        if expected is None or (expected["path"], expected["body"]) != (path, body):
            said = json.dumps(expected and [expected["path"], expected["body"]])
            self.wrong.append(f"request {self._next} was {path} {json.dumps(body)}, recorded is {said}")
            return {"status": 404, "answer": {"message": "this was not recorded"}}
        return expected

    def _save(self) -> None:
        """Every exchange as a line: path, body, answer and status, with what is said twice written once."""
        said: dict[str, int] = {}

        def number(content: Any) -> int:
            return said.setdefault(json.dumps(content, separators=(",", ":")), len(said))

        exchanges = [
            json.dumps([*map(number, (each["path"], each["body"], self._without_others(each))), each["status"]])
            for each in self._exchanges
        ]
        facts = json.dumps(self.facts, sort_keys=True)
        self._file.write_text(
            f'{{"facts": {facts},\n"said": [\n{_lines(said)}\n],\n"exchanges": [\n{_lines(exchanges)}\n]}}\n'
        )

    def _without_others(self, exchange: Exchange) -> Any:
        """The answer without records of other tests, which only make a recording long, and without traces of errors."""
        answer, tag = exchange["answer"], self.facts["tag"]
        if exchange["status"] >= 400:
            return {"name": answer["name"], "message": answer["message"]}
        field = _TELLING.get(exchange["path"].removeprefix("/json/2/"))
        if field is None:
            return [_without_domain(each) for each in answer] if isinstance(answer, list) else answer
        # A warehouse and its places have only the end of the tag.
        return [
            record
            for record in answer
            if record.get("usage") in _OUTSIDE
            or record.get("name") in _UNITS
            or (tag[-5:] in record[field] and ("usage" not in record or any(map(record[field].__contains__, _INSIDE))))
        ]


def _without_domain(group: Any) -> Any:
    """A group's figures without the domain that Odoo repeats with each."""
    return (
        {name: value for name, value in group.items() if name != "__extra_domain"} if isinstance(group, dict) else group
    )


def _lines(texts: Iterable[str]) -> str:
    return ",\n".join(texts)


def _recorded(file: Path) -> tuple[dict[str, str], list[Exchange]]:
    recording = json.loads(file.read_text())
    said = recording["said"]
    return recording["facts"], [
        {"path": said[path], "body": said[body], "answer": said[answer], "status": status}
        for path, body, answer, status in recording["exchanges"]
    ]


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and content in one packet, which halves the time of a small answer

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            passed = {name: self.headers[name] for name in ("Authorization", "X-Odoo-Database", "Content-Type")}
            answered = relay.answer(self.path, passed, body)
            if answered is None:
                self.close_connection = True
                return
            status, content = answered
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    return Handler
