"""Files of which a part was silently wrong: what tells rows apart, what takes them back, and where they belong."""

from pathlib import Path

import pytest

from stkr.capture.core import capture
from stkr.capture.result import Capture, UploadedFile
from stkr.stockfile.read import read_stock, snapshot_of
from tests.unit.capture.builders import assert_conserved, lines

pytestmark = pytest.mark.unit

CASES = Path(__file__).parent / "cases"
TEA, COFFEE, BISCUITS = "5012345000015", "5012345000022", "5012345000039"
UNKNOWN_ROWS = 450
"""More than the first rows by which columns are told."""


def read(text: str, stock: str = "shop.csv") -> Capture:
    against = snapshot_of(read_stock("stock.csv", (CASES / stock).read_bytes()), "Main")
    captured = capture([UploadedFile("count.csv", text.encode())], against)
    assert_conserved(captured)
    return captured


@pytest.mark.parametrize("title", ["Palete", "Tag", "No", "ID"])
def test_numbers_that_may_be_of_pallets_or_tags_tell_rows_apart(title: str) -> None:
    assert lines(read(f"{title},sku,qty\n20017,SUG-1,100\n20018,SUG-1,100\n20025,FLR-15,80\n")) == {"FLR-15": "80"}


def test_only_the_numbers_of_rows_themselves_do_not() -> None:
    assert lines(read("No,sku,qty\n1,SUG-1,100\n2,SUG-1,100\n3,FLR-15,80\n")) == {"SUG-1": "100", "FLR-15": "80"}
    assert lines(read("Pallet,sku,qty\n1,SUG-1,100\n2,SUG-1,100\n3,FLR-15,80\n")) == {"FLR-15": "80"}
    assert lines(read("20017,SUG-1,100\n20018,SUG-1,100\n20019,FLR-15,80\n")) == {"FLR-15": "80"}


def test_two_barcodes_beside_one_sku_may_be_two_variants() -> None:
    assert lines(read(f"sku,ean,qty\nTEA-80,{TEA},24\nTEA-80,,24\n")) == {}


def test_single_units_seconds_apart_are_two_scans_and_are_asked_about() -> None:
    assert lines(read(f"{TEA},1,14:41:03\n{TEA},1,14:41:05\n{COFFEE},1,14:42:00\n")) == {"COF-250": "1"}
    assert lines(read(f"{TEA},24,14:41:03\n{TEA},24,14:41:05\n")) == {"TEA-80": "24"}


@pytest.mark.parametrize(
    ("title", "struck_out", "kept"),
    [
        ("Törölve", "igen", "nem"),
        ("Usunięto", "tak", "nie"),
        ("Condition", "damaged", "good"),
        ("Status", "STORNIERT", "OK"),
        ("Statut", "Annulé", "Valide"),
    ],
)
def test_a_flag_parks_the_rows_of_its_item_in_other_languages_too(title: str, struck_out: str, kept: str) -> None:
    text = f"sku;qty;{title}\nTEA-80;24;{struck_out}\nCOF-250;30;{kept}\n"

    assert lines(read(text)) == {"COF-250": "30"}


def test_a_flag_far_below_the_first_rows_is_seen() -> None:
    rows = "".join(f"X{number},1,no\n" for number in range(UNKNOWN_ROWS))

    assert lines(read(f"sku,qty,deleted\n{rows}TEA-80,24,yes\nCOF-250,30,no\n")) == {"COF-250": "30"}


def test_words_that_only_sound_like_a_correction_are_none() -> None:
    assert lines(read("sku,qty,Checked\nTEA-80,24,correct\nCOF-250,30,open\n")) == {"TEA-80": "24", "COF-250": "30"}


def test_two_commands_in_a_row_take_two_scans_back() -> None:
    assert lines(read(f"{TEA}\n{COFFEE}\n*DELETE LAST*\n*DELETE LAST*\n{BISCUITS}\n")) == {"BIS-400": "1"}


def test_a_command_among_keyed_rows_parks_the_row_before_it() -> None:
    captured = read(f"Barcode,Qty\n{TEA},24\nCANCEL,\n{COFFEE},30\n")

    assert lines(captured) == {"COF-250": "30"}
    assert [(row.row, row.reason) for row in captured.parked] == [(2, "conflicting_counts"), (3, "unknown_code")]


@pytest.mark.parametrize("keyed", ["12", "x12", "QTY 12", "12 ea"])
def test_a_quantity_among_scans_is_asked_about_with_the_scans_beside_it(keyed: str) -> None:
    others = "\n".join([COFFEE, *[BISCUITS] * 9])

    assert lines(read(f"{TEA}\n{keyed}\n{others}\n")) == {"BIS-400": "9"}


@pytest.mark.parametrize(("first", "second"), [("4 boxes", "30 ea"), ("x46", "x30")])
def test_quantities_in_words_between_codes_are_no_scans(first: str, second: str) -> None:
    assert "quantities between codes" in read(f"{TEA}\n{first}\n{COFFEE}\n{second}\n").problems[0].problem


@pytest.mark.parametrize(
    "text",
    [
        "Item,Description,Counted\nTEA-80,Tea,46\nWarehouse,Yard,\nCOF-250,Coffee,6\n",
        "Stock count of the Yard on 23 November\nItem,Description,Counted\nTEA-80,Tea,11\n",
    ],
)
def test_a_title_that_names_another_location_in_its_own_words_is_noticed(text: str) -> None:
    assert "names Yard, but this count is of Main" in read(text, "sites.csv").problems[0].problem


def test_a_title_that_only_has_a_word_of_another_location_is_none() -> None:
    text = "Yard brushes and sand\nItem,Description,Counted\nTEA-80,Tea,11\n"

    assert lines(read(text, "sites.csv")) == {"TEA-80": "11"}
