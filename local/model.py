"""A stand-in for the language model, for the demo and the end-to-end tests; it is never used in production.

It answers the OpenAI-style endpoint to which the emulator forwards Bedrock's Converse calls. Given a prompt that
holds one evidence object it applies the four causes' textbook signatures; given anything else it returns a short
narrative with the names of phrases, as the monthly summary asks for.

    POST /v1/chat/completions   one model call
    GET  /admin                 {"mode": ..., "calls": <number of model calls so far>}
    POST /admin                 {"mode": <one of Mode>, "delay": <seconds, for slow>}   misbehave until told otherwise
"""

import argparse
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RECENT_RECEIPT_DAYS = 7
BRISK_SALES_SHARE = Decimal(
    "0.05"
)  # a shortage of at most this share of the units sold looks like sales that never rang through

NARRATIVE = (
    "In {month} the shop brought in {lines_counted}, with {material_variances} and {approved}. "
    "What is left to look at before the next count is {waiting}."
)


class Mode(StrEnum):
    """How the stand-in behaves."""

    ANSWER = "answer"
    FAIL = "fail"
    SLOW = "slow"
    OFF_LIST = "off_list"
    GIBBERISH = "gibberish"


@dataclass
class Behaviour:
    """The server's state; shared by its threads."""

    mode: Mode = Mode.ANSWER
    delay_seconds: int = 30
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def find_evidence(text: str) -> dict[str, Any] | None:
    """The first JSON object in `text` that describes a variance, or None."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            decoded, _ = decoder.raw_decode(text, start)
        except ValueError:
            decoded = None
        if isinstance(decoded, dict) and "gap_units" in decoded:
            return decoded
        start = text.find("{", start + 1)
    return None


def suggest(evidence: Mapping[str, Any]) -> tuple[str, str]:
    """The cause whose signature the evidence carries, and one sentence why."""
    flags = set(evidence.get("flags") or ())
    receipt = evidence.get("last_receipt") or {}
    just_received = bool(receipt) and receipt["days_ago"] <= RECENT_RECEIPT_DAYS
    if just_received or flags & {"equals_last_receipt", "multiple_of_last_receipt"}:
        return (
            "receiving_error",
            "The variance follows a delivery, which points to a wrong quantity entered at the dock.",
        )
    if flags & {"swapped_digits", "offsetting_gap", "multiple_of_pack_size"}:
        return "miscount", "The shape of the variance points to a slip while counting rather than to stock that moved."
    if evidence.get("direction") == "overage":
        return (
            "miscount",
            "More was counted than the system expects and nothing in the evidence explains where it came from.",
        )
    sold = Decimal(evidence.get("units_sold_since_last_count") or 0)
    if sold > 0 and abs(Decimal(evidence["gap_units"])) <= sold * BRISK_SALES_SHARE:
        return "unrecorded_sale", "A small shortage beside brisk sales points to a few sales that never rang through."
    return (
        "shrinkage",
        "A sustained shortage with no recent receiving and normal sales points to loss rather than a recording error.",
    )


def reply(mode: Mode, prompt: str) -> str:
    """What the model says to `prompt`."""
    if mode is Mode.GIBBERISH:
        return "I would rather talk about the weather."
    if mode is Mode.OFF_LIST:
        return json.dumps({"cause": "theft", "rationale": "Somebody took it."})
    evidence = find_evidence(prompt)
    if evidence is None:
        return NARRATIVE
    cause, rationale = suggest(evidence)
    return json.dumps({"cause": cause, "rationale": rationale})


class ModelServer(ThreadingHTTPServer):
    """The stand-in on 127.0.0.1; `behaviour` may be changed while it runs."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        """Bind to `port`; 0 takes a free one."""
        self.behaviour = Behaviour()
        super().__init__(("127.0.0.1", port), ModelRequest)


class ModelRequest(BaseHTTPRequestHandler):
    """One request."""

    server: ModelServer

    def do_GET(self) -> None:
        """Report the mode and the number of model calls."""
        behaviour = self.server.behaviour
        self._answer(200, {"mode": behaviour.mode, "calls": behaviour.calls})

    def do_POST(self) -> None:
        """Answer a model call, or change the mode."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/admin":
            self._change_mode(body)
        else:
            self._complete(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: prompts are nobody's log lines."""

    def _change_mode(self, body: Mapping[str, Any]) -> None:
        behaviour = self.server.behaviour
        with behaviour.lock:
            behaviour.mode = Mode(body["mode"])
            behaviour.delay_seconds = int(body.get("delay", behaviour.delay_seconds))
        self._answer(200, {"mode": behaviour.mode, "calls": behaviour.calls})

    def _complete(self, body: Mapping[str, Any]) -> None:
        behaviour = self.server.behaviour
        with behaviour.lock:
            behaviour.calls += 1
            mode, delay = behaviour.mode, behaviour.delay_seconds
        if mode is Mode.SLOW:
            time.sleep(delay)
        if mode is Mode.FAIL:
            self._answer(500, {"error": {"message": "told to fail"}})
            return
        prompt = "\n".join(message["content"] for message in body["messages"] if message["role"] == "user")
        text = reply(mode, prompt)
        usage = {"prompt_tokens": len(prompt) // 4, "completion_tokens": len(text) // 4}
        self._answer(200, {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage})

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except BrokenPipeError:
            self.close_connection = True  # the caller gave up waiting, which is what a slow answer is for


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    ModelServer(parser.parse_args().port).serve_forever()


if __name__ == "__main__":
    main()
