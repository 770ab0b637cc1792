"""What a quantity cell means, and what is refused because it could mean two things."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.codes import Match
from stkr.capture.eaches import if_mark_is_decimal, in_eaches
from stkr.capture.quantities import Amount, Unread, is_unit, read_amount, writes_three_places
from stkr.capture.result import Reason
from stkr.domain.units import held_in
from tests.unit.capture.builders import stock

pytestmark = pytest.mark.unit

BOXED = Match(stock("BOLT", pack="24"))
LOOSE = Match(stock("NUT"))
CASE = Match(stock("BOLT", pack="24"), Decimal(24))
ROPE = Match(stock("ROPE", by_measure=True, pack="2.5"))
CABLE = Match(replace(stock("CABLE", by_measure=True, pack="100"), unit="m"))
TEA = Match(replace(stock("TEA"), unit="case"))
TEA_OF_24 = Match(replace(stock("TEA", pack="24"), unit="case"))


def eaches(cell: str, unit: str = "", match: Match = BOXED) -> Decimal | Reason | None:
    amount = read_amount(cell, unit)
    if isinstance(amount, Amount):
        converted = in_eaches(amount, match)
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
        ("\u0669\u0666", "", 96),
        ("\u06f9\u06f6", "", 96),
        ("\u096f\u096c", "", 96),
        ("96 un.", "", 96),
        ("96 Stk.", "", 96),
        ("96", "Stk.", 96),
        ("0 ea", "", 0),
        ("2bx+5ea", "", 53),
        ("2 boxes and 5", "", 53),
        ("2 bx. & 5 pcs.", "", 53),
        ("2 Kartons und 5", "", 53),
        ("2 cajas y 5", "", 53),
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
        ("1\u066c000", "", Reason.UNREADABLE_QUANTITY),
        ("2 and 5", "", Reason.UNREADABLE_QUANTITY),
        ("2 boxes 5", "", Reason.UNREADABLE_QUANTITY),
        ("2 boxes and a half", "", Reason.UNREADABLE_QUANTITY),
        ("1,000 kg", "", Reason.UNREADABLE_QUANTITY),
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
        ("5", "kg", Reason.UNKNOWN_UNIT),
        ("5 kg", "m", Reason.UNKNOWN_UNIT),
        ("5 m\u00b2", "", Reason.UNKNOWN_UNIT),
        ("2 m + 3 kg", "", Reason.UNKNOWN_UNIT),
        ("2 m + 3 ea", "", Reason.UNKNOWN_UNIT),
        ("2 rolls", "", Reason.UNKNOWN_UNIT),
        ("2 rolls + 1 box", "", Reason.UNKNOWN_UNIT),
        # Where eggs are held in dozens, two dozen are two.
        ("2 dozen", "", Reason.UNKNOWN_UNIT),
        ("2 dz", "", Reason.UNKNOWN_UNIT),
        ("4 ea", "box", Reason.UNKNOWN_UNIT),
        ("3 boxes + 7", "box", Reason.UNKNOWN_UNIT),
        ("3 + 4", "box", Reason.UNKNOWN_UNIT),
    ],
)
def test_what_could_mean_two_things_is_refused(cell: str, unit: str, reason: Reason) -> None:
    assert eaches(cell, unit) == reason


def test_boxes_of_an_item_without_a_pack_size_are_refused() -> None:
    assert eaches("4 boxes", match=LOOSE) is Reason.MISSING_PACK_SIZE


def test_a_case_barcode_multiplies_the_bare_number_only() -> None:
    assert eaches("4", match=CASE) == 96
    assert eaches("4 cs", match=CASE) == 96
    assert eaches("96 ea", match=CASE) == 96
    assert eaches("3 boxes + 7", match=CASE) == 79


def test_fractions_are_taken_where_the_item_is_sold_by_measure() -> None:
    assert eaches("12.5", match=ROPE) == Decimal("12.5")
    assert eaches("12,25", match=ROPE) == Decimal("12.25")
    assert eaches("3 boxes", match=ROPE) == Decimal("7.5")


def test_a_measure_with_a_possible_thousands_mark_is_still_refused() -> None:
    assert eaches("1.250", match=ROPE) is Reason.UNREADABLE_QUANTITY
    assert eaches("0.250", match=ROPE) == Decimal("0.25")


@pytest.mark.parametrize("cell", ["1,000", "=1", "-3", "5 pallets", "twelve", "5012345678900"])
def test_a_refusal_quotes_the_cell_and_says_what_to_do(cell: str) -> None:
    refused = read_amount(cell)

    assert isinstance(refused, Unread)
    assert cell.rsplit(maxsplit=1)[-1] in refused.detail
    assert ": " in refused.detail


def advice(cell: str, unit: str = "", match: Match = BOXED) -> str:
    amount = read_amount(cell, unit)
    refused = in_eaches(amount, match) if isinstance(amount, Amount) else amount
    assert isinstance(refused, Unread)
    return refused.detail


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1,000", "may group thousands: type the number without it"),
        ("1.234 kg", "may group thousands: type the number without it"),
        ("5012345678900", "more likely a barcode scanned into the wrong field: recount"),
        ("-", "type 0 if the shelf is empty, and leave the cell blank if nobody counted it"),
        ("\u2014", "type 0 if the shelf is empty, and leave the cell blank if nobody counted it"),
        ("n/a", "type 0 if the shelf is empty, and leave the cell blank if nobody counted it"),
        ("NIL", "type 0 if the shelf is empty, and leave the cell blank if nobody counted it"),
        ("none", "type 0 if the shelf is empty, and leave the cell blank if nobody counted it"),
        ("~40", "that is no exact number"),
        ("40?", "that is no exact number"),
        ("40+", "that is no exact number"),
        ("> 40", "that is no exact number"),
        ("about 40", "that is no exact number"),
        ("ca. 40", "that is no exact number"),
        ("3x24", "multiply it out"),
        ("3 \u00d7 24", "multiply it out"),
        ("4 boxes of 24", "multiply it out"),
        ("24/box", "type it as one plain number"),
        ("1/2 box", "type it as one plain number"),
        ("1\u00bd boxes", "type it as one plain number"),
        ("12-14", "that is a range"),
        ("12 (2 broken)", "type the number alone, and put remarks into a column of their own"),
        ("12 ea (2 broken)", "type the number alone, and put remarks into a column of their own"),
        ("2 boxes 5", "join what adds up with a plus, such as 3 boxes + 7"),
        ("x", "type a number, or a number and a unit such as 4 boxes"),
        ("1 dozen", "dozen is no unit we know: count in eaches (ea) or in boxes"),
        ("40ish", "ish is no unit we know"),
    ],
)
def test_the_advice_fits_what_was_typed(cell: str, expected: str) -> None:
    assert expected in advice(cell)


def test_of_an_endless_quantity_the_advice_shows_the_beginning() -> None:
    assert len(advice("9 of " * 10_000)) < 200


@pytest.mark.parametrize(
    ("cell", "unit"),
    [("55.5 m", ""), ("55,5 metres", ""), ("55.5", "m"), ("55.5 m", "Meter"), ("55.5 mtrs.", ""), ("55.5", "")],
)
def test_a_count_in_the_items_own_measure_is_taken(cell: str, unit: str) -> None:
    assert eaches(cell, unit, CABLE) == Decimal("55.5")


@pytest.mark.parametrize(("cell", "unit"), [("3 kg", ""), ("5550 cm", ""), ("5550", "cm"), ("3 ea", ""), ("3", "pcs")])
def test_a_count_in_another_unit_than_the_items_is_not_converted_but_parked(cell: str, unit: str) -> None:
    assert eaches(cell, unit, CABLE) is Reason.UNKNOWN_UNIT
    assert "CABLE is held in m, not in " in advice(cell, unit, CABLE)


MEASURES = ["m", "cm", "mm", "km", "in", "ft", "yd", "g", "kg", "t", "oz", "lb", "ml", "cl", "l", "m2", "m3", "sqft"]


@given(st.decimals(0, 9_999_999, places=2), st.sampled_from(MEASURES), st.sampled_from(MEASURES))
def test_a_measure_is_taken_exactly_as_it_is_or_not_at_all(number: Decimal, named: str, held: str) -> None:
    item = Match(replace(stock("X", by_measure=True), unit=held))

    assert held_in(held) == held
    assert eaches(f"{number} {named}", match=item) == (number if named == held else Reason.UNKNOWN_UNIT)


def test_rolls_and_boxes_of_what_is_measured_are_multiplied() -> None:
    assert eaches("2 rolls", match=CABLE) == 200
    assert eaches("2 boxes", match=CABLE) == 200
    assert eaches("2 rolls + 12.5 m", match=CABLE) == Decimal("212.5")
    assert eaches("2 rolls + 12.5", match=CABLE) == Decimal("212.5")
    assert eaches("1.5 rolls", match=CABLE) is Reason.FRACTIONAL_QUANTITY


@pytest.mark.parametrize("cell", ["55.5 m", "3 ea"])
def test_a_unit_means_nothing_for_a_measured_item_whose_own_the_system_does_not_say(cell: str) -> None:
    assert eaches(cell, match=ROPE) is Reason.UNKNOWN_UNIT
    assert "the system does not say what ROPE is measured in" in advice(cell, match=ROPE)


def test_a_measure_of_what_is_held_in_eaches_is_parked_and_named() -> None:
    assert "BOLT is held in eaches, not in kg: count it in eaches" in advice("5 kg")


def test_an_item_held_in_cases_is_counted_in_cases() -> None:
    assert eaches("4", match=TEA) == 4
    assert eaches("4 boxes", match=TEA) == 4
    assert eaches("4", match=TEA_OF_24) == 4
    assert eaches("4", match=Match(TEA.stock, Decimal(24))) == 96
    assert eaches("2.5 boxes", match=TEA) is Reason.FRACTIONAL_QUANTITY


@pytest.mark.parametrize(
    ("cell", "item"),
    [
        ("4 ea", TEA),
        ("4 boxes + 3", TEA),
        ("4 kg", TEA),
        ("4 rolls", TEA),
        ("4 boxes", TEA_OF_24),
        ("4 boxes", Match(TEA.stock, Decimal(24))),
    ],
)
def test_what_may_be_cases_or_what_they_hold_is_parked(cell: str, item: Match) -> None:
    assert eaches(cell, match=item) is Reason.UNKNOWN_UNIT
    assert "TEA is held in cases" in advice(cell, match=item)


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("m", "m"), ("Metres", "m"), ("KG", "kg"), ("Ltr.", "l"), ("m\u00b2", "m2"), ("Box", "case"), ("Ctn.", "case"),
        ("Units", ""), ("Stk.", ""), ("", ""), ("Flasche", ""), ("Roll", ""),
    ],
)  # fmt: skip
def test_the_unit_an_item_is_held_in_is_one_spelling_for_each(word: str, unit: str) -> None:
    assert held_in(word) == unit


def test_a_size_is_no_unit_though_it_is_spelled_like_one() -> None:
    assert [cell for cell in ["M", "L", "kg", "cm", "Stk.", "boxes", "XL", ""] if is_unit(cell)] == [
        "kg",
        "cm",
        "Stk.",
        "boxes",
    ]


SCALE = ["0,750", "1,234", "12,500", "0", "", "0,000", "0,250 kg"]


def test_a_scale_that_writes_three_places_proves_its_mark() -> None:
    assert writes_three_places(SCALE)
    assert writes_three_places([cell.replace(",", ".") for cell in SCALE])
    assert writes_three_places([*SCALE, "n/a", "-0,004", "1234,500"])


@pytest.mark.parametrize(
    "cell", ["12", "12,0", "1.234", "0.750", "12,0 kg", "3 boxes", "1,234,567", "1,234.500", "1 234", "1,234 + 1"]
)
def test_a_single_cell_of_another_kind_leaves_the_mark_in_doubt(cell: str) -> None:
    assert not writes_three_places([*SCALE, cell])
    assert not writes_three_places([cell, *SCALE])


@pytest.mark.parametrize("cells", [[], ["", "0"], ["1,234"], ["1,000", "12,500", "0"], ["00,750"], ["ten"]])
def test_without_a_number_that_begins_with_nought_nothing_is_proven(cells: list[str]) -> None:
    assert not writes_three_places(cells)


@given(st.lists(st.sampled_from([*SCALE, "1,000", "96", "1.5", "0.125", "4 boxes"]), max_size=6), st.randoms())
def test_what_a_table_proves_does_not_depend_on_the_order_of_its_rows(cells: list[str], random: Random) -> None:
    shuffled = random.sample(cells, len(cells))

    assert writes_three_places(shuffled) == writes_three_places(cells)


def settle(cell: str, unit: str = "", match: Match = CABLE) -> Decimal | Reason:
    unread = read_amount(cell, unit)
    assert isinstance(unread, Unread)
    quantity = if_mark_is_decimal(unread, match)
    return quantity.reason if isinstance(quantity, Unread) else quantity


@pytest.mark.parametrize(("cell", "unit"), [("1,234", ""), ("1.234", ""), ("1,234 m", ""), ("1,234", "m")])
def test_a_doubtful_cell_can_be_settled_for_what_is_sold_by_measure(cell: str, unit: str) -> None:
    assert settle(cell, unit) == Decimal("1.234")


def test_a_doubtful_cell_of_anything_else_stays_in_doubt() -> None:
    assert settle("1,000", match=BOXED) is Reason.UNREADABLE_QUANTITY
    assert settle("1,000", match=Match(CABLE.stock, Decimal(100))) is Reason.UNREADABLE_QUANTITY
    assert settle("1,234 kg") is Reason.UNKNOWN_UNIT


@pytest.mark.parametrize(
    "cell", ["1,234,567", "1 234", "1,234.5", "1,234 boxes", "1,234 ea", "1,234 + 2", "1,234 pallets", "=1", "ten"]
)
def test_only_a_single_number_with_one_mark_before_three_digits_is_merely_doubtful(cell: str) -> None:
    unread = read_amount(cell)

    assert isinstance(unread, Unread)
    assert unread.if_decimal is None


def test_a_doubtful_cell_beside_a_unit_that_contradicts_it_is_not_settled() -> None:
    unread = read_amount("1,234 m", "kg")

    assert isinstance(unread, Unread)
    assert unread.if_decimal is None


@given(st.integers(0, 9_999_999), st.sampled_from(["", " ", "ea", " pcs.", " Stk."]))
def test_a_whole_number_of_eaches_is_that_number(number: int, unit: str) -> None:
    assert eaches(f"{number}{unit}") == number
