"""Where an adjustment is booked in Odoo."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.adjustment import Adjustment
from stkr.domain.names import Instant
from stkr.sync.connectors.odoo.bookings import Booking, plan_bookings
from stkr.sync.connectors.odoo.records import Quant
from tests.unit.sync.connectors.odoo.records import SHELF, STOCK, D, catalogue, product, quant, sites

pytestmark = pytest.mark.unit

_HUNDREDTHS = st.integers(-100_000, 100_000).map(lambda number: D(number) / 100)


def booking(units: Decimal, *quants: Quant) -> Booking:
    adjustment = Adjustment("S1.BOLT.r100", "BOLT", "WH", units, Instant("2026-11-23T09:00:00.000000Z"))
    bookings, problems = plan_bookings(catalogue(product()), sites(), quants, [adjustment])
    assert not problems
    return bookings[adjustment.id]


@given(_HUNDREDTHS.filter(bool), st.lists(st.tuples(st.sampled_from([STOCK, SHELF]), _HUNDREDTHS), max_size=5))
def test_the_shares_of_a_booking_are_all_of_it(units: Decimal, on_hand: list[tuple[int, Decimal]]) -> None:
    quants = [quant(number, place, quantity) for number, (place, quantity) in enumerate(on_hand)]

    shares = booking(units, *quants).shares

    assert sum(share.units for share in shares) == abs(units)
    assert all(share.units > 0 for share in shares)


@given(_HUNDREDTHS.filter(lambda units: units < 0), st.tuples(_HUNDREDTHS, _HUNDREDTHS))
def test_no_shelf_goes_into_the_red_while_there_is_enough(units: Decimal, on_hand: tuple[Decimal, Decimal]) -> None:
    quants = [quant(1, STOCK, on_hand[0]), quant(2, SHELF, on_hand[1])]
    enough = sum(max(quantity, D(0)) for quantity in on_hand) >= -units

    shares = booking(units, *quants).shares

    before = {STOCK: on_hand[0], SHELF: on_hand[1]}
    overdrawn = [share for share in shares if share.units > max(before[share.place], D(0))]
    assert not overdrawn if enough else len(overdrawn) == 1


def test_what_was_found_makes_up_for_what_odoo_has_less_than_none_of() -> None:
    assert [share.place for share in booking(D(3), quant(1, STOCK, D(9)), quant(2, SHELF, D(-3))).shares] == [SHELF]


def test_what_belongs_to_somebody_else_is_not_written_off() -> None:
    (share,) = booking(D(-3), quant(1, SHELF, D(9), owner=8), quant(2, STOCK, D(3))).shares

    assert share.place == STOCK


def test_an_archived_product_does_not_stand_in_the_way_of_the_one_that_took_over_its_code() -> None:
    adjustment = Adjustment("S1.BOLT.r100", "BOLT", "WH", D(1), Instant("2026-11-23T09:00:00.000000Z"))
    products = product(id=1, active=False), product(id=2)

    bookings, _ = plan_bookings(catalogue(*products), sites(), [], [adjustment])

    assert bookings[adjustment.id].product == 2
