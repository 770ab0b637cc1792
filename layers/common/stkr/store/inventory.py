"""The inventory table: one row per SKU and location, and the requests that read and change it.

Two functions write here, each its own quantity: ``sync`` owns ``source_qty`` (what the system of record last said),
``approve`` owns ``unbooked_qty`` (what managers approved and the system of record does not show yet). Their sum is
``system_qty``, and ``snapshot_version`` counts how often that sum has changed.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from stkr import aws, keys
from stkr.stock import History, StockRow
from stkr.store.items import attributes, put, query, update, values

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

ZERO = Decimal(0)


class InventoryRow(BaseModel):
    """A row as stored. Quantities are eaches, ``unit_cost`` is money per each; ``None`` means unknown, never zero.

    ``active`` is false once the system of record has stopped listing the row; its quantities then stay as they were.
    ``unbooked_since`` is the stored instant of the first approval that the system of record does not show yet.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    location: str
    sku: str
    source_qty: Decimal
    unbooked_qty: Decimal
    system_qty: Decimal
    snapshot_version: int
    active: bool
    name: str = ""
    category: str = ""
    bin: str = ""
    by_measure: bool = False
    unit: str = ""
    unit_cost: Decimal | None = None
    pack_size: Decimal | None = None
    aliases: tuple[str, ...] = ()
    sold_since_count: Decimal | None = None
    last_received_at: str | None = None
    last_received_qty: Decimal | None = None
    last_counted_at: str | None = None
    unbooked_since: str | None = None

    def attributes(self) -> dict[str, Any]:
        """Everything but the key as plain values for DynamoDB, without what is absent or empty."""
        stored = self.model_dump(exclude={"location", "sku"}, exclude_none=True)
        return {name: value for name, value in stored.items() if value not in ("", ())}

    def stock(self) -> StockRow:
        """As every stage sees it."""
        return StockRow(
            sku=self.sku,
            name=self.name,
            location=self.location,
            system_qty=self.system_qty,
            unit_cost=self.unit_cost,
            pack_size=self.pack_size,
            aliases=self.aliases,
            category=self.category,
            bin=self.bin,
            by_measure=self.by_measure,
            unit=self.unit,
            snapshot_version=self.snapshot_version,
            history=History(self.sold_since_count, self.last_received_at, self.last_received_qty, self.last_counted_at),
        )


def row_key(location: str, sku: str) -> dict[str, str]:
    """Key of a row."""
    return {"PK": keys.location(location), "SK": keys.sku(sku)}


def _row(stored: dict[str, Any]) -> InventoryRow:
    """A row from an item's values; location and SKU are read from its key."""
    location = stored["PK"].removeprefix(keys.location(""))
    return InventoryRow.model_validate(stored | {"location": location, "sku": stored["SK"].removeprefix(keys.sku(""))})


def read_row(table: str, location: str, sku: str) -> InventoryRow | None:
    """A row, read consistently; ``None`` where there is none."""
    found = aws.dynamodb().get_item(TableName=table, Key=attributes(row_key(location, sku)), ConsistentRead=True)
    return _row(values(found["Item"])) if "Item" in found else None


def read_location(table: str, location: str) -> Iterator[InventoryRow]:
    """All rows of a location, the inactive ones too, read consistently, by SKU."""
    given = {":location": keys.location(location), ":sku": keys.sku("")}
    yield from map(_row, query(table, "PK = :location AND begins_with(SK, :sku)", given))


def create_row(table: str, row: InventoryRow) -> dict[str, Any]:
    """PutItem request for a row that is not there yet."""
    # An approval may have created the row since it was looked for; its quantity must not be written over.
    is_new = "attribute_not_exists(PK)"
    return put(table, row_key(row.location, row.sku) | row.attributes(), condition=is_new)


def change_row(table: str, seen: InventoryRow, wanted: InventoryRow) -> dict[str, Any]:
    """UpdateItem request that turns a row as it was ``seen`` into the row ``wanted``; it assigns only what differs.

    :param wanted: the same location and SKU, with at least one attribute that differs.
    """
    # Every approval raises the version: one that was posted since the row was read must not be written over.
    no_approval_since = "#snapshot_version = :seen_version"
    # Settling a booking leaves the version alone, but never what the source said.
    no_sync_since = "#source_qty = :seen_source"
    before, after = seen.attributes(), wanted.attributes()
    differing = [name for name in before | after if before.get(name) != after.get(name)]
    return update(
        table,
        row_key(seen.location, seen.sku),
        condition=f"{no_approval_since} AND {no_sync_since}",
        sets={name: after.get(name) for name in differing},
        names={"#snapshot_version": "snapshot_version", "#source_qty": "source_qty"},
        given={":seen_version": seen.snapshot_version, ":seen_source": seen.source_qty},
    )


def post_adjustment(
    table: str, *, location: str, sku: str, gap_units: Decimal, expected_qty: Decimal, expected_version: int, at: str
) -> "TransactWriteItemTypeDef":
    """Action that moves a row's quantity by an approved gap, provided the stock is as the manager was shown it.

    :param gap_units: eaches, counted minus expected; not zero.
    :param at: stored instant of the approval.
    """
    # The manager approved a gap against this quantity: against any other it would be a different gap.
    is_expected_qty = "system_qty = :expected_qty"
    # Stock that left and came back shows the same quantity, but the count was made in between.
    has_not_moved = "snapshot_version = :expected_version"
    return {
        "Update": {
            "TableName": table,
            "Key": attributes(row_key(location, sku)),
            "UpdateExpression": (
                "SET unbooked_qty = unbooked_qty + :gap, system_qty = system_qty + :gap, "
                "snapshot_version = snapshot_version + :one, unbooked_since = if_not_exists(unbooked_since, :at)"
            ),
            "ConditionExpression": f"{is_expected_qty} AND {has_not_moved}",
            "ExpressionAttributeValues": attributes(
                {
                    ":gap": gap_units,
                    ":one": 1,
                    ":at": at,
                    ":expected_qty": expected_qty,
                    ":expected_version": expected_version,
                }
            ),
        }
    }


def post_unrecorded(  # noqa: PLR0913 - a whole row, each attribute by its name
    table: str,
    *,
    location: str,
    sku: str,
    name: str,
    counted_qty: Decimal,
    at: str,
    unit_cost: Decimal | None = None,
    pack_size: Decimal | None = None,
) -> "TransactWriteItemTypeDef":
    """Action that puts an item on the books of a location that did not stock it: all of it approved, none of it booked.

    :param counted_qty: eaches; ``unit_cost`` is per each and ``pack_size`` eaches per case, ``None`` when unknown.
    :param at: stored instant of the approval.
    """
    # Somebody who stocked it since has another quantity to compare the count with: the decision must be made afresh.
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
            "unbooked_since": at,
            "active": True,
        }
    )
    assignments = [f"#{attribute} = :{attribute}" for attribute in assigned]
    # A dropped row's count of movements goes on, so that no older link can fit by chance.
    assignments.append("#snapshot_version = if_not_exists(#snapshot_version, :none) + :one")
    return {
        "Update": {
            "TableName": table,
            "Key": attributes(row_key(location, sku)),
            "UpdateExpression": f"SET {', '.join(assignments)}",
            "ConditionExpression": f"{is_not_stocked} OR {is_dropped}",
            "ExpressionAttributeNames": {f"#{attribute}": attribute for attribute in (*assigned, "snapshot_version")},
            "ExpressionAttributeValues": {f":{attribute}": value for attribute, value in assigned.items()}
            | attributes({":none": 0, ":one": 1, ":false": False}),
        }
    }
