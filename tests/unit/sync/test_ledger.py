"""What the movements of a location tell: an item's past, and how the ledger keeps up with what sync reads."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain import instants
from stkr.domain.instants import shifted
from stkr.domain.movement import Ledger, Movement, MovementKind, Observed, OnHand
from stkr.domain.names import Instant
from stkr.domain.stock import History
from stkr.domain.variance_ids import session_of_variance
from stkr.sync.ledger import KEPT, ReadingOfLocation, advanced, histories, stock_movements

pytestmark = pytest.mark.unit

ZONE = ZoneInfo("Europe/London")
READ = Instant("2026-11-21T10:00:00.000000Z")
OURS = "2026-11-07-fixings-aisle-5a7d.BOLT.r100"
SALE, RECEIPT, ADJUSTMENT = MovementKind.SALE, MovementKind.RECEIPT, MovementKind.ADJUSTMENT


def at(day: int, hour: int = 12) -> str:
    return instants.instant(datetime(2026, 11, day, hour, tzinfo=UTC))


def moved(kind: MovementKind, units: int, when: str, reference: str = "", sku: str = "BOLT") -> Movement:
    return Movement(sku, "aisle", kind, Decimal(units), Instant(when), reference or f"{kind} {when} {units}")


def ledger(*listed: Movement, since: str = at(1)) -> Ledger:
    return Ledger("aisle", Instant(at(1)), READ, {}, (), listed, Instant(since))


def told(*listed: Movement, own: History | None = None, since: str = at(1)) -> History:
    return histories(ledger(*listed, since=since), {"BOLT": own or History()}, ZONE)["BOLT"]


def test_a_source_without_movements_leaves_what_its_rows_say() -> None:
    own = {"BOLT": History(Decimal(5), None, None, "2026-11-03")}
    assert histories(Ledger("aisle", READ, READ, {}), own, ZONE) == own


def test_a_count_of_ours_is_the_last_count_and_what_was_sold_after_its_day_is_sold_since() -> None:
    found = told(
        moved(SALE, -9, at(6)), moved(ADJUSTMENT, -48, at(8), OURS), moved(SALE, -3, at(9)), moved(SALE, -2, at(12))
    )
    assert (found.last_counted_at, found.sold_since_count) == ("2026-11-07", Decimal(5))


def test_somebody_elses_adjustment_is_no_count_because_it_may_be_a_breakage() -> None:
    found = told(moved(ADJUSTMENT, -1, at(8), "broken in the aisle"), moved(SALE, -3, at(9)))
    assert (found.last_counted_at, found.sold_since_count) == (None, None)


def test_returns_are_taken_off_what_was_sold() -> None:
    own = History(last_counted_at="2026-11-07")
    assert told(moved(SALE, -5, at(9)), moved(SALE, 2, at(10)), own=own).sold_since_count == 3


def test_nothing_sold_since_a_count_within_the_ledger_is_known_to_be_none() -> None:
    assert told(own=History(last_counted_at="2026-11-07")).sold_since_count == 0


@pytest.mark.parametrize("counted", ["2026-10-20", "2026-11-01", "last spring"])
def test_what_was_sold_since_a_count_before_the_ledger_is_unknown(counted: str) -> None:
    assert told(moved(SALE, -5, at(9)), own=History(last_counted_at=counted)).sold_since_count is None


def test_sales_on_the_day_of_the_count_make_it_unknown_because_nobody_knows_which_came_first() -> None:
    own = History(last_counted_at="2026-11-07")
    assert told(moved(SALE, -5, at(7)), moved(SALE, -1, at(9)), own=own).sold_since_count is None


def test_the_last_delivery_is_all_that_came_in_on_its_day_in_the_shop() -> None:
    found = told(
        moved(RECEIPT, 50, at(3)),
        moved(RECEIPT, 100, "2026-11-04T23:30:00.000000Z"),
        moved(RECEIPT, 100, at(4, 9), "second pallet"),
    )
    assert (found.last_received_at, found.last_received_qty) == ("2026-11-04", Decimal(200))


def test_a_delivery_that_was_taken_back_is_none() -> None:
    found = told(moved(RECEIPT, 50, at(3)), moved(RECEIPT, 80, at(5)), moved(RECEIPT, -80, at(5, 13)))
    assert (found.last_received_at, found.last_received_qty) == ("2026-11-03", Decimal(50))


def test_no_delivery_in_the_ledger_is_unknown_and_not_none() -> None:
    assert told(moved(SALE, -5, at(9))).last_received_at is None


def test_what_a_row_says_itself_wins() -> None:
    own = History(Decimal(7), "2026-11-02", None, "2026-11-07")
    found = told(moved(RECEIPT, 50, at(3)), moved(SALE, -5, at(9)), moved(ADJUSTMENT, -1, at(10), OURS), own=own)
    assert found == own


def test_two_things_under_one_reference_make_an_item_unknown_and_leave_the_others() -> None:
    listed = (moved(SALE, -1, at(9), "R1"), moved(SALE, -2, at(9), "R1"), moved(SALE, -4, at(9), "R1", sku="NUT"))
    assert stock_movements(listed) == {"BOLT": None, "NUT": (listed[2],)}
    assert told(*listed, own=History(last_counted_at="2026-11-07")).sold_since_count is None


def test_only_an_adjustment_named_like_a_variance_of_this_very_item_is_ours() -> None:
    assert session_of_variance(OURS, "BOLT") == "2026-11-07-fixings-aisle-5a7d"
    assert session_of_variance(OURS, "NUT") is None
    for other in ("", "BOLT", "WH/IN/0001", "BOLT.r100", "stock.BOLT.r100", f"{OURS}x"):
        assert session_of_variance(other, "BOLT") is None


movements = st.lists(
    st.builds(
        moved,
        st.sampled_from(MovementKind),
        st.integers(-9, 9),
        st.builds(at, st.integers(1, 20), st.integers(0, 23)),
        st.sampled_from(["", OURS, "R1", "R2"]),
        st.sampled_from(["BOLT", "NUT"]),
    ),
    max_size=12,
)
OWN = {"BOLT": History(last_counted_at="2026-11-05"), "NUT": History()}


@given(movements, st.randoms(use_true_random=False))
def test_neither_the_order_of_movements_matters_nor_how_often_one_is_listed(
    listed: list[Movement], random: object
) -> None:
    shuffled = [*listed, *listed[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives no type for it
    assert histories(ledger(*listed), OWN, ZONE) == histories(ledger(*shuffled), OWN, ZONE)
    assert stock_movements(listed) == stock_movements(shuffled)
    tell = ReadingOfLocation(READ, {}, Instant(at(1)), shuffled)
    assert (
        advanced(None, "aisle", {}, tell).listed
        == advanced(None, "aisle", {}, ReadingOfLocation(READ, {}, Instant(at(1)), listed)).listed
    )


def on_hand(quantity: int, version: int = 1) -> OnHand:
    return OnHand(Decimal(quantity), Decimal(quantity), version)


def test_the_first_ledger_knows_the_rows_and_no_change_of_theirs() -> None:
    stock = {"A": on_hand(480, 3), "B": on_hand(2)}
    found = advanced(None, "aisle", stock, ReadingOfLocation(READ, {}, Instant(""), None))
    assert found == Ledger("aisle", READ, READ, stock)


def test_a_change_is_known_to_lie_between_two_readings_whatever_the_source_lists() -> None:
    first = advanced(None, "aisle", {"A": on_hand(480)}, ReadingOfLocation(READ, {}, Instant(""), None))
    later = shifted(READ, timedelta(minutes=15))
    second = advanced(
        first,
        "aisle",
        {"A": on_hand(477, 2)},
        ReadingOfLocation(later, {"A": Decimal(-3), "B": Decimal(0)}, Instant(""), None),
    )
    assert second.observed == (Observed("A", Decimal(-3), READ, later),)
    assert (second.first_read, second.read_at, second.listed) == (READ, later, None)


def test_what_the_source_says_now_of_the_time_it_was_asked_about_replaces_what_it_said_before() -> None:
    old, cancelled, new = moved(SALE, -1, at(2)), moved(SALE, -2, at(20)), moved(SALE, -4, at(21, 9))
    before = advanced(None, "aisle", {}, ReadingOfLocation(Instant(at(20, 13)), {}, Instant(at(1)), [old, cancelled]))
    after = advanced(before, "aisle", {}, ReadingOfLocation(READ, {}, Instant(at(19)), [new]))
    assert (after.listed, after.listed_since) == ((old, new), at(1))


def test_time_the_source_was_never_asked_about_is_not_known() -> None:
    before = advanced(
        None, "aisle", {}, ReadingOfLocation(Instant(at(10)), {}, Instant(at(1)), [moved(SALE, -1, at(2))])
    )
    after = advanced(before, "aisle", {}, ReadingOfLocation(READ, {}, Instant(at(15)), [moved(SALE, -4, at(20))]))
    assert (len(after.listed or ()), after.listed_since) == (1, at(15))


def test_a_reading_that_is_older_than_the_last_one_begins_the_ledger_anew() -> None:
    before = advanced(
        None, "aisle", {}, ReadingOfLocation(READ, {"A": Decimal(1)}, Instant(at(1)), [moved(SALE, -1, at(2))])
    )
    after = advanced(before, "aisle", {}, ReadingOfLocation(Instant(at(20)), {"A": Decimal(1)}, Instant(at(19)), []))
    assert after == Ledger("aisle", Instant(at(20)), Instant(at(20)), {}, (), (), Instant(at(19)))


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(-5, 5)), min_size=1, max_size=12))
def test_the_ledger_forgets_what_is_old_and_says_from_when_on_it_is_complete(steps: list[tuple[int, int]]) -> None:
    known: Ledger | None = None
    now, truth = "2026-01-01T00:00:00.000000Z", []
    for days, units in steps:
        before, now = now, shifted(Instant(now), timedelta(days=days))
        sale = moved(SALE, units, shifted(now, -timedelta(hours=1)), sku="A")
        truth.append((before, now, sale))
        known = advanced(known, "aisle", {}, ReadingOfLocation(now, {"A": Decimal(units)}, Instant(before), [sale]))
    assert known is not None
    oldest = shifted(Instant(now), -KEPT)
    assert all(one.until >= oldest for one in known.observed)
    complete = [
        Observed("A", one.units, Instant(since), until) for since, until, one in truth if since >= known.first_read
    ]
    assert [one for one in known.observed if one.since >= known.first_read] == [one for one in complete if one.units]
    assert known.listed == tuple(one for _, _, one in truth if one.at >= known.listed_since)
    assert known.listed_since >= oldest
