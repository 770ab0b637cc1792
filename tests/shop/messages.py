"""What is left in bucket, bus and queues, as the events that AWS hands to the functions."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from local.events import event
from stkr.store import keyspace

Kind = Literal["upload", "capture again", "captured", "rules uploaded", "variances due", "labels"]

_FUNCTIONS: dict[Kind, str] = {
    "upload": "capture",
    "capture again": "capture",
    "captured": "variance",
    "rules uploaded": "sweep",
    "variances due": "sweep",
    "labels": "variance",
}

_QUEUED = {"upload", "capture again", "labels"}


@dataclass(frozen=True)
class Message:
    """Something that waits to be handed to a function; ``about`` is an object's key, a location or a session."""

    kind: Kind
    about: str
    payload: dict[str, Any]

    @property
    def function(self) -> str:
        """Who it is for, by the function's own name."""
        return _FUNCTIONS[self.kind]

    @property
    def tries(self) -> int:
        """How often it is delivered before it is given up, as the template has it."""
        return 2 if self.kind in _QUEUED else 3


def of_object(key: str) -> Message | None:
    """What storing an object sets off, if anything."""
    if key.startswith(keyspace.UPLOADS):
        return _queued("upload", key, "capture", "scan", json.dumps({"detail": {"object": {"key": key}}}))
    if key == keyspace.RULES_KEY:
        return Message("rules uploaded", key, {"detail": {"object": {"key": key}}})
    if keyspace.capture_of(key):
        captured = event("variance", "session-captured")
        captured["detail"]["object"]["key"] = key
        return Message("captured", key, captured)
    return None


def of_announcement(detail: dict[str, Any]) -> Message:
    """What announcing a location's variances sets off."""
    return Message("variances due", detail["location"], {"detail": detail})


def of_queue(url: str, body: str) -> Message:
    """What a queue delivers."""
    content = json.loads(body)
    if "capture" in url:
        return _queued("capture again", content["detail"]["object"]["key"], "capture", "scan", body)
    return _queued("labels", content["session_id"], "variance", "label-chunk", body)


def _queued(kind: Kind, about: str, function: str, case: str, body: str) -> Message:
    return Message(kind, about, {"Records": [event(function, case)["Records"][0] | {"body": body}]})
