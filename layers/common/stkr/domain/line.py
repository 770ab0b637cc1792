"""Lines: the reconciled items of a session, each with its state."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stkr.domain.cause import Cause, Evidence
from stkr.domain.counted import LineKind
from stkr.domain.names import Instant, SessionId
from stkr.domain.stored import Stored
from stkr.domain.variance import Materiality, Timing
from stkr.domain.variance_ids import variance_id


class LineState(StrEnum):
    """The state of a line: a material variance is queued until somebody decides it."""

    IN_AGREEMENT = "in_agreement"
    MINOR = "minor"
    QUEUED = "queued"
    APPROVED = "approved"
    REJECTED = "rejected"


DECIDED = frozenset({LineState.APPROVED, LineState.REJECTED})


class Line(Stored):
    """One reconciled line of a session. Quantities are eaches, ``gap_pct`` is in percent, ``gap_value`` is money.

    A decision is conditional on ``system_qty`` and ``snapshot_version``: those of the snapshot or, after a hold, live
    ones; ``held_from_qty`` then keeps the snapshot's quantity. The variance is against ``system_qty`` too, unless
    ``timing`` has the quantity that was expected when the line was counted. Every change raises ``revision``, and links
    to earlier revisions stop working.
    ``mails`` counts the mails about this revision; ``digests`` has the latest digest it was put in, by recipient.
    """

    session_id: SessionId
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
    queued_at: Instant | None = None
    due_at: Instant | None = None
    mailed_at: Instant | None = None
    mails: int = 0
    digests: Mapping[str, str] | None = None
    decided_at: Instant | None = None
    decided_by: str | None = None
    link_issued_to: str | None = None
    confirmed_cause: Cause | None = None
    posted_units: Decimal | None = None

    @property
    def variance_id(self) -> str:
        """The id of this variance in this revision."""
        return variance_id(self.session_id, self.sku, self.revision)

    @property
    def rolled_qty(self) -> Decimal | None:
        """The quantity expected when the line was counted, where the variance is against that."""
        return self.timing.expected_qty if self.timing else None

    @property
    def expected_qty(self) -> Decimal:
        """The quantity that the variance is against."""
        return self.system_qty if self.rolled_qty is None else self.rolled_qty

    @property
    def qty_after(self) -> Decimal | None:
        """The system quantity after an approval, in eaches; ``None`` for an uncounted line.

        What moved since the line was counted is not part of the variance, so it stays.
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
