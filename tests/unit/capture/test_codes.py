"""Which item a code names, however it was scanned, typed or mangled."""

from decimal import Decimal

import pytest

from stkr.capture.codes import Codebook, Match, Unmatched, check_digit_fits, split_alias
from stkr.capture.result import Reason
from tests.unit.capture.builders import snapshot, stock

pytestmark = pytest.mark.unit


def named(cell: str) -> str:
    found = Codebook(snapshot()).find(cell)
    return found.stock.sku if isinstance(found, Match) else found.reason.value


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
    found = Codebook(snapshot(stock("A", "TWIN"), stock("B", "twin"))).find("TWIN")

    assert isinstance(found, Unmatched)
    assert found.reason is Reason.AMBIGUOUS_CODE
    assert "A, B" in found.detail


def test_the_sku_of_one_item_that_is_the_barcode_of_another_is_ambiguous() -> None:
    found = Codebook(snapshot(stock("12345670"), stock("B", "12345670"))).find("12345670")

    assert isinstance(found, Unmatched)
    assert found.reason is Reason.AMBIGUOUS_CODE


@pytest.mark.parametrize(
    ("known", "scanned"),
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
def test_leading_zeros_do_not_matter(known: str, scanned: str) -> None:
    found = Codebook(snapshot(stock("X", known))).find(scanned)

    assert isinstance(found, Match)
    assert found.stock.sku == "X"


def test_two_items_apart_by_leading_zeros_only_are_told_by_their_exact_digits() -> None:
    book = Codebook(snapshot(stock("0451"), stock("451")))

    exact = [book.find(cell) for cell in ("0451", "451")]
    assert [found.stock.sku for found in exact if isinstance(found, Match)] == ["0451", "451"]
    assert isinstance(book.find("00451"), Unmatched)


def test_a_short_number_that_may_be_a_gtin_without_its_zeros_is_ambiguous() -> None:
    found = Codebook(snapshot(stock("12348"), stock("B", "00012348"))).find("12348")

    assert isinstance(found, Unmatched)
    assert found.reason is Reason.AMBIGUOUS_CODE


def test_a_gtin_14_of_a_case_is_not_the_gtin_13_of_the_single() -> None:
    found = Codebook(snapshot(stock("X", "5012345678900"))).find("15012345678907")

    assert isinstance(found, Unmatched)
    assert found.reason is Reason.UNKNOWN_CODE


def test_a_case_barcode_brings_its_pack_size() -> None:
    found = Codebook(snapshot()).find("15012345678907")

    assert isinstance(found, Match)
    assert (found.stock.sku, found.pack) == ("BOLT", Decimal(24))


def test_one_code_for_the_single_and_for_a_case_of_it_is_ambiguous() -> None:
    found = Codebook(snapshot(stock("X", "CODE", "CODE*24"))).find("CODE")

    assert isinstance(found, Unmatched)
    assert "case of 24, single" in found.detail


def test_columns_that_name_the_same_item_agree_and_others_are_ambiguous() -> None:
    book = Codebook(snapshot())

    assert isinstance(book.find_together(("BOLT", "5012345678900")), Match)
    assert isinstance(book.find_together(("", "5012345678900")), Match)
    assert isinstance(book.find_together(("VENDOR-1", "5012345678900")), Match)
    contradicting = book.find_together(("NUT", "5012345678900"))
    assert isinstance(contradicting, Unmatched)
    assert contradicting.reason is Reason.AMBIGUOUS_CODE


def test_a_sku_beside_its_case_barcode_is_the_case() -> None:
    found = Codebook(snapshot()).find_together(("BOLT", "15012345678907"))

    assert isinstance(found, Match)
    assert found.pack == 24


@pytest.mark.parametrize("genuine", ["96385074", "036000291452", "5012345678900", "15012345678907"])
def test_the_check_digit_tells_a_misread(genuine: str) -> None:
    assert check_digit_fits(genuine)
    misread = genuine[:-1] + str((int(genuine[-1]) + 1) % 10)
    assert not check_digit_fits(misread)
    found = Codebook(snapshot(stock("X"))).find(misread)
    assert isinstance(found, Unmatched)
    assert "check digit" in found.detail


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
    found = Codebook(snapshot(stock("X", "7.84E+12"))).find("7.84E+12")

    assert isinstance(found, Unmatched)
    assert found.reason is Reason.MANGLED_BARCODE


def test_a_sku_that_only_looks_like_a_number_with_an_exponent_is_a_sku() -> None:
    assert isinstance(Codebook(snapshot(stock("5E10"))).find("5e10"), Match)


def test_of_an_endless_code_the_advice_shows_the_beginning() -> None:
    found = Codebook(snapshot()).find("9" * 10_000)

    assert isinstance(found, Unmatched)
    assert len(found.detail) < 200
