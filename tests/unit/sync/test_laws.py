"""Laws that hold for any source and any stored rows."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.inventory import InventoryRow
from stkr.domain.stock import StockRow
from stkr.sync.core import BookedByHand, Confirmation, SyncPlan, plan_rows
from tests.unit.sync.rows import BY_HAND, approved, said, stored

pytestmark = pytest.mark.unit

ANY_LOSS = Decimal(100)

places = st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from(["shop", "yard"]))
quantities = st.integers(-3, 6)


@st.composite
def sources(draw: st.DrawFn) -> list[StockRow]:
    """A source that names no row twice, in any order."""
    listed = draw(st.dictionaries(places, quantities, min_size=1))
    names = st.sampled_from(["", "bolts", "paint"])
    rows = [said(qty, sku, location, category=draw(names)) for (sku, location), qty in listed.items()]
    return draw(st.permutations(rows))


confirmations: st.SearchStrategy[Confirmation] = st.sampled_from([BY_HAND, BookedByHand(until="")]) | st.frozensets(
    st.sampled_from([f"{sku}.r{number}" for sku in "ABCD" for number in range(3)])
)
"""What the source says it contains, or that people book by hand and have, or have not, had the time to."""


@st.composite
def inventories(draw: st.DrawFn) -> list[InventoryRow]:
    """Rows as any history of syncs and approvals may have left them."""
    gaps = st.lists(quantities.filter(bool), max_size=3)
    known = draw(st.dictionaries(places, st.tuples(quantities, gaps, st.booleans())))
    rows = []
    for (sku, location), (qty, of_row, active) in known.items():
        row = stored(qty, sku, location, active=active)
        for gap in of_row:
            row = approved(row, gap)
        rows.append(row)
    return rows


def applied(rows: list[InventoryRow], planned: SyncPlan) -> dict[tuple[str, str], InventoryRow]:
    """The stored rows after a plan was carried out."""
    after = {(row.location, row.sku): row for row in rows}
    return after | {(change.wanted.location, change.wanted.sku): change.wanted for change in planned.changes}


@given(sources(), inventories(), confirmations, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation, random: Random
) -> None:
    shuffled, shuffled_rows = random.sample(listed, len(listed)), random.sample(rows, len(rows))

    assert plan_rows(shuffled, shuffled_rows, ANY_LOSS, confirmed) == plan_rows(listed, rows, ANY_LOSS, confirmed)


@given(sources(), inventories(), confirmations)
def test_syncing_twice_is_syncing_once(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation
) -> None:
    once = applied(rows, plan_rows(listed, rows, ANY_LOSS, confirmed))

    assert plan_rows(listed, once.values(), ANY_LOSS, confirmed).changes == ()


@given(sources(), inventories(), confirmations)
def test_the_system_quantity_is_always_what_the_source_says_plus_what_is_unbooked(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation
) -> None:
    after = applied(rows, plan_rows(listed, rows, ANY_LOSS, confirmed))

    assert all(row.system_qty == row.source_qty + row.unbooked_qty for row in after.values())
    assert all(after[row.location, row.sku].source_qty == row.system_qty for row in listed)


@given(sources(), inventories(), confirmations)
def test_the_version_rises_exactly_when_the_stock_moves(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation
) -> None:
    after = applied(rows, plan_rows(listed, rows, ANY_LOSS, confirmed))

    for row in rows:
        then = after[row.location, row.sku]
        assert then.snapshot_version - row.snapshot_version == (then.system_qty != row.system_qty)


@given(sources(), inventories(), confirmations)
def test_an_adjustment_is_kept_or_settled_whole_and_only_a_confirmed_one_where_the_source_confirms(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation
) -> None:
    after = applied(rows, plan_rows(listed, rows, ANY_LOSS, confirmed))

    for row in rows:
        then = after[row.location, row.sku]
        if isinstance(confirmed, BookedByHand):
            assert then.unbooked == tuple(one for one in row.unbooked if one in then.unbooked)
        else:
            assert then.unbooked == tuple(one for one in row.unbooked if one.id not in confirmed)
        assert then.unbooked_qty == sum(one.units for one in then.unbooked)


@given(sources(), inventories(), confirmations)
def test_no_row_is_ever_lost_and_every_row_is_accounted_for(
    listed: list[StockRow], rows: list[InventoryRow], confirmed: Confirmation
) -> None:
    planned = plan_rows(listed, rows, ANY_LOSS, confirmed)
    everywhere = {(row.location, row.sku) for row in listed} | {(row.location, row.sku) for row in rows}

    assert applied(rows, planned).keys() == everywhere
    assert len(planned.changes) + planned.unchanged == len(everywhere)
