"""The rules doc through the functions: who is told of an invalid upload, and which version a count is judged by."""

import io
import json
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from stkr.domain.variance import Materiality
from stkr.infra import aws
from stkr.infra.telemetry import Metric, metrics
from stkr.store import keyspace
from stkr.sweep.shell import MailsFailed
from tests.handlers.test_sweep import NOW
from tests.handlers.world import RULES, STOCK_FILE, World

pytestmark = pytest.mark.handlers

INVALID = "author: robin@example.com\noperations: operations@example.com\ncurrency: pounds\ndue_days: -1\n"


def upload(world: World, doc: str | bytes) -> None:
    """Store a rules doc; its event has not come yet."""
    world.put(keyspace.RULES_KEY, doc.encode() if isinstance(doc, str) else doc)


def uploaded(world: World, doc: str | bytes) -> int:
    """Store a rules doc and deliver its event; how many mails went out."""
    upload(world, doc)
    return announced(world)


def announced(world: World) -> int:
    """Deliver the event of an upload; how many mails went out."""
    mails: int = world.replay("sweep", "rules-uploaded")["mails"]
    return mails


def told(world: World) -> list[str]:
    """To whom mails went."""
    return [mail.destinations["ToAddresses"][0] for mail in world.mails()]


def test_an_invalid_upload_is_mailed_to_its_author_with_every_problem_and_changes_nothing(world: World) -> None:
    assert uploaded(world, INVALID) == 1
    assert told(world) == ["robin@example.com"]
    (mail,) = world.mails()
    assert mail.subject == "The new rules are not in force"
    assert "Line 3, column 11: currency is not the code of a currency" in mail.body
    assert "Line 4, column 11: due_days is to be a whole number" in mail.body
    world.counted()
    assert told(world)[1:] == ["priya@example.com"]


@pytest.mark.parametrize(
    ("doc", "to"),
    [
        (INVALID.replace("robin@example.com", "robin"), "operations@example.com"),
        (INVALID.replace("author:", "autor:"), "operations@example.com"),
        ("author: 'robin@example.com' # me\r\nlocations: [", "robin@example.com"),
        ("author: robin@example.com\nauthor: eve@example.com\n", "office@example.com"),
        ("  author: robin@example.com\n x: [", "office@example.com"),
        ("{author: robin@example.com, x: 1}", "office@example.com"),
        (b"\xff\xfe\x00", "office@example.com"),
        ("tolerance: 1\n", "office@example.com"),
        ("# " + "x" * 300_000, "office@example.com"),
    ],
)
def test_whoever_the_doc_names_is_told_else_the_operations_of_the_rules_in_force(
    world: World, doc: str | bytes, to: str
) -> None:
    world.put(keyspace.RULES_KEY, f"operations: office@example.com\n{RULES}".encode())
    assert uploaded(world, doc) == 1
    assert told(world) == [to]


def test_where_nobody_is_named_the_alarm_alone_tells(world: World, log: io.StringIO) -> None:
    assert uploaded(world, "currency: pounds") == 0
    assert world.mails() == []
    assert "name its author or operations" in log.getvalue()


