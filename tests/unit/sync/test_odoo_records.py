"""What Odoo's answers mean, where a running Odoo is not needed to tell."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceRefused
from stkr.sync.connectors.odoo_records import (
    Booking,
    Catalogue,
    OdooLocation,
    Packaging,
    Product,
    Quant,
    Sites,
    SupplierCode,
    Total,
    Unit,
    Warehouse,
    parsed,
    plan_bookings,
    sold_units,
)

pytestmark = pytest.mark.unit

D = Decimal
STOCK, SHELF, CUSTOMERS, LOSS = 5, 6, 2, 11
PLACES = parsed(
    OdooLocation,
    [
        {"id": 4, "complete_name": "WH", "usage": "view", "parent_path": "4/", "warehouse_id": 1},
        {"id": STOCK, "complete_name": "WH/Stock", "usage": "internal", "parent_path": "4/5/"} | {"warehouse_id": 1},
        {"id": SHELF, "complete_name": "WH/Stock/A", "usage": "internal", "parent_path": "4/5/6/"}
        | {"warehouse_id": 1},
        {"id": CUSTOMERS, "complete_name": "C", "usage": "customer", "parent_path": "2/"} | {"warehouse_id": False},
    ],
)
PIECE = Unit(id=1, name="Units", factor=D(1), rounding=D("0.01"), parent_path="1/")
GRAM = Unit(id=2, name="g", factor=D(1), rounding=D("0.01"), parent_path="2/")
BOX = Unit(id=3, name="Box of 24", factor=D(24), rounding=D("0.01"), parent_path="1/3/")
SACK = Unit(id=4, name="Sack", factor=D(25000), rounding=D("0.01"), parent_path="2/4/")
UNITS = {unit.id: unit for unit in (PIECE, GRAM, BOX, SACK)}


def sites(named: dict[str, str] | None = None, steps: str = "ship_only") -> Sites:
    warehouse = Warehouse(id=1, code="WH", view_location_id=4, lot_stock_id=STOCK, int_type_id=7, delivery_steps=steps)
    return Sites(named or {}, [warehouse], PLACES)


def product(**fields: Any) -> Product:
    known: dict[str, Any] = {"id": 1, "default_code": "BOLT", "barcode": "", "display_name": "Bolt", "categ_id": None}
    known |= {"standard_price": D("0.35"), "uom_id": 1, "uom_ids": [], "tracking": "none", "product_tmpl_id": 9}
    return Product.model_validate(known | {"active": True, "property_stock_inventory": LOSS} | fields)


def catalogue(*products: Product, **fields: Any) -> Catalogue:
    known: dict[str, Any] = {"categories": {}, "packagings": {}, "supplier_codes": ()} | fields
    return Catalogue(products={each.id: each for each in products}, units=UNITS, **known)


def quant(id_: int, place: int, quantity: Decimal, owner: int | None = None) -> Quant:
    return Quant(id=id_, product_id=1, location_id=place, package_id=None, owner_id=owner, quantity=quantity)


def booking(units: Decimal, *quants: Quant) -> Booking:
    adjustment = Adjustment("S1.BOLT.r100", "BOLT", "WH", units, "2026-11-23T09:00:00.000000Z")
    bookings, problems = plan_bookings(catalogue(product()), sites(), quants, [adjustment])
    assert not problems
    return bookings[adjustment.id]


_HUNDREDTHS = st.integers(-100_000, 100_000).map(lambda number: D(number) / 100)


@given(_HUNDREDTHS.filter(bool), st.lists(st.tuples(st.sampled_from([STOCK, SHELF]), _HUNDREDTHS), max_size=5))
def test_the_shares_of_a_booking_are_all_of_it(units: Decimal, held: list[tuple[int, Decimal]]) -> None:
    quants = [quant(number, place, quantity) for number, (place, quantity) in enumerate(held)]

    shares = booking(units, *quants).shares

    assert sum(share.units for share in shares) == abs(units)
    assert all(share.units > 0 for share in shares)


@given(_HUNDREDTHS.filter(lambda units: units < 0), st.tuples(_HUNDREDTHS, _HUNDREDTHS))
def test_no_shelf_goes_into_the_red_while_there_is_enough(units: Decimal, held: tuple[Decimal, Decimal]) -> None:
    quants = [quant(1, STOCK, held[0]), quant(2, SHELF, held[1])]
    enough = sum(max(quantity, D(0)) for quantity in held) >= -units

    shares = booking(units, *quants).shares

    before = {STOCK: held[0], SHELF: held[1]}
    overdrawn = [share for share in shares if share.units > max(before[share.place], D(0))]
    assert not overdrawn if enough else len(overdrawn) == 1


def test_what_was_found_makes_up_for_what_odoo_has_less_than_none_of() -> None:
    assert [share.place for share in booking(D(3), quant(1, STOCK, D(9)), quant(2, SHELF, D(-3))).shares] == [SHELF]


def test_what_belongs_to_somebody_else_is_not_written_off() -> None:
    (share,) = booking(D(-3), quant(1, SHELF, D(9), owner=8), quant(2, STOCK, D(3))).shares

    assert share.place == STOCK


def test_a_shelf_that_is_a_location_of_its_own_is_not_part_of_the_one_around_it() -> None:
    both = sites({"shop": "WH/Stock", "shelf": "WH/Stock/A"})

    assert [site.name for place in (STOCK, SHELF) if (site := both.of(place))] == ["shop", "shelf"]


def test_what_is_found_in_a_whole_warehouse_goes_into_its_stock() -> None:
    whole = sites({"shop": "WH"})

    assert whole.by_name["shop"].stock == STOCK
    assert whole.bin(SHELF) == "Stock/A"


def test_a_place_outside_of_every_warehouse_is_refused() -> None:
    lost = PLACES[1].model_copy(update={"warehouse_id": None})

    with pytest.raises(SourceRefused, match="WH/Stock is in no warehouse"):
        Sites({"shop": "WH/Stock"}, [], [lost])


@pytest.mark.parametrize(
    ("unit", "packed", "aliases"),
    [
        (PIECE, BOX, ("15*24",)),
        (PIECE, PIECE, ("15",)),
        # A box of Odoo's own is counted in eaches, too.
        (BOX, BOX, ("15*24",)),
        (SACK, SACK, ("15",)),
        (GRAM, BOX, ()),
        # A third of a gram has no end.
        (GRAM.model_copy(update={"factor": D(3)}), GRAM, ()),
    ],
)
def test_the_barcode_of_a_packaging_is_taken_where_its_size_is_certain(
    unit: Unit, packed: Unit, aliases: tuple[str, ...]
) -> None:
    own = unit.model_copy(update={"id": 8})
    packaging = Packaging(product_id=1, uom_id=packed.id, barcode="15")
    known = Catalogue({1: product(uom_id=8)}, {8: own, **UNITS}, {}, {1: [packaging]}, ())

    assert known.aliases(1) == aliases


def test_a_measure_that_we_have_no_word_for_is_still_no_count() -> None:
    held = catalogue(product(uom_id=SACK.id)).held(1)

    assert (held.by_measure, held.unit, held.size) == (True, "", D(1))


def test_a_box_is_read_as_what_is_in_it() -> None:
    assert catalogue(product(uom_id=BOX.id)).held(1).size == 24


def test_a_code_that_reads_like_that_of_a_case_is_no_alias() -> None:
    codes = [SupplierCode(product_id=None, product_tmpl_id=9, product_code=code) for code in ("10*20", "ACME-1")]

    assert catalogue(product(), supplier_codes=codes).aliases(1) == ("ACME-1",)


def test_an_archived_product_does_not_stand_in_the_way_of_the_one_that_took_over_its_code() -> None:
    adjustment = Adjustment("S1.BOLT.r100", "BOLT", "WH", D(1), "2026-11-23T09:00:00.000000Z")
    products = product(id=1, active=False), product(id=2)

    bookings, _ = plan_bookings(catalogue(*products), sites(), [], [adjustment])

    assert bookings[adjustment.id].product == 2


@pytest.mark.parametrize(("steps", "known"), [("ship_only", {(1, "WH"): D(28)}), ("pick_ship", {})])
def test_sales_are_only_known_where_they_leave_straight_to_the_customer(
    steps: str, known: dict[tuple[int, str], Decimal]
) -> None:
    totals = parsed(
        Total,
        [
            {"product_id": [1, "Bolt"], "location_id": [5, "S"], "location_dest_id": [2, "C"]}
            | {"quantity_product_uom:sum": 30},
            {"product_id": [1, "Bolt"], "location_id": [2, "C"], "location_dest_id": [6, "A"]}
            | {"quantity_product_uom:sum": 2},
        ],
    )

    assert sold_units(totals, [(1, "WH")], sites(steps=steps)) == known


def test_an_answer_of_another_odoo_is_refused_without_quoting_it() -> None:
    with pytest.raises(SourceRefused, match=r"not those of Odoo 19: 0\.factor") as refused:
        parsed(Unit, [{"id": 1, "name": "Secret unit", "parent_path": "1/", "rounding": 1}])

    assert "Secret unit" not in str(refused.value)
    assert refused.value.__cause__ is None
