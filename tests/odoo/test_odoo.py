"""The connector against an Odoo 19, running or recorded: what it reads, and what it books whatever happens."""

from datetime import timedelta
from decimal import Decimal

import pytest

from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.domain.movement import MovementKind
from stkr.domain.stock import StockRow
from stkr.sync.connectors.http import Api
from stkr.sync.connectors.odoo.connector import Odoo
from stkr.sync.connectors.odoo.description import OdooSource
from tests.odoo.shop import LOCATION, OdooShop

D = Decimal


def test_a_product_is_read_with_all_that_a_count_needs(shop: OdooShop) -> None:
    (pack,) = shop.ask(
        "uom.uom", "create", vals_list=[{"name": f"Box {shop.tag}", "relative_factor": 24, "relative_uom_id": 1}]
    )
    (category,) = shop.ask("product.category", "create", vals_list=[{"name": f"Fixings {shop.tag}"}])
    bolt = shop.product("BOLT", standard_price=0.35, categ_id=category, barcode=f"50{shop.tag}", uom_ids=[[4, pack]])
    shop.ask("product.uom", "create", vals_list=[{"product_id": bolt, "uom_id": pack, "barcode": f"15{shop.tag}"}])
    (supplier,) = shop.ask("res.partner", "create", vals_list=[{"name": f"Supplier {shop.tag}"}])
    code = {"partner_id": supplier, "product_id": bolt, "product_code": f"ACME-{shop.tag}"}
    (template,) = shop.ask("product.product", "read", ids=[bolt], fields=["product_tmpl_id"], load="")
    shop.ask("product.supplierinfo", "create", vals_list=[code | {"product_tmpl_id": template["product_tmpl_id"]}])
    shop.receive(bolt, 480, into=shop.shelf("Shelf 3"))

    row = shop.rows()["BOLT"]

    assert row == StockRow(
        sku=shop.sku("BOLT"),
        name=f"Item {shop.tag}",
        location=LOCATION,
        system_qty=D(480),
        unit_cost=D("0.35"),
        pack_size=D(24),
        aliases=(f"50{shop.tag}", f"ACME-{shop.tag}", f"15{shop.tag}*24"),
        category=f"Fixings {shop.tag}",
        bin="Shelf 3",
        history=row.history,
    )
    assert row.history.last_received_qty == 480
    assert (row.history.last_counted_at, row.history.sold_since_count) == (None, None)


def test_what_is_sold_since_the_count_and_what_came_last_is_read(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 480)
    shop.count(bolt, 470)
    # Odoo's times are whole seconds, and a sale in the second of the count may have been before it.
    shop.wait_a_second()
    shop.sell(bolt, 30)
    shop.take_back(bolt, 2)
    shop.receive(bolt, 96)

    row = shop.rows()["BOLT"]

    assert row.system_qty == 538
    assert row.history.sold_since_count == 28
    assert row.history.last_received_qty == 96
    assert row.history.last_counted_at is not None
    assert row.history.last_received_at is not None
    assert row.history.last_received_at > row.history.last_counted_at


def test_each_kind_of_movement_has_its_sign_and_its_own_reference(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 100)
    shop.sell(bolt, 7)
    shop.take_back(bolt, 1)
    shop.send_away(bolt, 10)
    shop.scrap(bolt, 3)
    shop.count(bolt, 90)
    shop.shelve(bolt, 20, shop.shelf("Shelf 3"))

    movements = shop.movements()

    assert sorted((str(each.kind), int(each.units)) for each in movements) == [
        ("adjustment", -3),
        ("adjustment", 9),
        ("receipt", 100),
        ("sale", -7),
        ("sale", 1),
        ("transfer", -10),
    ]
    assert {(each.sku, each.location) for each in movements} == {(shop.sku("BOLT"), LOCATION)}
    assert len({each.reference for each in movements}) == 6
    assert sum(each.units for each in movements) == shop.quantities()["BOLT"] == 90


def test_what_is_sold_out_is_none_and_what_was_never_there_is_not_listed(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 5)
    shop.sell(bolt, 5)
    shop.product("NUT")

    assert shop.quantities() == {"BOLT": 0}


