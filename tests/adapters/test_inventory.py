"""The inventory table: what its requests change, and what they refuse to."""

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from stkr.domain.inventory import MAX_UNBOOKED, InventoryRow, Unbooked, UnbookedRow
from stkr.domain.names import Instant
from stkr.domain.stock import History, StockRow
from stkr.infra import aws
from stkr.store.dynamodb import conditional_update, pause, transact
from stkr.store.inventory import (
    change_row,
    create_row,
    post_adjustment,
    post_unrecorded,
    read_location,
    read_row,
    read_waiting,
)
from tests.deployment import Deployment, stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

TABLE = "shop-inventory"
NOON = Instant("2026-11-21T12:00:00.000000Z")
LATER = Instant("2026-11-28T12:00:00.000000Z")

BOLTS = InventoryRow(
    location="fixings-aisle",
    sku="BOLT-M6-50",
    name="M6 bolts 50 mm",
    source_qty=Decimal(480),
    unbooked_qty=Decimal(0),
    system_qty=Decimal(480),
    snapshot_version=3,
    active=True,
    category="bolts",
    bin="F-12",
    unit_cost=Decimal("0.35"),
    pack_size=Decimal(24),
    unit="case",
    aliases=("5012345678900", "15012345678907*24"),
    sold_since_count=Decimal(130),
    last_received_at="2026-10-01",
    last_received_qty=Decimal(200),
    last_counted_at="2026-09-26",
)


def put(row: InventoryRow) -> None:
    aws.dynamodb().put_item(**create_row(TABLE, row))


def live(row: InventoryRow = BOLTS) -> InventoryRow:
    found = read_row(TABLE, row.location, row.sku)
    assert found is not None
    return found


def approve(gap: int, expected_qty: int, expected_version: int, at: str = NOON, adjustment: str = "count.r1") -> str:
    action = post_adjustment(
        TABLE,
        location=BOLTS.location,
        sku=BOLTS.sku,
        adjustment=adjustment,
        gap_units=Decimal(gap),
        expected_qty=Decimal(expected_qty),
        expected_version=expected_version,
        at=Instant(at),
    )
    return transact([action], pause)[0]


def unrecorded(counted: int, at: str = NOON) -> "TransactWriteItemTypeDef":
    return post_unrecorded(
        TABLE,
        location=BOLTS.location,
        sku=BOLTS.sku,
        name=BOLTS.name,
        adjustment="count.r1",
        counted_qty=Decimal(counted),
        at=Instant(at),
        unit_cost=Decimal("0.35"),
    )


def test_a_row_reads_back_as_it_was_written_and_carries_no_empty_attribute() -> None:
    bare = InventoryRow(
        location="yard",
        sku="SAND",
        name="Sand",
        source_qty=Decimal("2.5"),
        unbooked_qty=Decimal(0),
        system_qty=Decimal("2.5"),
        snapshot_version=1,
        active=True,
    )
    put(BOLTS)
    put(bare)

    assert (live(), live(bare)) == (BOLTS, bare)
    item = aws.dynamodb().get_item(TableName=TABLE, Key={"PK": {"S": "LOC#yard"}, "SK": {"S": "SKU#SAND"}})["Item"]
    assert not item.keys() & {
        "unit",
        "category",
        "bin",
        "aliases",
        "unit_cost",
        "pack_size",
        "unbooked",
        "unbooked_since",
        "unbooked_pk",
        "location",
    }


def test_a_row_becomes_a_stock_row_with_its_history() -> None:
    assert BOLTS.stock() == StockRow(
        sku="BOLT-M6-50",
        name="M6 bolts 50 mm",
        location="fixings-aisle",
        system_qty=Decimal(480),
        unit_cost=Decimal("0.35"),
        pack_size=Decimal(24),
        unit="case",
        aliases=("5012345678900", "15012345678907*24"),
        category="bolts",
        bin="F-12",
        snapshot_version=3,
        history=History(Decimal(130), "2026-10-01", Decimal(200), "2026-09-26"),
    )


def test_there_is_no_row_where_none_was_written() -> None:
    assert read_row(TABLE, "fixings-aisle", "BOLT-M6-50") is None
    assert list(read_location(TABLE, "fixings-aisle")) == []


