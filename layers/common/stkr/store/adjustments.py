"""The trail: a row for every action on a variance. Rows are only ever put, and only where there is none."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from stkr import keys
from stkr.cause.evidence import Cause
from stkr.store.counts import Line
from stkr.store.items import put

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
