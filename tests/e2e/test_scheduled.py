"""What the schedules call, on the deployed stack and under the functions' own roles."""

import pytest

from local import shop_floor
from local.stack import Stack

pytestmark = pytest.mark.e2e


def test_the_months_summary_reaches_everybody_who_approves_and_once_only(stack: Stack) -> None:
    due = {"time": shop_floor.next_month().strftime("%Y-%m-%dT%H:%M:%SZ")}
    for _ in range(2):
        stack.invoke("summary", due)
    summaries = [mail for mail in stack.mailbox() if mail.subject.startswith("Stock counts in")]
    everybody = sorted(address for mail in summaries for address in mail.to)
    assert everybody == sorted(set(everybody))
    assert "priya@example.com" in everybody
    assert "shrinkage" in summaries[0].text.casefold()


def test_the_daily_sweep_calls_for_counts_that_are_overdue(stack: Stack) -> None:
    stack.invoke("sweep", {"detail": {}})
    reminded = shop_floor.wait_until(
        lambda: [mail for mail in stack.mailbox() if "never counted" in mail.subject], "a reminder"
    )
    assert stack.outputs["SessionUrl"] in reminded[0].text


def test_an_unchanged_source_is_skipped(stack: Stack) -> None:
    stack.invoke("sync", {})
    assert stack.invoke("sync", {})["skipped"] == "the source has not changed"