def test_a_location_is_read_whole_however_large_it_is() -> None:
    pages = [BOLTS.model_copy(update={"sku": f"BIG-{number}", "name": "x" * 350_000}) for number in range(4)]
    for row in [*pages, BOLTS.model_copy(update={"location": "yard"})]:
        put(row)

    assert [row.sku for row in read_location(TABLE, "fixings-aisle")] == ["BIG-0", "BIG-1", "BIG-2", "BIG-3"]


def test_a_row_that_exists_is_not_created_over() -> None:
    put(BOLTS)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        put(BOLTS.model_copy(update={"source_qty": Decimal(0)}))
    assert live() == BOLTS


def test_a_change_assigns_only_what_differs_and_removes_what_is_gone() -> None:
    put(BOLTS)
    wanted = BOLTS.model_copy(update={"unit_cost": Decimal("0.40"), "last_received_at": None, "aliases": ()})

    request = change_row(TABLE, BOLTS, wanted)

    written = re.findall(r"#(\w+)", request["UpdateExpression"])
    assert sorted(written) == ["aliases", "last_received_at", "unit_cost"]
    assert conditional_update(request) is not None
    assert live() == wanted


def test_a_change_is_refused_when_an_approval_was_posted_since_the_row_was_read() -> None:
    put(BOLTS)
    assert approve(-48, 480, 3) == "done"

    assert conditional_update(change_row(TABLE, BOLTS, BOLTS.model_copy(update={"name": "Bolts"}))) is None


def test_a_change_is_refused_when_another_sync_wrote_what_the_source_says() -> None:
    put(BOLTS)
    booked = BOLTS.model_copy(update={"source_qty": Decimal(432), "unbooked_qty": Decimal(48)})
    assert conditional_update(change_row(TABLE, BOLTS, booked)) is not None

    assert conditional_update(change_row(TABLE, BOLTS, BOLTS.model_copy(update={"name": "Bolts"}))) is None


def test_an_approval_moves_the_quantity_and_remembers_since_when_it_waits_to_be_booked() -> None:
    put(BOLTS)

    assert approve(-48, 480, 3) == "done"
    assert approve(2, 432, 4, LATER, "recount.r1") == "done"

    assert live() == BOLTS.model_copy(
        update={
            "unbooked_qty": Decimal(-46),
            "system_qty": Decimal(434),
            "snapshot_version": 5,
            "unbooked": (
                Unbooked(id="count.r1", units=Decimal(-48), at=NOON),
                Unbooked(id="recount.r1", units=Decimal(2), at=LATER),
            ),
            "unbooked_since": NOON,
        }
    )


@pytest.mark.parametrize(
    ("expected_qty", "expected_version"),
    [
        pytest.param(479, 3, id="the stock moved"),
        pytest.param(480, 2, id="the stock moved there and back"),
    ],
)
def test_an_approval_of_a_stale_figure_changes_nothing(expected_qty: int, expected_version: int) -> None:
    put(BOLTS)

    assert approve(-48, expected_qty, expected_version) == "condition"
    assert live() == BOLTS


def test_an_approval_of_a_row_that_does_not_exist_creates_none() -> None:
    assert approve(-48, 480, 3) == "condition"
    assert read_row(TABLE, BOLTS.location, BOLTS.sku) is None


def test_an_unrecorded_item_is_put_on_the_books_with_everything_unbooked() -> None:
    assert transact([unrecorded(7)], pause) == ["done"]

    row = live()
    assert [int(row.source_qty), int(row.unbooked_qty), int(row.system_qty)] == [0, 7, 7]
    assert (row.snapshot_version, row.active, row.name, row.unit_cost) == (1, True, BOLTS.name, Decimal("0.35"))
    assert row.unbooked_since == NOON


def test_what_waits_is_found_without_its_rows_the_longest_wait_first_and_only_while_it_waits() -> None:
    paint = BOLTS.model_copy(update={"sku": "PAINT", "name": "Paint"})
    for row in (BOLTS, paint, BOLTS.model_copy(update={"sku": "NUT"})):
        put(row)
    assert approve(-48, 480, 3, LATER) == "done"
    later = Unbooked(id="count.r1", units=Decimal(-48), at=LATER)
    first = Unbooked(id="other.r1", units=Decimal(3), at=NOON)
    waits = {"unbooked": (first,), "unbooked_qty": Decimal(3), "unbooked_since": NOON, "system_qty": Decimal(483)}
    assert conditional_update(change_row(TABLE, paint, paint.model_copy(update=waits))) is not None

    assert list(read_waiting(TABLE)) == [
        UnbookedRow("fixings-aisle", "PAINT", "Paint", (first,), NOON),
        UnbookedRow("fixings-aisle", BOLTS.sku, BOLTS.name, (later,), LATER),
    ]
    assert [row.sku for row in read_waiting(TABLE, until=NOON)] == ["PAINT"]

    assert conditional_update(change_row(TABLE, live(), BOLTS.model_copy(update={"snapshot_version": 4}))) is not None
    assert [row.sku for row in read_waiting(TABLE)] == ["PAINT"]


