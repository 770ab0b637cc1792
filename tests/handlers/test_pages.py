"""The pages behind the function URLs: looking changes nothing, and a link that is not right opens nothing."""

import base64
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from PIL import Image

from local.events import event
from stkr.capture.shell import note_refused
from stkr.domain.counted import LineKind
from stkr.domain.inventory import MAX_UNBOOKED
from stkr.domain.line import LineState
from stkr.domain.names import SessionId
from stkr.domain.session import RefusedUpload, SessionStatus
from stkr.domain.stock import Snapshot, StockRow
from stkr.infra import aws
from stkr.infra.settings import CaptureSettings
from stkr.links.tokens import CountLink, DecisionLink, LinkAction, SigningKeys, read, read_count, sign
from stkr.session.shell import READ_SECONDS, UPLOAD_LASTS
from stkr.store import keyspace
from stkr.store.documents import write_document
from stkr.store.dynamodb import attributes
from stkr.store.lines import read_line
from stkr.store.location_notes import recent_counts
from stkr.store.sessions import open_sessions, read_session, session_key
from stkr.tabular.sheet import MAX_FILE_BYTES
from tests.deployment import SIGNING
from tests.handlers.world import PLACE, RULES, SCAN, SESSION, World
from tests.qr import read as read_code

pytestmark = pytest.mark.handlers

LATER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())


def decision(world: World, *, expires_at: int = LATER, signing: SigningKeys = SIGNING, sku: str = "BOLT-M6-50") -> str:
    home = world.deployment.environment("sweep")["APPROVE_URL"]
    link = DecisionLink(
        home=home, action=LinkAction.APPROVE, session_id=SessionId(SESSION), sku=sku,
        revision=world.line("BOLT-M6-50").revision,
        addressee="priya@example.com", expires_at=expires_at,
    )  # fmt: skip
    return sign(link, signing)


def get(world: World, token: str, which: str = "approve", method: str = "GET") -> tuple[int, str]:
    request = event("approve", "show-approve", {**world.links(), "approve": token, "approve-url": world.url_id(which)})
    request["requestContext"]["http"]["method"] = method
    answer = world.invoke("approve", request)
    return answer["statusCode"], answer["body"]


def everything(world: World) -> tuple[object, ...]:
    return world.lines(), world.trail("BOLT-M6-50"), world.on_hand("BOLT-M6-50"), world.session()


def test_opening_a_link_shows_the_variance_with_live_stock_and_one_button(world: World) -> None:
    world.counted()
    status, page = world.look("show-approve")
    assert status == 200
    for shown in ("BOLT-M6-50", "432", "480", "£16.80", "Shrinkage"):
        assert shown in page
    assert page.count("<button") == 1


def test_the_decision_page_shows_the_items_counts_and_what_waits_is_told_after_a_decision(world: World) -> None:
    world.counted()
    assert "Counts of this item" not in world.look("show-approve")[1]
    world.counted_again(b"code,qty\nBOLT-M6-50,470\nNUT-M6,480\n")
    first = world.tokens("approve")
    status, page = get(world, world.tokens("approve")["BOLT-M6-50"])
    assert status == 200
    for told in ("432 of 480, short 48", "470 of 480, short 10", "this count"):
        assert told in page
    status, page = world.tap("reject", "BOLT-M6-50")
    assert status == 200
    assert "Still waiting in this count:" in page
    assert not [sku for sku in first if sku != "BOLT-M6-50" and sku in page]


def test_a_repeated_reconciliation_notes_its_session_once(world: World) -> None:
    world.counted()
    world.upload("scan.csv", SCAN.replace(b"432", b"431"))
    world.replay("capture", "scan")
    world.reconcile(2)
    assert [count.session_id for count in recent_counts(world.counts, PLACE, 8)] == [SESSION]


