"""The numbers in barcodes: what they prove, and what they are short for, the case of, or read wrong."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stkr.capture.gtin import (
    check_digit_fits,
    corrections,
    expanded,
    inside_case,
    is_gtin,
    is_misread,
    label_text,
    labelled,
    one_item,
)

pytestmark = pytest.mark.unit


def with_check_digit(payload: str) -> str:
    return next(f"{payload}{digit}" for digit in range(10) if check_digit_fits(f"{payload}{digit}"))


gtins = st.sampled_from([8, 12, 13, 14]).flatmap(
    lambda length: st.text("0123456789", min_size=length - 1, max_size=length - 1).map(with_check_digit)
)


@pytest.mark.parametrize("genuine", ["96385074", "036000291452", "5012345678900", "15012345678907"])
def test_the_check_digit_tells_a_genuine_barcode(genuine: str) -> None:
    assert is_gtin(genuine)
    assert not is_misread(genuine)


@given(gtins, st.data())
def test_one_wrong_digit_is_found_out_and_the_right_number_is_among_the_corrections(
    genuine: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(genuine) - 1))
    wrong = data.draw(st.sampled_from(sorted({*"0123456789"} - {genuine[place]})))
    misread = f"{genuine[:place]}{wrong}{genuine[place + 1 :]}"

    assert is_misread(misread)
    assert genuine in corrections(misread)


@given(gtins, st.data())
def test_two_swapped_neighbours_are_put_right_wherever_the_check_digit_notices_them(
    genuine: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(genuine) - 2))
    misread = f"{genuine[:place]}{genuine[place + 1]}{genuine[place]}{genuine[place + 2 :]}"
    assume(is_misread(misread))

    assert genuine in corrections(misread)


@given(st.sampled_from([8, 12, 13, 14]).flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length)))
def test_every_correction_is_a_genuine_barcode_of_the_same_length(digits: str) -> None:
    assume(is_misread(digits))
    candidates = list(corrections(digits))

    assert all(is_gtin(code) and len(code) == len(digits) for code in candidates)
    assert len(digits) <= len(candidates) == len(set(candidates)) < 2 * len(digits)


@pytest.mark.parametrize(
    ("short", "upc"),
    [
        ("00871800", "008000007180"),
        ("02908818", "029100000888"),
        ("16631623", "166200003163"),
        ("00561135", "005600000115"),
        ("03744545", "037440000055"),
        ("04252614", "042100005264"),
        ("01234565", "012345000065"),
    ],
)
def test_a_short_upc_is_written_out(short: str, upc: str) -> None:
    assert expanded(short) == upc


@pytest.mark.parametrize(
    "digits",
    [
        "04252615",  # the check digit is wrong
        "24252614",  # no short form begins with 2
        "4252614",
        "042526140",
        "0425261x",
        "01220031",  # a shorter rule would have been used
        "01230040",
        "01234053",
    ],
)
def test_what_no_printer_would_write_as_a_short_upc_is_none(digits: str) -> None:
    assert expanded(digits) is None


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(1, 8))
def test_a_case_holds_what_its_barcode_is_made_from(payload: str, packing: int) -> None:
    assert inside_case(with_check_digit(f"{packing}{payload}")) == with_check_digit(payload)


@pytest.mark.parametrize("digits", ["05012345678900", "95012345678903", "15012345678908", "5012345678900", "CASE", ""])
def test_what_is_no_case_barcode_holds_nothing(digits: str) -> None:
    assert inside_case(digits) is None


@pytest.mark.parametrize(
    "label",
    [
        "0105012345678900",
        "010501234567890010LOT-7",
        "010501234567890010LOT-7\x1d17261231",
        "01050123456789001726123110LOT-7",
        "0105012345678900\x1d21300137",
        "01050123456789002001240MAKER-9",
        "(01)05012345678900",
        "(01)05012345678900(10)LOT(17)261231",
    ],
)
def test_dates_lots_and_serials_on_a_label_leave_it_a_label_of_one_item(label: str) -> None:
    assert one_item(label_text(label)) == "05012345678900"


@pytest.mark.parametrize(
    "label",
    [
        "01050123456789003024",
        "(01)05012345678900(30)24",
        "(01)05012345678900(37)24",
        "(02)05012345678900(37)24",
        "(01)05012345678900(10)LOT(3103)001250",
        "010501234567890010LOT\x1d3024",
        "(01)05012345678900(8005)000100",
        "0105012345678900ABC",
    ],
)
def test_a_label_that_may_say_how_many_or_how_much_is_none_of_one_item(label: str) -> None:
    assert one_item(label_text(label)) is None
    assert labelled(label_text(label)) == "05012345678900"


@pytest.mark.parametrize("label", ["0105012345678901", "0105012345678901(10)LOT", "(10)LOT", "01", "", "(01)ABC"])
def test_a_label_without_a_genuine_barcode_names_none(label: str) -> None:
    assert one_item(label_text(label)) is None
    assert labelled(label_text(label)) is None


def test_a_barcode_of_no_fixed_amount_stands_for_no_single_item() -> None:
    assert one_item("0195012345678903") is None
