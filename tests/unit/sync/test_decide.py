"""What becomes of one row, whatever the source and the managers did to it."""

from decimal import Decimal

import pytest

from stkr.domain.stock import History
from stkr.sync.core import BookedByHand, decide, waiting
from tests.unit.sync.rows import BY_HAND, approved, found, quantities, said, stored, synced

pytestmark = pytest.mark.unit


def test_a_row_the_source_lists_for_the_first_time_is_created_with_nothing_unbooked() -> None:
    row = synced(None, said(480, unit_cost=Decimal("0.35"), aliases=("5012345678900",), pack_size=Decimal(24)))

    assert quantities(row) == (480, 0, 480)
    assert (row.snapshot_version, row.active) == (1, True)
    assert row.stock() == said(
        480, unit_cost=Decimal("0.35"), aliases=("5012345678900",), pack_size=Decimal(24), snapshot_version=1
    )


def test_a_row_the_source_says_nothing_new_about_is_left_alone() -> None:
    assert decide(stored(480), said(480), BY_HAND) is None
    assert decide(stored(480), said("480.000"), BY_HAND) is None


def test_a_unit_is_written_once_and_a_row_without_one_is_left_as_it_was_before_there_were_units() -> None:
    before = stored(480)

    after = synced(before, said(480, unit="m", by_measure=True))

    assert (after.stock().unit, after.snapshot_version) == ("m", before.snapshot_version)
    assert decide(after, said(480, unit="m", by_measure=True), BY_HAND) is None
    assert "unit" not in before.attributes()


def test_a_sale_is_a_movement_and_raises_the_version() -> None:
    row = synced(stored(480), said(475))

    assert (quantities(row), row.snapshot_version) == ((475, 0, 475), 2)


def test_the_next_sync_does_not_undo_an_approval() -> None:
    row = approved(stored(480), -48)

    assert decide(row, said(480), BY_HAND) is None
    assert quantities(row) == (480, -48, 432)


def test_a_sale_leaves_the_unbooked_amount_alone() -> None:
    row = synced(approved(stored(480), -48), said(470))

    assert quantities(row) == (470, -48, 422)
    assert row.unbooked_since is not None


def test_a_source_that_moves_by_exactly_the_unbooked_amount_has_booked_it() -> None:
    row = synced(approved(stored(480), -48), said(432))

    assert quantities(row) == (432, 0, 432)
    assert row.unbooked_since is None


def test_a_movement_is_no_booking_of_what_was_approved_after_the_source_was_written() -> None:
    earlier = approved(stored(480), -48)
    [waiting] = earlier.unbooked
    before, since = BookedByHand(until="2026-11-23T08:59:59.000000Z"), BookedByHand(until=waiting.at)

    assert quantities(synced(earlier, said(432), before)) == (432, -48, 384)
    assert quantities(synced(earlier, said(432), since)) == (432, 0, 432)


def test_a_booking_does_not_hold_up_a_variance_that_waits_for_its_manager() -> None:
    before = approved(stored(480), -48)

    after = synced(before, said(432))

    assert (after.system_qty, after.snapshot_version) == (before.system_qty, before.snapshot_version)


def test_two_approvals_are_booked_together_when_the_source_moves_by_their_sum() -> None:
    row = synced(approved(approved(stored(480), -48), 3), said(435))

    assert quantities(row) == (435, 0, 435)


def test_a_booking_that_comes_with_a_sale_is_taken_for_a_movement_and_stays_unbooked_for_people_to_see() -> None:
    row = synced(approved(stored(480), -48), said(430))

    assert (quantities(row), row.snapshot_version) == ((430, -48, 382), 3)


def test_a_new_name_cost_alias_or_history_is_written_without_raising_the_version() -> None:
    before = approved(stored(480), -48)
    history = History(Decimal(12), "2026-10-01", Decimal(200), "2026-09-28")

    after = synced(before, said(480, unit_cost=Decimal("0.36"), aliases=("B50",), category="bolts", history=history))

    assert after.stock().history == history
    assert (after.unit_cost, after.aliases, after.category) == (Decimal("0.36"), ("B50",), "bolts")
    assert after.snapshot_version == before.snapshot_version
    assert after.unbooked_qty == -48


def test_what_the_source_no_longer_knows_about_an_item_is_forgotten() -> None:
    before = stored(480, unit_cost=Decimal("0.35"), category="bolts")

    after = synced(before, said(480))

    assert (after.unit_cost, after.category) == (None, "")


