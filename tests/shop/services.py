"""The services between the functions, played in this process, so that a simulation decides when they deliver and fail.

Tables, bucket and secrets are moto's.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from botocore.exceptions import ClientError


def refusal(code: str, operation: str) -> ClientError:
    """An answer of AWS that is an error."""
    return ClientError({"Error": {"Code": code, "Message": "as simulated"}}, operation)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that SES took: when, to whom, and what it says."""

    at: datetime
    to: str
    subject: str
    html: str
    text: str


@dataclass
class Post:
    """SES. ``down`` refuses everybody, ``refused`` some addresses; ``letters`` are the mails that it took."""

    now: Callable[[], datetime]
    down: bool = False
    refused: set[str] = field(default_factory=set)
    letters: list[Letter] = field(default_factory=list)

    def send_email(self, **request: Any) -> dict[str, str]:
        """As SES v2."""
        [to] = request["Destination"]["ToAddresses"]
        if self.down:
            raise refusal("TooManyRequestsException", "SendEmail")
        if to in self.refused:
            raise refusal("MessageRejected", "SendEmail")
        simple = request["Content"]["Simple"]
        html, text = (simple["Body"][part]["Data"] for part in ("Html", "Text"))
        self.letters.append(Letter(self.now(), to, simple["Subject"]["Data"], html, text))
        return {"MessageId": f"{len(self.letters)}"}


@dataclass
class SimulatedModel:
    """Bedrock: right, wrong, off the list or not there at all, as the ``mood`` of the day is."""

    mood: str = "well"
    asked: int = 0

    def converse(self, **request: Any) -> dict[str, Any]:
        """As Bedrock's runtime."""
        self.asked += 1
        if self.mood == "down":
            raise refusal("ServiceUnavailableException", "Converse")
        reply = json.dumps(
            {"cause": self._cause(request), "rationale": "This is what such a gap most often comes from."}
        )
        if self.mood == "odd":
            # By the question: several are asked at once, in an order that no seed gives.
            odd = Random(repr(request["messages"]))
            reply = odd.choice(['{"cause": "aliens"}', "I would rather not say.", reply[:20], ""])
        return {"stopReason": "end_turn", "output": {"message": {"content": [{"text": reply}]}}}

    @staticmethod
    def _cause(request: dict[str, Any]) -> str:
        try:
            shown = json.loads(request["messages"][0]["content"][0]["text"])
        except ValueError:
            return "miscount"  # The summary's question is not about a gap.
        return "shrinkage" if shown.get("direction") == "shortage" else "miscount"


@dataclass
class Scheduler:
    """EventBridge Scheduler: one-off schedules by name, each gone once it has fired."""

    waiting: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)

    def create_schedule(self, **request: Any) -> None:
        """As the scheduler's API; ``at()`` in UTC is all that is asked of it."""
        name, expression = request["Name"], request["ScheduleExpression"]
        assert (request["ScheduleExpressionTimezone"], request["ActionAfterCompletion"]) == ("UTC", "DELETE")
        if name in self.waiting:
            raise refusal("ConflictException", "CreateSchedule")
        at = datetime.fromisoformat(f"{expression.removeprefix('at(').removesuffix(')')}+00:00")
        self.waiting[name] = (at, json.loads(request["Target"]["Input"]))


@dataclass
class Bus:
    """EventBridge: keeps what was announced until it is delivered."""

    announced: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, int]:  # noqa: N803 - the API's names
        """As EventBridge."""
        self.announced += [json.loads(entry["Detail"]) for entry in Entries]
        return {"FailedEntryCount": 0}


@dataclass
class Queues:
    """SQS: the bodies that wait in each queue, by its URL."""

    waiting: list[tuple[str, str]] = field(default_factory=list)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - the API's names
        """As SQS."""
        self.waiting.append((QueueUrl, MessageBody))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - the API's names
        """As SQS."""
        self.waiting += [(QueueUrl, entry["MessageBody"]) for entry in Entries]
        return {}


@dataclass
class Functions:
    """Lambda, for ``cause``, which may be ``broken`` for a while."""

    invoke_cause: Callable[[dict[str, Any]], dict[str, Any]]
    broken: bool = False

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - the API's names
        """As Lambda."""
        assert FunctionName.endswith("-cause"), FunctionName
        if self.broken:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        answer = self.invoke_cause(json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}
