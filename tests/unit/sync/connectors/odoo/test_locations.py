"""Which places of Odoo belong to which location of ours."""

import pytest

from stkr.domain.errors import SourceRefused
from stkr.sync.connectors.odoo.locations import Sites
from tests.unit.sync.connectors.odoo.records import PLACES, SHELF, STOCK, sites

pytestmark = pytest.mark.unit


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
