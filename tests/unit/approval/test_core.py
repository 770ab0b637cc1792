"""What a tap means: whether a link still decides, what a decision and a hold make of a line."""

from decimal import Decimal

import pytest

from stkr.approval.core import (
    LinkStanding,
    Refusal,
    Verdict,
    decided,
    held,
    quantity_after,
    refusal_of_addressee,
    refusal_of_counter,
    standing,
)
from stkr.domain.cause import Cause, DatedFact, Evidence, Flag
from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState
from stkr.domain.movement import Ledger, Movement, MovementKind, Observed, OnHand
from stkr.domain.names import Instant
from stkr.domain.session import Session, SessionStatus
from stkr.domain.variance import Materiality
from stkr.rules.doc import Rules
from stkr.variance.at_count_time import RollBack
from stkr.web.wording import facts

pytestmark = pytest.mark.unit

NOW = Instant("2026-11-21T15:00:00.000000Z")


def on_hand(quantity: int, version: int) -> OnHand:
    return OnHand(Decimal(quantity), Decimal(quantity), version)


def line(**more: object) -> Line:
    stored = {
        "session_id": "s1", "sku": "BOLT-M6-50", "name": "M6 bolts 50 mm", "location": "aisle",
        "kind": LineKind.COUNTED, "materiality": Materiality.MATERIAL, "state": LineState.QUEUED,
        "counted_qty": 432, "system_qty": 480,
        "snapshot_version": 3, "revision": 100, "rule": "default", "capture_seq": 1, "gap_units": -48, "gap_pct": -10,
        "gap_value": "-16.80", "unit_cost": "0.35", "cause": Cause.SHRINKAGE, "mails": 1, "due_at": NOW,
    }  # fmt: skip
    return Line.model_validate({**stored, **more})


@pytest.mark.parametrize(
    ("subject", "revision", "expected"),
    [
        (None, 100, LinkStanding.GONE),
        (line(), 100, LinkStanding.PENDING),
        (line(), 99, LinkStanding.SUPERSEDED),
        (line(state=LineState.APPROVED), 100, LinkStanding.DECIDED),
        (line(state=LineState.REJECTED), 99, LinkStanding.DECIDED),
        (line(state=LineState.IN_AGREEMENT), 100, LinkStanding.SUPERSEDED),
        (line(state=LineState.MINOR), 100, LinkStanding.SUPERSEDED),
    ],
)
def test_a_link_decides_only_the_queued_revision_it_was_made_for(
    subject: Line | None, revision: int, expected: LinkStanding
) -> None:
    assert standing(subject, revision) is expected


def test_an_approval_keeps_the_suggested_cause_beside_the_managers() -> None:
    after = decided(line(), Verdict(True, "Priya", "priya@example.com", Cause.MISCOUNT, NOW))
    assert (after.state, after.decided_by, after.decided_at) == (LineState.APPROVED, "Priya", NOW)
    assert (after.cause, after.confirmed_cause) == (Cause.SHRINKAGE, Cause.MISCOUNT)
    assert after.posted_units == Decimal(-48)


def test_a_rejection_posts_nothing() -> None:
    after = decided(line(), Verdict(False, "Priya", "priya@example.com", None, NOW))
    assert (after.state, after.posted_units) == (LineState.REJECTED, None)


def test_an_uncounted_line_is_confirmed_as_a_true_zero() -> None:
    uncounted = line(kind=LineKind.UNCOUNTED, counted_qty=None)
    assert quantity_after(uncounted) == 0
    after = decided(uncounted, Verdict(True, "Priya", "priya@example.com", None, NOW))
    assert after.posted_units == Decimal(-480)


def test_a_hold_asks_again_against_the_live_stock_and_kills_the_old_link() -> None:
    waiting = held(line(), on_hand(470, 4), None, NOW)
    assert standing(waiting, 100) is LinkStanding.SUPERSEDED
    assert standing(waiting, waiting.revision) is LinkStanding.PENDING
    assert (waiting.system_qty, waiting.snapshot_version, waiting.held_from_qty) == (Decimal(470), 4, Decimal(480))
    assert (waiting.gap_units, waiting.gap_value) == (Decimal(-38), Decimal("-13.30"))
    assert (waiting.mails, waiting.due_at) == (0, NOW)