def test_more_sold_than_there_was_is_read_as_odoo_has_it(shop: OdooShop) -> None:
    shop.sell(shop.product("BOLT", 5), 8)

    assert shop.quantities() == {"BOLT": -3}


def test_a_barcode_is_the_code_of_a_product_without_an_internal_reference(shop: OdooShop) -> None:
    shop.product("BOLT", 5, default_code=False, barcode=f"50{shop.tag}")
    shop.product("NUT", 6, default_code=False)

    assert shop.quantities() == {f"50{shop.tag}": 5}


def test_an_archived_product_is_read_while_there_is_some(shop: OdooShop) -> None:
    bolt, nut = shop.product("BOLT", 5), shop.product("NUT", 5)
    shop.sell(nut, 5)
    shop.ask("product.product", "write", ids=[bolt, nut], vals={"active": False})

    assert shop.quantities() == {"BOLT": 5}


def test_dozens_are_read_and_booked_as_eaches_and_kilograms_as_they_are(shop: OdooShop) -> None:
    units = shop.ask(
        "uom.uom",
        "search_read",
        domain=[["name", "in", ["Dozens", "kg"]]],
        fields=["name"],
        context={"active_test": False},
    )
    unit = {each["name"]: each["id"] for each in units}
    shop.product("EGG", 5, uom_id=unit["Dozens"], standard_price=3)
    shop.product("SAND", 7.5, uom_id=unit["kg"])

    rows = shop.rows()

    assert (rows["EGG"].system_qty, rows["EGG"].unit_cost, rows["EGG"].unit) == (D(60), D("0.25"), "")
    assert (rows["SAND"].system_qty, rows["SAND"].unit, rows["SAND"].by_measure) == (D("7.5"), "kg", True)
    booked = [shop.adjustment("EGG", "-12"), shop.adjustment("SAND", "-0.25")]
    assert shop.connector().book(booked) == {each.id for each in booked}
    assert shop.quantities() == {"EGG": 48, "SAND": D("7.25")}


def test_a_code_of_two_products_is_refused(shop: OdooShop) -> None:
    shop.product("BOLT", 5)
    shop.product("BOLT", 6)

    with pytest.raises(SourceRefused, match=rf"internal reference {shop.sku('BOLT')}; nothing was changed"):
        shop.reading()


def test_a_location_that_odoo_does_not_have_is_refused(shop: OdooShop) -> None:
    described = {"connector": "odoo", "url": shop.relay.url, "database": "stk", "api_key": shop._key}
    source = OdooSource.model_validate(described | {"locations": {"shop": "Nowhere/Stock"}})

    with pytest.raises(SourceRefused, match="no location Nowhere/Stock"):
        Odoo(source, shop.now).read(None, shop.now)


def test_an_unchanged_odoo_is_told_by_nine_small_requests(shop: OdooShop) -> None:
    shop.product("BOLT", 5)
    known = shop.connector(later=timedelta(hours=1)).read(None, shop.now)
    assert known is not None
    shop.relay.calls.clear()

    assert shop.connector(later=timedelta(hours=2)).read(known.fingerprint, shop.now) is None

    assert len(shop.relay.calls) == 9


@pytest.mark.parametrize("change", ["sale", "price", "packaging"])
def test_no_change_is_missed(shop: OdooShop, change: str) -> None:
    bolt = shop.product("BOLT", 5)
    known = shop.connector(later=timedelta(hours=1)).read(None, shop.now)
    assert known is not None

    if change == "sale":
        shop.sell(bolt, 1)
    elif change == "price":
        shop.wait_a_second()
        shop.ask("product.product", "write", ids=[bolt], vals={"standard_price": 4})
    else:
        shop.ask("product.uom", "create", vals_list=[{"product_id": bolt, "uom_id": 1, "barcode": f"15{shop.tag}"}])

    assert shop.connector(later=timedelta(hours=2)).read(known.fingerprint, shop.now) is not None


def test_what_changed_just_now_is_read_again_since_more_may_follow_in_its_second(shop: OdooShop) -> None:
    shop.product("BOLT", 5)
    known = shop.connector().read(None, shop.now)
    assert known is not None

    assert shop.connector(later=timedelta(seconds=1)).read(known.fingerprint, shop.now) is not None


