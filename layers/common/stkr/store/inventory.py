"""The inventory table: one row per SKU and location, and the requests that read and change it.

Two functions write here, each its own quantity: ``sync`` owns ``source_qty`` (what the system of record last said),
``approve`` owns ``unbooked_qty`` (what managers approved and the system of record does not show yet). Their sum is
``system_qty``, and ``snapshot_version`` counts how often that sum has changed. ``unbooked`` lists the approvals that
``unbooked_qty`` is the sum of; while it is there, the row is in the index ``by_booking``.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stkr.domain.exact import ZERO
from stkr.domain.inventory import MAX_UNBOOKED, InventoryRow, Unbooked, UnbookedRow
from stkr.domain.names import Instant
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import attributes, put, query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def row_key(location: str, sku: str) -> dict[str, str]:
    """Key of a row."""
    return {"PK": keyspace.location(location), "SK": keyspace.sku(sku)}


def _place(stored: dict[str, Any]) -> tuple[str, str]:
    return stored["PK"].removeprefix(keyspace.location("")), stored["SK"].removeprefix(keyspace.sku(""))


def inventory_row(stored: dict[str, Any]) -> InventoryRow:
    """A row from an item's values; location and SKU are read from its key."""
    location, sku = _place(stored)
    return InventoryRow.model_validate(stored | {"location": location, "sku": sku})


def read_row(table: str, location: str, sku: str) -> InventoryRow | None:
    """A row, read consistently; ``None`` where there is none."""
    answer = aws.dynamodb().get_item(TableName=table, Key=attributes(row_key(location, sku)), ConsistentRead=True)
    return inventory_row(values(answer["Item"])) if "Item" in answer else None


def read_location(table: str, location: str) -> Iterator[InventoryRow]:
    """All rows of a location, the inactive ones too, read consistently, by SKU."""
    bound = {":location": keyspace.location(location), ":sku": keyspace.sku("")}
    yield from map(inventory_row, query(table, "PK = :location AND begins_with(SK, :sku)", bound))


def read_waiting(table: str, until: Instant | None = None) -> Iterator[UnbookedRow]:
    """The rows that have something to be booked, those that have waited longest first.

    The index may be a moment behind the table.

    :param until: stored instant; only rows that have waited since then or longer.
    """
    condition, bound = "unbooked_pk = :unbooked", {":unbooked": keyspace.UNBOOKED}
    if until is not None:
        condition, bound = f"{condition} AND unbooked_since <= :until", {**bound, ":until": until}
    for stored in query(table, condition, bound, index="by_booking"):
        location, sku = _place(stored)
        adjustments = tuple(map(Unbooked.model_validate, stored["unbooked"]))
        yield UnbookedRow(
            location=location,
            sku=sku,
            name=stored.get("name", ""),
            adjustments=adjustments,
            since=stored["unbooked_since"],
        )


def row_attributes(row: InventoryRow) -> dict[str, Any]:
    """Everything of a row's item but its key; with its place in the booking index while something waits."""
    indexed = {"unbooked_pk": keyspace.UNBOOKED} if row.unbooked else {}
    return row.attributes() | indexed


def create_row(table: str, row: InventoryRow) -> dict[str, Any]:
    """PutItem request for a row that is not there yet."""
    # An approval may have created the row since it was looked for; its quantity must not be written over.
    is_new = "attribute_not_exists(PK)"
    return put(table, row_key(row.location, row.sku) | row_attributes(row), condition=is_new)


def change_row(table: str, as_read: InventoryRow, wanted: InventoryRow) -> dict[str, Any]:
    """UpdateItem request that turns a row as it was read into the row ``wanted``; it assigns only what differs.

    :param wanted: the same location and SKU, with at least one attribute that differs.
    """
    # Every approval raises the version: one that was posted since the row was read must not be written over.
    no_approval_since = "#snapshot_version = :seen_version"
    # Settling a booking leaves the version alone, but never what the source said.
    no_sync_since = "#source_qty = :seen_source"
    before, after = row_attributes(as_read), row_attributes(wanted)
    differing = [name for name in before | after if before.get(name) != after.get(name)]
    return update(
        table,
        row_key(as_read.location, as_read.sku),
        condition=f"{no_approval_since} AND {no_sync_since}",
        sets={name: after.get(name) for name in differing},
        names={"#snapshot_version": "snapshot_version", "#source_qty": "source_qty"},
        bound={":seen_version": as_read.snapshot_version, ":seen_source": as_read.source_qty},
    )


