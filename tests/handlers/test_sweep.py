"""Nothing ages out: who is mailed, when, and how often."""

import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from local.events import event
from stkr.domain.instants import END_OF_TIME
from stkr.domain.names import SessionId
from stkr.domain.session import SessionStatus
from stkr.infra import aws
from stkr.infra.settings import SweepSettings, load
from stkr.links.tokens import read_count
from stkr.session.core import Opening
from stkr.store import keyspace
from stkr.store.dynamodb import conditional_update
from stkr.store.lines import queued_lines
from stkr.store.sessions import close_session, open_sessions
from stkr.sweep import shell
from stkr.sweep.shell import MailsFailed, sweep
from stkr_cli.app import app
from tests.deployment import SIGNING
from tests.handlers.faults import refused_once
from tests.handlers.world import OPENED, PLACE, RULES, SCAN, SESSION, World
from tests.unit.web.samples import Read

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
    world.put(keyspace.RULES_KEY, RULES.replace("fixings-aisle", "other-aisle").encode())
    with pytest.raises(MailsFailed):
        world.sweep(NOW + timedelta(days=1))
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("reject", sku)
    assert world.sweep(NOW + timedelta(days=2)) == 0


def test_a_daily_sweep_that_falls_into_quiet_hours_is_done_as_a_whole_when_they_end(world: World) -> None:
    world.stock()
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    world.put(
        keyspace.RULES_KEY,
        f'time_zone: UTC\nquiet_hours: {{from: "{start:%H:%M}", to: "{end:%H:%M}"}}\n{RULES}'.encode(),
    )
    boto3.client("scheduler").create_schedule_group(Name=world.deployment.environment("sweep")["SCHEDULE_GROUP"])
    assert world.replay("sweep", "daily") == {"mails": 0}
    [schedule] = boto3.client("scheduler").list_schedules()["Schedules"]
    found = boto3.client("scheduler").get_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
    world.put(keyspace.RULES_KEY, RULES.encode())
    assert world.invoke("sweep", json.loads(found["Target"]["Input"])) == {"mails": 1}
    assert recipients(world) == ["sam@example.com"]


def test_in_quiet_hours_nobody_is_mailed_and_the_sweep_comes_back_when_they_end(world: World) -> None:
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    quiet = f'time_zone: UTC\nquiet_hours: {{from: "{start:%H:%M}", to: "{end:%H:%M}"}}\n'
    world.put(keyspace.RULES_KEY, f"{quiet}{RULES}".encode())
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


