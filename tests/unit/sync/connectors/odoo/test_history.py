"""What was sold since the last count."""

from decimal import Decimal

import pytest

from stkr.sync.connectors.odoo.history import sold_units
from stkr.sync.connectors.odoo.records import Total, parse_records
from tests.unit.sync.connectors.odoo.records import D, sites

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("steps", "sold"), [("ship_only", {(1, "WH"): D(28)}), ("pick_ship", {})])
def test_sales_are_only_known_where_they_leave_straight_to_the_customer(
    steps: str, sold: dict[tuple[int, str], Decimal]
) -> None:
    totals = parse_records(
        Total,
        [
            {"product_id": [1, "Bolt"], "location_id": [5, "S"], "location_dest_id": [2, "C"]}
            | {"quantity_product_uom:sum": 30},
            {"product_id": [1, "Bolt"], "location_id": [2, "C"], "location_dest_id": [6, "A"]}
            | {"quantity_product_uom:sum": 2},
        ],
    )

    assert sold_units(totals, [(1, "WH")], sites(steps=steps)) == sold
