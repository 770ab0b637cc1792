"""Decisions on the deployed stack, by several people at once and on stock that moves."""

from decimal import Decimal

import pytest

from local import shop_floor
from local.stack import Stack
from tests.e2e.count import APPROVER, count, on_hand, plentiful

pytestmark = pytest.mark.e2e


def test_approving_twice_posts_once(stack: Stack) -> None:
    sku, qty = plentiful(stack, 0)
    counted = count(stack, {sku: qty - 40})
    button = counted.button(sku, "Approve")
    assert counted.press(button) == [200]
    assert counted.press(button) == [409]
    assert on_hand(stack, sku) == qty - 40
    assert counted.trail(sku) == ["queued", "approved", "posted"]


def test_approving_and_rejecting_from_eight_threads_at_once_decides_once(stack: Stack) -> None:
    sku, qty = plentiful(stack, 1)
    counted = count(stack, {sku: qty - 40})
    approve, reject = counted.button(sku, "Approve"), counted.button(sku, "Reject")
    assert counted.press(*[approve, reject] * 4) == [200] + [409] * 7
    approved = counted.line(sku)["state"] == "approved"
    assert on_hand(stack, sku) == (qty - 40 if approved else qty)
    assert counted.trail(sku) == (["queued", "approved", "posted"] if approved else ["queued", "rejected"])


def test_stock_that_moved_holds_the_post_and_the_fresh_mail_decides_it(stack: Stack) -> None:
    sku, qty = plentiful(stack, 2)
    counted = count(stack, {sku: qty - 40})
    seen = sum(APPROVER in mail.to for mail in stack.mailbox())
    shop_floor.sell(stack, sku, 10)
    assert counted.press(counted.button(sku, "Approve")) == [409]
    assert on_hand(stack, sku) == qty - 10
    assert counted.line(sku)["gap_units"] == Decimal(-30)
    mail = shop_floor.wait_for_mail(stack, APPROVER, seen)
    assert shop_floor.decide(stack, mail.link(sku, "Approve"), "Priya").status == 200
    assert on_hand(stack, sku) == qty - 40
    assert counted.trail(sku) == ["queued", "queued", "approved", "posted"]


def test_the_same_upload_again_changes_nothing(stack: Stack) -> None:
    sku, qty = plentiful(stack, 3)
    counted = count(stack, {sku: qty - 40})
    before, mails = counted.line(sku), len(stack.mailbox())
    bucket, key = stack.outputs["BucketName"], f"sessions/{counted.session_id}/scan.csv"
    stack.client("s3").copy_object(
        Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, MetadataDirective="REPLACE"
    )
    shop_floor.wait_until(
        lambda: stack.partition("Counts", f"SESSION#{counted.session_id}")[-1]["capture_seq"] > 1, "the second capture"
    )
    assert counted.line(sku) == before
    assert counted.trail(sku) == ["queued"]
    assert len(stack.mailbox()) == mails
