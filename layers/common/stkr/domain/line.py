"""A reconciled line of a session, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stkr.domain import variance_ids
from stkr.domain.cause import Cause, Evidence
from stkr.domain.counted import LineKind
from stkr.domain.stored import Stored
from stkr.domain.variance import Materiality, Timing


class LineState(StrEnum):
    """Where a line stands: a material variance is queued until somebody decides it."""

    IN_AGREEMENT = "in_agreement"
    MINOR = "minor"
    QUEUED = "queued"
    APPROVED = "approved"
    REJECTED = "rejected"


DECIDED = frozenset({LineState.APPROVED, LineState.REJECTED})


class Line(Stored):
    """One reconciled line of a session. Quantities are eaches, ``gap_pct`` is in percent, ``gap_value`` is money.

    ``system_qty`` and ``snapshot_version`` are what a decision is conditional on: the snapshot's, or live ones after
    a hold; ``held_from_qty`` then keeps the snapshot's. The gap is against ``system_qty`` too, unless ``timing`` says
    what was expected at the moment of counting. ``revision`` is raised by every change; old links die with it.
    ``mails`` counts how often the variance was mailed in this revision; ``digests`` names the latest digest that it was
    taken into, by recipient.
    """

    session_id: str
    sku: str
    name: str
    location: str
    kind: LineKind
    materiality: Materiality
    state: LineState
    system_qty: Decimal
    snapshot_version: int
    revision: int
    rule: str
    capture_seq: int
    counted_qty: Decimal | None = None
    gap_units: Decimal | None = None
    gap_pct: Decimal | None = None
    gap_value: Decimal | None = None
    unit_cost: Decimal | None = None
    pack_size: Decimal | None = None
    incomplete: bool = False
    evidence: Evidence | None = None
    cause: Cause | None = None
    rationale: str | None = None
    held_from_qty: Decimal | None = None
    timing: Timing | None = None
    queued_at: str | None = None
    due_at: str | None = None
    mailed_at: str | None = None
    mails: int = 0
    digests: Mapping[str, str] | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    link_issued_to: str | None = None
    confirmed_cause: Cause | None = None
    posted_units: Decimal | None = None

    @property
    def variance_id(self) -> str:
        """The name of this variance in this revision."""
        return variance_ids.variance_id(self.session_id, self.sku, self.revision)

    @property
    def rolled_qty(self) -> Decimal | None:
        """What the system should have said when the line was counted, where the gap is against that."""
        return self.timing.expected_qty if self.timing else None

    @property
    def expected_qty(self) -> Decimal:
        """What the gap is against."""
        return self.system_qty if self.rolled_qty is None else self.rolled_qty

    @property
    def qty_after(self) -> Decimal | None:
        """What approving brings the system quantity to, in eaches; ``None`` for an uncounted line.

        What moved since a line was counted is no part of its gap, and stays.
        """
        if self.rolled_qty is None or self.gap_units is None:
            return self.counted_qty
        return self.system_qty + self.gap_units


@dataclass(frozen=True, slots=True)
class StillQueued:
    """Variances of one session that wait to be decided: how many, and the sum of their gaps where those have a value.

    ``more`` says that only a part of what waits was read, so that there may be others.
    """

    number: int
    value: Decimal | None
    more: bool
