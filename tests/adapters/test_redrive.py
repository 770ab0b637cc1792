"""``stkr redrive`` on the template's queues: every kind of dead letter, told, moved once, and none lost."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from stkr.infra import aws
from stkr_cli.app import app
from stkr_cli.commands.redrive import _READ, _SOURCES, DeadLetterQueue
from tests.deployment import stack

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

QUEUES = {
    "CaptureQueueUrl": "shop-capture-queue",
    "CaptureDeadLetterQueueUrl": "shop-capture-dlq",
    "LabelQueueUrl": "shop-label-queue",
    "LabelDeadLetterQueueUrl": "shop-label-dlq",
    "EventsDeadLetterQueueUrl": "shop-events-dlq",
}
UPLOAD = {"detail": {"object": {"key": "sessions/2026-11-21-fixings-aisle-5a7d/scan.csv"}}}
DUE = {"detail-type": "variances-due", "detail": {"location": "fixings-aisle"}}
MONTH = {"time": "2026-12-01T08:00:00Z"}


def url(name: str) -> str:
    found: str = boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return found


def put(queue: str, body: object, target: str | None = None) -> None:
    attributes = {"TARGET_ARN": {"DataType": "String", "StringValue": target}} if target else {}
    text = body if isinstance(body, str) else json.dumps(body)
    boto3.client("sqs").send_message(QueueUrl=url(queue), MessageBody=text, MessageAttributes=attributes)  # type: ignore[arg-type]  # the literal is one


def waiting(queue: str) -> int:
    """How many messages a queue holds, those in flight too."""
    told = boto3.client("sqs").get_queue_attributes(QueueUrl=url(queue), AttributeNames=["All"])["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture
def invoked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The functions that are invoked, each with its event."""
    calls: list[tuple[str, Any]] = []

    def invoke(**request: Any) -> Mapping[str, Any]:
        assert request["InvocationType"] == "Event"
        if "broken" in request["FunctionName"]:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")
        calls.append((request["FunctionName"], json.loads(request["Payload"])))
        return {"StatusCode": 202}

    monkeypatch.setattr(aws, "functions", cache(lambda: SimpleNamespace(invoke=invoke)))
    return calls


@pytest.fixture
def redrive(monkeypatch: pytest.MonkeyPatch, invoked: list[tuple[str, Any]]) -> Callable[[str], Result]:
    """Runs the command."""
    monkeypatch.setattr(
        "stkr_cli.commands.redrive.outputs", lambda _stack: {name: url(queue) for name, queue in QUEUES.items()}
    )
    return lambda queue: CliRunner().invoke(app, ["redrive", queue])


def function(name: str) -> str:
    return f"arn:aws:lambda:eu-west-2:123456789012:function:shop-{name}"


def test_every_dead_letter_queue_of_the_template_can_be_redriven() -> None:
    dead = {found["QueueName"] for name, found in stack().of_type("AWS::SQS::Queue").items() if "DeadLetter" in name}
    assert {QUEUES[output] for output in _SOURCES.values()} == dead
    assert set(_READ) == set(_SOURCES) == set(DeadLetterQueue)


def test_an_upload_goes_through_capture_again_and_is_named(redrive: Callable[[str], Result]) -> None:
    put("shop-capture-dlq", UPLOAD)
    result = redrive("capture")
    assert result.exit_code == 0, result.output
    assert "capture of sessions/2026-11-21-fixings-aisle-5a7d/scan.csv" in result.stdout
    assert (waiting("shop-capture-dlq"), waiting("shop-capture-queue")) == (0, 1)


def test_a_chunk_is_labelled_again_as_it_was(redrive: Callable[[str], Result]) -> None:
    chunk = {"session_id": "2026-11-21-fixings-aisle-5a7d", "number": 3}
    put("shop-label-dlq", chunk)
    assert "causes for count 2026-11-21-fixings-aisle-5a7d, part 3" in redrive("label").stdout
    [moved] = boto3.client("sqs").receive_message(QueueUrl=url("shop-label-queue"))["Messages"]
    assert json.loads(moved["Body"]) == chunk


def test_what_a_function_failed_at_is_done_by_that_function(
    redrive: Callable[[str], Result], invoked: list[tuple[str, Any]]
) -> None:
    put("shop-events-dlq", {"requestContext": {"functionArn": f"{function('sweep')}:$LATEST"}, "requestPayload": DUE})
    assert "variances-due (fixings-aisle) to shop-sweep" in redrive("events").stdout
    assert invoked == [(function("sweep"), DUE)]
    assert waiting("shop-events-dlq") == 0


@pytest.mark.parametrize(("event", "name"), [(DUE, "sweep"), (MONTH, "summary")])
def test_what_was_not_delivered_is_brought_to_the_function_it_was_for(
    redrive: Callable[[str], Result], invoked: list[tuple[str, Any]], event: dict[str, Any], name: str
) -> None:
    put("shop-events-dlq", event, target=function(name))
    assert redrive("events").exit_code == 0
    assert invoked == [(function(name), event)]


def test_an_upload_that_did_not_reach_its_queue_is_brought_there(
    redrive: Callable[[str], Result], invoked: list[tuple[str, Any]]
) -> None:
    put("shop-events-dlq", UPLOAD, target="arn:aws:sqs:eu-west-2:123456789012:shop-capture-queue")
    assert redrive("events").exit_code == 0
    assert invoked == []
    assert (waiting("shop-events-dlq"), waiting("shop-capture-queue")) == (0, 1)


@pytest.mark.parametrize("queue", ["capture", "label", "events"])
@pytest.mark.parametrize("body", ["this is no event", "[1]", "{}", '{"detail": 1}'])
def test_what_nobody_can_read_stays_and_the_rest_goes(redrive: Callable[[str], Result], queue: str, body: str) -> None:
    put(f"shop-{queue}-dlq", body)
    good = {"session_id": "s", "number": 0} if queue == "label" else UPLOAD
    put(f"shop-{queue}-dlq", good, target="arn:aws:sqs:eu-west-2:123456789012:shop-capture-queue")
    result = redrive(queue)
    assert result.exit_code == 2
    assert "Tried again: 1 message." in result.stdout
    assert "still in the queue: 1 message" in result.stderr
    assert waiting(f"shop-{queue}-dlq") == 1


def test_a_message_that_cannot_be_repeated_stays(
    redrive: Callable[[str], Result], invoked: list[tuple[str, Any]]
) -> None:
    put("shop-events-dlq", DUE, target=function("broken"))
    result = redrive("events")
    assert result.exit_code == 2
    assert "still in the queue" in result.stderr
    assert invoked == []
    assert waiting("shop-events-dlq") == 1


def test_a_run_is_bounded_and_the_next_one_goes_on(
    redrive: Callable[[str], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stkr_cli.commands.redrive.MOST", 15)
    for _ in range(20):
        put("shop-capture-dlq", UPLOAD)
    assert "Tried again: 15 messages." in redrive("capture").stdout
    assert waiting("shop-capture-dlq") == 5


def test_an_empty_queue_is_no_trouble(redrive: Callable[[str], Result]) -> None:
    result = redrive("label")
    assert (result.exit_code, result.stdout) == (0, "Tried again: 0 messages.\n")
