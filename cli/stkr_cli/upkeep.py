"""``stkr redrive`` and ``stkr restore``: what failed for good is tried again, and tables are brought back."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from stkr.infra import aws
from stkr.web.formatting import counted_noun
from stkr_cli.operations import console, fail
from stkr_cli.scan import scan
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

app = typer.Typer()


class DeadLetters(StrEnum):
    """The queues that hold what failed for good."""

    CAPTURE = "capture"
    LABEL = "label"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Again:
    """A dead letter that can be tried again: what it was, in words, and what does it."""

    what: str
    repeat: Callable[[], object]


MOST = 1000
"""Messages of one run; whatever is beyond waits for the next, so that nobody waits on a queue that fills up again."""

UNSEEN_SECONDS = 120
"""How long a message that is being moved is hidden from others; whatever was not moved is back after that."""


@app.command()
def redrive(
    queue: Annotated[DeadLetters, typer.Argument(help="Whose dead letters to try again.")],
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Try the messages of a dead-letter queue again, after the cause is mended, and say which.

    What fails once more comes back to the queue. A message that nobody can read stays there.
    """
    try:
        known = outputs(stack)
        left = _redrive(queue, known)
    except (StackError, BotoCoreError, ClientError) as error:
        raise fail(f"{error}; what was not listed above is still in the queue") from error
    if left:
        raise fail(f"not readable, and still in the queue: {counted_noun(left, 'message')}; look in the SQS console")


def _redrive(queue: DeadLetters, known: dict[str, str]) -> int:
    """Move messages.

    :returns: how many had to be left.
    """
    source = known[_SOURCES[queue]]
    moved = left = 0
    for message in islice(_messages(source), MOST):
        again = _READ[queue](message, known)
        if again is None:
            left += 1
            continue
        # Repeated before it is deleted: a crash in between repeats it once more, which is harmless, and loses none.
        again.repeat()
        aws.sqs().delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        console.print(again.what, markup=False, highlight=False)
        moved += 1
    console.print(f"Tried again: {counted_noun(moved, 'message')}.")
    return left


def _messages(queue_url: str) -> "Iterator[MessageTypeDef]":
    """Every message once; one that comes a second time tells that all have been seen."""
    seen: set[str] = set()
    while True:
        answer = aws.sqs().receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=UNSEEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        seen |= {message["MessageId"] for message in fresh}
        yield from fresh


def _upload(message: "MessageTypeDef", known: dict[str, str]) -> Again | None:
    body = _document(message)
    key = _at(body, "detail", "object", "key")
    return Again(f"capture of {key}", _sending(known["CaptureQueueUrl"], message["Body"])) if key else None


def _chunk(message: "MessageTypeDef", known: dict[str, str]) -> Again | None:
    body = _document(message)
    session_id, number = _at(body, "session_id"), _at(body, "number")
    if session_id is None:
        return None
    return Again(f"causes for count {session_id}, part {number}", _sending(known["LabelQueueUrl"], message["Body"]))


def _event(message: "MessageTypeDef", _known: dict[str, str]) -> Again | None:
    """An event that came to nothing: Lambda wraps it, EventBridge and Scheduler name the target in an attribute."""
    body = _document(message)
    function = _at(body, "requestContext", "functionArn")
    if function:
        event = body.get("requestPayload")
        return Again(f"{_told(event)} to {_name(function)}", _invoking(function.removesuffix(":$LATEST"), event))
    attribute = message.get("MessageAttributes", {}).get("TARGET_ARN")
    target = attribute.get("StringValue", "") if attribute else ""
    what = f"{_told(body)} to {_name(target)}"
    if target.startswith("arn:aws:lambda:"):
        return Again(what, _invoking(target, body))
    if target.startswith("arn:aws:sqs:"):
        url = aws.sqs().get_queue_url(QueueName=_name(target))["QueueUrl"]
        return Again(what, _sending(url, message["Body"]))
    return None


_SOURCES: Final = {
    DeadLetters.CAPTURE: "CaptureDeadLetterQueueUrl",
    DeadLetters.LABEL: "LabelDeadLetterQueueUrl",
    DeadLetters.EVENTS: "EventsDeadLetterQueueUrl",
}
_READ: Final = {DeadLetters.CAPTURE: _upload, DeadLetters.LABEL: _chunk, DeadLetters.EVENTS: _event}


def _document(message: "MessageTypeDef") -> dict[str, Any]:
    try:
        body = json.loads(message["Body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _at(body: object, *path: str) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _told(event: object) -> str:
    subject = _at(event, "detail", "object", "key") or _at(event, "detail", "location") or _at(event, "time")
    return f"{_at(event, 'detail-type') or 'the schedule'} ({subject or 'everything'})"


def _name(arn: str) -> str:
    return arn.removesuffix(":$LATEST").rpartition(":")[2]


def _sending(queue_url: str, body: str) -> Callable[[], object]:
    return lambda: aws.sqs().send_message(QueueUrl=queue_url, MessageBody=body)


def _invoking(function: str, event: object) -> Callable[[], object]:
    payload = json.dumps(event).encode()
    return lambda: aws.functions().invoke(FunctionName=function, InvocationType="Event", Payload=payload)


_TABLES: Final = ("AdjustmentsTableName", "CountsTableName", "InventoryTableName")
"""Stock comes last: a run that is cut off leaves no quantity that the trail does not know."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What makes a table equal to its copy: items to put, and the keys of items to delete."""

    table: str
    puts: tuple[dict[str, Any], ...]
    deletes: tuple[dict[str, str], ...]


def repair(table: str, live: list[dict[str, Any]], copy: list[dict[str, Any]]) -> Repair:
    """Compare a table's items with those of its copy."""
    stored = {(item["PK"], item["SK"]): item for item in live}
    wanted = {(item["PK"], item["SK"]): item for item in copy}
    puts = tuple(item for key, item in wanted.items() if stored.get(key) != item)
    return Repair(table, puts, tuple({"PK": pk, "SK": sk} for pk, sk in stored.keys() - wanted.keys()))


@app.command()
def restore(
    suffix: Annotated[str, typer.Argument(help="The copies are named as the tables, with a hyphen and this behind.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")] = False,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Make the three tables equal to copies of them that were restored from a backup.

    Stop the functions first (docs/runbook.md). Safe to repeat: a run that was cut off is ended by the next one.
    """
    try:
        known = outputs(stack)
        # All of them are compared before any is changed: a copy that is missing must not leave the others restored.
        tables = [known[name] for name in _TABLES]
        repairs = [repair(table, list(_items(table)), list(_items(f"{table}-{suffix}"))) for table in tables]
        for found in repairs:
            console.print(
                f"{found.table}: {counted_noun(len(found.puts), 'item')} to put, {len(found.deletes):,} to delete"
            )
        for found in repairs if yes else ():
            _carry_out(found)
    except (StackError, BotoCoreError, ClientError) as error:
        raise fail(error) from error
    console.print("Done; now run `stkr verify`." if yes else "Nothing is changed yet; --yes does it.", markup=False)


def _items(table: str) -> Iterator[dict[str, Any]]:
    return scan(table, lambda _more: None, ConsistentRead=True)


def _carry_out(repair: Repair) -> None:
    with boto3.resource("dynamodb").Table(repair.table).batch_writer() as batch:
        for item in repair.puts:
            batch.put_item(Item=item)
        for key in repair.deletes:
            batch.delete_item(Key=key)
