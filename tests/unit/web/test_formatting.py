"""Figures as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain import instants
from stkr.domain.names import Instant
from stkr.web import formatting

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
exact = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("480", "480"), ("480.00", "480"), ("2.50", "2.5"), ("1E+3", "1,000"), ("-48", "-48"), ("-0.0", "0"), ("0", "0")],
)
def test_a_quantity_has_no_exponent_and_no_idle_zeros(value: str, shown: str) -> None:
    assert formatting.quantity(Decimal(value)) == shown


@given(exact)
def test_a_quantity_is_shown_exactly(value: Decimal) -> None:
    assert Decimal(formatting.quantity(value).replace(",", "")) == value


@given(exact)
def test_a_change_always_shows_its_direction(value: Decimal) -> None:
    assert formatting.signed(value)[0] == ("-" if value < 0 else "+" if value > 0 else "0")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-16.8", "-£16.80"),
        ("1234.5", "£1,234.50"),
        ("0.005", "£0.01"),
        ("-0.004", "£0.00"),
        ("-1234567.891", "-£1,234,567.89"),
        ("9" * 38, f"£{int('9' * 38):,}.00"),
    ],
)
def test_money_has_two_decimals_and_its_sign_before_the_currencys(value: str, shown: str) -> None:
    assert formatting.money(Decimal(value), "£") == shown


def test_a_variance_worth_too_much_has_a_plus() -> None:
    shown = [formatting.signed_money(Decimal(value), "£") for value in ("37.5", "-37.5", "0", "0.001")]
    assert shown == ["+£37.50", "-£37.50", "£0.00", "£0.00"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-10.0000", "-10%"),
        ("-0.8333", "-0.8%"),
        ("3", "+3%"),
        ("0", "0%"),
        ("-0.0042", "-0.004%"),
        ("0.0500", "+0.1%"),
        ("1250.0000", "+1,250%"),
    ],
)
def test_a_percentage_has_one_decimal_and_never_hides_a_variance(value: str, shown: str) -> None:
    assert formatting.percent(Decimal(value)) == shown


@given(exact)
def test_no_variance_is_shown_as_zero_percent(value: Decimal) -> None:
    assert (formatting.percent(value) == "0%") is (value == 0)


def test_a_variance_in_words() -> None:
    shown = [formatting.short_or_over(Decimal(units)) for units in (-48, 3, 0, "1250.5")]
    assert shown == ["short 48", "over 3", "no variance", "over 1,250.5"]


def test_a_number_takes_the_right_form_of_its_noun() -> None:
    assert formatting.counted_noun(1, "variance") == "1 variance"
    assert formatting.counted_noun(0, "variance") == "0 variances"
    assert formatting.counted_noun(1200, "entry", "entries") == "1,200 entries"


def test_moments_are_told_in_the_shops_zone() -> None:
    summer = datetime(2026, 6, 27, 23, 30, tzinfo=UTC)
    assert formatting.day_and_time(summer, LONDON) == "Sun 28 Jun 2026, 00:30"
    assert formatting.day(instants.moment_of(Instant("2026-11-21T14:05:00.000000Z")), LONDON) == "Sat 21 Nov 2026"
    assert formatting.calendar_day(date(2026, 2, 1)) == "Sun 1 Feb 2026"
