"""What the system would have stored of one SKU after some counts of it, made by the code that makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from stkr.approval.core import Verdict, decided, held, quantity_after
from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.inventory import InventoryRow, Unbooked
from stkr.domain.line import Line, LineState
from stkr.domain.movement import on_hand
from stkr.domain.names import Instant
from stkr.domain.trail import TrailAction, TrailEntry
from stkr.domain.variance import Materiality, gap_between
from stkr.domain.variance_ids import first_revision
from stkr.store.dynamodb import values
from stkr.store.trail import append, trail_row
from stkr.sync.core import settle
from stkr_cli.audit.verify import StoredState

SKU, PLACE = "BOLT-M6-50", "fixings-aisle"


@dataclass(frozen=True)
class Count:
    """One count of the SKU: what was counted (``None``: nothing), what was sold before it was decided, and how it
    ended; ``booked`` when the system of record has taken it over.
    """

    counted: int | None = 432
    sold: int = 0
    end: str = "approved"
    booked: bool = False


@dataclass
class Story:
    """Counts one after the other; ``stored`` is what they leave."""

    row: InventoryRow
    trail: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    minute: int = 0

    def now(self) -> str:
        """A minute later than the last time."""
        self.minute += 1
        return f"2026-11-21T{self.minute // 60:02}:{self.minute % 60:02}:00.000000Z"

    def tell(self, number: int, count: Count) -> None:
        """One count, from its reconciliation to its end."""
        line = self._queued(number, count)
        if count.end == "withdrawn":
            self._append(TrailAction.WITHDRAWN, line, "reconciler", line.qty_after)
            return
        if count.sold:
            self._sell(count.sold)
            if count.end == "approved":
                line = held(line, on_hand(self.row), None, Instant(self.now()))
                self._append(TrailAction.QUEUED, line, "approve", quantity_after(line))
        if count.end == "waiting":
            self.lines.append(line)
            return
        verdict = Verdict(count.end == "approved", "Priya", "priya@example.com", Cause.SHRINKAGE, Instant(self.now()))
        after = decided(line, verdict)
        self.lines.append(after)
        if verdict.approves:
            for action in (TrailAction.APPROVED, TrailAction.POSTED):
                self._append(action, after, "Priya", quantity_after(after), at=verdict.at)
            self._post(after)
            if count.booked:
                self.row = settle(self.row, {after.variance_id})
        else:
            self._append(TrailAction.REJECTED, after, "Priya", after.system_qty, at=verdict.at)

    def stored(self) -> StoredState:
        """Everything there is of the SKU."""
        rows = sorted((trail_row(item) for item in self.trail), key=lambda row: row.position)
        return StoredState(SKU, tuple(rows), tuple(self.lines), (self.row,))

    def _queued(self, number: int, count: Count) -> Line:
        counted = None if count.counted is None else Decimal(count.counted)
        gap = None if counted is None else gap_between(counted, self.row.system_qty, Decimal("0.35"))
        line = Line(
            session_id=f"2026-11-21-count-{number}", sku=SKU, name="Bolts", location=PLACE,
            kind=LineKind.UNCOUNTED if counted is None else LineKind.COUNTED, materiality=Materiality.MATERIAL,
            state=LineState.QUEUED, system_qty=self.row.system_qty, snapshot_version=self.row.snapshot_version,
            revision=first_revision(1), rule="default", capture_seq=1, counted_qty=counted,
            gap_units=gap and gap.units, gap_value=gap and gap.value, cause=Cause.SHRINKAGE, rationale="A loss.",
        )  # fmt: skip
        self._append(TrailAction.QUEUED, line, "reconciler", line.qty_after)
        return line

    def _append(self, action: TrailAction, line: Line, user: str, qty_after: Decimal | None, at: str = "") -> None:
        entry = TrailEntry(
            action, Instant(at or self.now()), user, line, line.system_qty, qty_after,
            link_issued_to=line.link_issued_to, confirmed_cause=line.confirmed_cause,
        )  # fmt: skip
        self.trail.append(values(append("t", entry)["Put"]["Item"]))

    def _sell(self, units: int) -> None:
        self.row = self.row.model_copy(
            update={
                "source_qty": self.row.source_qty - units,
                "system_qty": self.row.system_qty - units,
                "snapshot_version": self.row.snapshot_version + 1,
            }
        )

    def _post(self, line: Line) -> None:
        units, at = line.posted_units or Decimal(0), line.decided_at or ""
        waiting = (*self.row.unbooked, *([Unbooked(id=line.variance_id, units=units, at=at)] if units else []))
        self.row = self.row.model_copy(
            update={
                "unbooked_qty": self.row.unbooked_qty + units,
                "system_qty": self.row.system_qty + units,
                "snapshot_version": self.row.snapshot_version + 1,
                "unbooked": waiting,
                "unbooked_since": min((one.at for one in waiting), default=None),
            }
        )


def told(counts: Sequence[Count]) -> StoredState:
    """What these counts leave of a row of 480."""
    qty = Decimal(480)
    row = InventoryRow(
        location=PLACE, sku=SKU, source_qty=qty, unbooked_qty=Decimal(0), system_qty=qty, snapshot_version=1,
        active=True,
    )  # fmt: skip
    story = Story(row)
    for number, count in enumerate(counts):
        story.tell(number, count)
    return story.stored()


ENDS = ("approved", "rejected", "withdrawn", "waiting")

COUNTS = st.lists(
    st.builds(
        Count,
        counted=st.none() | st.integers(0, 600),
        sold=st.sampled_from((0, 0, 3, 50)),
        end=st.sampled_from(ENDS),
        booked=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def without(stored: StoredState, position: int) -> StoredState:
    """The same with one row of the trail gone."""
    return replace(stored, trail=stored.trail[:position] + stored.trail[position + 1 :])


def with_row(stored: StoredState, position: int, changes: Mapping[str, Any]) -> StoredState:
    """The same with one row of the trail changed."""
    row = stored.trail[position].model_copy(update=dict(changes))
    return replace(stored, trail=(*stored.trail[:position], row, *stored.trail[position + 1 :]))
