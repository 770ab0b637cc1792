"""The operators' command against the deployed stack."""

import json

import pytest

from local import shop_floor
from local.stack import Stack
from tests.e2e.count import count, plentiful

pytestmark = pytest.mark.e2e


def test_audit_tells_the_story_of_a_sku_in_order(stack: Stack) -> None:
    story = stack.command("audit", "BOLT-M6-50")
    assert story.index("queued") < story.index("approved") < story.index("posted")
    assert "Priya" in story


def test_audit_of_a_sku_without_a_trail_says_so(stack: Stack) -> None:
    with pytest.raises(RuntimeError, match="there is no trail for NO-SUCH-SKU"):
        stack.command("audit", "NO-SUCH-SKU")


def test_status_lists_open_counts_and_shows_what_is_parked_in_one(stack: Stack) -> None:
    sku, qty = plentiful(stack, 8)
    counted = count(stack, {sku: qty - 40}, "MYSTERY-CODE,1")
    assert "reconciled" in stack.command("status")
    shown = stack.command("status", counted.session_id)
    assert "MYSTERY" in shown
    assert "unknown" in shown


def test_open_refuses_a_location_nobody_named(stack: Stack) -> None:
    with pytest.raises(RuntimeError, match="there is no location"):
        stack.command("open", "attic", "--counter", "Sam")


def test_redrive_sends_dead_letters_through_capture_again(stack: Stack) -> None:
    sku, qty = plentiful(stack, 9)
    counted = count(stack, {sku: qty - 40})
    body = {"detail": {"object": {"key": f"sessions/{counted.session_id}/scan.csv"}, "again": True}}
    dead_letters = stack.outputs["CaptureDeadLetterQueueUrl"]
    stack.client("sqs").send_message(QueueUrl=dead_letters, MessageBody=json.dumps(body))
    assert "Tried again: 1 message" in stack.command("redrive", "capture")
    shop_floor.wait_until(
        lambda: stack.partition("Counts", f"SESSION#{counted.session_id}")[-1]["captured_seq"] > 1, "the second capture"
    )
    assert counted.trail(sku) == ["queued"]


def test_redrive_invokes_a_function_again_with_the_event_that_failed(stack: Stack) -> None:
    arn = stack.client("lambda").get_function_configuration(FunctionName="stkr-sync")["FunctionArn"]
    failed = {"requestContext": {"functionArn": f"{arn}:$LATEST"}, "requestPayload": {}}
    dead_letters = stack.outputs["EventsDeadLetterQueueUrl"]
    stack.client("sqs").send_message(QueueUrl=dead_letters, MessageBody=json.dumps(failed))
    assert "Tried again: 1 message" in stack.command("redrive", "events")
