"""Sessions and decided lines for the tests of the summary."""

from decimal import Decimal
from typing import Any

from stkr.capture.result import Kind
from stkr.cause.evidence import Cause
from stkr.store.counts import Line, Session, State, Status
from stkr.variance.core import Materiality


def session(session_id: str, opened_at: str, **outcome: int | str) -> Session:
    """A reconciled session; what its outcome does not say is zero."""
    nothing = ("lines", "in_agreement", "minor", "material", "unrecorded", "uncounted", "value_abs", "value_net")
    return Session(
        session_id=session_id,
        location="fixings-aisle",
        counter="Sam",
        opened_at=opened_at,
        status=Status.RECONCILED,
        outcome=dict.fromkeys(nothing, Decimal(0)) | {key: Decimal(value) for key, value in outcome.items()},
    )


def decision(session_id: str, sku: str, decided_at: str, units: int, **fields: Any) -> Line:
    """A line whose gap of so many units, at 0.35 each, was approved, or what ``fields`` say."""
    line = Line(
        session_id=session_id,
        sku=sku,
        name=f"Item {sku}",
        location="fixings-aisle",
        kind=Kind.COUNTED,
        materiality=Materiality.MATERIAL,
        state=State.APPROVED,
        system_qty=Decimal(480),
        snapshot_version=1,
        revision=1,
        rule="default",
        capture_seq=1,
        counted_qty=Decimal(480 + units),
        gap_units=Decimal(units),
        gap_value=Decimal(units) * Decimal("0.35"),
        unit_cost=Decimal("0.35"),
        cause=Cause.SHRINKAGE,
        decided_at=decided_at,
        decided_by="Priya",
        posted_units=Decimal(units),
    )
    rejected = {"posted_units": None} if fields.get("state") is State.REJECTED else {}
    return line.model_copy(update=rejected | fields)
