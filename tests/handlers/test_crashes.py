"""What goes wrong must cost time or a label, never a variance, a decision or a quantity."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from local.events import event
from stkr.domain.cause import Cause
from stkr.domain.line import LineState
from stkr.domain.names import SessionId
from stkr.infra import aws
from stkr.links import signing_keys
from stkr.store import keyspace
from stkr.sweep.shell import MailsFailed
from tests.handlers.faults import Killed, killed_at, overtaken, refused_once
from tests.handlers.world import SCAN, SESSION, World

pytestmark = pytest.mark.handlers

MOMENTS = [(write, done) for write in range(1, 11) for done in (False, True)]
MOMENT_NAMES = [f"{'after' if done else 'before'} write {write}" for write, done in MOMENTS]


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Converse")


@pytest.mark.parametrize(
    "trouble",
    [
        {"error": throttled()},
        {"error": ReadTimeoutError(endpoint_url="https://bedrock.example.com")},
        {"reply": '{"cause": "theft", "rationale": "Somebody took it home."}'},
        {"reply": "I would rather not say."},
        {"reply": ""},
        {"stop_reason": "max_tokens"},
        {"stop_reason": "refusal"},
    ],
    ids=["throttled", "timed out", "off the list", "not an object", "nothing", "cut off", "refused"],
)
def test_a_model_that_is_of_no_use_still_leaves_every_material_variance_queued_and_mailed(
    world: World, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(world.model, name, value)
    world.counted()
    assert {line.cause for line in world.lines().values() if line.evidence} == {Cause.UNKNOWN}
    assert [sku for sku, line in world.lines().items() if line.state is LineState.QUEUED] == [
        "BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED",
    ]  # fmt: skip
    assert set(world.tokens("approve")) == {"BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"}


def test_variances_whose_label_never_comes_are_mailed_all_the_same(world: World) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    captured = event("variance", "session-captured")
    world.invoke("variance", captured)
    assert world.replay("sweep", "daily") == {"mails": 1}  # the uncounted item needs no label
    assert world.sweep(datetime.now(UTC) + timedelta(minutes=16)) == 1
    assert set(world.tokens("approve")) == {"BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"}


@pytest.mark.parametrize("refusals", [1, 2, 3])
def test_what_the_label_queue_does_not_take_is_sent_again_and_never_left_out(
    world: World, refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = aws.sqs(), list[Any]()

    def sends(**request: Any) -> Any:
        asked.append(request["Entries"])
        if len(asked) <= refusals:
            return {"Successful": [], "Failed": [{"Id": one["Id"]} for one in request["Entries"]]}
        return real.send_message_batch(**request)

    monkeypatch.setattr(aws, "sqs", cache(lambda: SimpleNamespace(send_message_batch=sends)))
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    with pytest.raises(RuntimeError, match="refused") if refusals == 3 else nullcontext():
        world.captured(1)
    assert asked == [asked[0]] * min(refusals + 1, 3)
    assert world.session().reconciled_seq == (0 if refusals == 3 else 1)


def test_a_chunk_that_cause_cannot_answer_is_tried_again_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke")

    world.opened()
    monkeypatch.setattr(aws.functions(), "invoke", fails)
    answer = world.replay("variance", "label-chunk")
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == [
        event("variance", "label-chunk")["Records"][0]["messageId"]
    ]


def test_an_upload_for_no_session_is_noted_and_not_tried_again(world: World) -> None:
    assert world.replay("capture", "unknown-session") == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no workbook", b"code,qty\nMYSTERY,5\n", b"code,qty\nBOLT-M6-50,\n"]
)
def test_an_upload_that_counts_nothing_asks_nobody_to_confirm_that_all_shelves_are_empty(
    world: World, content: bytes
) -> None:
    world.opened()
    world.upload("scan.csv", content)
    world.replay("capture", "scan")
    world.reconcile(1)
    assert world.lines() == {}
    assert world.replay("sweep", "variances-due") == {"mails": 0}
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(2)
    assert len(world.lines()) == 6


def test_a_correction_that_cannot_be_read_takes_no_variance_back(world: World) -> None:
    world.counted()
    before = world.lines()
    world.upload("scan.csv", b"PK\x03\x04 no workbook")
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.lines() == before
    assert "scan.csv was not taken" in world.replay("session", "show-session")["body"]
    assert world.tap("approve", "BOLT-M6-50")[0] == 200


def test_one_unreadable_message_does_not_hold_up_its_batch(world: World) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    answer = world.replay("capture", "one-of-two-unreadable")
    assert len(answer["batchItemFailures"]) == 1
    assert world.session().captured_seq == 1


@pytest.mark.parametrize("step", ["capture", "reconcile", "label"])
def test_a_transaction_that_is_at_work_on_the_session_is_waited_for(world: World, step: str) -> None:
    """The SDK does not try again; unhandled, a message would wait twelve minutes for its second and last receive."""

    def passing(name: str, run: Callable[[], object]) -> None:
        with refused_once("UpdateItem", "TransactionConflictException") if name == step else nullcontext():
            run()

    world.opened()
    world.upload("scan.csv", SCAN)
    passing("capture", lambda: world.replay("capture", "scan"))
    passing("reconcile", lambda: world.captured(1))
    passing("label", world.label)
    assert world.replay("sweep", "variances-due") == {"mails": 1}
    assert len(world.tokens("approve")) == 4


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_an_approval_that_meets_another_transaction_or_a_throttle_goes_through_all_the_same(
    world: World, reason: str
) -> None:
    world.counted()
    with refused_once("TransactWriteItems", "TransactionCanceledException", "None", reason, "None", "None"):
        assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert world.on_hand("BOLT-M6-50") == 432
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued", "approved", "posted"]


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_tap_that_meets_the_one_which_decides_is_told_by_whom_although_others_stay_in_the_way(
    world: World, action: str
) -> None:
    """Fifty who lose to one meet each other when they try again; trying blindly, some never get through."""
    world.counted()
    with overtaken(lambda: world.tap("approve", "BOLT-M6-50", "Grace"), met=True):
        status, page = world.tap(action, "BOLT-M6-50")
    assert status == 409
    assert "Already approved" in page
    assert "<dd>Grace</dd>" in page
    assert world.on_hand("BOLT-M6-50") == 432
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued", "approved", "posted"]


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_label_that_is_stored_while_somebody_decides_leaves_line_and_trail_in_agreement(
    world: World, action: str
) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.captured(1)
    world.sweep(datetime.now(UTC) + timedelta(minutes=16))  # by then a label is no longer waited for
    with overtaken(world.label, met=False):
        assert world.tap(action, "BOLT-M6-50")[0] == 200
    line = world.line("BOLT-M6-50")
    decisions = world.trail("BOLT-M6-50")[1:]
    assert {(row.get("cause"), row.get("rationale")) for row in decisions} == {(line.cause, line.rationale)}


def test_a_tap_that_meets_others_all_the_time_is_asked_to_try_again_and_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[int] = []
    monkeypatch.setattr("stkr.approval.shell.pause", paused.append)
    world.counted()
    with overtaken(lambda: None, met=True):
        status, page = world.tap("approve", "BOLT-M6-50")
    assert status == 503
    assert "try again" in page
    assert paused == [1, 2, 3, 4, 5, 6]
    assert world.on_hand("BOLT-M6-50") == 480
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued"]
    assert world.tap("approve", "BOLT-M6-50")[0] == 200


@pytest.mark.parametrize(
    ("function", "case"),
    [("approve", "show-approve"), ("approve", "approve"), ("session", "open"), ("session", "show-summary")],
)
def test_a_signing_key_that_cannot_be_fetched_is_a_page_to_try_again_and_nothing_else(
    world: World, function: str, case: str
) -> None:
    world.counted()
    request = event(function, case, world.links())
    signing_keys._keys.cache_clear()
    with refused_once("GetSecretValue", "ThrottlingException"):
        answer = world.invoke(function, request)
    assert answer["statusCode"] == 503
    assert "try again" in answer["body"]
    assert world.on_hand("BOLT-M6-50") == 480


def test_a_correction_of_a_count_that_is_in_the_archive_is_refused_and_its_lines_stay(world: World) -> None:
    world.counted()
    before = world.lines()
    archived = f"{keyspace.upload_prefix(SessionId(SESSION))}scan.csv"
    boto3.client("s3").put_object(Bucket=world.bucket, Key=archived, Body=SCAN, StorageClass="GLACIER")
    world.upload("more.csv", b"code,qty\nHINGE-75,30\n")
    assert world.replay("capture", "scan") == {"batchItemFailures": []}
    assert world.lines() == before
    assert "is in the archive" in world.replay("session", "show-session")["body"]


def test_a_memory_of_mails_that_fails_costs_a_retry_and_no_mail(world: World) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    with refused_once("PutItem", "ThrottlingException"), pytest.raises(MailsFailed):
        world.replay("sweep", "variances-due")
    assert world.replay("sweep", "variances-due") == {"mails": 1}


@pytest.mark.parametrize(("write", "done"), MOMENTS, ids=MOMENT_NAMES)
def test_a_capture_killed_at_any_moment_is_as_good_as_new_after_its_retry(world: World, write: int, done: bool) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    _killed_and_retried(write, done, lambda: world.replay("capture", "scan"))
    world.reconcile(world.session().captured_seq)
    assert len(world.lines()) == 6
    assert world.session().rows == {"read": 6, "counted": 5, "collapsed": 0, "blank": 0, "parked": 1}


@pytest.mark.parametrize(("write", "done"), MOMENTS, ids=MOMENT_NAMES)
def test_a_reconciliation_killed_at_any_moment_queues_everything_exactly_once(
    world: World, write: int, done: bool
) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    _killed_and_retried(write, done, lambda: world.reconcile(1))
    world.replay("sweep", "variances-due")
    world.replay("sweep", "variances-due")
    assert [len(world.trail(sku)) for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED")] == [1, 1, 1, 1]
    assert world.line("BOLT-M6-50").cause is Cause.SHRINKAGE
    assert len(world.mails()) == 1


@pytest.mark.parametrize(("write", "done"), MOMENTS[:6], ids=MOMENT_NAMES[:6])
def test_an_approval_killed_at_any_moment_posts_exactly_once(world: World, write: int, done: bool) -> None:
    world.counted()
    token = world.tokens("approve")["BOLT-M6-50"]
    _killed_and_retried(write, done, lambda: world.tap("approve", "BOLT-M6-50", token=token))
    assert world.on_hand("BOLT-M6-50") == 432
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued", "approved", "posted"]


@pytest.mark.parametrize(("write", "done"), MOMENTS, ids=MOMENT_NAMES)
def test_a_hold_killed_at_any_moment_still_has_the_manager_asked_afresh(world: World, write: int, done: bool) -> None:
    world.counted()
    token = world.tokens("approve")["BOLT-M6-50"]
    world.sell("BOLT-M6-50", 10)
    _killed_and_retried(write, done, lambda: world.tap("approve", "BOLT-M6-50", token=token))
    world.replay("sweep", "variances-due")
    assert world.on_hand("BOLT-M6-50") == 470
    assert world.line("BOLT-M6-50").system_qty == 470
    assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert world.on_hand("BOLT-M6-50") == 432


@pytest.mark.parametrize(("write", "done"), MOMENTS, ids=MOMENT_NAMES)
def test_a_sweep_killed_at_any_moment_leaves_nobody_without_a_mail(world: World, write: int, done: bool) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    with killed_at(write, done=done), suppress(Killed):
        world.replay("sweep", "variances-due")
    # The run that died may hold the mail back until its own time-out is over; by the daily sweep it is.
    _expire_locks(world)
    world.sweep(datetime.now(UTC))
    assert 1 <= len(world.mails()) <= 2
    assert set(world.tokens("approve")) == {"BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"}
    assert {line.mails for line in world.lines().values() if line.state is LineState.QUEUED} == {1}


@pytest.mark.parametrize(("write", "done"), MOMENTS[:16], ids=MOMENT_NAMES[:16])
def test_an_escalation_killed_at_any_moment_reaches_both_and_at_most_one_of_them_twice(
    world: World, write: int, done: bool
) -> None:
    world.counted()
    world.sweep(datetime.now(UTC) + timedelta(days=3))
    later = datetime.now(UTC) + timedelta(days=6)
    with killed_at(write, done=done), suppress(Killed):
        world.sweep(later)
    world.tap("reject", "BOLT-M6-50")
    _expire_locks(world)
    world.sweep(later)
    mailed = [mail.destinations["ToAddresses"][0] for mail in world.mails()][2:]
    assert set(mailed) == {"priya@example.com", "morgan@example.com"}
    # Only a run that dies between SES taking a mail and noting it can make that mail a second one.
    assert len(mailed) <= 3
    assert {line.mails for line in world.lines().values() if line.state is LineState.QUEUED} == {3}


def _expire_locks(world: World) -> None:
    """Let the time pass after which a lock of a dead run no longer counts."""
    client = aws.dynamodb()
    found = client.query(
        TableName=world.counts,
        KeyConditionExpression="PK = :mail",
        ExpressionAttributeValues={":mail": {"S": "IDEMPOTENCY#mail"}},
    )
    for item in found["Items"]:
        if item["status"]["S"] == "INPROGRESS":
            client.put_item(TableName=world.counts, Item={**item, "in_progress_expiration": {"N": "1"}})


def _killed_and_retried(write: int, done: bool, run: Callable[[], Any]) -> None:
    """Kill a run at one moment; if it was long enough to be killed, run it again, as AWS or the manager would."""
    with killed_at(write, done=done):
        try:
            run()
        except Killed:
            pass
        else:
            return
    run()
