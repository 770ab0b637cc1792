"""The trail: a row for every action on a variance. Rows are only ever put, and only where there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from stkr import keys
from stkr.cause.evidence import Cause
from stkr.store.counts import Line
from stkr.store.items import put, query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


class Action(StrEnum):
    """What happened to a variance. ``withdrawn``: a corrected upload took it back before anybody decided."""

    QUEUED = "queued"
    APPROVED = "approved"
    REJECTED = "rejected"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One action: by whom (``user`` as typed, or the function's name), when, and the quantity before and after.

    ``link_issued_to`` is the addressee of the link that was used, ``cause`` the suggestion, ``confirmed_cause`` what
    the manager made of it.
    """

    action: Action
    at: str
    user: str
    line: Line
    qty_before: Decimal
    qty_after: Decimal | None
    link_issued_to: str | None = None
    confirmed_cause: Cause | None = None
    reason: str | None = None


def append(table: str, entry: Entry) -> "TransactWriteItemTypeDef":
    """Action that adds a row to the trail; it refuses to write over one."""
    line = entry.line
    item = {
        "PK": keys.sku(line.sku),
        "SK": keys.trail(entry.at, line.variance_id, entry.action),
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
    return {"Put": put(table, item, condition="attribute_not_exists(PK)")}  # type: ignore[typeddict-item]  # built request


class TrailRow(BaseModel):
    """A row of the trail as stored; see ``Entry``. Quantities are eaches, ``gap_value`` is money.

    ``partition`` and ``position`` are its key, which repeats some of what the row says. ``action`` is a plain text, so
    that a row which somebody else has written can be read and told of.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    partition: str
    position: str
    action: str
    at: str
    user: str
    sku: str
    location: str
    session_id: str
    variance_id: str
    qty_before: Decimal
    qty_after: Decimal | None = None
    gap_units: Decimal | None = None
    gap_value: Decimal | None = None
    cause: str | None = None
    rationale: str | None = None
    confirmed_cause: str | None = None
    link_issued_to: str | None = None
    reason: str | None = None

    @property
    def units(self) -> Decimal:
        """By how many eaches the row says that the stock changes."""
        return Decimal(0) if self.qty_after is None else self.qty_after - self.qty_before


def trail_row(stored: dict[str, Any]) -> TrailRow:
    """A row from an item's values."""
    return TrailRow.model_validate(stored | {"partition": stored["PK"], "position": stored["SK"]})


def read_trail(table: str, sku: str) -> Iterator[TrailRow]:
    """The trail of a SKU, read consistently, the earliest row first."""
    yield from map(trail_row, query(table, "PK = :sku", {":sku": keys.sku(sku)}))
