"""``stkr redrive``: messages that failed for good are tried again."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from stkr.infra import aws
from stkr.web.formatting import counted_noun
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

app = typer.Typer()


class DeadLetterQueue(StrEnum):
    """The queues that hold the messages that failed for good."""

    CAPTURE = "capture"
    LABEL = "label"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Redelivery:
    """How a dead letter is tried again: what it is, in words, and what delivers it to its target."""

    what: str
    deliver: Callable[[], object]


MOST = 1000
"""Messages of one run; the rest waits for the next, so that a queue that fills up again does not keep a run going."""

UNSEEN_SECONDS = 120
"""How long a message that is being moved is hidden from others; one that was not moved is back after that."""


@app.command()
def redrive(
    queue: Annotated[DeadLetterQueue, typer.Argument(help="Whose dead letters to try again.")],
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Try the messages of a dead-letter queue again, after the cause is mended, and say which.

    What fails once more comes back to the queue. A message that nobody can read stays there.
    """
    try:
        stack_outputs = outputs(stack)
        left = _redrive(queue, stack_outputs)
    except (StackError, BotoCoreError, ClientError) as error:
        raise fail(f"{error}; what was not listed above is still in the queue") from error
    if left:
        raise fail(f"not readable, and still in the queue: {counted_noun(left, 'message')}; look in the SQS console")


def _redrive(queue: DeadLetterQueue, stack_outputs: dict[str, str]) -> int:
    """Move messages.

    :returns: how many had to be left.
    """
    source = stack_outputs[_SOURCES[queue]]
    moved = left = 0
    for message in islice(_messages(source), MOST):
        redelivery = _READ[queue](message, stack_outputs)
        if redelivery is None:
            left += 1
            continue
        # Delivered before it is deleted: a crash in between delivers it twice, which is harmless, and loses none.
        redelivery.deliver()
        aws.sqs().delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        console.print(redelivery.what, markup=False, highlight=False)
        moved += 1
    console.print(f"Tried again: {counted_noun(moved, 'message')}.")
    return left


def _messages(queue_url: str) -> "Iterator[MessageTypeDef]":
    """Every message once, until an answer has none that is new."""
    earlier: set[str] = set()
    while True:
        answer = aws.sqs().receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=UNSEEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in earlier]
        if not fresh:
            return
        earlier |= {message["MessageId"] for message in fresh}
        yield from fresh


def _upload(message: "MessageTypeDef", stack_outputs: dict[str, str]) -> Redelivery | None:
    body = _document(message)
    key = _nested(body, "detail", "object", "key")
    return Redelivery(f"capture of {key}", _sending(stack_outputs["CaptureQueueUrl"], message["Body"])) if key else None


def _chunk(message: "MessageTypeDef", stack_outputs: dict[str, str]) -> Redelivery | None:
    body = _document(message)
    session_id, number = _nested(body, "session_id"), _nested(body, "number")
    if session_id is None:
        return None
    return Redelivery(
        f"causes for count {session_id}, part {number}", _sending(stack_outputs["LabelQueueUrl"], message["Body"])
    )


def _event(message: "MessageTypeDef", _outputs: dict[str, str]) -> Redelivery | None:
    """An event that failed: Lambda wraps it in its own document, EventBridge and Scheduler name its target."""
    body = _document(message)
    function = _nested(body, "requestContext", "functionArn")
    if function:
        event = body.get("requestPayload")
        return Redelivery(
            f"{_event_in_words(event)} to {_name(function)}", _invoking(function.removesuffix(":$LATEST"), event)
        )
    attribute = message.get("MessageAttributes", {}).get("TARGET_ARN")
    target = attribute.get("StringValue", "") if attribute else ""
    what = f"{_event_in_words(body)} to {_name(target)}"
    if target.startswith("arn:aws:lambda:"):
        return Redelivery(what, _invoking(target, body))
    if target.startswith("arn:aws:sqs:"):
        url = aws.sqs().get_queue_url(QueueName=_name(target))["QueueUrl"]
        return Redelivery(what, _sending(url, message["Body"]))
    return None


_SOURCES: Final = {
    DeadLetterQueue.CAPTURE: "CaptureDeadLetterQueueUrl",
    DeadLetterQueue.LABEL: "LabelDeadLetterQueueUrl",
    DeadLetterQueue.EVENTS: "EventsDeadLetterQueueUrl",
}
_READ: Final = {DeadLetterQueue.CAPTURE: _upload, DeadLetterQueue.LABEL: _chunk, DeadLetterQueue.EVENTS: _event}


def _document(message: "MessageTypeDef") -> dict[str, Any]:
    try:
        body = json.loads(message["Body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _nested(body: object, *path: str) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _event_in_words(event: object) -> str:
    subject = (
        _nested(event, "detail", "object", "key") or _nested(event, "detail", "location") or _nested(event, "time")
    )
    return f"{_nested(event, 'detail-type') or 'the schedule'} ({subject or 'everything'})"


def _name(arn: str) -> str:
    return arn.removesuffix(":$LATEST").rpartition(":")[2]


def _sending(queue_url: str, body: str) -> Callable[[], object]:
    return lambda: aws.sqs().send_message(QueueUrl=queue_url, MessageBody=body)


def _invoking(function: str, event: object) -> Callable[[], object]:
    payload = json.dumps(event).encode()
    return lambda: aws.functions().invoke(FunctionName=function, InvocationType="Event", Payload=payload)
