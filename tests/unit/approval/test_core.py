"""What a tap means: whether a link still decides, what a decision and a hold make of a line."""

from decimal import Decimal

import pytest

from stkr.approval.core import Standing, Verdict, counted_by, decided, held, quantity_after, standing
from stkr.capture.result import Kind
from stkr.cause.evidence import Cause
from stkr.rules.doc import Rules
from stkr.store.counts import Line, Session, State, Status
from stkr.sync.movements import OnHand
from stkr.variance.core import Materiality

pytestmark = pytest.mark.unit

NOW = "2026-11-21T15:00:00.000000Z"


def on_hand(quantity: int, version: int) -> OnHand:
    return OnHand(Decimal(quantity), Decimal(quantity), version)


def line(**more: object) -> Line:
    stored = {
        "session_id": "s1", "sku": "BOLT-M6-50", "name": "M6 bolts 50 mm", "location": "aisle", "kind": Kind.COUNTED,
        "materiality": Materiality.MATERIAL, "state": State.QUEUED, "counted_qty": 432, "system_qty": 480,
        "snapshot_version": 3, "revision": 100, "rule": "default", "capture_seq": 1, "gap_units": -48, "gap_pct": -10,
        "gap_value": "-16.80", "unit_cost": "0.35", "cause": Cause.SHRINKAGE, "mails": 1, "due_at": NOW,
    }  # fmt: skip
    return Line.model_validate({**stored, **more})


@pytest.mark.parametrize(
    ("subject", "revision", "expected"),
    [
        (None, 100, Standing.GONE),
        (line(), 100, Standing.PENDING),
        (line(), 99, Standing.SUPERSEDED),
        (line(state=State.APPROVED), 100, Standing.DECIDED),
        (line(state=State.REJECTED), 99, Standing.DECIDED),
        (line(state=State.IN_AGREEMENT), 100, Standing.SUPERSEDED),
        (line(state=State.MINOR), 100, Standing.SUPERSEDED),
    ],
)
def test_a_link_decides_only_the_queued_revision_it_was_made_for(
    subject: Line | None, revision: int, expected: Standing
) -> None:
    assert standing(subject, revision) is expected


def test_an_approval_keeps_the_suggested_cause_beside_the_managers() -> None:
    after = decided(line(), Verdict(True, "Priya", "priya@example.com", Cause.MISCOUNT, NOW))
    assert (after.state, after.decided_by, after.decided_at) == (State.APPROVED, "Priya", NOW)
    assert (after.cause, after.confirmed_cause) == (Cause.SHRINKAGE, Cause.MISCOUNT)
    assert after.posted_units == Decimal(-48)


def test_a_rejection_posts_nothing() -> None:
    after = decided(line(), Verdict(False, "Priya", "priya@example.com", None, NOW))
    assert (after.state, after.posted_units) == (State.REJECTED, None)


def test_an_uncounted_line_is_confirmed_as_a_true_zero() -> None:
    uncounted = line(kind=Kind.UNCOUNTED, counted_qty=None)
    assert quantity_after(uncounted) == 0
    after = decided(uncounted, Verdict(True, "Priya", "priya@example.com", None, NOW))
    assert after.posted_units == Decimal(-480)


def test_a_hold_asks_again_against_the_live_stock_and_kills_the_old_link() -> None:
    waiting = held(line(), on_hand(470, 4), None, NOW)
    assert standing(waiting, 100) is Standing.SUPERSEDED
    assert standing(waiting, waiting.revision) is Standing.PENDING
    assert (waiting.system_qty, waiting.snapshot_version, waiting.held_from_qty) == (Decimal(470), 4, Decimal(480))
    assert (waiting.gap_units, waiting.gap_value) == (Decimal(-38), Decimal("-13.30"))
    assert (waiting.mails, waiting.due_at) == (0, NOW)


def test_a_second_hold_still_shows_the_counts_own_snapshot() -> None:
    waiting = held(held(line(), on_hand(470, 4), None, NOW), on_hand(460, 5), None, NOW)
    assert (waiting.held_from_qty, waiting.system_qty) == (Decimal(480), Decimal(460))


def test_a_held_unrecorded_item_that_was_booked_in_meanwhile_becomes_an_ordinary_line() -> None:
    waiting = held(line(kind=Kind.UNRECORDED, counted_qty=3, system_qty=0), on_hand(2, 1), None, NOW)
    assert (waiting.kind, waiting.gap_units) == (Kind.COUNTED, Decimal(1))


def test_a_held_uncounted_line_has_no_gap_of_its_own() -> None:
    waiting = held(line(kind=Kind.UNCOUNTED, counted_qty=None, gap_units=None), on_hand(2, 4), None, NOW)
    assert (waiting.kind, waiting.gap_units, quantity_after(waiting)) == (Kind.UNCOUNTED, None, Decimal(0))


@pytest.mark.parametrize(
    ("name", "addressee", "same"),
    [
        ("Sam", "priya@example.com", True),
        (" SAM ", "priya@example.com", True),
        ("Priya", "SAM@example.com", True),
        ("Priya", "priya@example.com", False),
    ],
)
def test_a_counter_is_recognised_by_name_and_by_address(name: str, addressee: str, same: bool) -> None:
    people = {"approver": {"name": "Priya", "email": "priya@example.com"}}
    counters = [{"name": "Sam", "email": "sam@example.com"}]
    rules = Rules.model_validate({"locations": {"aisle": {"name": "Aisle", **people, "counters": counters}}})
    session = Session(session_id="s1", location="aisle", counter="sam", opened_at="", status=Status.OPEN)
    assert counted_by(session, rules, name, addressee) is same
