"""What a quantity cell means, and what is refused because it could mean two things."""

from decimal import Decimal

import pytest

from stkr.capture.codes import Match
from stkr.capture.quantities import Amount, Unread, in_eaches, read_amount
from stkr.capture.result import Reason
from tests.unit.capture.builders import stock

pytestmark = pytest.mark.unit

BOXED = Match(stock("BOLT", pack="24"))
LOOSE = Match(stock("NUT"))
CASE = Match(stock("BOLT", pack="24"), Decimal(24))
ROPE = Match(stock("ROPE", by_measure=True, pack="2.5"))


def eaches(cell: str, unit: str = "", of: Match = BOXED) -> Decimal | Reason | None:
    amount = read_amount(cell, unit)
    if isinstance(amount, Amount):
        converted = in_eaches(amount, of)
        return converted.reason if isinstance(converted, Unread) else converted
    return amount.reason if isinstance(amount, Unread) else None


@pytest.mark.parametrize(
    ("cell", "unit", "expected"),
    [
        ("96", "", 96),
        ("0", "", 0),
        ("0002", "", 2),
        (" 96 ", "", 96),
        ("96 ea", "", 96),
        ("96ea", "", 96),
        ("96 EACH", "", 96),
        ("96", "ea", 96),
        ("96 pcs", "", 96),
        ("12.0", "", 12),
        ("12,0", "", 12),
        ("12.00000", "", 12),
        ("4 boxes", "", 96),
        ("4 Boxes", "", 96),
        ("1 box", "", 24),
        ("4 cs", "", 96),
        ("4cs", "", 96),
        ("4.0 cases", "", 96),
        ("4 cartons", "", 96),
        ("4", "boxes", 96),
        ("4", " Case ", 96),
        ("4 boxes", "box", 96),
        ("3 boxes + 7", "", 79),
        ("3 boxes+7 ea", "", 79),
        ("7 + 3 boxes", "", 79),
        ("12 + 8", "", 20),
        ("\u200b96\u00a0", "", 96),
        ("\uff19\uff16", "", 96),
    ],
)
def test_a_clear_quantity_is_read_in_eaches(cell: str, unit: str, expected: int) -> None:
    assert eaches(cell, unit) == expected


@pytest.mark.parametrize("cell", ["", "   ", "\t", "\u00a0", "\u200b", "\ufeff"])
def test_a_blank_is_not_counted_and_not_zero(cell: str) -> None:
    assert read_amount(cell) is None


@pytest.mark.parametrize(
    ("cell", "unit", "reason"),
    [
        ("1,000", "", Reason.UNREADABLE_QUANTITY),
        ("1.000", "", Reason.UNREADABLE_QUANTITY),
        ("1 000", "", Reason.UNREADABLE_QUANTITY),
        ("1\u00a0000", "", Reason.UNREADABLE_QUANTITY),
        ("1'000", "", Reason.UNREADABLE_QUANTITY),
        ("1,000.50", "", Reason.UNREADABLE_QUANTITY),
        ("1.000.000", "", Reason.UNREADABLE_QUANTITY),
        ("#N/A", "", Reason.UNREADABLE_QUANTITY),
        ("#DIV/0!", "", Reason.UNREADABLE_QUANTITY),
        ("=B2*24", "", Reason.UNREADABLE_QUANTITY),
        ("twelve", "", Reason.UNREADABLE_QUANTITY),
        ("about 12", "", Reason.UNREADABLE_QUANTITY),
        ("12?", "", Reason.UNREADABLE_QUANTITY),
        ("12-14", "", Reason.UNREADABLE_QUANTITY),
        ("12/24", "", Reason.UNREADABLE_QUANTITY),
        ("4x24", "", Reason.UNREADABLE_QUANTITY),
        ("4 boxes of 24", "", Reason.UNREADABLE_QUANTITY),
        ("+5", "", Reason.UNREADABLE_QUANTITY),
        ("5+", "", Reason.UNREADABLE_QUANTITY),
        ("5.", "", Reason.UNREADABLE_QUANTITY),
        ("1e3", "", Reason.UNREADABLE_QUANTITY),
        ("TRUE", "", Reason.UNREADABLE_QUANTITY),
        ("5\u00b2", "", Reason.UNREADABLE_QUANTITY),
        ("\u00bd", "", Reason.UNREADABLE_QUANTITY),
        ("\u0663", "", Reason.UNREADABLE_QUANTITY),
        ("nan", "", Reason.UNREADABLE_QUANTITY),
        ("Infinity", "", Reason.UNREADABLE_QUANTITY),
        ("5012345678900", "", Reason.UNREADABLE_QUANTITY),
        ("-3", "", Reason.NEGATIVE_QUANTITY),
        ("\u22123", "", Reason.NEGATIVE_QUANTITY),
        ("- 3", "", Reason.NEGATIVE_QUANTITY),
        ("(3)", "", Reason.NEGATIVE_QUANTITY),
        ("3-", "", Reason.NEGATIVE_QUANTITY),
        ("-4 boxes", "", Reason.NEGATIVE_QUANTITY),
        ("1.5", "", Reason.FRACTIONAL_QUANTITY),
        ("1,5", "", Reason.FRACTIONAL_QUANTITY),
        (".5", "", Reason.FRACTIONAL_QUANTITY),
        ("2.5 boxes", "", Reason.FRACTIONAL_QUANTITY),
        ("5 pallets", "", Reason.UNKNOWN_UNIT),
        ("5", "pallet", Reason.UNKNOWN_UNIT),
        ("5 kg", "", Reason.UNKNOWN_UNIT),
        ("2 dozen", "", Reason.UNKNOWN_UNIT),
        ("4 ea", "box", Reason.UNKNOWN_UNIT),
        ("3 boxes + 7", "box", Reason.UNKNOWN_UNIT),
        ("3 + 4", "box", Reason.UNKNOWN_UNIT),
    ],
)
def test_what_could_mean_two_things_is_refused(cell: str, unit: str, reason: Reason) -> None:
    assert eaches(cell, unit) == reason


def test_boxes_of_an_item_without_a_pack_size_are_refused() -> None:
    assert eaches("4 boxes", of=LOOSE) is Reason.MISSING_PACK_SIZE


def test_a_case_barcode_multiplies_the_bare_number_only() -> None:
    assert eaches("4", of=CASE) == 96
    assert eaches("4 cs", of=CASE) == 96
    assert eaches("96 ea", of=CASE) == 96
    assert eaches("3 boxes + 7", of=CASE) == 79


def test_fractions_are_taken_where_the_item_is_sold_by_measure() -> None:
    assert eaches("12.5", of=ROPE) == Decimal("12.5")
    assert eaches("12,25", of=ROPE) == Decimal("12.25")
    assert eaches("3 boxes", of=ROPE) == Decimal("7.5")


def test_a_measure_with_a_possible_thousands_mark_is_still_refused() -> None:
    assert eaches("1.250", of=ROPE) is Reason.UNREADABLE_QUANTITY
    assert eaches("0.250", of=ROPE) == Decimal("0.25")


@pytest.mark.parametrize("cell", ["1,000", "=1", "-3", "5 pallets", "twelve", "5012345678900"])
def test_a_refusal_quotes_the_cell_and_says_what_to_do(cell: str) -> None:
    refused = read_amount(cell)

    assert isinstance(refused, Unread)
    assert cell.rsplit(maxsplit=1)[-1] in refused.detail
    assert ": " in refused.detail
