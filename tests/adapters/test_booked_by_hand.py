"""What a person has booked in the system of record and says so, before or after the sync that shows it."""

from datetime import UTC, datetime

import pytest

from stkr.domain import instants
from stkr.domain.errors import Busy, NothingWaits
from stkr.store.dynamodb import conditional_update
from stkr.store.sync_state import begin_run, read_state
from stkr_cli.mark_booked import mark_booked
from tests.adapters.test_sync import SHEET, TABLE, StockFile, approve, figures

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

ADJUSTMENT = "count.BOLT.r1"
NOW = instants.instant(datetime(2026, 11, 21, 13, tzinfo=UTC))


@pytest.fixture
def shop() -> StockFile:
    """480 bolts on the books, of which a manager has written off 48."""
    shop = StockFile()
    shop.upload(SHEET)
    shop.sync()
    approve(-48)
    return shop


def test_a_booking_that_a_sale_had_hidden_counts_once_it_is_said(shop: StockFile) -> None:
    shop.upload({**SHEET, ("shop", "BOLT"): 427})  # 48 booked and five sold
    shop.sync()
    assert figures()[:3] == (427, -48, 379)

    assert mark_booked(TABLE, ADJUSTMENT, NOW).unbooked_qty == 0
    shop.sync()  # of a file that is still the same

    assert figures()[:3] == (427, 0, 427)


def test_a_booking_may_be_said_before_the_source_is_read(shop: StockFile) -> None:
    mark_booked(TABLE, ADJUSTMENT, NOW)
    assert figures()[:3] == (432, 0, 432)
    shop.upload({**SHEET, ("shop", "BOLT"): 427})
    shop.sync()

    assert figures()[:3] == (427, 0, 427)


def test_what_does_not_wait_cannot_be_said_to_be_booked(shop: StockFile) -> None:
    with pytest.raises(NothingWaits, match=r"count\.BOLT\.r9"):
        mark_booked(TABLE, "count.BOLT.r9", NOW)
    mark_booked(TABLE, ADJUSTMENT, NOW)
    with pytest.raises(NothingWaits):
        mark_booked(TABLE, ADJUSTMENT, NOW)


def test_nothing_is_noted_while_a_sync_is_at_work(shop: StockFile) -> None:
    until = instants.instant(datetime(2026, 11, 21, 14, tzinfo=UTC))
    assert conditional_update(begin_run(TABLE, read_state(TABLE), now=NOW, until=until))
    with pytest.raises(Busy, match="sync"):
        mark_booked(TABLE, ADJUSTMENT, NOW)

    assert figures()[:3] == (480, -48, 432)
