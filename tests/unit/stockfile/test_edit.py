"""Booking into a stock file's text: the quantities change, and nothing else does."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.errors import CountFileError
from stkr.stockfile.edit import edited
from stkr.stockfile.read import read_stock

pytestmark = pytest.mark.unit

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
"""With quotes and delimiters in them, as the writer sees fit."""


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A stock file as some program writes it, and its SKUs."""
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    quotes_all = draw(st.booleans())
    skus = [f"SKU-{number}" for number in range(draw(st.integers(2, 6)))]
    target = io.StringIO(newline="")
    writer = csv.writer(
        target, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL
    )
    writer.writerow(["name", "sku", "system_qty", "location", "remark"])
    for sku in skus:
        quantity = draw(st.sampled_from(["480", "12.50", "0", "-3", "7,25", " 9 "]))
        writer.writerow([draw(names), sku, quantity, "shop", draw(names)])
    return target.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))), skus


@given(files(), st.lists(st.integers(-9, 9), min_size=2, max_size=6))
def test_what_is_read_from_the_new_file_is_what_was_there_and_what_was_booked(
    file: tuple[bytes, list[str]], units: list[int]
) -> None:
    content, skus = file
    amounts = {(sku, "shop"): Decimal(gap) for sku, gap in zip(skus, units, strict=False) if gap}
    try:
        before = read_stock("stock.csv", content)
        result = edited("stock.csv", content, amounts)
    except CountFileError:
        return  # Some names make a file nobody can read for sure; then it is not written either.

    after = read_stock("stock.csv", result.content)

    for old, new in zip(before, after, strict=True):
        booked = amounts.get((old.sku, "shop"), Decimal(0)) if (old.sku, "shop") in result.after else 0
        assert new.system_qty == old.system_qty + booked
        assert (new.name, new.sku) == (old.name, old.sku)
    assert result.after.keys() | result.left_out.keys() == amounts.keys()


@given(files(), st.integers(1, 9))
def test_booking_back_gives_the_same_bytes(file: tuple[bytes, list[str]], units: int) -> None:
    content, skus = file
    try:
        there = edited("stock.csv", content, {(skus[0], "shop"): Decimal(units)})
        back = edited("stock.csv", there.content, {(skus[0], "shop"): Decimal(-units)})
    except CountFileError:
        return

    assert back.content == content


EXPORT = (
    "\ufeffStand: 23.11.2026\r\n"
    "SKU;Bezeichnung;Location;System qty;Bin;Remark\r\n"
    'BOLT;"Bolts; 6 mm ""zinc""";shop;480;F-12;"1,5 à 2"\r\n'
    "\r\n"
    'SAND;Sand;yard;"12,50";;=1+1\r\n'
    "NUT;Nuts;shop; 007 ;;"
)


def test_every_byte_but_the_quantities_stays() -> None:
    amounts = {("BOLT", "shop"): Decimal(-48), ("SAND", "yard"): Decimal("0.25"), ("NUT", "shop"): Decimal(3)}

    result = edited("stock.csv", EXPORT.encode(), amounts)

    wanted = EXPORT.replace(";480;", ";432;").replace('"12,50"', '"12,75"').replace(" 007 ", " 10 ")
    assert result.content.decode() == wanted
    assert (int(result.before["BOLT", "shop"]), int(result.after["BOLT", "shop"])) == (480, 432)


def test_an_item_found_where_the_file_does_not_list_it_gets_a_row_with_what_the_file_knows_of_the_item() -> None:
    result = edited("stock.csv", EXPORT.encode(), {("BOLT", "yard; back"): Decimal(7)})

    assert result.content.decode() == EXPORT + '\r\nBOLT;"Bolts; 6 mm ""zinc""";"yard; back";7;;'
    (row,) = (row for row in read_stock("stock.csv", result.content) if row.location == "yard; back")
    assert (row.name, int(row.system_qty), row.bin) == ('Bolts; 6 mm "zinc"', 7, "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (EXPORT, "does not list the item anywhere"),
        ("sku,system_qty\nBOLT,480\n", "no column of locations"),
        ("sku,shop - quantity on hand,yard - quantity on hand\nBOLT,480,3\n", "no column of locations"),
    ],
)
def test_an_item_the_file_has_no_place_for_is_left_out_and_the_others_are_booked(content: str, reason: str) -> None:
    home = read_stock("stock.csv", content.encode())[0].location

    result = edited("stock.csv", content.encode(), {("TIN", "shop"): Decimal(7), ("BOLT", home): Decimal(-48)})

    assert reason in result.left_out["TIN", "shop"]
    assert result.after == {("BOLT", home): 432}


def test_a_row_whose_cells_stand_on_several_lines_is_left_alone() -> None:
    content = 'sku,name,location,system_qty\nBOLT,"Bolts,\n6 mm",shop,480\nNUT,Nuts,shop,7\n'

    result = edited("stock.csv", content.encode(), {("NUT", "shop"): Decimal(1), ("BOLT", "shop"): Decimal(1)})

    assert set(result.left_out) == {("NUT", "shop"), ("BOLT", "shop")}
    assert result.content == content.encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"sku,location,system_qty\nBOLT,shop,many", "cannot be used", id="unreadable"),
        pytest.param(b"sku,location,system_qty\nB\x81LT\xe4,shop,480", "would not be kept", id="undecodable"),
        pytest.param(
            "\ufeffsku,location,system_qty\nBOLT,shop,480".encode("utf-16-be"), "would not be kept", id="mark"
        ),
    ],
)
def test_a_file_that_could_not_be_written_back_as_it_is_is_not_written(content: bytes, says: str) -> None:
    with pytest.raises(CountFileError, match=says):
        edited("stock.csv", content, {("BOLT", "shop"): Decimal(1)})


@pytest.mark.parametrize(
    ("cell", "units", "written"), [("0,350", "1", "1,3500"), ("12,35", "0.125", "12,4750"), ("0,350", "0.1", "0,450")]
)
def test_three_places_behind_a_comma_are_written_so_that_they_cannot_be_thousands(
    cell: str, units: str, written: str
) -> None:
    content = f"sku;location;system_qty\nSAND;yard;{cell}\n".encode()

    result = edited("stock.csv", content, {("SAND", "yard"): Decimal(units)})

    assert result.content == content.replace(cell.encode(), written.encode())
