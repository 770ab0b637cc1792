"""One request to the real handlers at a time, and whether it got anything: an answer, a write or a crash."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import pytest
from botocore.client import BaseClient

from local.events import event
from tests.handlers.world import World
from tests.shop.clock import SimulatedClock

_T = TypeVar("_T")
_READS = ("Get", "Head", "List", "Query", "BatchGet", "Describe")
_ERROR, _BROKEN = 400, 500


@dataclass(frozen=True)
class Attempt:
    """What was tried, what the attacker sees of it, and whether it was ``accepted`` or something broke."""

    what: str
    seen: str
    accepted: bool
    broke: bool = False

    @property
    def refused(self) -> bool:
        """Whether it came to nothing, and in an orderly way."""
        return not self.accepted and not self.broke


@dataclass(frozen=True)
class Answer:
    """What a function URL answers, and the calls of AWS that changed something meanwhile."""

    status: int
    body: str
    headers: Mapping[str, Any]
    writes: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """The body of a file that was handed out."""
        return base64.b64decode(self.body)


@dataclass(frozen=True, eq=False)
class Entrance:
    """A way in that a link opens: which function URL, by which request."""

    name: str
    url: str
    method: str = "GET"
    path: str = "/"
    form: Mapping[str, str] | None = None


APPROVE: Final = Entrance("approve", "approve", "POST", form={"name": "Priya", "cause": "shrinkage"})
REJECT: Final = Entrance("reject", "reject", "POST", form={"name": "Priya", "cause": "shrinkage"})
LOOK: Final = Entrance("look at a variance", "approve")
OPEN: Final = Entrance("open a count", "session", "POST", form={"counter": "Sam"})
COUNT: Final = Entrance("see a count", "session")
SHEET: Final = Entrance("fetch a sheet", "session", path="/sheet.csv")
FIXES: Final = Entrance("fetch a fix sheet", "session", path="/fixes.csv")
MONTH: Final = Entrance("read a summary", "session", path="/summary")
FIGURES: Final = Entrance("fetch a summary", "session", path="/summary.csv")


class Attacker:
    """Comes to the entrances of a shop, and sees every call of AWS that changes something."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
        """``every``: one of so many generated attempts is made."""
        self.world, self._every, self._monkeypatch = world, every, monkeypatch
        self._writes: list[str] = []
        plain = getattr(BaseClient, "_make_api_call")  # noqa: B009 - where all calls pass, and it has no public name

        def watched(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
            if not operation.startswith(_READS):
                self._writes.append(operation)
            return plain(client, operation, request)

        monkeypatch.setattr(BaseClient, "_make_api_call", watched)

    def later(self, passed: timedelta) -> None:
        """Have the functions, as warm as they are, be asked so much later."""
        SimulatedClock(datetime.now(UTC) + passed).patch(self._monkeypatch)

    def some(self, generated: Iterable[_T]) -> Iterator[_T]:
        """The generated attempts that are made."""
        return islice(generated, 0, None, self._every)

    def request(self, entrance: Entrance, token: str) -> dict[str, Any]:
        """What Lambda hands the function when somebody comes in with a token."""
        values = dict.fromkeys(("approve-url", "approve"), "")
        values |= {"approve-url": self.world.url_id(entrance.url), "approve": token}
        made = event("approve", "show-approve", values)
        made["rawPath"] = made["requestContext"]["http"]["path"] = entrance.path
        made["requestContext"]["http"]["method"] = entrance.method
        if entrance.form is not None:
            made |= {"rawQueryString": "", "queryStringParameters": {}}
            with_body(made, urlencode({"t": token, **entrance.form}).encode())
        return made

    def ask(self, entrance: Entrance, request: dict[str, Any]) -> Answer:
        """Put a request to the function behind an entrance."""
        self._writes.clear()
        answer = self.world.invoke("session" if entrance.url == "session" else "approve", request)
        return Answer(answer["statusCode"], answer.get("body") or "", answer["headers"], tuple(self._writes))

    def carry(self, entrance: Entrance, token: str) -> Answer:
        """Come in with a token."""
        return self.ask(entrance, self.request(entrance, token))

    def attempt(self, what: str, entrance: Entrance, token: str) -> Attempt:
        """Try to come in with a token that must not open."""
        return self.attempt_with(what, entrance, self.request(entrance, token))

    def attempt_with(
        self, what: str, entrance: Entrance, request: dict[str, Any], *, harmless: bool = False
    ) -> Attempt:
        """Try a request that must be refused; a ``harmless`` one may be answered as long as it changes nothing."""
        try:
            answer = self.ask(entrance, request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the attacker has broken something
            return Attempt(what, f"a crash ({type(error).__name__})", accepted=bool(self._writes), broke=True)
        got_in = answer.status < _ERROR and not harmless
        return Attempt(what, str(answer.status), got_in or bool(answer.writes), answer.status >= _BROKEN)


def with_body(request: dict[str, Any], body: bytes, content_type: str = "application/x-www-form-urlencoded") -> None:
    """Give a request a body, in base64, as Lambda delivers it."""
    request["headers"]["content-type"] = content_type
    request |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
