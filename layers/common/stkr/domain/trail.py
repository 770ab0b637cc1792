"""The trail: one row for every action on a variance."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from stkr.domain.cause import Cause
from stkr.domain.line import Line
from stkr.domain.names import Instant, SessionId


class TrailAction(StrEnum):
    """What happened to a variance. ``withdrawn``: a corrected upload took it back before anybody decided."""

    QUEUED = "queued"
    APPROVED = "approved"
    REJECTED = "rejected"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One action: by whom (``user`` as typed, or the function's name), when, and the quantity before and after.

    ``link_issued_to`` is the addressee of the link that was used, ``confirmed_cause`` the cause that the manager chose.
    """

    action: TrailAction
    at: Instant
    user: str
    line: Line
    qty_before: Decimal
    qty_after: Decimal | None
    link_issued_to: str | None = None
    confirmed_cause: Cause | None = None
    reason: str | None = None


class TrailRow(BaseModel):
    """A row of the trail as stored; see ``TrailEntry``. Quantities are eaches, ``gap_value`` is money.

    ``partition`` and ``position`` are its key, which repeats some of the attributes. ``cause`` is the suggestion.
    ``action`` and the causes are plain text, so that a row written by anything else can be read and reported.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    partition: str
    position: str
    action: str
    at: Instant
    user: str
    sku: str
    location: str
    session_id: SessionId
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
        """The change of stock that the row states, in eaches."""
        return Decimal(0) if self.qty_after is None else self.qty_after - self.qty_before
