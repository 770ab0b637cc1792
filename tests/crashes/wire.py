"""What lies between the SDK and the services: every attempt of every call passes here, and may come to harm.

Below the SDK's own retries, so that what it mends is mended, and what it repeats is done twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, get_args

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from moto import backend_index
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import JsonRESTError

from tests.handlers.faults import Killed
from tests.shop.quick import asked
from tests.shop.services import refusal

Kind = Literal["error", "throttle", "timeout", "lost answer", "partial", "killed before", "killed after"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Fault(NamedTuple):
    """What happens to so many attempts in a row; the SDK gives up a call after three."""

    kind: Kind
    attempts: int


@dataclass
class Wire:
    """``plan`` is which attempt from when on comes to what; ``met`` counts what really came of it, ``passed`` all
    attempts."""

    met: Counter[str] = field(default_factory=Counter)
    passed: int = 0
    _begun: int = 0
    _plan: dict[int, Kind] = field(default_factory=dict)
    _refused_batches: int = 0
    _done: dict[str, Any] = field(default_factory=dict)

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it in."""
        real = BotocoreStubber.__call__

        def answered(stubber: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **more: Any) -> Any:
            service, operation = event_name.split(".")[1:3]

            def does() -> Any:
                if service == "dynamodb":
                    return self._ask_tables(operation, request)
                return real(stubber, event_name, request, **more)

            return self._sdk_attempt(service, request, does)

        monkeypatch.setattr(BotocoreStubber, "__call__", answered)
        # The tables look at no signature, and signing takes a fifth of the time.
        signs = RequestSigner.sign

        def sign(signer: Any, operation: str, request: Any, **more: Any) -> None:
            if "dynamodb" not in request.url:
                signs(signer, operation, request, **more)

        monkeypatch.setattr(RequestSigner, "sign", sign)
        # Nobody reads who asks, and of all the services that moto looks for in an address these two are asked.
        monkeypatch.setattr(UserAgentString, "to_string", lambda _agent: "tests")
        patterns = [one for one in backend_index.backend_url_patterns if one[0] in {"s3", "secretsmanager"}]
        monkeypatch.setattr(backend_index, "backend_url_patterns", patterns)
        # The SDK waits before it tries again, and the functions before they repeat a contested transaction.
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
        monkeypatch.setattr("stkr.store.dynamodb.time", SimpleNamespace(sleep=lambda _seconds: None))

    @contextmanager
    def harmed(self, plan: Mapping[int, Fault]) -> Iterator[None]:
        """Have the attempts inside, counted from 1, come to what is planned."""
        self._begun = 0
        # Batches are few: whichever comes next is the one.
        self._refused_batches = sum(fault.attempts for fault in plan.values() if fault.kind == "partial")
        self._plan = {first + further: fault.kind for first, fault in plan.items() for further in range(fault.attempts)}
        try:
            yield
        finally:
            self._plan, self._refused_batches = {}, 0

    def played(self, name: str, service: Any) -> Any:
        """A service that is played in this process, behind the wire; of its SDK's attempts this is the last one."""
        return SimpleNamespace(**{
            operation: self._played(operation, getattr(service, operation))
            for operation in _OPERATIONS[name]
        })  # fmt: skip

    def forget(self) -> None:
        """Begin with services that know of no earlier request."""
        self._done.clear()

    def _next(self) -> Kind | None:
        self._begun += 1
        self.passed += 1
        return self._plan.get(self._begun)

    def _refuses_batch(self) -> bool:
        if not self._refused_batches:
            return False
        self._refused_batches -= 1
        self.met["partial"] += 1
        return True

    def _sdk_attempt(self, service: str, request: AWSPreparedRequest, does: Callable[[], Any]) -> Any:
        kind = self._next() if service in {"dynamodb", "s3"} else None
        if kind is None:
            return does()
        self.met[kind] += 1
        match kind:
            case "killed before":
                raise Killed
            case "timeout":
                raise ConnectTimeoutError(endpoint_url=request.url)
            case "error" | "throttle":
                return _refused(service, kind, request.url)
        does()
        if kind == "killed after":
            raise Killed
        raise ReadTimeoutError(endpoint_url=request.url)

    def _ask_tables(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        assert isinstance(request.body, bytes)
        asked_for = json.loads(request.body)
        if operation == "BatchGetItem" and self._refuses_batch():
            left = {"Responses": {}, "UnprocessedKeys": asked_for["RequestItems"]}
            return _response(request.url, 200, json.dumps(left))
        token = asked_for.get("ClientRequestToken")
        try:
            # A transaction that was done is not done again for its own repeat, which is answered as it was.
            result = self._done[token] if token in self._done else asked(operation, asked_for)
        except JsonRESTError as error:
            return _response(request.url, 400, error.description)
        if token:
            self._done[token] = result
        return _response(request.url, 200, json.dumps(result))

    def _played(self, operation: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            kind = self._next()
            if kind is None and operation in _NONE_TAKEN and self._refuses_batch():
                return _NONE_TAKEN[operation](request["Entries"])
            if kind is None:
                return real(**request)
            self.met[kind] += 1
            match kind:
                case "killed before":
                    raise Killed
                case "timeout":
                    raise ConnectTimeoutError(endpoint_url=operation)
                case "error" | "throttle":
                    raise refusal("ThrottlingException" if kind == "throttle" else "InternalFailure", operation)
            real(**request)
            if kind == "killed after":
                raise Killed
            raise ReadTimeoutError(endpoint_url=operation)

        return call


_OPERATIONS = {
    "ses": ("send_email",),
    "bedrock": ("converse",),
    "scheduler": ("create_schedule",),
    "events": ("put_events",),
    "sqs": ("send_message", "send_message_batch"),
    "functions": ("invoke",),
}


_NONE_TAKEN: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "send_message_batch": lambda entries: {"Failed": [{"Id": entry["Id"]} for entry in entries]},
    "put_events": lambda entries: {"FailedEntryCount": len(entries)},
}
"""Answers that are no errors, and yet say that nothing of the batch was taken."""


def _response(url: str, status: int, body: str) -> AWSResponse:
    return AWSResponse(url, status, {}, MockRawResponse(body))  # type: ignore[arg-type]  # as moto's own answers


def _refused(service: str, kind: Kind, url: str) -> AWSResponse:
    if service == "dynamodb":
        code = "InternalServerError" if kind == "error" else "ThrottlingException"
        return _response(url, 500 if kind == "error" else 400, json.dumps({"__type": f"x#{code}", "message": "no"}))
    code = "InternalError" if kind == "error" else "SlowDown"
    return _response(url, 500 if kind == "error" else 503, f"<Error><Code>{code}</Code><Message>no</Message></Error>")
