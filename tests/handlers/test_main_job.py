"""The whole count through the real handlers: the shelf says 432, the books say 480, and a manager settles it."""

import base64
from decimal import Decimal

import boto3
import pytest

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.line import LineState
from stkr.domain.names import SessionId
from stkr.domain.session import SessionStatus
from stkr.infra.settings import VarianceSettings, load
from stkr.session.core import Opening
from stkr.store import keyspace
from stkr.store.dynamodb import attributes
from stkr.store.inventory import read_location
from stkr.store.location_notes import read_last_count
from stkr.store.sessions import session_key
from stkr.variance.labelling import enqueue
from tests.handlers.world import PLACE, SCAN, SESSION, World

pytestmark = pytest.mark.handlers


def test_the_seeds_worked_lines_come_out_of_the_whole_chain(world: World) -> None:
    world.counted()
    states = {sku: (line.state, line.gap_units, line.gap_value) for sku, line in world.lines().items()}
    assert states == {
        "BOLT-M6-50": (LineState.QUEUED, Decimal(-48), Decimal("-16.80")),
        "NUT-M6": (LineState.IN_AGREEMENT, Decimal(-1), Decimal("-0.35")),
        "WASHER-M6": (LineState.MINOR, Decimal(-4), Decimal("-1.40")),
        "DRILL-18V": (LineState.QUEUED, Decimal(-2), Decimal(-400)),
        "PAINT-RED": (LineState.QUEUED, Decimal(3), Decimal("37.50")),
        "HINGE-75": (LineState.QUEUED, None, None),
    }
    assert world.line("PAINT-RED").kind is LineKind.UNRECORDED
    assert world.line("HINGE-75").kind is LineKind.UNCOUNTED


def test_every_row_is_accounted_for_in_the_sessions_header(world: World) -> None:
    world.counted()
    session = world.session()
    assert session.status is SessionStatus.RECONCILED
    assert session.rows == {"read": 6, "counted": 5, "collapsed": 0, "blank": 0, "parked": 1}
    assert session.outcome["lines"] == 6


def test_only_material_gaps_are_put_to_the_model_and_an_uncounted_item_is_not(world: World) -> None:
    world.counted()
    assert len(world.model.calls) == 3
    assert world.line("BOLT-M6-50").cause is Cause.SHRINKAGE
    assert world.line("HINGE-75").cause is None


def test_the_approver_gets_one_mail_with_the_whole_picture(world: World) -> None:
    world.counted()
    [mail] = world.mails()
    assert mail.destinations["ToAddresses"] == ["priya@example.com"]
    for figure in ("BOLT-M6-50", "432", "480", "Short 48", "-10%", "-£16.80", "PAINT-RED", "HINGE-75"):
        assert figure in mail.body.replace("\u2212", "-"), figure


def test_approve_brings_the_books_to_the_shelf_and_leaves_a_trail(world: World) -> None:
    world.counted()
    status, page = world.tap("approve", "BOLT-M6-50")
    assert status == 200
    assert "432" in page
    assert world.on_hand("BOLT-M6-50") == 432
    trail = world.trail("BOLT-M6-50")
    assert [row["action"] for row in trail] == ["queued", "approved", "posted"]
    assert [(row["qty_before"], row["qty_after"]) for row in trail[1:]] == [(480, 432), (480, 432)]
    assert {row["user"] for row in trail[1:]} == {"Priya"}
    assert {row["link_issued_to"] for row in trail[1:]} == {"priya@example.com"}


def test_a_second_tap_changes_nothing_and_says_by_whom_it_was_decided(world: World) -> None:
    world.counted()
    world.tap("approve", "BOLT-M6-50")
    for action, name in (("approve", "Somebody else"), ("reject", "Morgan")):
        status, page = world.tap(action, "BOLT-M6-50", name)
        assert status == 409
        assert "Priya" in page
    assert world.on_hand("BOLT-M6-50") == 432
    assert len(world.trail("BOLT-M6-50")) == 3