def test_a_row_that_vanishes_becomes_inactive_and_keeps_its_quantities() -> None:
    before = approved(stored(480), -48)

    after = synced(before, None)

    assert after == before.model_copy(update={"active": False})
    assert decide(after, None, BY_HAND) is None


def test_a_row_that_comes_back_is_active_again_as_if_it_had_never_been_gone() -> None:
    before = approved(stored(480), -48)

    assert synced(synced(before, None), said(480)) == before


def test_a_row_that_comes_back_with_another_quantity_has_moved() -> None:
    row = synced(synced(stored(480), None), said(500))

    assert (quantities(row), row.snapshot_version, row.active) == ((500, 0, 500), 2, True)


def test_an_unrecorded_item_the_source_does_not_know_yet_is_neither_vanished_nor_emptied() -> None:
    assert decide(found(7), None, BY_HAND) is None


def test_an_unrecorded_item_is_booked_once_the_source_lists_what_was_found() -> None:
    row = synced(found(7), said(7, sku="PAINT-9"))

    assert (quantities(row), row.snapshot_version) == ((7, 0, 7), 1)


def test_an_unrecorded_item_that_was_counted_away_again_vanishes_like_any_other_row() -> None:
    assert synced(approved(found(7), -7), None).active is False


def test_nothing_comes_of_a_row_that_nobody_knows() -> None:
    assert decide(None, None, BY_HAND) is None


def test_what_the_source_confirms_changes_its_side_of_the_sum_and_the_sale_beside_it_is_a_movement() -> None:
    before = approved(stored(480), -48, "count.r1")

    booked = synced(before, said(432), ["count.r1"])
    with_a_sale = synced(before, said(429), ["count.r1"])

    assert (quantities(booked), booked.snapshot_version) == ((432, 0, 432), before.snapshot_version)
    assert (quantities(with_a_sale), with_a_sale.snapshot_version) == ((429, 0, 429), before.snapshot_version + 1)
    assert (booked.unbooked, booked.unbooked_since) == ((), None)


def test_a_source_that_confirms_is_never_judged_by_an_amount() -> None:
    before = approved(stored(480), -48, "count.r1")

    sold = synced(before, said(432), [])

    assert (quantities(sold), sold.unbooked) == ((432, -48, 384), before.unbooked)


def test_adjustments_of_one_row_are_confirmed_one_by_one() -> None:
    before = approved(approved(stored(480), -48, "first"), 3, "second")

    row = synced(before, said(432), ["first"])

    assert (quantities(row), [one.id for one in row.unbooked]) == ((432, 3, 435), ["second"])
    assert row.unbooked_since == before.unbooked[1].at


def test_a_row_that_the_source_lists_no_more_once_nothing_is_left_of_it_is_settled_and_inactive() -> None:
    row = synced(approved(stored(5), -5, "all"), None, ["all"])

    assert (quantities(row), row.unbooked, row.active) == ((0, 0, 0), (), False)


def test_a_source_that_moves_by_one_of_two_adjustments_has_booked_that_one() -> None:
    before = approved(approved(stored(480), -48, "first"), 3, "second")

    row = synced(before, said(483))

    assert (quantities(row), [one.id for one in row.unbooked]) == ((483, -48, 435), ["first"])
    assert row.snapshot_version == before.snapshot_version


@pytest.mark.parametrize(
    ("gaps", "moved"),
    [
        pytest.param((-2, -2, 7), -2, id="either of two"),
        pytest.param((-1, -2, -3, 9), -3, id="one of them, or two others together"),
        pytest.param((5, -5, 3), 0, id="nothing moved, and two of them cancel out"),
    ],
)
def test_a_movement_that_several_parts_of_what_waits_add_up_to_books_none_of_them(
    gaps: tuple[int, ...], moved: int
) -> None:
    before = stored(100)
    for gap in gaps:
        before = approved(before, gap)

    row = synced(before, said(100 + moved))

    assert row.unbooked == before.unbooked


def test_a_row_of_the_first_version_waits_for_one_adjustment_of_all_that_was_approved_then() -> None:
    kept_no_list = approved(stored(480), -48).model_copy(update={"unbooked": ()})
    approved_since = approved(kept_no_list, 3, "new")

    (earlier, new) = waiting(approved_since)

    assert (earlier.id, int(earlier.units), earlier.at) == (
        "fixings-aisle.BOLT-M6-50.earlier", -48, kept_no_list.unbooked_since,
    )  # fmt: skip
    assert new.id == "new"
    listed = synced(approved_since, said(480))
    assert (listed.unbooked, quantities(listed)) == ((earlier, new), quantities(approved_since))
    assert quantities(synced(listed, said(432), [earlier.id])) == (432, 3, 435)