def test_nothing_is_said_of_the_cause_of_a_gap_that_has_changed_by_a_hold() -> None:
    flags = (Flag.MULTIPLE_OF_PACK_SIZE, Flag.EQUALS_LAST_RECEIPT, Flag.OFFSETTING_GAP)
    evidence = Evidence(
        gap_units=Decimal(-48), counted_qty=Decimal(432), system_qty=Decimal(480), flags=flags, offset_by="BOLT-M8-50",
        moved_during_count=Decimal(-3), last_receipt=DatedFact(day="2026-11-20", days_ago=1, quantity=Decimal(48)),
    )  # fmt: skip
    queued = line(evidence=evidence, pack_size=24, rationale="48 short is what the last delivery held.")

    after = held(queued, on_hand(477, 4), None, NOW)

    assert after.evidence
    assert facts(after.evidence) == (
        "Last delivery: 48, Fri 20 Nov 2026, 1 day before the count",
        "Sales since the last count not known",
        "No earlier count on record",
    )
    assert (after.gap_units, after.cause, after.rationale) == (Decimal(-45), Cause.UNKNOWN, None)


def test_a_second_hold_still_shows_the_counts_own_snapshot() -> None:
    waiting = held(held(line(), on_hand(470, 4), None, NOW), on_hand(460, 5), None, NOW)
    assert (waiting.held_from_qty, waiting.system_qty) == (Decimal(480), Decimal(460))


def test_a_held_unrecorded_item_that_was_booked_in_meanwhile_becomes_an_ordinary_line() -> None:
    waiting = held(line(kind=LineKind.UNRECORDED, counted_qty=3, system_qty=0), on_hand(2, 1), None, NOW)
    assert (waiting.kind, waiting.gap_units) == (LineKind.COUNTED, Decimal(1))


def test_a_held_uncounted_line_has_no_gap_of_its_own() -> None:
    waiting = held(line(kind=LineKind.UNCOUNTED, counted_qty=None, gap_units=None), on_hand(2, 4), None, NOW)
    assert (waiting.kind, waiting.gap_units, quantity_after(waiting)) == (LineKind.UNCOUNTED, None, Decimal(0))


def shop(*, approver_may_count: bool) -> Rules:
    people = {"approver": {"name": "Priya", "email": "priya@example.com"}}
    locations = {"aisle": {"name": "Aisle", **people, "counters": [{"name": "Sam", "email": "sam@example.com"}]}}
    return Rules.model_validate({"locations": locations, "approver_may_count": approver_may_count})


COUNT_OF_SAM = Session(session_id="s1", location="aisle", counter="sam", opened_at="", status=SessionStatus.OPEN)


@pytest.mark.parametrize(
    ("name", "addressee", "refusal"),
    [
        ("Sam", "priya@example.com", Refusal.OWN_COUNT),
        ("Priya", "sam@example.com", Refusal.OWN_COUNT),
        ("Priya", "priya@example.com", None),
    ],
)
@pytest.mark.parametrize("approves", [True, False])
def test_whoever_counted_may_not_decide_where_the_rules_keep_the_two_apart(
    name: str, addressee: str, refusal: Refusal | None, approves: bool
) -> None:
    verdict = Verdict(approves=approves, name=name, addressee=addressee, cause=None, at=NOW)
    assert refusal_of_counter(COUNT_OF_SAM, shop(approver_may_count=False), verdict) is refusal
    assert refusal_of_counter(COUNT_OF_SAM, shop(approver_may_count=True), verdict) is None


def test_a_link_that_went_to_somebody_who_decides_no_more_is_refused() -> None:
    rules = shop(approver_may_count=True)
    assert refusal_of_addressee(line(), rules, "sam@example.com") is Refusal.REPLACED
    assert refusal_of_addressee(line(), rules, "PRIYA@example.com") is None
    assert refusal_of_addressee(line(location="closed shop"), rules, "sam@example.com") is None


COUNTED_AT = "2026-11-21T10:14:00.000000Z"


def rolled(**more: object) -> Line:
    """432 were counted at 10:14 when 480 were expected; nine were sold since."""
    timing = {
        "snapshot_qty": 480, "counted_from": COUNTED_AT, "counted_to": COUNTED_AT, "expected_qty": 480, "moved_qty": -9
    }  # fmt: skip
    return line(**{"system_qty": 471, "timing": timing, **more})


