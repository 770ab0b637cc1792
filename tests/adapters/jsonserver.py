"""A shop system's JSON API on 127.0.0.1, as well-behaved as the test wants it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked. ``headers`` are in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What is answered: ``body`` as JSON, or as it is where it is bytes.

    ``length`` is the Content-Length, if another than the body's. Behind the body ``hangs`` keeps the connection open
    and silent, and ``drips`` sends a space every now and then. ``dropped`` answers nothing at all.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hangs: bool = False
    drips: bool = False
    dropped: bool = False

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answering = Callable[[Request], Reply]


class JsonServer:
    """The server: its address, all that it was asked, and what it answers by method and path."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, Answering] = {}
        self.url = ""
        self.closing = Event()

    def on(self, method_and_path: str, *replies: Reply | Answering) -> None:
        """Answer with the replies in turn, and with the last one from then on."""
        turns = list(replies)

        def answer(request: Request) -> Reply:
            reply = turns.pop(0) if len(turns) > 1 else turns[0]
            return reply if isinstance(reply, Reply) else reply(request)

        self.answers[method_and_path] = answer

    def asked(self, method_and_path: str) -> list[Request]:
        """The requests of one kind, in order."""
        return [request for request in self.requests if f"{request.method} {request.path}" == method_and_path]


def _handler(shop: JsonServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(content) if content else None
            request = Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body)
            shop.requests.append(request)
            answering = shop.answers.get(f"{request.method} {request.path}")
            reply = answering(request) if answering else Reply({"error": "no such thing"}, status=404)
            self.close_connection = reply.dropped or reply.length is not None
            if reply.dropped:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "Transfer-Encoding" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.content) if reply.length is None else reply.length))
            self.end_headers()
            self.wfile.write(reply.content)
            if reply.hangs:
                shop.closing.wait(10)
            with suppress(OSError):  # once the client has left
                while reply.drips and not shop.closing.wait(0.01):
                    self.wfile.write(b" ")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    return Handler


@contextmanager
def json_server() -> Iterator[JsonServer]:
    """A server that answers 404 until it is told otherwise."""
    shop = JsonServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
    shop.url = f"http://127.0.0.1:{server.server_port}"
    # Asked often whether it is to end, because every test ends one.
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield shop
    finally:
        shop.closing.set()
        server.shutdown()
        server.server_close()
