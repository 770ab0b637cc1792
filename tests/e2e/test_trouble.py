"""What goes wrong on the deployed stack costs a label or some time, never a variance."""

import json
import urllib.request

import pytest

from local import shop, shop_floor
from local.emulator import Emulator
from local.stack import Stack
from stkr.store import keyspace
from tests.e2e.count import count, plentiful

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("mode", "number"), [("fail", 4), ("slow", 5), ("off_list", 6), ("gibberish", 7)])
def test_a_model_of_no_use_leaves_the_variance_queued_with_its_cause_unknown(
    emulator: Emulator, stack: Stack, mode: str, number: int
) -> None:
    sku, qty = plentiful(stack, number)
    _set_model(emulator, {"mode": mode, "delay": 12})
    try:
        counted = count(stack, {sku: qty - 40})
    finally:
        _set_model(emulator, {"mode": "answer"})
    line = counted.line(sku)
    assert (line["state"], line["cause"]) == ("queued", "unknown")
    assert "Approve" in counted.mail.html


def test_a_message_that_fails_twice_waits_in_the_dead_letter_queue(stack: Stack) -> None:
    sqs, outputs = stack.client("sqs"), stack.outputs
    sqs.set_queue_attributes(QueueUrl=outputs["CaptureQueueUrl"], Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=outputs["CaptureQueueUrl"], MessageBody="this is not an event")
    dead = shop_floor.wait_until(
        lambda: sqs.receive_message(QueueUrl=outputs["CaptureDeadLetterQueueUrl"], WaitTimeSeconds=1).get("Messages"),
        "the dead letter",
    )
    assert [message["Body"] for message in dead] == ["this is not an event"]


def test_an_invalid_rules_doc_is_mailed_to_its_author_and_the_last_valid_one_stays_in_force(stack: Stack) -> None:
    invalid = b"author: robin@example.com\ncurrency: pounds\n"
    stack.client("s3").put_object(Bucket=stack.outputs["BucketName"], Key=keyspace.RULES_KEY, Body=invalid)
    try:
        mail = shop_floor.wait_for_mail(stack, "robin@example.com")
        assert "Line 2, column 11" in mail.html
        assert "/?t=" in stack.command("link", shop.PAINT)
    finally:
        shop_floor.set_rules(stack)


def _set_model(emulator: Emulator, mode: dict[str, object]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{emulator.model_port}/admin", json.dumps(mode).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()  # noqa: S310 - on this machine
