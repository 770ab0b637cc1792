"""The trail, which is the whole adjustments table: a row for every action on a variance. Rows are only ever added."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stkr.domain.trail import TrailEntry, TrailRow
from stkr.store import keyspace
from stkr.store.dynamodb import put, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def append(table: str, entry: TrailEntry) -> "TransactWriteItemTypeDef":
    """Action that adds a row to the trail."""
    # What the trail says is never changed, and no other request writes to it.
    position_is_free = "attribute_not_exists(PK)"
    line = entry.line
    item = {
        "PK": keyspace.sku(line.sku),
        "SK": keyspace.trail(entry.at, line.variance_id, entry.action),
        "action": entry.action,
        "at": entry.at,
        "user": entry.user,
        "sku": line.sku,
        "location": line.location,
        "session_id": line.session_id,
        "variance_id": line.variance_id,
        "qty_before": entry.qty_before,
        "qty_after": entry.qty_after,
        "gap_units": line.gap_units,
        "gap_value": line.gap_value,
        "cause": line.cause,
        "rationale": line.rationale,
        "confirmed_cause": entry.confirmed_cause,
        "link_issued_to": entry.link_issued_to,
        "reason": entry.reason,
    }
    return {"Put": put(table, item, condition=position_is_free)}  # type: ignore[typeddict-item]  # built request


def trail_row(stored: dict[str, Any]) -> TrailRow:
    """A row from an item's values."""
    return TrailRow.model_validate(stored | {"partition": stored["PK"], "position": stored["SK"]})


def read_trail(table: str, sku: str) -> Iterator[TrailRow]:
    """The trail of a SKU, read consistently, the earliest row first."""
    yield from map(trail_row, query(table, "PK = :sku", {":sku": keyspace.sku(sku)}))
