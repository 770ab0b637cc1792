"""The stock at the moment of counting: exact where movements tell, and left alone where anything is in doubt."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from stkr.capture.result import CaptureOutcome, Totals
from stkr.domain.counted import CLOCKS_APART, ClockDoubt, CountedLine, LineKind
from stkr.domain.instants import shifted
from stkr.domain.movement import Ledger, Movement, MovementKind, OnHand
from stkr.domain.names import Instant
from stkr.domain.stock import Snapshot, StockRow
from stkr.domain.variance import Unrolled, Variance
from stkr.rules.doc import default_rules
from stkr.sync.ledger import ReadingOfLocation, advanced
from stkr.variance.at_count_time import RollBack
from stkr.variance.core import find_variances

pytestmark = pytest.mark.unit

OPENED = Instant("2026-11-21T09:00:00.000000Z")
SALE, RECEIPT, ADJUSTMENT = MovementKind.SALE, MovementKind.RECEIPT, MovementKind.ADJUSTMENT


def after(minutes: int) -> Instant:
    """So many minutes after the count was opened."""
    return shifted(OPENED, timedelta(minutes=minutes))


def moved(units: int, minutes: int, kind: MovementKind = SALE, reference: str = "") -> Movement:
    return Movement("BOLT", "aisle", kind, Decimal(units), after(minutes), reference or f"{minutes} {units} {kind}")


def stock(quantity: int, version: int) -> dict[str, OnHand]:
    return {"BOLT": OnHand(Decimal(quantity), Decimal(quantity), version)}


def read(*readings: tuple[int, int, tuple[Movement, ...] | None], start: int = 480) -> Ledger:
    """A ledger after readings: when, the quantity then, and all that was listed by then.

    The first was right before the count was opened, with ``start``.
    """
    ledger = advanced(None, "aisle", stock(start, 1), ReadingOfLocation(after(-5), {}, after(-9000), ()))
    before, version = start, 1
    for minutes, quantity, listed in readings:
        version += quantity != before
        told = ReadingOfLocation(after(minutes), {"BOLT": Decimal(quantity - before)}, after(-9000), listed)
        ledger, before = advanced(ledger, "aisle", stock(quantity, version), told), quantity
    return ledger


def whole(*quantities: Decimal | None) -> tuple[int | None, ...]:
    """Quantities as they are written here."""
    return tuple(None if each is None else int(each) for each in quantities)


def variance(
    ledger: Ledger | None, counted: int, span: tuple[int, int] | None, clock: ClockDoubt | None = None
) -> Variance:
    first, last = (after(span[0]), after(span[1])) if span else (None, None)
    line = CountedLine("BOLT", LineKind.COUNTED, Decimal(counted), {"scan.csv": (2,)}, False, first, last, clock)
    shot = Snapshot("aisle", {"BOLT": StockRow("BOLT", "Bolt", "aisle", Decimal(480), snapshot_version=1)})
    outcome = CaptureOutcome(lines=(line,), problems=(), totals=Totals())
    [found] = find_variances(outcome, shot, default_rules(), RollBack(ledger) if ledger else None)
    return found


def unrolled(ledger: Ledger | None, counted: int, span: tuple[int, int] | None) -> Unrolled | None:
    """Why a line is judged against the snapshot as ever, which this asserts that it is."""
    found = variance(ledger, counted, span)
    assert (found.system_qty, found.stock.snapshot_version) == (Decimal(480), 1)
    assert found.gap is not None
    assert found.gap.units == counted - 480
    assert found.timing is not None
    assert found.timing.expected_qty is None
    return found.timing.unrolled


def test_what_was_sold_after_a_shelf_was_counted_is_no_part_of_its_gap() -> None:
    found = variance(read((120, 471, (moved(-9, 90),))), 432, (74, 74))
    assert found.gap is not None
    assert found.timing is not None
    assert whole(found.gap.units, found.timing.expected_qty, found.timing.moved_qty) == (-48, 480, -9)
    # What a tap is conditional on is the stock as it is now.
    assert (found.system_qty, found.stock.snapshot_version) == (Decimal(471), 2)


def test_what_was_sold_before_a_shelf_was_counted_is_no_gap() -> None:
    found = variance(read((120, 471, (moved(-9, 30),))), 471, (74, 74))
    assert found.gap is not None
    assert whole(found.gap.units, found.expected_qty, found.system_qty) == (0, 471, 471)


def test_percent_and_tolerance_are_of_what_was_expected_when_it_was_counted() -> None:
    found = variance(read((120, 240, (moved(-240, 30),))), 216, (74, 74))
    assert found.gap is not None
    assert whole(found.gap.units, found.gap.percent) == (-24, -10)


def test_an_item_counted_at_several_moments_is_rolled_if_nothing_moved_between_them() -> None:
    ledger = read((120, 471, (moved(-9, 90),)))
    assert variance(ledger, 432, (60, 80)).expected_qty == 480
    assert unrolled(ledger, 432, (60, 95)) is Unrolled.MOVED_MEANWHILE


@pytest.mark.parametrize("minutes", [89, 90, 91])
def test_a_movement_so_close_that_two_clocks_may_see_it_on_either_side_is_not_rolled(minutes: int) -> None:
    assert unrolled(read((120, 471, (moved(-9, 90),))), 432, (minutes, minutes)) is Unrolled.MOVED_MEANWHILE


def test_a_movement_right_before_the_reading_may_or_may_not_be_in_it() -> None:
    assert unrolled(read((120, 471, (moved(-9, 119),))), 432, (74, 74)) is Unrolled.MOVED_MEANWHILE


def test_a_source_that_does_not_list_all_that_moves_is_found_out_by_what_its_quantity_says() -> None:
    assert unrolled(read((120, 571, (moved(-9, 90),))), 432, (74, 74)) is Unrolled.UNEXPLAINED
    assert unrolled(read((60, 480, ()), (120, 480, (moved(-9, 90),))), 432, (74, 74)) is Unrolled.UNEXPLAINED


def test_what_the_source_did_not_list_before_the_shelf_was_counted_does_no_harm() -> None:
    found = variance(read((60, 530, ()), (120, 521, (moved(-9, 90),))), 530, (74, 74))
    assert whole(found.expected_qty, found.system_qty) == (530, 521)


def test_two_things_under_one_reference_are_not_rolled() -> None:
    listed = (moved(-9, 90, reference="R1"), moved(-1, 95, reference="R1"))
    assert unrolled(read((120, 470, listed)), 432, (74, 74)) is Unrolled.UNEXPLAINED


def test_an_adjustment_of_somebody_elses_after_the_count_is_not_rolled() -> None:
    listed = (moved(-9, 90, ADJUSTMENT, "typed in"),)
    assert unrolled(read((120, 471, listed)), 432, (74, 74)) is Unrolled.CORRECTED
    assert variance(read((120, 471, listed)), 432, (99, 99)).expected_qty == 471


def test_more_sold_after_the_count_than_was_counted_shows_that_something_is_wrong() -> None:
    assert unrolled(read((120, 440, (moved(-40, 90),))), 30, (74, 74)) is Unrolled.OVERSOLD


def test_a_source_that_lists_no_movements_is_judged_as_ever_and_says_by_how_much_stock_moved() -> None:
    ledger = read((120, 471, None))
    for span in ((74, 74), None):
        found = variance(ledger, 432, span)
        assert found.gap is not None
        assert found.timing is not None
        assert whole(found.gap.units, found.timing.moved_qty) == (-48, -9)
        assert found.timing.unrolled is (Unrolled.NOT_LISTED if span else None)


def test_without_times_and_without_movement_there_is_nothing_to_say() -> None:
    assert variance(read((120, 480, ())), 432, None).timing is None
    assert variance(None, 432, None).timing is None


def test_times_are_kept_where_no_movement_is_known_yet() -> None:
    found = variance(None, 432, (74, 74))
    assert found.timing is not None
    assert (found.timing.counted_from, found.timing.expected_qty) == (after(74), None)


def test_a_count_after_the_latest_reading_says_until_when_movements_are_known() -> None:
    found = variance(read((60, 471, (moved(-9, 30),))), 432, (74, 74))
    assert found.timing is not None
    assert (found.timing.expected_qty, found.timing.known_until) == (Decimal(471), after(60))


def test_a_count_before_the_ledger_begins_is_not_rolled() -> None:
    ledger = advanced(None, "aisle", stock(471, 2), ReadingOfLocation(after(120), {}, after(-9000), [moved(-9, 90)]))
    assert unrolled(ledger, 432, (74, 74)) is Unrolled.NOT_KNOWN_YET


def test_a_snapshot_of_later_than_the_latest_reading_is_not_rolled_back_to_it() -> None:
    ledger = read((120, 471, (moved(-9, 90),)))
    line = CountedLine("BOLT", LineKind.COUNTED, Decimal(432), {}, False, after(125), after(125))
    shot = Snapshot("aisle", {"BOLT": StockRow("BOLT", "Bolt", "aisle", Decimal(450), snapshot_version=3)})
    [found] = find_variances(
        CaptureOutcome(lines=(line,), problems=(), totals=Totals()), shot, default_rules(), RollBack(ledger)
    )
    assert found.gap is not None
    assert whole(found.system_qty, found.gap.units, found.expected_qty) == (450, -18, 450)


def test_rows_without_a_time_beside_rows_with_one_are_not_rolled() -> None:
    found = variance(read((120, 471, (moved(-9, 90),))), 432, None, ClockDoubt.MIXED)
    assert found.timing is not None
    assert (found.timing.unrolled, found.system_qty) == (Unrolled.MIXED_TIMES, Decimal(480))


def test_one_time_that_cannot_be_right_discredits_every_time_of_its_file() -> None:
    def line(sku: str, file: str, clock: ClockDoubt | None = None) -> CountedLine:
        time = None if clock else after(74)
        return CountedLine(sku, LineKind.COUNTED, Decimal(480), {file: (2,)}, False, time, time, clock)

    skus = ("BOLT", "NUT", "WASHER")
    shot = Snapshot("aisle", {sku: StockRow(sku, sku, "aisle", Decimal(480)) for sku in skus})
    lines = (line("BOLT", "a.csv", ClockDoubt.WRONG), line("NUT", "a.csv"), line("WASHER", "b.csv"))
    found = find_variances(CaptureOutcome(lines=lines, problems=(), totals=Totals()), shot, default_rules())
    assert [one.timing.unrolled if one.timing else None for one in found] == [
        Unrolled.WRONG_CLOCK,
        Unrolled.WRONG_CLOCK,
        None,
    ]


@st.composite
def shops(draw: st.DrawFn) -> tuple[list[tuple[int, str, int]], int, int]:
    """What happens in a shop, minute by minute, when the shelf is counted, and what is missing from it beforehand.

    Sales, deliveries, readings by sync, and approvals, which change the books and are booked by the next reading.
    """
    things = st.tuples(st.integers(0, 300), st.sampled_from(["moves", "reads", "approves"]), st.integers(-20, 20))
    happened = draw(st.lists(things, max_size=14, unique_by=lambda thing: thing[0]))
    return sorted(happened), draw(st.integers(0, 300)), draw(st.integers(-50, 50))


@given(shops())
def test_approving_a_rolled_gap_brings_the_books_to_the_shelf_whatever_moved_and_whenever(
    shop: tuple[list[tuple[int, str, int]], int, int],
) -> None:
    happened, counted_at, missing = shop
    shelf, source, unbooked, version = 480 - missing, 480, 0, 1
    listed: list[Movement] = []
    since_reading: list[int] = []
    counted: int | None = None
    ledger = read()
    for number, (minute, what, units) in enumerate([*happened, (301, "reads", 0), (310, "reads", 0)]):
        if counted is None and minute > counted_at:
            counted = shelf
        if what == "moves":
            shelf += units
            listed.append(moved(units, minute, SALE if units < 0 else RECEIPT, f"R{number}"))
            since_reading.append(units)
        elif what == "approves":
            unbooked += units
            version += 1
        else:
            # Sync books what was approved; the source lists that like any other movement.
            if unbooked:
                name = f"2026-11-20-aisle-5a7d.BOLT.r{number}"
                listed.append(moved(unbooked, minute, ADJUSTMENT, name))
                source, unbooked = source + unbooked, 0
            seen = sum(since_reading)
            source, version = source + seen, version + bool(seen)
            since_reading.clear()
            told = ReadingOfLocation(after(minute), {"BOLT": Decimal(seen)}, after(-9000), listed)
            ledger = advanced(ledger, "aisle", stock(source, version), told)
    assert counted is not None
    found = variance(ledger, counted, (counted_at, counted_at))
    assert found.gap is not None
    assert found.timing is not None
    event(f"rolled: {found.timing.expected_qty is not None}, {found.timing.unrolled}")
    if found.timing.expected_qty is None:
        near = [minute for minute, what, _ in happened if what == "moves"]
        close = CLOCKS_APART.total_seconds() // 60
        assert found.timing.unrolled in {Unrolled.MOVED_MEANWHILE, Unrolled.OVERSOLD, Unrolled.UNEXPLAINED}
        if found.timing.unrolled is Unrolled.MOVED_MEANWHILE:
            assert any(abs(minute - counted_at) <= close or minute >= 310 - close for minute in near)
    else:
        assert found.system_qty == source
        assert found.system_qty + found.gap.units == shelf
