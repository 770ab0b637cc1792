"""What a session is judged against: the stock as it is frozen when a count is opened."""

from dataclasses import replace
from decimal import Decimal

import pytest

from stkr.domain.stock import History, StockRow
from stkr.session.core import Opening, snapshot_for

pytestmark = pytest.mark.unit

LISTED = StockRow("WIRE", "Wire", "yard", Decimal(40), Decimal(2), aliases=("501234",), by_measure=True, unit="m")
FOUND = StockRow("WIRE", "Wire", "aisle", Decimal(3), Decimal(2))
"""The same item where an approval put it on the books, and the system of record does not list it yet."""


def test_an_item_that_was_found_at_a_location_is_counted_there_by_its_barcode_and_in_its_measure() -> None:
    row = snapshot_for(Opening("aisle", "Sam"), [LISTED, FOUND]).rows["WIRE"]
    assert (row.aliases, row.by_measure, row.unit) == (LISTED.aliases, True, "m")
    assert (row.location, row.system_qty) == ("aisle", Decimal(3))


def test_a_row_that_has_codes_and_a_measure_keeps_its_own() -> None:
    own = replace(FOUND, aliases=("A-1",), unit="roll")
    assert snapshot_for(Opening("aisle", "Sam"), [LISTED, own]).rows["WIRE"] == own


def test_what_was_sold_and_delivered_elsewhere_is_no_evidence_for_an_item_found_here() -> None:
    past = History(sold_since_count=Decimal(214), last_received_at="2026-10-14", last_received_qty=Decimal(12))
    there, here = replace(LISTED, history=past), replace(FOUND, sku="BOLT", history=past)
    snapshot = snapshot_for(Opening("aisle", "Sam"), [there, here])
    assert snapshot.elsewhere["WIRE"] == LISTED
    assert snapshot.rows["BOLT"].history == past
