"""Sessions, decided lines and whole summaries for the tests of the summary."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.inventory import Unbooked, UnbookedRow
from stkr.domain.line import Line, LineState
from stkr.domain.names import Instant
from stkr.domain.session import LastCount, Session, SessionStatus
from stkr.domain.variance import Materiality
from stkr.rules.doc import Rules, parse_rules
from stkr.summary.facts import Facts, Summary, SummaryInput, facts_of
from stkr.summary.figures import MonthFigures
from stkr.summary.month import Month
from stkr.summary.narrative import plain_narrative

NOVEMBER = Month(2026, 11)
DECEMBER_1 = datetime(2026, 12, 1, 8, tzinfo=UTC)
RULES = parse_rules("""
locations:
  fixings-aisle: {name: Fixings aisle, approver: {name: Priya, email: priya@example.com}, count_every_days: 60}
  paint-aisle: {name: Paint aisle, approver: {name: Jo, email: jo@example.com}}
""")


def session(session_id: str, opened_at: str, location: str = "fixings-aisle", **outcome: int | str) -> Session:
    """A reconciled session; what its outcome does not say is zero."""
    sorts = (
        "lines",
        "in_agreement",
        "minor",
        "material",
        "counted",
        "unrecorded",
        "uncounted",
        "value_abs",
        "value_net",
    )
    of_counted = ("counted_in_agreement", "counted_value_abs", "counted_system_value", "counted_unpriced")
    return Session(
        session_id=session_id,
        location=location,
        counter="Sam",
        opened_at=opened_at,
        status=SessionStatus.RECONCILED,
        outcome=dict.fromkeys((*sorts, *of_counted), Decimal(0))
        | {key: Decimal(value) for key, value in outcome.items()},
    )


def as_first_stored(reconciled: Session) -> Session:
    """The session as it was stored before accuracy was kept with it."""
    outcome = reconciled.outcome or {}
    kept = {key: value for key, value in outcome.items() if not key.startswith("counted_")}
    return reconciled.model_copy(update={"outcome": kept})


def decision(session_id: str, sku: str, decided_at: str, units: int, **fields: Any) -> Line:
    """A line whose variance of so many units, at 0.35 each, was approved, or what ``fields`` say."""
    line = Line(
        session_id=session_id,
        sku=sku,
        name=f"Item {sku}",
        location="fixings-aisle",
        kind=LineKind.COUNTED,
        materiality=Materiality.MATERIAL,
        state=LineState.APPROVED,
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
    rejected = {"posted_units": None} if fields.get("state") is LineState.REJECTED else {}
    return line.model_copy(update=rejected | fields)


def queued(sku: str, queued_at: str, units: int, **fields: Any) -> Line:
    """A line of session ``a`` that waits for a decision since ``queued_at``."""
    line = decision("a", sku, queued_at, units, **fields)
    undecided = {"state": LineState.QUEUED, "decided_at": None, "decided_by": None, "posted_units": None}
    return line.model_copy(update=undecided | {"queued_at": queued_at, "due_at": queued_at})


def to_book(sku: str, since: str, adjustments: int = 1) -> UnbookedRow:
    """A row of the inventory with so many adjustments to be booked."""
    waiting = tuple(Unbooked(id=f"a.{sku}.r{number}", units=Decimal(-1), at=since) for number in range(adjustments))
    return UnbookedRow("fixings-aisle", sku, sku, waiting, Instant(since))


def facts(
    sessions: Sequence[Session] = (),
    decided: Sequence[Line] = (),
    waiting: Mapping[str, Sequence[Line]] | None = None,
    last_counts: Mapping[str, LastCount] | None = None,
    unbooked: Sequence[UnbookedRow] = (),
    earlier: Sequence[MonthFigures] = (),
    rules: Rules = RULES,
) -> Facts:
    """The facts of November 2026, as of the morning after."""
    gathered = SummaryInput(
        sessions=sessions,
        decided=decided,
        queued=waiting or {},
        last_counts=last_counts or {},
        to_book=unbooked,
        earlier=earlier,
    )
    return facts_of(NOVEMBER, gathered, rules, DECEMBER_1)


def november() -> Facts:
    """A November in which everything happened that a summary tells of."""
    at = "2026-11-22T10:00:00.000000Z"
    sessions = [
        session(
            "a", "2026-11-07T09:00:00.000000Z", lines=2_145, counted=2_140, in_agreement=1_998, minor=110, material=37,
            uncounted=3, unrecorded=2, counted_in_agreement=1_998, counted_value_abs="1240.50",
            counted_system_value="61000", counted_unpriced=4,
        ),
        session(
            "b", "2026-10-07T09:00:00.000000Z", lines=1_000, counted=1_000, in_agreement=900, material=2,
            counted_in_agreement=900, counted_value_abs="900", counted_system_value="30000",
        ),
    ]  # fmt: skip
    decided = [
        decision("b", "BOLT-M6-50", "2026-10-22T10:00:00.000000Z", -20),
        decision("a", "BOLT-M6-50", at, -48, confirmed_cause=Cause.SHRINKAGE),
        decision("a", "DRILL-18V", at, 1, unit_cost=Decimal("1200.005"), cause=Cause.MISCOUNT),
        decision("a", "PAINT-9", at, -9, state=LineState.REJECTED),
    ]
    return facts(
        sessions,
        decided,
        {"fixings-aisle": [queued("NUT", "2026-11-20T10:00:00.000000Z", -10), queued("LAMP", at, 0, gap_value=None)]},
        {"fixings-aisle": LastCount(counted_at="2026-11-07T10:00:00.000000Z")},
        [to_book("BOLT-M6-50", at, 2)],
    )


def summary(of: Facts) -> Summary:
    """The facts as they are kept, in our own words."""
    return Summary(of, plain_narrative(of, "\u00a3"), False, "GBP", "\u00a3", "Tue 1 Dec 2026")