def test_one_counter_whose_mail_fails_is_tried_again_that_day_and_nobody_else_is_reminded_daily(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.stock()
    both = RULES.replace("counters: [", "counters: [{name: Lee, email: lee@example.com}, ")
    world.put(keyspace.RULES_KEY, both.encode())
    with monkeypatch.context() as failing:
        refuse(failing, "lee@example.com")
        with pytest.raises(MailsFailed):
            world.sweep(NOW)
        world.sweep(NOW + timedelta(days=1))
        assert recipients(world) == ["sam@example.com"]
        with pytest.raises(MailsFailed):
            world.sweep(NOW + timedelta(days=7))
    world.sweep(NOW + timedelta(days=7))
    assert recipients(world) == ["sam@example.com", "sam@example.com", "lee@example.com"]


def test_a_count_with_nothing_left_to_decide_is_closed_in_time(world: World) -> None:
    world.counted()
    world.sweep(NOW + timedelta(days=20))
    assert world.session().status is SessionStatus.RECONCILED
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("reject", sku)
    world.sweep(NOW + timedelta(days=10))
    assert world.session().status is SessionStatus.RECONCILED
    world.sweep(NOW + timedelta(days=15))
    assert world.session().status is SessionStatus.CLOSED


def test_an_invalid_rules_doc_leaves_the_last_valid_one_in_force(world: World) -> None:
    world.put(keyspace.RULES_KEY, b"tolerance: {units: many}")
    world.counted()
    assert recipients(world) == ["priya@example.com"]


def test_adjustments_that_stay_unbooked_are_reported_to_operations_on_mondays(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted()
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("approve", sku)
    for day in range(1, 16):
        world.sweep(NOW + timedelta(days=day))
    reports = [mail for mail in world.mails() if mail.destinations["ToAddresses"] == ["operations@example.com"]]
    assert 2 <= len(reports) <= 3
    for told in ("BOLT-M6-50", "-48 since", "PAINT-RED", "+3 since", "Fixings aisle"):
        assert told in reports[-1].body


def test_nothing_is_reported_while_the_source_may_still_show_it(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted(SCAN.replace(b"MYSTERY,5\n", b""))
    world.tap("approve", "BOLT-M6-50")
    for day in range(6):
        world.sweep(NOW + timedelta(days=day))
    assert "operations@example.com" not in recipients(world)


def monday(weeks: int) -> datetime:
    """Noon of the Monday that is at least so many weeks away."""
    return (NOW + timedelta(weeks=weeks, days=(7 - NOW.weekday()) % 7)).replace(hour=12)


def report_to_operations(world: World) -> str:
    [report] = [mail for mail in world.mails() if mail.destinations["ToAddresses"] == ["operations@example.com"]]
    return f"{report.subject} {Read(report.body).text}"


def test_counts_left_open_and_rows_that_stay_parked_are_reported(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted()
    world.open(Opening(PLACE, "Ann"), "0aaa")
    world.sweep(monday(1))
    told = report_to_operations(world)
    assert told.startswith("Counts that were left open, and 1 other matter")
    assert "Fixings aisle, 2026-11-21-fixings-aisle-0aaa opened Sat 21 Nov 2026, nothing uploaded" in told
    assert f"Fixings aisle, {SESSION} 1 row since" in told


def test_labels_that_never_came_and_variances_that_nobody_is_asked_about_are_reported(world: World) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.captured(1)
    moved = RULES.replace("fixings-aisle", "other-aisle")
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{moved}".encode())
    with pytest.raises(MailsFailed):
        world.sweep(monday(1))
    told = report_to_operations(world)
    assert f"fixings-aisle, {SESSION} 3 variances since" in told
    assert "fixings-aisle 4 variances; the rules doc does not have this location" in told


def test_an_upload_that_never_became_variances_is_reported_and_its_count_stays_open(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.sweep(monday(6))
    assert "Uploads that did not become variances Something failed" in report_to_operations(world)
    assert world.session().status is SessionStatus.CAPTURED


def test_mails_that_could_not_be_sent_are_reported(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(keyspace.RULES_KEY, f"operations: operations@example.com\n{RULES}".encode())
    world.counted()
    refuse(monkeypatch, "priya@example.com")
    with pytest.raises(MailsFailed):
        world.sweep(monday(1))
    assert "Fixings aisle 1 mail" in report_to_operations(world)


def refuse(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Have SES refuse every mail to one address."""
    real = aws.ses().send_email

    def send(**mail: Any) -> Any:
        if mail["Destination"]["ToAddresses"] == [address]:
            raise ClientError({"Error": {"Code": "MessageRejected", "Message": ""}}, "SendEmail")
        return real(**mail)

    monkeypatch.setattr(aws.ses(), "send_email", send)


def test_a_count_that_nobody_used_is_closed_in_time(world: World) -> None:
    world.opened()
    opened = world.session()
    world.sweep(OPENED + timedelta(days=29))
    assert world.session().status is SessionStatus.OPEN
    world.sweep(OPENED + timedelta(days=30))
    assert world.session().status is SessionStatus.CLOSED
    assert list(open_sessions(world.counts)) == []
    assert opened.capture_seq == 0


def test_an_upload_that_comes_just_before_it_keeps_a_count_open(world: World) -> None:
    world.opened()
    read_before = world.session()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    assert conditional_update(close_session(world.counts, read_before)) is None
    world.reconcile(1)
    assert world.session().status is SessionStatus.RECONCILED


def test_what_waits_from_several_counts_is_mailed_again_in_one_mail_by_the_daily_sweep_alone(world: World) -> None:
    world.counted()
    world.counted_again(b"code,qty\nNUT-M6,400\n", ("NUT-M6",))
    assert recipients(world) == ["priya@example.com"] * 2
    later = NOW + timedelta(days=3)
    known = load(SweepSettings)
    sweep(known, lambda *_: pytest.fail("what waits is for the daily sweep"), later, PLACE)
    world.sweep(later)
    assert recipients(world) == ["priya@example.com"] * 3
    again = Read(world.mails()[-1].body).text
    assert "from 2 counts" in again
    assert SESSION in again
    assert "2026-11-21-fixings-aisle-6b8e" in again
    assert world.tap("approve", "NUT-M6")[0] == 200
    world.sweep(NOW + timedelta(days=6))
    assert sorted(recipients(world)[3:]) == ["morgan@example.com", "priya@example.com"]
    assert "You get this as the escalation contact of Fixings aisle" in "".join(
        Read(mail.body).text for mail in world.mails() if "morgan@example.com" in mail.destinations["ToAddresses"]
    )


def test_one_day_brings_each_variance_once_however_often_it_is_swept(world: World) -> None:
    world.counted()
    world.replay("sweep", "variances-due")
    world.sweep(NOW)
    later = NOW + timedelta(days=3)
    for _ in range(3):
        world.sweep(later)
    assert recipients(world) == ["priya@example.com"] * 2


def test_a_mail_that_one_of_two_did_not_get_is_sent_to_that_one_alone_although_a_line_was_decided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.counted()
    world.sweep(NOW + timedelta(days=3))
    later = NOW + timedelta(days=6)
    with monkeypatch.context() as patched:
        refuse(patched, "morgan@example.com")
        with pytest.raises(MailsFailed):
            world.sweep(later)
    assert recipients(world) == ["priya@example.com"] * 3
    assert world.line("DRILL-18V").mails == 2
    world.tap("reject", "BOLT-M6-50")
    world.sweep(later)
    assert recipients(world) == [*["priya@example.com"] * 3, "morgan@example.com"]
    assert "BOLT-M6-50" not in world.mails()[-1].body
    assert world.line("DRILL-18V").mails == 3


@pytest.mark.parametrize("decided", [False, True], ids=["as they were", "one decided in between"])
def test_two_sweeps_at_once_mail_once(world: World, monkeypatch: pytest.MonkeyPatch, decided: bool) -> None:
    world.counted()
    token = world.tokens("reject")["BOLT-M6-50"]
    later = NOW + timedelta(days=3)
    real = aws.ses().send_email

    def send(**mail: Any) -> Any:
        monkeypatch.setattr(aws.ses(), "send_email", real)
        if decided:
            world.tap("reject", "BOLT-M6-50", token=token)
        # The other run will find the mail being sent, and is tried again.
        with pytest.raises(MailsFailed):
            world.sweep(later)
        return real(**mail)

    monkeypatch.setattr(aws.ses(), "send_email", send)
    world.sweep(later)
    world.sweep(later)
    assert recipients(world) == ["priya@example.com"] * 2
    assert world.line("DRILL-18V").mails == 2


def test_a_run_that_reads_an_index_which_is_behind_leaves_the_lines_to_the_one_that_mailed_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.counted()
    stale = list(queued_lines(world.counts, PLACE, END_OF_TIME))
    world.tap("reject", "BOLT-M6-50")
    world.sweep(NOW + timedelta(days=3))
    monkeypatch.setattr(shell, "queued_lines", lambda *_: iter(stale))
    assert world.sweep(NOW + timedelta(days=3)) == 0
    assert recipients(world) == ["priya@example.com"] * 2


def test_a_schedule_that_cannot_be_made_is_left_to_the_retry_and_the_daily_sweep(world: World) -> None:
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    quiet = f'time_zone: UTC\nquiet_hours: {{from: "{start:%H:%M}", to: "{end:%H:%M}"}}\n'
    world.put(keyspace.RULES_KEY, f"{quiet}{RULES}".encode())
    boto3.client("scheduler").create_schedule_group(Name=world.deployment.environment("sweep")["SCHEDULE_GROUP"])
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    with refused_once("CreateSchedule", "ThrottlingException"), pytest.raises(ClientError):
        world.replay("sweep", "variances-due")
    assert boto3.client("scheduler").list_schedules()["Schedules"] == []
    world.sweep(NOW + timedelta(hours=12))
    assert recipients(world) == ["priya@example.com"]


def test_a_reminder_proposes_what_to_count_first_and_its_link_opens_just_that(world: World) -> None:
    world.stock()
    world.sell("NUT-M6", 500)
    world.sweep(NOW)
    [mail] = world.mails()
    assert "Begin with these" in mail.body
    told = Read(mail.body).text
    assert told.index("M6 nuts NUT-M6: negative stock") < told.index("Cordless drill DRILL-18V: high value")
    assert "20" not in told.replace("2026", "")
    whole, first = (
        read_count(url.partition("?t=")[2], SIGNING, int(NOW.timestamp())) for url in Read(mail.body).links()
    )
    assert (whole.location, whole.skus) == (PLACE, ())
    assert (first.location, first.skus) == (PLACE, ("NUT-M6", "DRILL-18V"))


def test_what_counts_have_corrected_is_proposed(world: World) -> None:
    world.counted()
    world.tap("approve", "BOLT-M6-50")
    world.sweep(NOW + timedelta(days=100))
    reminders = [mail for mail in world.mails() if "sam@example.com" in mail.destinations["ToAddresses"]]
    assert "BOLT-M6-50: short at an earlier count" in Read(reminders[0].body).text


def test_codes_that_are_too_long_for_a_link_are_proposed_without_one(world: World) -> None:
    for number in range(10):
        # Characters that take two units each, in an order that cannot be pressed together.
        signs = (0x20000 + int.from_bytes(sha256(f"{number}.{at}".encode()).digest()) % 0xA000 for at in range(128))
        world.book_in("".join(map(chr, signs)), -1)
    world.sweep(NOW)
    [mail] = world.mails()
    assert "Begin with these" in mail.body
    assert len(Read(mail.body).links()) == 1


def test_a_count_of_a_zone_is_none_of_the_rest_of_the_location(world: World) -> None:
    world.stock()
    for sku in ("BOLT-M6-50", "NUT-M6", "WASHER-M6"):
        world.shelve(sku, "B1")
    session_id = world.open(Opening(PLACE, "Ann", zone="b1"), "0bbb")
    world.put(
        f"{keyspace.upload_prefix(SessionId(session_id))}scan.csv",
        b"code,qty\nBOLT-M6-50,480\nNUT-M6,480\nWASHER-M6,480\n",
    )
    world.invoke("capture", json.loads(json.dumps(event("capture", "scan")).replace(SESSION, session_id)))
    world.captured(1, session_id)
    world.sweep(NOW + timedelta(days=1))
    [mail] = world.mails()
    assert mail.subject == "Fixings aisle: 2 of 5 items not counted within 90 days"
    for sku in ("DRILL-18V", "HINGE-75"):
        world.shelve(sku, "B1")
    world.sweep(NOW + timedelta(days=9))
    assert len(world.mails()) == 1  # every shelf is in a zone that was counted


def test_a_sweep_can_be_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def invoke(*, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - the API's names
        assert (FunctionName, InvocationType) == ("shop-sweep", "Event")
        world.invoke("sweep", json.loads(Payload))

    monkeypatch.setattr("stkr_cli.commands.sweep.outputs", lambda _stack: {"SweepFunctionName": "shop-sweep"})
    monkeypatch.setattr(aws, "functions", cache(lambda: SimpleNamespace(invoke=invoke)))
    world.stock()
    for _ in range(2):
        asked = CliRunner().invoke(app, ["sweep"])
        assert asked.exit_code == 0, asked.output
        assert "under way" in asked.output
    assert recipients(world) == ["sam@example.com"]


def test_a_count_whose_upload_was_announced_twice_is_closed_all_the_same(world: World) -> None:
    world.counted()
    world.replay("capture", "scan")
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("reject", sku)
    world.sweep(NOW + timedelta(days=15))
    assert world.session().status is SessionStatus.CLOSED