def forward(*sold: int, source_qty: int) -> RollBack:
    """A ledger of sales, one an hour after the count, with the quantity they left the source at."""
    begin, end = "2026-11-21T09:00:00.000000Z", "2026-11-21T20:00:00.000000Z"
    sales = tuple(
        Movement(
            "BOLT-M6-50",
            "aisle",
            MovementKind.SALE,
            Decimal(-units),
            Instant(f"2026-11-21T{hour}:00:00.000000Z"),
            f"R{hour}",
        )
        for hour, units in enumerate(sold, 11)
    )
    seen = (Observed("BOLT-M6-50", Decimal(-sum(sold)), Instant(begin), Instant(end)),)
    stock = {"BOLT-M6-50": on_hand(source_qty, 9)}
    return RollBack(Ledger("aisle", Instant(begin), Instant(end), stock, seen, sales, Instant(begin)))


def test_approving_a_rolled_line_moves_live_stock_by_the_gap_and_leaves_what_was_sold_since() -> None:
    assert quantity_after(rolled()) == 423
    after = decided(rolled(), Verdict(True, "Priya", "priya@example.com", Cause.MISCOUNT, NOW))
    assert (after.posted_units, after.system_qty) == (Decimal(-48), Decimal(471))


def test_a_hold_of_a_rolled_line_keeps_its_gap_and_asks_about_the_live_stock() -> None:
    waiting = held(rolled(), on_hand(465, 9), forward(9, 6, source_qty=465), NOW)
    assert (waiting.gap_units, waiting.rolled_qty, waiting.system_qty) == (Decimal(-48), Decimal(480), Decimal(465))
    assert (quantity_after(waiting), waiting.snapshot_version, waiting.held_from_qty) == (Decimal(417), 9, Decimal(480))
    assert waiting.revision == rolled().revision + 1


def test_a_movement_before_the_count_that_came_to_light_since_changes_the_gap() -> None:
    early = rolled(timing={"snapshot_qty": 480, "counted_from": NOW, "counted_to": NOW, "expected_qty": 480})
    waiting = held(early, on_hand(471, 9), forward(9, source_qty=471), NOW)
    assert (waiting.gap_units, waiting.rolled_qty, quantity_after(waiting)) == (
        Decimal(-39),
        Decimal(471),
        Decimal(432),
    )


def test_a_gap_that_another_count_has_put_right_since_is_not_posted_again() -> None:
    # The other approval changed the books alone: the source has not moved since the ledger.
    live = OnHand(Decimal(423), Decimal(471), 10)
    waiting = held(rolled(), live, forward(9, source_qty=471), NOW)
    assert (waiting.gap_units, waiting.gap_value, quantity_after(waiting)) == (Decimal(0), Decimal(0), Decimal(423))


@pytest.mark.parametrize("known", [None, forward(9, source_qty=471)])
def test_a_rolled_line_whose_movements_are_not_known_yet_is_asked_about_against_live_stock(
    known: RollBack | None,
) -> None:
    waiting = held(rolled(), on_hand(460, 11), known, NOW)
    assert (waiting.gap_units, waiting.rolled_qty, quantity_after(waiting)) == (Decimal(-28), None, Decimal(432))
    assert waiting.held_from_qty == 480


def test_a_line_with_times_is_rolled_as_soon_as_its_movements_are_known() -> None:
    plain = line(timing={"snapshot_qty": 480, "counted_from": COUNTED_AT, "counted_to": COUNTED_AT})
    waiting = held(plain, on_hand(471, 9), forward(9, source_qty=471), NOW)
    assert (waiting.gap_units, waiting.rolled_qty, quantity_after(waiting)) == (
        Decimal(-48),
        Decimal(480),
        Decimal(423),
    )


def test_a_line_without_times_is_held_as_ever_and_says_by_how_much_stock_moved() -> None:
    waiting = held(line(timing={"snapshot_qty": 480, "moved_qty": -3}), on_hand(470, 4), None, NOW)
    assert waiting.timing is not None
    assert (waiting.gap_units, waiting.timing.moved_qty) == (Decimal(-38), Decimal(-10))