def test_an_invalid_upload_raises_the_alarm_and_is_logged_by_its_lines_only(
    world: World, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    uploaded(world, INVALID.replace("currency: pounds", "robin@example.com: pounds"))
    published = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [one[Metric.RULES_INVALID] for one in published] == [[1.0]]
    assert metrics.namespace == "stkr"
    assert '"lines":[3,4]' in log.getvalue().replace(" ", "")
    assert "@" not in log.getvalue()


def test_a_valid_upload_is_in_force_without_a_mail(world: World) -> None:
    assert uploaded(world, f"author: robin@example.com\n{RULES}") == 0
    assert world.mails() == []


def test_an_upload_is_mailed_about_once_however_often_its_event_comes(world: World) -> None:
    assert [uploaded(world, INVALID), announced(world), announced(world)] == [1, 1, 1]
    assert told(world) == ["robin@example.com"]
    uploaded(world, INVALID)
    assert told(world) == ["robin@example.com"] * 2


@pytest.mark.parametrize(("later", "to"), [(RULES, []), (INVALID.replace("robin@", "eve@"), ["eve@example.com"])])
def test_an_upload_that_another_has_replaced_is_not_mailed_about(world: World, later: str, to: list[str]) -> None:
    upload(world, INVALID)
    upload(world, later)
    announced(world)
    announced(world)
    assert told(world) == to


def test_a_doc_that_was_taken_away_again_is_not_mailed_about(world: World) -> None:
    upload(world, INVALID)
    boto3.client("s3").delete_object(Bucket=world.bucket, Key=keyspace.RULES_KEY)
    assert announced(world) == 0


def test_a_mail_that_could_not_be_sent_is_tried_again_and_its_address_is_not_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        message = "Email address is not verified: robin@example.com"
        raise ClientError({"Error": {"Code": "MessageRejected", "Message": message}}, "SendEmail")

    with monkeypatch.context() as patched:
        patched.setattr(aws.ses(), "send_email", refused)
        with pytest.raises(MailsFailed, match="MessageRejected") as raised:
            uploaded(world, INVALID)
    assert "@" not in str(raised.value)
    assert raised.value.__suppress_context__
    assert announced(world) == 1


def test_a_doc_with_very_many_problems_makes_a_mail_that_can_be_read(world: World) -> None:
    unknown = "\n".join(f"setting{number}: 1" for number in range(60))
    uploaded(world, f"author: robin@example.com\n{unknown}")
    (mail,) = world.mails()
    assert mail.body.count("is not a setting") == 40 * mail.body.count("<!DOCTYPE")
    assert "20 that are not listed here" in mail.body


def test_what_a_doc_holds_is_escaped_in_the_mail(world: World) -> None:
    uploaded(world, "author: robin@example.com\n'<img src=x>': 1\n")
    assert "<img" not in world.mails()[0].body.partition("</html>")[0]


STRICTER = f"tolerance: {{units: 0, percent: 0, value: 0}}\n{RULES.replace('priya', 'grace').replace('Priya', 'Grace')}"


def test_a_count_is_judged_by_the_tolerance_that_was_in_force_when_it_was_opened(world: World) -> None:
    world.opened()
    opened_under = world.session().rules_version_id
    world.put(keyspace.RULES_KEY, STRICTER.encode())
    world.upload("scan.csv", b"code,qty\nBOLT-M6-50,432\nNUT-M6,479\nWASHER-M6,476\n")
    world.replay("capture", "scan")
    world.reconcile(1)
    judged = {sku: line.materiality for sku, line in world.lines().items()}
    assert (judged["NUT-M6"], judged["WASHER-M6"]) == (Materiality.IN_AGREEMENT, Materiality.MINOR)
    assert world.session().rules_version_id == opened_under

    # Again after a correction, though two other versions have come since.
    world.put(keyspace.RULES_KEY, b"tolerance: {units: many}")
    world.upload("scan.csv", b"code,qty\nBOLT-M6-50,432\nNUT-M6,478\nWASHER-M6,476\n")
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.line("NUT-M6").materiality is Materiality.IN_AGREEMENT


def test_who_approves_changes_at_once_also_for_counts_that_are_open(world: World) -> None:
    world.counted()
    world.put(keyspace.RULES_KEY, STRICTER.encode())
    status, page = world.tap("approve", "BOLT-M6-50")
    assert (status, "name somebody else" in page) == (403, True)
    world.sweep(NOW + timedelta(days=3))
    assert told(world) == ["priya@example.com", "grace@example.com"]
    assert world.tap("approve", "BOLT-M6-50", name="Grace")[0] == 200


def test_a_count_that_is_opened_after_a_change_is_judged_by_the_new_rules(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"{STRICTER}overrides: [{{sku: 'nut-*', units: 2}}]\n".encode())
    world.counted()
    assert world.line("WASHER-M6").materiality is Materiality.MATERIAL
    assert (world.line("WASHER-M6").rule, world.line("NUT-M6").rule) == ("default", "sku nut-*")


def spoiled(world: World, valid: str) -> None:
    """A valid doc was uploaded, and over it one that is not."""
    world.put(keyspace.RULES_KEY, valid.encode())
    world.put(keyspace.RULES_KEY, INVALID.encode())


def test_a_count_opens_by_the_last_valid_doc_while_the_latest_is_invalid(world: World) -> None:
    spoiled(world, RULES.replace("Fixings aisle", "Fixings and screws"))
    page = world.replay("session", "show-open-form")
    assert (page["statusCode"], "Fixings and screws" in page["body"]) == (200, True)


def test_a_decision_goes_by_the_last_valid_doc_while_the_latest_is_invalid(world: World) -> None:
    world.counted()
    spoiled(world, STRICTER)
    status, page = world.tap("approve", "BOLT-M6-50")
    assert (status, "name somebody else" in page) == (403, True)


def test_a_sync_goes_by_the_last_valid_doc_while_the_latest_is_invalid(world: World) -> None:
    world.stock()
    header, *rows = STOCK_FILE.splitlines()
    world.put("source/stock.csv", STOCK_FILE.encode())
    assert world.replay("sync", "schedule")["refused"] is None
    spoiled(world, f"{RULES}\nmax_missing_percent: 90\n")
    world.put("source/stock.csv", "\n".join([header, rows[0]]).encode())
    assert world.replay("sync", "schedule")["refused"] is None  # by default a fifth may be missing


def test_a_summary_goes_by_the_last_valid_doc_while_the_latest_is_invalid(world: World) -> None:
    world.counted()
    spoiled(world, f"{STRICTER}\noperations: operations@example.com\n")
    world.replay("summary", "monthly")
    assert "operations@example.com" in told(world)