def test_stock_that_moves_while_it_is_read_is_read_again(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 5)
    # Between the movements, which are read first, and the quantities there is a sale.
    shop.relay.before("stock.quant/search_read", lambda: shop.sell(bolt, 2))

    reading = shop.reading()

    assert [row.system_qty for row in reading.rows] == [3]
    assert sum(each.units for each in reading.movements or ()) == 3


def test_stock_that_never_stands_still_is_left_to_the_next_run(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 50)

    def sell_and_again() -> None:
        shop.relay.before("stock.quant/search_read", sell_and_again)
        shop.sell(bolt, 1)

    sell_and_again()

    with pytest.raises(SourceUnavailable, match="moved 3 times while it was read"):
        shop.reading()


def test_what_is_missing_what_was_found_and_what_is_new_there_is_booked_under_its_own_name(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    shop.product("NUT", 10)
    shop.product("PAINT")
    adjustments = [shop.adjustment("BOLT", "-48"), shop.adjustment("NUT", "2"), shop.adjustment("PAINT", "12")]

    assert shop.connector().book(adjustments) == {each.id for each in adjustments}

    reading = shop.reading()
    assert {row.sku: row.system_qty for row in reading.rows} == {
        shop.sku("BOLT"): 432,
        shop.sku("NUT"): 12,
        shop.sku("PAINT"): 12,
    }
    booked = [each for each in reading.movements or () if each.kind is MovementKind.ADJUSTMENT]
    assert {(each.reference, each.sku, each.units) for each in booked} == {
        (each.id, each.sku, each.units) for each in adjustments
    }


def test_odoo_takes_the_booking_for_an_inventory_adjustment_worth_its_cost(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 480, standard_price=0.35)

    shop.connector().book([shop.adjustment("BOLT", "-48")])

    (move,) = shop.ask(
        "stock.move",
        "search_read",
        domain=[["product_id", "=", bolt], ["is_inventory", "=", True]],
        fields=["reference", "value", "state"],
    )
    assert (move["reference"], move["value"], move["state"]) == (shop.adjustment("BOLT", "-48").id, 16.8, "done")


def test_what_is_booked_is_confirmed_and_not_booked_again(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    adjustment = shop.adjustment("BOLT", "-48")
    shop.connector().book([adjustment])
    shop.relay.calls.clear()

    assert shop.connector().book([adjustment]) == {adjustment.id}

    assert shop.relay.calls == ["stock.move/search_read"]
    assert shop.quantities() == {"BOLT": 432}


@pytest.mark.parametrize("step", ["create", "button_validate"])
def test_an_answer_that_is_lost_books_nothing_twice(shop: OdooShop, step: str) -> None:
    shop.product("BOLT", 480)
    adjustment = shop.adjustment("BOLT", "-48")
    shop.relay.lose_answer_of(f"stock.picking/{step}")
    with pytest.raises(SourceUnavailable):
        shop.connector().book([adjustment])

    assert shop.connector().book([adjustment]) == {adjustment.id}

    assert shop.quantities() == {"BOLT": 432}


@pytest.mark.parametrize("step", ["create", "button_validate"])
def test_a_sale_in_between_stays_sold(shop: OdooShop, step: str) -> None:
    bolt = shop.product("BOLT", 480)
    adjustment = shop.adjustment("BOLT", "-48")
    shop.relay.before(f"stock.picking/{step}", lambda: shop.sell(bolt, 30))

    assert shop.connector().book([adjustment]) == {adjustment.id}

    assert shop.quantities() == {"BOLT": 402}


def test_a_count_that_somebody_makes_in_odoo_meanwhile_is_left_alone(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 480)
    values = {"product_id": bolt, "location_id": shop.stock, "inventory_quantity": 470}
    (quant,) = shop.ask("stock.quant", "create", vals_list=[values], context={"inventory_mode": True})

    shop.connector().book([shop.adjustment("BOLT", "-48")])

    (seen,) = shop.ask(
        "stock.quant",
        "read",
        ids=[quant],
        fields=["quantity", "inventory_quantity", "inventory_quantity_set", "is_outdated"],
    )
    assert seen == {
        "id": quant,
        "quantity": 432,
        "inventory_quantity": 470,
        "inventory_quantity_set": True,
        "is_outdated": True,
    }


def test_what_cannot_be_booked_is_left_out_and_the_rest_is_booked(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    shop.product("NUT", 10)
    shop.product("PAINT", tracking="lot")
    good = shop.adjustment("BOLT", "-48")
    adjustments = [
        good,
        shop.adjustment("NUT", "-0.125"),  # more decimal places than Odoo keeps
        shop.adjustment("PAINT", "1"),
        shop.adjustment("UNHEARD-OF", "1"),
        shop.adjustment("BOLT", "-1", session="S2", location="elsewhere"),
    ]

    assert shop.connector().book(adjustments) == {good.id}

    assert shop.quantities() == {"BOLT": 432, "NUT": 10}
    assert shop.waiting() == 0


def test_several_adjustments_of_one_product_keep_their_own_names(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    adjustments = [shop.adjustment("BOLT", "-48"), shop.adjustment("BOLT", "-2", session="S2")]

    assert shop.connector().book(adjustments) == {each.id for each in adjustments}

    assert {each.reference for each in shop.movements() if each.units < 0} == {each.id for each in adjustments}
    assert shop.quantities() == {"BOLT": 430}


def test_what_is_missing_is_taken_from_the_fullest_shelf_first(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 10)
    shelf = shop.shelf("Shelf 3")
    shop.shelve(bolt, 7, shelf)

    shop.connector().book([shop.adjustment("BOLT", "-8")])

    places = shop.ask(
        "stock.quant",
        "search_read",
        domain=[["product_id", "=", bolt], ["location_id", "child_of", [shop.stock]], ["quantity", "!=", 0]],
        fields=["location_id", "quantity"],
        load="",
    )
    assert [(each["location_id"], each["quantity"]) for each in places] == [(shop.stock, 2)]


def test_an_unfinished_transfer_of_what_is_settled_otherwise_is_removed(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    shop.product("NUT", 10)
    shop.relay.lose_answer_of("stock.picking/create")
    with pytest.raises(SourceUnavailable):
        shop.connector().book([shop.adjustment("BOLT", "-48")])
    assert shop.waiting() == 1

    # Meanwhile somebody has booked the bolts by hand, so that nobody asks for them any more.
    other = shop.adjustment("NUT", "2")
    assert shop.connector().book([other]) == {other.id}

    assert shop.waiting() == 0
    assert shop.quantities() == {"BOLT": 480, "NUT": 12}


def test_an_unfinished_transfer_that_somebody_changed_is_made_anew(shop: OdooShop) -> None:
    bolt = shop.product("BOLT", 480)
    adjustment = shop.adjustment("BOLT", "-48")
    shop.relay.lose_answer_of("stock.picking/create")
    with pytest.raises(SourceUnavailable):
        shop.connector().book([adjustment])
    domain = [["product_id", "=", bolt], ["inventory_name", "=", adjustment.id]]
    (move,) = shop.ask("stock.move", "search_read", domain=domain, fields=["id"])
    shop.ask("stock.move", "write", ids=[move["id"]], vals={"quantity": 40})

    assert shop.connector().book([adjustment]) == {adjustment.id}

    assert shop.quantities() == {"BOLT": 432}


def test_the_key_is_in_no_text(shop: OdooShop) -> None:
    source = OdooSource.model_validate(
        {"connector": "odoo", "url": shop.relay.url, "database": "stk", "api_key": "a-secret-key"}
    )

    assert "a-secret-key" not in f"{source!r} {source} {source.model_dump_json()}"


def test_an_unfinished_transfer_is_removed_although_nothing_is_left_to_book(shop: OdooShop) -> None:
    shop.product("BOLT", 480)
    shop.relay.lose_answer_of("stock.picking/create")
    with pytest.raises(SourceUnavailable):
        shop.connector().book([shop.adjustment("BOLT", "-48")])

    assert shop.connector().book([]) == set()

    assert shop.waiting() == 0
    assert shop.quantities() == {"BOLT": 480}


def test_booking_stops_while_there_is_time_left_for_reading(shop: OdooShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.product("BOLT", 480)
    monkeypatch.setattr(Api, "half_spent", True)

    assert shop.connector().book([shop.adjustment("BOLT", "-48")]) == set()

    assert shop.waiting() == 0
    assert shop.quantities() == {"BOLT": 480}