def test_a_gap_of_nothing_leaves_nothing_to_be_booked() -> None:
    put(BOLTS)

    assert approve(0, 480, 3) == "done"

    assert live() == BOLTS.model_copy(update={"snapshot_version": 4})
    assert list(read_waiting(TABLE)) == []


def test_approvals_that_pile_up_unbooked_are_refused_long_before_an_item_is_full() -> None:
    longest = "s" * 32 + "." + "🔩" * 128 + ".r99999900"
    many = tuple(Unbooked(id=f"{longest}{number:03}", units=Decimal(-1), at=NOON) for number in range(MAX_UNBOOKED - 1))
    put(BOLTS.model_copy(update={"unbooked": many, "unbooked_since": NOON}))

    assert approve(-1, 480, 3) == "done"
    assert approve(-1, 479, 4) == "condition"

    item = aws.dynamodb().get_item(
        TableName=TABLE, Key={"PK": {"S": "LOC#fixings-aisle"}, "SK": {"S": "SKU#BOLT-M6-50"}}
    )
    assert len(json.dumps(item["Item"], ensure_ascii=False).encode()) < 100_000


def test_an_unrecorded_item_of_which_none_was_counted_waits_for_nothing() -> None:
    put(BOLTS.model_copy(update={"active": False, "unbooked": (Unbooked(id="old", units=Decimal(1), at=NOON),)}))

    assert transact([unrecorded(0)], pause) == ["done"]

    assert (len(live().unbooked), int(live().unbooked_qty), int(live().system_qty)) == (0, 0, 0)
    assert list(read_waiting(TABLE)) == []


def test_an_unrecorded_item_that_was_stocked_meanwhile_is_not_posted() -> None:
    put(BOLTS)

    assert transact([unrecorded(7)], pause) == ["condition"]
    assert live() == BOLTS


def test_an_unrecorded_item_takes_the_place_of_a_row_the_source_dropped() -> None:
    put(BOLTS.model_copy(update={"active": False}))

    assert transact([unrecorded(7)], pause) == ["done"]

    row = live()
    assert [int(row.source_qty), int(row.unbooked_qty), int(row.system_qty)] == [0, 7, 7]
    assert (row.snapshot_version, row.active, row.aliases) == (4, True, BOLTS.aliases)


def test_the_role_of_approve_may_name_every_attribute_its_posts_name(deployment: Deployment) -> None:
    stock = stack().arn("InventoryTable")
    granted = [
        statement.condition["ForAllValues:StringEquals"]["dynamodb:Attributes"]
        for statement in stack().function_statements("approve")
        if statement.could_allow("dynamodb:UpdateItem", stock)
    ]
    adjustment = post_adjustment(
        TABLE,
        location="a",
        sku="b",
        adjustment="c.r1",
        gap_units=Decimal(1),
        expected_qty=Decimal(1),
        expected_version=1,
        at=NOON,
    )["Update"]
    creation = post_unrecorded(
        TABLE,
        location="a",
        sku="b",
        name="c",
        adjustment="c.r1",
        counted_qty=Decimal(1),
        at=NOON,
        unit_cost=Decimal(1),
        pack_size=Decimal(1),
    )["Update"]
    expressions = adjustment["UpdateExpression"] + adjustment.get("ConditionExpression", "")
    named = set(re.findall(r"(?<![:\w])[a-z]+(?:_[a-z]+)+(?!\w|\()", expressions)) | {"PK", "SK"}
    named |= set(creation.get("ExpressionAttributeNames", {}).values())

    assert {"unbooked_since", "system_qty", "active", "pack_size"} <= named
    assert granted
    assert all(named <= attributes for attributes in granted), named