def post_adjustment(  # noqa: PLR0913 - the adjustment, and the stock it was decided against
    table: str,
    *,
    location: str,
    sku: str,
    adjustment: str,
    gap_units: Decimal,
    expected_qty: Decimal,
    expected_version: int,
    at: Instant,
) -> "TransactWriteItemTypeDef":
    """Action that moves a row's quantity by an approved gap, provided the stock is as the manager was shown it.

    :param adjustment: the variance's id, under which the gap will be booked.
    :param gap_units: eaches, counted minus expected.
    :param at: stored instant of the approval.
    """
    # The manager approved a gap against this quantity: against any other it would be a different gap.
    is_expected_qty = "system_qty = :expected_qty"
    # Stock that left and came back shows the same quantity, but the count was made in between.
    has_not_moved = "snapshot_version = :expected_version"
    # Beyond, the item would grow until nothing could be written to it any more.
    has_room = "(attribute_not_exists(unbooked) OR size(unbooked) < :most)"
    moves = [
        "unbooked_qty = unbooked_qty + :gap",
        "system_qty = system_qty + :gap",
        "snapshot_version = snapshot_version + :one",
    ]
    bound: dict[str, Any] = {
        ":gap": gap_units,
        ":one": 1,
        ":expected_qty": expected_qty,
        ":expected_version": expected_version,
        ":most": MAX_UNBOOKED,
    }
    waiting = _waiting(adjustment, gap_units, at)
    if waiting:
        moves += [
            "unbooked = list_append(if_not_exists(unbooked, :none), :unbooked)",
            "unbooked_since = if_not_exists(unbooked_since, :unbooked_since)",
            "unbooked_pk = :unbooked_pk",
        ]
        bound |= {":none": [], **{f":{name}": value for name, value in waiting.items()}}
    return {
        "Update": {
            "TableName": table,
            "Key": attributes(row_key(location, sku)),
            "UpdateExpression": f"SET {', '.join(moves)}",
            "ConditionExpression": f"{is_expected_qty} AND {has_not_moved} AND {has_room}",
            "ExpressionAttributeValues": attributes(bound),
        }
    }


def _waiting(adjustment: str, units: Decimal, at: Instant) -> dict[str, Any]:
    """The attributes of a row that waits for one adjustment to be booked; none where there is nothing to book."""
    if not units:
        return {}
    unbooked = Unbooked(id=adjustment, units=units, at=at)
    return {"unbooked": [unbooked.model_dump()], "unbooked_since": at, "unbooked_pk": keyspace.UNBOOKED}


def post_unrecorded(  # noqa: PLR0913 - a whole row, each attribute by its name
    table: str,
    *,
    location: str,
    sku: str,
    name: str,
    adjustment: str,
    counted_qty: Decimal,
    at: Instant,
    unit_cost: Decimal | None = None,
    pack_size: Decimal | None = None,
) -> "TransactWriteItemTypeDef":
    """Action that puts an item on the books of a location that did not stock it: all of it approved, none of it booked.

    :param adjustment: the variance's id, under which it will be booked.
    :param counted_qty: eaches; ``unit_cost`` is per each and ``pack_size`` eaches per case, ``None`` when unknown.
    :param at: stored instant of the approval.
    """
    # If it was stocked since, the count has to be compared with that quantity: the decision must be made afresh.
    is_not_stocked = "attribute_not_exists(PK)"
    # A row the system of record dropped is not stocked either; what it last said no longer counts.
    is_dropped = "#active = :false"
    assigned = attributes(
        {
            "name": name,
            "unit_cost": unit_cost,
            "pack_size": pack_size,
            "source_qty": ZERO,
            "unbooked_qty": counted_qty,
            "system_qty": counted_qty,
            "active": True,
            **_waiting(adjustment, counted_qty, at),
        }
    )
    # Adjustments that waited on a dropped row are not booked any more.
    dropped = [name for name in ("unbooked", "unbooked_since", "unbooked_pk") if name not in assigned]
    assignments = [f"#{attribute} = :{attribute}" for attribute in assigned]
    # A dropped row's count of movements goes on, so that no older link can fit by chance.
    assignments.append("#snapshot_version = if_not_exists(#snapshot_version, :none) + :one")
    return {
        "Update": {
            "TableName": table,
            "Key": attributes(row_key(location, sku)),
            "UpdateExpression": f"SET {', '.join(assignments)}"
            + (f" REMOVE {', '.join(f'#{name}' for name in dropped)}" if dropped else ""),
            "ConditionExpression": f"{is_not_stocked} OR {is_dropped}",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*assigned, *dropped, "snapshot_version")},
            "ExpressionAttributeValues": {f":{attribute}": value for attribute, value in assigned.items()}
            | attributes({":none": 0, ":one": 1, ":false": False}),
        }
    }