def test_reject_leaves_stock_alone_writes_its_row_and_offers_a_recount(world: World) -> None:
    world.counted()
    status, page = world.tap("reject", "BOLT-M6-50")
    assert status == 200
    assert world.deployment.environment("sweep")["SESSION_URL"] in page
    assert world.on_hand("BOLT-M6-50") == 480
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued", "rejected"]
    assert world.line("BOLT-M6-50").state is LineState.REJECTED


def test_an_unrecorded_item_is_put_on_the_books_of_its_location(world: World) -> None:
    world.counted()
    assert world.on_hand("PAINT-RED") is None
    assert world.tap("approve", "PAINT-RED")[0] == 200
    assert world.on_hand("PAINT-RED") == 3
    assert world.on_hand("PAINT-RED", "paint-aisle") == 7


def test_an_unrecorded_item_is_put_on_the_books_with_what_a_case_of_it_holds(world: World) -> None:
    world.stock()
    boto3.client("dynamodb").update_item(
        TableName=world.inventory,
        Key={"PK": {"S": keyspace.location("paint-aisle")}, "SK": {"S": keyspace.sku("PAINT-RED")}},
        UpdateExpression="SET pack_size = :six",
        ExpressionAttributeValues={":six": {"N": "6"}},
    )
    world.open(Opening(PLACE, "Sam"), "5a7d")
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    world.replay("sweep", "variances-due")
    assert world.tap("approve", "PAINT-RED")[0] == 200
    [row] = [row for row in read_location(world.inventory, PLACE) if row.sku == "PAINT-RED"]
    assert (row.system_qty, row.pack_size) == (Decimal(3), Decimal(6))


def test_a_count_that_names_no_version_of_its_snapshot_goes_by_the_latest(world: World) -> None:
    world.opened()
    boto3.client("dynamodb").update_item(
        TableName=world.counts,
        Key=attributes(session_key(SessionId(SESSION))),
        UpdateExpression="REMOVE snapshot_version_id",
    )
    assert "BOLT-M6-50" in base64.b64decode(world.replay("session", "sheet")["body"]).decode()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.reconcile(1)
    assert world.line("BOLT-M6-50").gap_units == -48


def test_an_uncounted_item_is_brought_to_zero_only_once_a_manager_confirms_it(world: World) -> None:
    world.counted()
    assert world.on_hand("HINGE-75") == 30
    assert world.tap("approve", "HINGE-75")[0] == 200
    assert world.on_hand("HINGE-75") == 0


def test_stock_that_moved_since_the_count_holds_the_post_and_asks_afresh(world: World) -> None:
    world.counted()
    old = world.tokens("approve")["BOLT-M6-50"]
    world.sell("BOLT-M6-50", 10)
    status, page = world.tap("approve", "BOLT-M6-50", token=old)
    assert status == 409
    assert "470" in page
    assert world.on_hand("BOLT-M6-50") == 470
    line = world.line("BOLT-M6-50")
    assert (line.state, line.gap_units, line.held_from_qty) == (LineState.QUEUED, Decimal(-38), Decimal(480))
    assert world.tap("approve", "BOLT-M6-50", token=old)[0] == 409
    assert world.on_hand("BOLT-M6-50") == 470
    world.replay("sweep", "variances-due")
    assert len(world.mails()) == 2
    assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert world.on_hand("BOLT-M6-50") == 432
    assert [row["action"] for row in world.trail("BOLT-M6-50")] == ["queued", "queued", "approved", "posted"]


def test_an_unrecorded_item_that_was_held_stays_held_while_another_line_is_corrected(world: World) -> None:
    world.counted()
    world.book_in("PAINT-RED", 1)
    assert world.tap("approve", "PAINT-RED")[0] == 409
    held = world.line("PAINT-RED")
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.line("PAINT-RED") == held
    world.replay("sweep", "variances-due")
    assert world.tap("approve", "PAINT-RED")[0] == 200
    assert world.on_hand("PAINT-RED") == 3


