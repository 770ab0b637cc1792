"""Nothing ages out: who is mailed, when, and how often."""

import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from stkr import aws, keys
from stkr.store.counts import Status
from stkr.sweep.shell import MailsFailed
from tests.handlers.world import RULES, SCAN, World

pytestmark = pytest.mark.handlers

NOW = datetime.now(UTC)
"""When the tests began; times below are hours apart, so that a slow run is not one of them."""


def recipients(world: World) -> list[str]:
    return [mail.destinations["ToAddresses"][0] for mail in world.mails()]


def test_a_variance_is_mailed_again_after_the_due_window_and_then_escalated(world: World) -> None:
    world.counted()
    assert recipients(world) == ["priya@example.com"]
    world.sweep(NOW + timedelta(days=1))
    assert recipients(world) == ["priya@example.com"]
    world.sweep(NOW + timedelta(days=3))
    assert recipients(world) == ["priya@example.com"] * 2
    assert "Still waiting" in world.mails()[-1].subject
    world.sweep(NOW + timedelta(days=6))
    assert sorted(recipients(world)[2:]) == ["morgan@example.com", "priya@example.com"]


def test_a_decided_variance_is_not_mailed_again(world: World) -> None:
    world.counted()
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("approve", sku)
    world.sweep(NOW + timedelta(days=10))
    assert recipients(world) == ["priya@example.com"]


def test_links_mailed_again_still_decide(world: World) -> None:
    world.counted()
    world.sweep(NOW + timedelta(days=3))
    assert world.tap("approve", "BOLT-M6-50")[0] == 200


def test_a_mail_that_could_not_be_sent_never_counts_as_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "SendEmail")

    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    with monkeypatch.context() as patched:
        patched.setattr(aws.ses(), "send_email", refused)
        with pytest.raises(MailsFailed):
            world.sweep(NOW + timedelta(hours=1))
    assert world.line("BOLT-M6-50").mails == 0
    world.sweep(NOW + timedelta(hours=2))
    assert recipients(world) == ["priya@example.com"]
    assert world.line("BOLT-M6-50").mails == 1


def test_the_address_that_ses_refuses_is_not_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def refused(**_: object) -> None:
        message = "Email address is not verified. The following identities failed the check: priya@example.com"
        raise ClientError({"Error": {"Code": "MessageRejected", "Message": message}}, "SendEmail")

    monkeypatch.setattr(aws.ses(), "send_email", refused)
    with pytest.raises(MailsFailed):
        world.counted()
    assert "MessageRejected" in log.getvalue()
    assert "@" not in log.getvalue()


def test_variances_of_a_location_that_left_the_rules_doc_raise_the_alarm_every_day(world: World) -> None:
    world.counted()
    world.put(keys.RULES_KEY, RULES.replace("fixings-aisle", "other-aisle").encode())
    with pytest.raises(MailsFailed):
        world.sweep(NOW + timedelta(days=1))
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("reject", sku)
    assert world.sweep(NOW + timedelta(days=2)) == 0


def test_a_daily_sweep_that_falls_into_quiet_hours_is_done_as_a_whole_when_they_end(world: World) -> None:
    world.stock()
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    world.put(
        keys.RULES_KEY, f'time_zone: UTC\nquiet_hours: {{from: "{start:%H:%M}", to: "{end:%H:%M}"}}\n{RULES}'.encode()
    )
    boto3.client("scheduler").create_schedule_group(Name=world.deployment.environment("sweep")["SCHEDULE_GROUP"])
    assert world.replay("sweep", "daily") == {"mails": 0}
    [schedule] = boto3.client("scheduler").list_schedules()["Schedules"]
    found = boto3.client("scheduler").get_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
    world.put(keys.RULES_KEY, RULES.encode())
    assert world.invoke("sweep", json.loads(found["Target"]["Input"])) == {"mails": 1}
    assert recipients(world) == ["sam@example.com"]


def test_in_quiet_hours_nobody_is_mailed_and_the_sweep_comes_back_when_they_end(world: World) -> None:
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    quiet = f'time_zone: UTC\nquiet_hours: {{from: "{start:%H:%M}", to: "{end:%H:%M}"}}\n'
    world.put(keys.RULES_KEY, f"{quiet}{RULES}".encode())
    boto3.client("scheduler").create_schedule_group(Name=world.deployment.environment("sweep")["SCHEDULE_GROUP"])
    world.counted()
    world.replay("sweep", "variances-due")
    assert world.mails() == []
    [schedule] = boto3.client("scheduler").list_schedules()["Schedules"]
    found = boto3.client("scheduler").get_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
    assert found["ScheduleExpression"] == f"at({end:%Y-%m-%dT%H:%M}:00)"
    assert found["ActionAfterCompletion"] == "DELETE"
    world.sweep(NOW + timedelta(hours=2))
    assert recipients(world) == ["priya@example.com"]


def test_a_location_nobody_counts_is_called_for_once_a_week_with_a_link_to_open_a_count(world: World) -> None:
    world.stock()
    for day in range(8):
        world.sweep(NOW + timedelta(days=day))
    assert recipients(world) == ["sam@example.com"] * 2
    assert world.deployment.environment("sweep")["SESSION_URL"] in world.mails()[0].body


def test_a_count_with_nothing_left_to_decide_is_closed_in_time(world: World) -> None:
    world.counted()
    world.sweep(NOW + timedelta(days=20))
    assert world.session().status is Status.RECONCILED
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("reject", sku)
    world.sweep(NOW + timedelta(days=10))
    assert world.session().status is Status.RECONCILED
    world.sweep(NOW + timedelta(days=15))
    assert world.session().status is Status.CLOSED


def test_an_invalid_rules_doc_leaves_the_last_valid_one_in_force(world: World) -> None:
    world.put(keys.RULES_KEY, b"tolerance: {units: many}")
    world.counted()
    assert recipients(world) == ["priya@example.com"]


def test_adjustments_that_stay_unbooked_are_reported_to_operations_on_mondays(world: World) -> None:
    world.put(keys.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted()
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("approve", sku)
    for day in range(1, 16):
        world.sweep(NOW + timedelta(days=day))
    reports = [mail for mail in world.mails() if mail.destinations["ToAddresses"] == ["operations@example.com"]]
    assert 1 <= len(reports) <= 2
    for told in ("BOLT-M6-50", "-48 since", "PAINT-RED", "+3 since", "Fixings aisle"):
        assert told in reports[0].body


def test_nothing_is_reported_while_the_source_may_still_show_it(world: World) -> None:
    world.put(keys.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted()
    world.tap("approve", "BOLT-M6-50")
    for day in range(6):
        world.sweep(NOW + timedelta(days=day))
    assert "operations@example.com" not in recipients(world)
