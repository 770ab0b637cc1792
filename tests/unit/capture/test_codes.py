"""Which item a code names, however it was scanned, typed or mangled."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.codes import Codebook, Match, Unmatched
from stkr.capture.result import Reason
from stkr.domain.alias import split_alias
from stkr.domain.stock import StockRow
from tests.unit.capture.builders import count, lines, reasons, snapshot, stock

pytestmark = pytest.mark.unit


def named(cell: str) -> str:
    match = Codebook(snapshot()).find(cell)
    return match.stock.sku if isinstance(match, Match) else match.reason.value


def guess(cell: str, *rows: StockRow) -> tuple[str, tuple[str, ...]]:
    """What is said of a code that names nothing, and the SKUs it may mean."""
    match = Codebook(snapshot(*rows)).find(cell)
    assert isinstance(match, Unmatched)
    assert match.reason is Reason.UNKNOWN_CODE
    assert match.detail.startswith(cell.strip())
    return match.detail, match.skus


@pytest.mark.parametrize(
    "cell",
    [
        "BOLT",
        "bolt",
        "  BoLt  ",
        "B O L T",
        "BOLT\u00a0",
        "\u200bBOLT\ufeff",
        "\uff22\uff2f\uff2c\uff34",
        "5012345678900",
        "05012345678900",
        "5012345678900   ",
        "5012345678900.0",
        '="5012345678900"',
        "'5012345678900",
        "]E05012345678900",
        "[BOLT] M6 bolt 50 mm",
        "acme-650",
        "ACME\u2013650",
        "ACME \u2011 650",
        "]C10105012345678900",
        "]d20105012345678900\x1d10LOT-7",
        "\x1d010501234567890017261231",
        "0105012345678900",
        "(01)05012345678900(10)LOT-7",
        "(01) 05012345678900 (21) 9",
    ],
)
def test_a_code_is_known_however_it_is_written(cell: str) -> None:
    assert named(cell) == "BOLT"


@pytest.mark.parametrize("cell", ["7.84E+12", "7,84E+12", "7.84e12", "5E+12", "5.01235E+012"])
def test_scientific_notation_is_a_mangled_barcode(cell: str) -> None:
    assert named(cell) == "mangled_barcode"


def test_a_sku_that_looks_like_scientific_notation_is_still_that_sku() -> None:
    assert isinstance(Codebook(snapshot(stock("5E10"))).find("5e10"), Match)


@pytest.mark.parametrize("cell", ["", "  ", "\u200b"])
def test_no_code_is_a_missing_code(cell: str) -> None:
    assert named(cell) == "missing_code"


def test_a_code_of_two_items_is_ambiguous_and_both_are_named() -> None:
    match = Codebook(snapshot(stock("A", "TWIN"), stock("B", "twin"))).find("TWIN")

    assert isinstance(match, Unmatched)
    assert match.reason is Reason.AMBIGUOUS_CODE
    assert "A, B" in match.detail


def test_a_code_of_two_items_is_settled_by_the_sku_and_a_sku_of_two_by_another_code() -> None:
    shared = Codebook(snapshot(stock("A", "TWIN"), stock("B", "twin", "ONLY-B"))).find("TWIN")
    sku = Codebook(snapshot(stock("ab-1"), stock("AB-1", "ONLY-B"))).find("AB-1")
    columns = Codebook(snapshot(stock("A"), stock("B", "ONLY-B"))).find_together(("A", "ONLY-B"))

    advice = [match.detail.partition(": ")[2] for match in (shared, sku, columns) if isinstance(match, Unmatched)]
    assert advice == [
        "use the SKU itself",
        "use a code that only one of them has, or give one of them another in the system of record",
        "correct or empty the cell that is wrong",
    ]


def test_the_sku_of_one_item_that_is_the_barcode_of_another_is_ambiguous() -> None:
    match = Codebook(snapshot(stock("12345670"), stock("B", "12345670"))).find("12345670")

    assert isinstance(match, Unmatched)
    assert match.reason is Reason.AMBIGUOUS_CODE


@pytest.mark.parametrize(
    ("stored", "scanned"),
    [
        ("00012348", "12348"),
        ("036000291452", "36000291452"),
        ("036000291452", "0036000291452"),
        ("36000291452", "036000291452"),
        ("5012345678900", "05012345678900"),
        ("05012345678900", "5012345678900"),
        ("000451", "451"),
        ("451", "000451"),
    ],
)
def test_leading_zeros_do_not_matter(stored: str, scanned: str) -> None:
    match = Codebook(snapshot(stock("X", stored))).find(scanned)

    assert isinstance(match, Match)
    assert match.stock.sku == "X"


def test_two_items_apart_by_leading_zeros_only_are_told_by_their_exact_digits() -> None:
    book = Codebook(snapshot(stock("0451"), stock("451")))

    exact = [book.find(cell) for cell in ("0451", "451")]
    assert [match.stock.sku for match in exact if isinstance(match, Match)] == ["0451", "451"]
    assert isinstance(book.find("00451"), Unmatched)


def test_a_short_number_that_may_be_a_gtin_without_its_zeros_is_ambiguous() -> None:
    match = Codebook(snapshot(stock("12348"), stock("B", "00012348"))).find("12348")

    assert isinstance(match, Unmatched)
    assert match.reason is Reason.AMBIGUOUS_CODE


def test_a_gtin_14_of_a_case_is_not_the_gtin_13_of_the_single() -> None:
    match = Codebook(snapshot(stock("X", "5012345678900"))).find("15012345678907")

    assert isinstance(match, Unmatched)
    assert match.reason is Reason.UNKNOWN_CODE


def test_a_case_barcode_brings_its_pack_size() -> None:
    match = Codebook(snapshot()).find("15012345678907")

    assert isinstance(match, Match)
    assert (match.stock.sku, match.pack) == ("BOLT", Decimal(24))


def test_one_code_for_the_single_and_for_a_case_of_it_is_ambiguous() -> None:
    match = Codebook(snapshot(stock("X", "CODE", "CODE*24"))).find("CODE")

    assert isinstance(match, Unmatched)
    assert "case of 24, single" in match.detail


def test_columns_that_name_the_same_item_agree_and_others_are_ambiguous() -> None:
    book = Codebook(snapshot())

    assert isinstance(book.find_together(("BOLT", "5012345678900")), Match)
    assert isinstance(book.find_together(("", "5012345678900")), Match)
    assert isinstance(book.find_together(("VENDOR-1", "5012345678900")), Match)
    contradicting = book.find_together(("NUT", "5012345678900"))
    assert isinstance(contradicting, Unmatched)
    assert contradicting.reason is Reason.AMBIGUOUS_CODE


def test_a_sku_beside_its_case_barcode_is_the_case() -> None:
    match = Codebook(snapshot()).find_together(("BOLT", "15012345678907"))

    assert isinstance(match, Match)
    assert match.pack == 24


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("CODE*24", ("CODE", Decimal(24))),
        ("CODE * 24", ("CODE ", Decimal(24))),
        ("A*B*6", ("A*B", Decimal(6))),
        ("A*B", ("A*B", None)),
        ("*24", ("*24", None)),
        ("CODE*0", ("CODE*0", None)),
        ("CODE*-2", ("CODE*-2", None)),
        ("CODE*NaN", ("CODE*NaN", None)),
        ("CODE*1E999999999", ("CODE*1E999999999", None)),
        ("CODE*2.5", ("CODE", Decimal("2.5"))),
        ("CODE", ("CODE", None)),
    ],
)
def test_an_alias_may_end_in_its_pack_size(alias: str, expected: tuple[str, Decimal | None]) -> None:
    assert split_alias(alias) == expected


def test_what_a_spreadsheet_left_of_a_barcode_names_nothing_even_where_the_system_has_the_same_left() -> None:
    match = Codebook(snapshot(stock("X", "7.84E+12"))).find("7.84E+12")

    assert isinstance(match, Unmatched)
    assert match.reason is Reason.MANGLED_BARCODE


def test_a_sku_that_only_looks_like_a_number_with_an_exponent_is_a_sku() -> None:
    assert isinstance(Codebook(snapshot(stock("5E10"))).find("5e10"), Match)


def test_of_an_endless_code_the_advice_shows_the_beginning() -> None:
    match = Codebook(snapshot()).find("9" * 10_000)

    assert isinstance(match, Unmatched)
    assert len(match.detail) < 200


def test_a_label_of_a_known_case_is_that_case() -> None:
    match = Codebook(snapshot()).find("(01)15012345678907(10)LOT-7")

    assert isinstance(match, Match)
    assert (match.stock.sku, match.pack) == ("BOLT", Decimal(24))


@pytest.mark.parametrize("cell", ["(01)05012345678900(30)24", "(02)05012345678900(37)24", "0105012345678900310300125"])
def test_a_label_that_may_say_how_many_or_how_much_is_parked_and_says_so(cell: str) -> None:
    detail, skus = guess(cell)

    assert "is a label of BOLT that may say how many or how much, too: scan" in detail
    assert skus == ("BOLT",)


def test_the_separator_within_a_label_survives_the_way_through_a_file() -> None:
    captured = count("code,qty\n]C1010501234567890010LOT\x1d17261231,3\n010501234567890010LOT\x1d3024,3\n")

    assert lines(captured) == {"BOLT": "3"}
    assert reasons(captured) == [(3, "unknown_code")]
    assert captured.lines[0].incomplete


def test_the_short_form_of_a_known_upc_is_that_item() -> None:
    match = Codebook(snapshot(stock("COLA", "029100000888"))).find("02908818")

    assert isinstance(match, Match)
    assert match.stock.sku == "COLA"


def test_a_short_form_that_may_be_a_barcode_of_its_own_is_parked() -> None:
    detail, skus = guess("01234565", stock("COLA", "012345000065"))

    assert "may be short for 012345000065, which is COLA, or a barcode of its own" in detail
    assert skus == ("COLA",)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("\u0412OLT-M6-50", "contains letters of another alphabet; it looks like BOLT-M6-50"),
        ("bolt-\u043c6-50", "contains letters of another alphabet; it looks like BOLT-M6-50"),
        ("\u0392\u039fLT-\u039c6-5\u039f", "contains letters of another alphabet; it looks like BOLT-M6-50"),
        ("B0LT-M6-5O", "perhaps for a 0 that is an O, or a 1 that is an I or l; it looks like BOLT-M6-50"),
        ("bo1t-m6-50", "perhaps for a 0 that is an O, or a 1 that is an I or l; it looks like BOLT-M6-50"),
        ("\u0410CM\u0415-650", "contains letters of another alphabet; it looks like a code of BOLT-M6-50"),
        ("5O12345678900", "perhaps for a 0 that is an O, or a 1 that is an I or l; it looks like a code of BOLT-M6-50"),
    ],
)
def test_a_code_that_looks_like_a_known_one_is_parked_and_says_so(cell: str, problem: str) -> None:
    detail, skus = guess(cell, stock("BOLT-M6-50", "ACME-650", "5012345678900"))

    assert problem in detail
    assert skus == ("BOLT-M6-50",)


def test_a_code_that_is_known_in_another_alphabet_is_parked_and_says_so() -> None:
    detail, skus = guess("BOLT", stock("\u0412OLT"))

    assert "BOLT is spelled with letters of another alphabet in the system; it looks like \u0412OLT" in detail
    assert skus == ("\u0412OLT",)


def test_a_code_that_looks_like_those_of_two_items_names_both() -> None:
    assert guess("T0O", stock("TO0"), stock("TOO"))[1] == ("TO0", "TOO")


def test_a_letter_that_only_another_alphabet_has_looks_like_no_other() -> None:
    assert guess("\u0416OLT", stock("KOLT"))[1] == ()


@pytest.mark.parametrize("cell", ["15012345678907", "(01)15012345678907(10)LOT"])
def test_a_case_of_a_known_item_is_parked_and_says_how_to_add_it(cell: str) -> None:
    detail, skus = guess(cell, stock("BOLT", "5012345678900"))

    assert "looks like the barcode of a case of BOLT: " in detail
    assert "add 15012345678907*24 to its aliases" in detail
    assert skus == ("BOLT",)


@pytest.mark.parametrize(("misread", "right"), [("5012345678909", "5012345678900"), ("4006381333913", "4006381333931")])
def test_a_barcode_with_a_wrong_check_digit_is_parked_with_the_one_it_is_close_to(misread: str, right: str) -> None:
    item = {"5012345678900": "BOLT", "4006381333931": "NUT"}[right]

    detail, skus = guess(misread, stock("BOLT", "5012345678900"), stock("NUT", "4006381333931"))

    assert f"is close to {right} of {item}, but its check digit is wrong: scan it again" in detail
    assert skus == ()


def test_a_barcode_with_a_wrong_check_digit_that_is_close_to_none_is_still_called_a_misread() -> None:
    detail, skus = guess("96385075")

    assert "its check digit is wrong, so it may be a misread" in detail
    assert skus == ()


def test_a_genuine_barcode_one_digit_from_a_known_one_is_another_item() -> None:
    detail, skus = guess("5012345678917", stock("BOLT", "5012345678900"), stock("NUT", "5012345678924"))

    assert "is no SKU, barcode or supplier code that the system knows" in detail
    assert skus == ()


@pytest.mark.parametrize(
    "cell",
    ["2026-05-01", "2026-05-01 00:00:00", "01/05/2026", "1.5.26", "May-01", "1-May", "01-May-26", "1. Mai", "Dez 01"],
)
def test_a_code_that_a_spreadsheet_made_a_date_is_parked_and_says_so(cell: str) -> None:
    assert "looks like a date, which is what a spreadsheet makes of some codes" in guess(cell)[0]


@pytest.mark.parametrize("cell", ["MAR2", "A-01", "1-2", "Maybach-01-X", "2026", "12/5"])
def test_a_code_that_is_merely_like_a_date_is_not_called_one(cell: str) -> None:
    assert "date" not in guess(cell)[0]


def test_a_known_code_that_looks_like_a_date_is_that_code() -> None:
    assert isinstance(Codebook(snapshot(stock("MAY-01"))).find("May-01"), Match)


def test_of_several_cells_that_name_nothing_the_one_that_tells_most_is_explained() -> None:
    match = Codebook(snapshot()).find_together(("VENDOR-1", "b0lt"))

    assert isinstance(match, Unmatched)
    assert match.detail.startswith("b0lt ")
    assert match.skus == ("BOLT",)


LOOKS = {"B": "\u0412\u0392", "O": "0\u041e\u039f", "L": "1I", "T": "\u0422\u03a4", "M": "\u041c\u039c", "0": "O\u043e"}


@given(st.data())
def test_however_a_code_is_misspelled_by_its_look_it_counts_nothing_and_is_recognised(data: st.DataObject) -> None:
    code = "BOLT-M6-50"
    typed = "".join(data.draw(st.sampled_from(character + LOOKS.get(character, ""))) for character in code)
    match = Codebook(snapshot(stock(code))).find(typed)

    if typed == code:
        assert isinstance(match, Match)
    else:
        assert isinstance(match, Unmatched)
        assert match.skus == (code,)