def test_two_counts_of_the_same_items_post_what_was_decided_last_and_never_both(world: World) -> None:
    world.counted()
    first = world.tokens("approve")
    world.counted_again(SCAN.replace(b"432", b"430"))
    second = world.tokens("approve")
    for sku in ("BOLT-M6-50", "PAINT-RED", "HINGE-75"):
        assert [world.tap("approve", sku, token=tokens[sku])[0] for tokens in (first, second)] == [200, 409]
    assert [world.on_hand(sku) for sku in ("BOLT-M6-50", "PAINT-RED", "HINGE-75")] == [432, 3, 0]
    world.replay("sweep", "variances-due")
    assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert world.on_hand("BOLT-M6-50") == 430


def test_a_recount_of_some_items_does_not_count_as_a_count_of_their_location(world: World) -> None:
    world.counted()
    counted_at = read_last_count(world.counts, PLACE)
    world.counted_again(b"code,qty\nBOLT-M6-50,440\n", skus=("BOLT-M6-50",))
    assert read_last_count(world.counts, PLACE) == counted_at


def test_a_run_that_was_overtaken_does_not_end_the_later_ones_round_of_labelling(world: World) -> None:
    world.counted()
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.captured(2)
    round_of_2 = world.session().label_run
    assert enqueue(load(VarianceSettings), SessionId(SESSION), 1, "late", list(world.lines().values())) is None
    assert world.session().label_run == round_of_2
    world.label()
    assert world.line("BOLT-M6-50").cause is Cause.SHRINKAGE


def test_a_repeated_upload_event_changes_nothing(world: World) -> None:
    world.counted()
    before, trail = world.lines(), world.trail("BOLT-M6-50")
    world.replay("capture", "scan")
    world.reconcile(1)
    assert (world.lines(), world.trail("BOLT-M6-50")) == (before, trail)
    world.replay("sweep", "variances-due")
    assert len(world.mails()) == 1


def test_a_capture_that_arrives_late_does_not_undo_the_later_one(world: World) -> None:
    world.opened()
    world.upload("scan.csv", SCAN)
    world.replay("capture", "scan")
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.reconcile(2)
    before = world.lines()
    world.reconcile(1)
    assert world.lines() == before
    assert world.line("BOLT-M6-50").counted_qty == 440


def test_a_corrected_upload_kills_the_links_of_the_figures_it_replaces(world: World) -> None:
    world.counted()
    old = world.tokens("approve")["BOLT-M6-50"]
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.reconcile(2)
    status, page = world.tap("approve", "BOLT-M6-50", token=old)
    assert status == 409
    assert "BOLT" not in page
    assert world.on_hand("BOLT-M6-50") == 480
    world.replay("sweep", "variances-due")
    assert world.tap("approve", "BOLT-M6-50")[0] == 200
    assert world.on_hand("BOLT-M6-50") == 440


def test_a_changed_count_of_a_decided_item_is_parked_and_the_decision_stands(world: World) -> None:
    world.counted()
    world.tap("approve", "BOLT-M6-50")
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.session().rows["parked"] == 2
    assert world.line("BOLT-M6-50").counted_qty == 432
    assert world.on_hand("BOLT-M6-50") == 432


def test_a_count_of_decided_items_only_is_reconciled_as_well(world: World) -> None:
    world.counted()
    for sku in ("BOLT-M6-50", "DRILL-18V", "HINGE-75", "PAINT-RED"):
        world.tap("approve", sku)
    world.upload("scan.csv", b"code,qty\nBOLT-M6-50,440\n")
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.session().reconciled_seq == 2
    assert world.session().status is SessionStatus.RECONCILED
    assert world.line("BOLT-M6-50").counted_qty == 432


def test_a_decision_that_overtakes_its_correction_has_the_count_read_again(world: World) -> None:
    world.counted()
    world.upload("scan.csv", SCAN.replace(b"432", b"440"))
    world.replay("capture", "scan")
    world.tap("approve", "BOLT-M6-50")
    world.reconcile(2)
    [again] = list(world.messages("CAPTURE_QUEUE_URL"))
    record = {"messageId": "1", "body": again, "eventSource": "aws:sqs"}
    from local.events import event  # noqa: PLC0415 - the shape of a record

    world.invoke("capture", {"Records": [{**event("capture", "scan")["Records"][0], **record}]})
    world.reconcile(3)
    assert world.session().rows["parked"] == 2
    assert list(world.messages("CAPTURE_QUEUE_URL")) == []