def test_a_history_that_cannot_be_read_keeps_nobody_from_deciding(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.counted()

    def refused(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")

    monkeypatch.setattr("stkr.approval.shell.recent_counts", refused)
    monkeypatch.setattr("stkr.approval.views.waiting_beside", refused)
    assert world.look("show-approve")[0] == 200
    status, page = world.tap("approve", "BOLT-M6-50")
    assert status == 200
    assert "You can close this page." in page


def test_a_line_in_a_form_that_is_not_known_keeps_nobody_from_deciding_another(world: World) -> None:
    world.counted()
    world.counted_again(b"code,qty\nBOLT-M6-50,470\nNUT-M6,400\n")
    tokens = world.tokens("approve")
    for session_id, sku in ((SESSION, "BOLT-M6-50"), (read(tokens["NUT-M6"], SIGNING, now=0).session_id, "NUT-M6")):
        boto3.client("dynamodb").update_item(
            TableName=world.counts,
            Key={"PK": {"S": keyspace.session(SessionId(session_id))}, "SK": {"S": keyspace.line(sku)}},
            UpdateExpression="SET kind = :later",
            ExpressionAttributeValues={":later": {"S": "of a later release"}},
        )
    token = tokens["BOLT-M6-50"]
    status, page = get(world, token)
    assert (status, "Counts of this item" in page, page.count("<button")) == (200, False, 1)
    status, page = world.tap("approve", "BOLT-M6-50", token=token)
    assert (status, "Still waiting" in page, "You can close this page." in page) == (200, False, True)


def test_a_decision_takes_three_calls_of_aws_once_the_function_is_warm(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.counted()
    world.look("show-approve")
    calls: list[str] = []
    plain = getattr(BaseClient, "_make_api_call")  # noqa: B009 - where all calls pass, and it has no public name

    def heard(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        calls.append(operation)
        return plain(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", heard)
    assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert calls == ["GetItem", "TransactWriteItems", "Query"]


def test_a_scanner_that_opens_every_link_changes_nothing(world: World) -> None:
    world.counted()
    before = everything(world)
    for action in ("approve", "reject"):
        for token in world.tokens(action).values():
            for method in ("GET", "HEAD", "GET"):
                assert get(world, token, action, method)[0] == 200
    assert everything(world) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_does_anything(world: World, method: str) -> None:
    world.counted()
    before = everything(world)
    assert get(world, world.tokens("approve")["BOLT-M6-50"], method=method)[0] in {204, 404, 405}
    assert everything(world) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_no_method_but_a_post_opens_a_count(world: World, method: str) -> None:
    world.stock()
    request = event("session", "open", world.links())
    token = base64.b64decode(request["body"]) if request["isBase64Encoded"] else request["body"].encode()
    request["rawQueryString"] = token.decode()
    request["queryStringParameters"] = dict(parse_qsl(token.decode()))
    request["requestContext"]["http"]["method"] = method
    expected = {200} if method in {"GET", "HEAD"} else {204, 404, 405}
    assert world.invoke("session", request)["statusCode"] in expected
    assert list(open_sessions(world.counts)) == []


@pytest.mark.parametrize("header", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_a_form_is_taken_in_base64_and_as_text_however_its_type_is_spelled(world: World, header: str) -> None:
    world.counted()
    for sku, encoded in (("BOLT-M6-50", True), ("DRILL-18V", False)):
        request = event("approve", "approve", {**world.links(), "approve": world.tokens("approve")[sku]})
        kind = request["headers"].pop("content-type")
        request["headers"][header] = kind.title()
        if not encoded:
            request |= {"isBase64Encoded": False, "body": base64.b64decode(request["body"]).decode()}
        assert world.invoke("approve", request)["statusCode"] == 200
        assert world.line(sku).state is LineState.APPROVED


def test_pages_are_confined_and_never_kept(world: World) -> None:
    world.counted()
    headers = world.replay("approve", "show-approve")["headers"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_link_on_the_other_buttons_url_is_refused(world: World) -> None:
    world.counted()
    assert world.look("wrong-url")[0] == 403


def test_a_damaged_an_old_and_a_strangers_link_open_nothing(world: World) -> None:
    world.counted()
    good = decision(world)
    for token, expected in (
        (good[:-1], 403),
        (good[:20] + ("A" if good[20] != "A" else "B") + good[21:], 403),
        ("", 403),
        ("x" * 10_000, 403),
        (decision(world, signing=SigningKeys("s" * 64)), 403),
        (decision(world, expires_at=1_000_000_000), 410),
        (decision(world, sku="NO-SUCH-SKU"), 404),
        (world.links()["session"], 403),
    ):
        status, page = get(world, token)
        assert (status, "BOLT" in page) == (expected, False), token[:30]


def test_the_same_holds_for_posting(world: World) -> None:
    world.counted()
    before = everything(world)
    for token in (
        decision(world)[:-1],
        decision(world, signing=SigningKeys("s" * 64)),
        decision(world, expires_at=1),
        "",
    ):
        assert world.tap("approve", "BOLT-M6-50", token=token or "none")[0] in {403, 410}
    assert everything(world) == before


@pytest.mark.parametrize(("function", "case"), [("approve", "approve"), ("session", "open")])
def test_a_post_that_is_no_text_is_no_form_and_no_failure_of_the_function(
    world: World, function: str, case: str
) -> None:
    world.counted()
    binary = {"body": base64.b64encode(b"\xff\xfe\x81").decode(), "isBase64Encoded": True}
    assert world.invoke(function, event(function, case, world.links()) | binary)["statusCode"] == 403


def test_whoever_stopped_being_the_approver_decides_no_more_and_the_next_one_does(world: World) -> None:
    world.counted()
    old = world.tokens("approve")["BOLT-M6-50"]
    world.put(keyspace.RULES_KEY, RULES.replace("Priya, email: priya@", "Kim, email: kim@").encode())
    for status, page in (get(world, old), world.tap("approve", "BOLT-M6-50", token=old)):
        assert (status, "BOLT" in page) == (403, False)
    assert world.on_hand("BOLT-M6-50") == 480
    world.sweep(datetime.now(UTC) + timedelta(days=3))
    assert world.mails()[-1].destinations["ToAddresses"] == ["kim@example.com"]
    assert world.tap("approve", "BOLT-M6-50", name="Kim")[0] == 200
    assert get(world, old)[0] == 409


def test_variances_of_a_location_that_left_the_rules_doc_can_still_be_decided(world: World) -> None:
    world.counted()
    world.put(keyspace.RULES_KEY, RULES.replace("fixings-aisle", "other-aisle").encode())
    assert world.tap("approve", "BOLT-M6-50")[0] == 200


def test_a_decision_without_a_name_is_asked_again_and_not_taken(world: World) -> None:
    world.counted()
    status, page = world.tap("approve", "BOLT-M6-50", name=" \t")
    assert status == 422
    assert "name" in page
    assert world.on_hand("BOLT-M6-50") == 480


def test_what_a_manager_types_is_shown_as_text(world: World) -> None:
    world.counted()
    world.tap("approve", "BOLT-M6-50", name="<script>alert(1)</script>")
    assert "<script" not in world.tap("approve", "BOLT-M6-50")[1]


def test_the_manager_may_correct_the_cause_and_the_trail_keeps_both(world: World) -> None:
    world.counted()
    request = event("approve", "approve", world.links())
    request["body"] = base64.b64encode(base64.b64decode(request["body"]).replace(b"shrinkage", b"miscount")).decode()
    assert world.invoke("approve", request)["statusCode"] == 200
    assert {(row["cause"], row["confirmed_cause"]) for row in world.trail("BOLT-M6-50")[1:]} == {
        ("shrinkage", "miscount")
    }


def test_whoever_counted_may_not_approve_where_the_rules_say_so(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"approver_may_count: false\n{RULES}".encode())
    world.counted()
    assert world.tap("approve", "BOLT-M6-50", name="Sam")[0] == 403
    assert world.line("BOLT-M6-50").state is LineState.QUEUED
    assert world.tap("approve", "BOLT-M6-50", name="Priya")[0] == 200


def test_a_variance_whose_count_is_gone_can_no_longer_be_decided(world: World) -> None:
    world.put(keyspace.RULES_KEY, f"approver_may_count: false\n{RULES}".encode())
    world.counted()
    aws.dynamodb().delete_item(
        TableName="shop-counts", Key={"PK": {"S": keyspace.session(SessionId(SESSION))}, "SK": {"S": keyspace.META}}
    )
    assert world.tap("approve", "BOLT-M6-50", name="Priya")[0] == 404
    assert world.line("BOLT-M6-50").state is LineState.QUEUED


def test_a_location_link_opens_a_count_on_a_snapshot_of_its_own(world: World) -> None:
    world.stock()
    assert world.replay("session", "show-open-form")["statusCode"] == 200
    answer = world.replay("session", "open")
    assert answer["statusCode"] == 303
    token = answer["headers"]["Location"].partition("t=")[2]
    page = world.invoke("session", event("session", "show-session", {**world.links(), "session": token}))
    assert page["statusCode"] == 200
    shown = re.sub(r"<[^>]+>", " ", page["body"])  # what signs the upload form may hold any digits
    assert "Sam" in shown
    assert not re.search(r"\b480\b", shown)


def test_the_card_and_the_code_of_an_aisle_lead_to_the_very_link_they_were_asked_for_with(world: World) -> None:
    card = world.replay("session", "card")
    assert (card["statusCode"], "Fixings aisle" in card["body"], "<svg" in card["body"]) == (200, True, True)
    answer = world.replay("session", "qr")
    assert answer["headers"]["Content-Type"] == "image/png"
    assert answer["headers"]["Content-Disposition"] == 'attachment; filename="count-fixings-aisle.png"'
    found = read_code(Image.open(io.BytesIO(base64.b64decode(answer["body"]))).convert("L"))
    request = event("session", "show-open-form", {**world.links(), "open": found.text.partition("t=")[2]})
    assert "Open a count: Fixings aisle" in world.invoke("session", request)["body"]


@pytest.mark.parametrize("case", ["card", "qr"])
def test_only_a_genuine_link_of_a_place_has_a_card_and_a_code(world: World, case: str) -> None:
    world.counted()
    home = world.deployment.environment("sweep")["SESSION_URL"]
    recount = CountLink(home=home, location=PLACE, skus=("BOLT-M6-50",), expires_at=LATER)
    over = CountLink(home=home, location=PLACE, expires_at=1)
    links = world.links()
    for token, status in (
        (links["session"], 404), (sign(recount, SIGNING), 404), (sign(over, SIGNING), 410), (links["open"][:-1], 403),
        (decision(world), 403),
    ):  # fmt: skip
        answer = world.invoke("session", event("session", case, {**links, "open": token}))
        assert (answer["statusCode"], "<svg" in answer["body"]) == (status, False)


def test_a_link_to_one_count_opens_no_other(world: World) -> None:
    world.counted()
    links = world.links()
    answer = world.invoke("session", event("session", "open", {**links, "open": links["session"]}))
    assert (answer["statusCode"], SESSION in answer["body"]) == (200, True)


def test_the_sheet_is_blind_and_has_a_row_for_each_expected_item(world: World) -> None:
    world.opened()
    answer = world.replay("session", "sheet")
    sheet = base64.b64decode(answer["body"]).decode("utf-8-sig")
    assert [line.split(",")[0] for line in sheet.splitlines()][1:] == [
        "BOLT-M6-50", "DRILL-18V", "HINGE-75", "NUT-M6", "WASHER-M6",
    ]  # fmt: skip
    assert "480" not in sheet


def test_a_sheet_that_is_larger_than_an_answer_may_be_says_what_to_do_instead(world: World) -> None:
    world.opened()
    rows = {f"S{n}": StockRow(f"S{n}", f"{n:06} of a long name " * 10, PLACE, Decimal(1)) for n in range(30_000)}
    version = write_document(world.bucket, keyspace.snapshot_object(SessionId(SESSION)), Snapshot(PLACE, rows))
    boto3.client("dynamodb").update_item(
        TableName=world.counts,
        Key=attributes(session_key(SessionId(SESSION))),
        UpdateExpression="SET snapshot_version_id = :version",
        ExpressionAttributeValues={":version": {"S": str(version)}},
    )

    answer = world.replay("session", "sheet")

    assert len(answer["body"]) < 6_000_000  # what a function may answer with
    assert answer["statusCode"] == 422
    assert "open a count of one zone after the other" in answer["body"]


def test_the_printed_sheet_is_blind_too_and_is_of_no_other_count(world: World) -> None:
    world.opened()
    page = world.replay("session", "print-sheet")["body"]
    shown = re.sub(r"<[^>]+>", " ", page.partition("<table")[2])
    assert re.findall(r"BOLT-M6-50|DRILL-18V|HINGE-75|NUT-M6|WASHER-M6", shown) == [
        "BOLT-M6-50", "DRILL-18V", "HINGE-75", "NUT-M6", "WASHER-M6",
    ]  # fmt: skip
    assert not re.search(r"\b480\b|\b30\b", shown)
    assert "PAINT-RED" not in shown
    links = world.links()
    opening = world.invoke("session", event("session", "print-sheet", {**links, "session": links["open"]}))
    assert opening["statusCode"] == 404


def test_a_filled_sheet_comes_back_as_a_count(world: World) -> None:
    world.opened()
    sheet = base64.b64decode(world.replay("session", "sheet")["body"]).decode("utf-8-sig")
    filled = [line + "432" if line.startswith("BOLT") else line for line in sheet.splitlines()]
    world.upload("sheet.csv", "\r\n".join(filled).encode())
    world.replay("capture", "sheet")
    assert world.session().rows == {"read": 5, "counted": 1, "collapsed": 0, "blank": 4, "parked": 0}


def test_the_session_page_shows_what_is_parked_and_why(world: World) -> None:
    world.counted()
    page = world.replay("session", "show-session")["body"]
    assert "MYSTERY" in page
    assert "unknown code" in page


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause of a page that waits for a file to be read; no time passes."""
    paused: list[float] = []
    monkeypatch.setattr("stkr.session.shell.sleep", paused.append)
    return paused


def test_whoever_has_just_uploaded_sees_what_was_understood_as_soon_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    looks = iter([None, "read"])

    def meanwhile(_seconds: float) -> None:
        if next(looks):
            world.replay("capture", "scan")

    monkeypatch.setattr("stkr.session.shell.sleep", meanwhile)
    page = world.replay("session", "show-uploaded")["body"]
    assert "6 rows were read:</strong> 5 counted, 1 to mend." in page
    assert list(looks) == []


def test_a_file_that_is_not_read_for_long_is_waited_for_only_so_long(world: World, waits: list[float]) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    page = world.replay("session", "show-uploaded")["body"]
    assert "A file has arrived and is being read." in page
    assert waits == [1] * READ_SECONDS
    assert int(world.deployment.context("session").get_remaining_time_in_millis() / 1000) > READ_SECONDS + 10


def test_a_page_waits_only_for_whoever_has_just_uploaded_and_only_while_a_file_is_unread(
    world: World, waits: list[float]
) -> None:
    world.opened()
    assert "Nothing has been read yet." in world.replay("session", "show-uploaded")["body"]
    world.upload("scan.csv", SCAN)
    assert "is being read" in world.replay("session", "show-session")["body"]
    world.replay("capture", "scan")
    assert "6 rows were read" in world.replay("session", "show-uploaded")["body"]
    world.upload("Back store/scan.csv", b"code,qty\nNUT-M6,1\n")
    assert "is being read" in world.replay("session", "show-session")["body"]
    assert waits == []


def test_an_upload_that_was_refused_is_named_and_not_waited_for(world: World, waits: list[float]) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    settings = CaptureSettings(bucket=world.bucket, counts_table=world.counts)
    refused_at = "2026-11-21T15:00:00.000000Z"
    note_refused(
        settings,
        SessionId(SESSION),
        RefusedUpload(file="scan.csv", problem="it is in the archive", refused_at=refused_at),
    )
    page = world.replay("session", "show-uploaded")["body"]
    assert "scan.csv was not taken" in page
    assert "is being read" not in page
    assert waits == []


@pytest.mark.parametrize(("case", "folder"), [("show-session", ""), ("show-area", "Back store/")])
def test_the_upload_form_takes_one_file_of_bounded_size_into_the_folder_of_its_count_only(
    world: World, case: str, folder: str
) -> None:
    world.opened()
    form = dict(
        re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', world.replay("session", case)["body"])
    )
    policy = json.loads(base64.b64decode(form["policy"]))
    prefix = f"sessions/{SESSION}/{folder}"
    assert ["starts-with", "$key", prefix] in policy["conditions"]
    assert ["content-length-range", 1, MAX_FILE_BYTES] in policy["conditions"]
    assert {"bucket": world.bucket} in policy["conditions"]
    assert form["key"] == f"{prefix}${{filename}}"
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert UPLOAD_LASTS - timedelta(minutes=1) < left <= UPLOAD_LASTS
    back = unescape(form["success_action_redirect"])
    assert {"success_action_redirect": back} in policy["conditions"]
    home = world.deployment.environment("sweep")["SESSION_URL"]
    assert back.startswith(f"{home}?t=")
    assert dict(parse_qsl(urlsplit(back).query)).get("area", "") == folder.rstrip("/")


def test_rows_of_any_length_leave_the_session_page_far_below_what_a_function_may_answer(world: World) -> None:
    world.opened()
    rows = b"".join(b"%s%d,5,%s\n" % (b"X" * 30_000, row, b"n" * 30_000) for row in range(500))
    world.upload("scan.csv", b"code,qty,note\n" + rows)
    world.replay("capture", "scan")
    page = world.replay("session", "show-session")["body"]
    assert page.count("unknown code") == 500
    assert len(page) < 1_000_000


def test_a_decision_link_opens_no_count_and_a_foreign_one_neither(world: World) -> None:
    world.counted()
    elsewhere = CountLink(home="https://other.lambda-url.eu-west-2.on.aws/", location=PLACE, expires_at=LATER)
    for token in (decision(world), sign(elsewhere, SIGNING), "nonsense"):
        answer = world.invoke("session", event("session", "show-open-form", {**world.links(), "open": token}))
        assert answer["statusCode"] == 403


def test_a_closed_session_takes_no_upload_and_says_so(world: World) -> None:
    world.counted(b"code,qty\nBOLT-M6-50,480\nNUT-M6,480\nWASHER-M6,480\nDRILL-18V,12\nHINGE-75,30\n")
    world.sweep(datetime.now(UTC) + timedelta(days=15))
    world.upload("scan.csv", b"code,qty\nBOLT-M6-50,432\n")
    assert world.replay("capture", "scan") == {"batchItemFailures": []}
    page = world.replay("session", "show-session")["body"]
    assert "closed" in page
    assert "scan.csv was not taken" in page
    assert world.session().status is SessionStatus.CLOSED


def recounted(world: World, sku: str, counted: bytes) -> tuple[str, str, str]:
    """Reject a variance, follow the recount link, count again; the page to open it, its sheet, and the new session."""
    _, page = world.tap("reject", sku)
    home = world.deployment.environment("sweep")["SESSION_URL"]
    token = page.partition(f"{home}?t=")[2].partition('"')[0]
    links = {**world.links(), "open": token}
    opening = world.invoke("session", event("session", "show-open-form", links))
    answer = world.invoke("session", event("session", "open", links))
    assert (opening["statusCode"], answer["statusCode"]) == (200, 303)
    links["session"] = answer["headers"]["Location"].partition("t=")[2]
    sheet = base64.b64decode(world.invoke("session", event("session", "sheet", links))["body"]).decode("utf-8-sig")
    session_id = read_count(links["session"], SIGNING, 0).session_id
    assert session_id
    world.put(f"{keyspace.upload_prefix(session_id)}scan.csv", counted)
    uploaded = json.loads(json.dumps(event("capture", "scan")).replace(SESSION, session_id))
    world.invoke("capture", uploaded)
    world.captured(1, session_id)
    world.label()
    return opening["body"], sheet, session_id


def test_a_recount_is_blind_of_just_its_item_and_takes_nothing_back(world: World) -> None:
    world.counted()
    before = world.lines()
    opening, sheet, session_id = recounted(world, "BOLT-M6-50", b"code,qty\nBOLT-M6-50,440\n")
    shown = re.sub(r"<[^>]+>", " ", opening.partition("<main")[2])
    assert "Priya did not agree with what was counted" in shown
    assert "M6 bolts 50 mm" in shown
    assert not re.search(r"\b(432|480|48)\b|Sam", shown)
    assert [row.split(",")[0] for row in sheet.splitlines()[1:]] == ["BOLT-M6-50"]
    rejected = world.line("BOLT-M6-50")
    assert rejected.state is LineState.REJECTED
    assert {sku: line for sku, line in world.lines().items() if sku != "BOLT-M6-50"} == {
        sku: line for sku, line in before.items() if sku != "BOLT-M6-50"
    }
    assert [(row["action"], row["session_id"]) for row in world.trail("BOLT-M6-50")] == [
        ("queued", SESSION), ("rejected", SESSION), ("queued", session_id),
    ]  # fmt: skip
    assert read_session(world.counts, SessionId(session_id)).recount_of == rejected.variance_id
    again = read_line(world.counts, SessionId(session_id), "BOLT-M6-50")
    assert again
    assert (again.state, again.counted_qty, again.gap_units) == (LineState.QUEUED, Decimal(440), Decimal(-40))
    assert world.on_hand("BOLT-M6-50") == 480


def test_the_recount_of_an_item_that_is_not_stocked_here_has_a_sheet_as_well(world: World) -> None:
    world.counted()
    opening, sheet, session_id = recounted(world, "PAINT-RED", b"code,qty\nPAINT-RED,4\n")
    assert "PAINT-RED" in opening
    assert [row.split(",")[0] for row in sheet.splitlines()[1:]] == ["PAINT-RED"]
    again = read_line(world.counts, SessionId(session_id), "PAINT-RED")
    assert again
    assert (again.kind, again.counted_qty) == (LineKind.UNRECORDED, Decimal(4))


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ("zone=paint", "zone", "Nothing at fixings-aisle is in a category or bin named &#39;paint&#39;"),
        ("skus=BOLT-M6-50%0D%0ANO-SUCH", "skus", "The stock system does not know NO-SUCH: check the spelling."),
    ],
)
def test_a_count_of_nothing_is_not_opened_and_the_field_says_why(
    world: World, form: str, field: str, said: str
) -> None:
    world.stock()
    request = event("session", "open", world.links())
    request["body"] = base64.b64encode(base64.b64decode(request["body"]) + f"&{form}".encode()).decode()
    answer = world.invoke("session", request)
    assert answer["statusCode"] == 422
    assert said in answer["body"]
    assert f'id="{field}-error"' in answer["body"]


def test_a_row_on_which_too_much_waits_to_be_booked_takes_no_further_approval(world: World) -> None:
    world.counted()
    waiting = [{"M": {"id": {"S": f"old.{n}"}, "units": {"N": "1"}, "at": {"S": "2026"}}} for n in range(MAX_UNBOOKED)]
    boto3.client("dynamodb").update_item(
        TableName=world.inventory,
        Key={"PK": {"S": f"LOC#{PLACE}"}, "SK": {"S": "SKU#BOLT-M6-50"}},
        UpdateExpression="SET unbooked = :waiting",
        ExpressionAttributeValues={":waiting": {"L": waiting}},
    )
    before = everything(world)

    status, _ = world.tap("approve", "BOLT-M6-50")

    assert status == 503
    assert everything(world) == before
