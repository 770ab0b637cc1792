"""The decision's reading and writing: the one place where stock changes, in one transaction or not at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stkr.approval.core import (
    LinkStanding,
    Refusal,
    Verdict,
    decided,
    held,
    quantity_after,
    refusal_of_addressee,
    refusal_of_counter,
    standing,
)
from stkr.approval.history import MAX_COUNTS
from stkr.domain.counted import LineKind
from stkr.domain.errors import Busy
from stkr.domain.inventory import MAX_UNBOOKED, InventoryRow
from stkr.domain.line import Line
from stkr.domain.movement import on_hand
from stkr.domain.names import NO_INSTANT, Instant, SessionId
from stkr.domain.trail import TrailAction, TrailEntry
from stkr.infra.events import announce_due_variances
from stkr.infra.settings import ApproveSettings
from stkr.infra.telemetry import Metric, count, logger
from stkr.rules.doc import Rules
from stkr.store.dynamodb import pause, transact, transact_once
from stkr.store.inventory import post_adjustment, post_unrecorded, read_row
from stkr.store.lines import decide_line, read_line, read_lines_of, write_line
from stkr.store.location_notes import recent_counts
from stkr.store.movements import read_ledger
from stkr.store.sessions import read_session
from stkr.store.trail import append
from stkr.variance.at_count_time import RollBack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_TRIES = 6
"""Rounds before the manager is asked to tap again. Each further round means that the line changed between two calls, or
that another transaction was writing it or its stock.
"""


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What came of a tap. ``line`` is as it stands now; ``fresh`` tells this very tap's decision from an earlier one.

    ``held`` means that stock moved since the count: nothing was posted, and ``line`` carries the live figures.
    ``refusal`` means that this person may not decide; nothing was written.
    """

    standing: LinkStanding
    line: Line | None
    fresh: bool = False
    held: bool = False
    refusal: Refusal | None = None


def look(settings: ApproveSettings, session_id: SessionId, sku: str, revision: int) -> tuple[LinkStanding, Line | None]:
    """The line a link speaks of, and whether the link may still decide it. Reads only."""
    line = read_line(settings.counts_table, session_id, sku)
    return standing(line, revision), line


def live_stock(settings: ApproveSettings, line: Line) -> InventoryRow | None:
    """The line's stock right now; ``None`` where the location does not stock it."""
    return read_row(settings.inventory_table, line.location, line.sku)


def counts_of(settings: ApproveSettings, line: Line) -> list[tuple[Instant, Line]]:
    """The item's lines in the latest counts of its location, with the instant each count was opened."""
    recent = recent_counts(settings.counts_table, line.location, MAX_COUNTS)
    lines = read_lines_of(settings.counts_table, line.sku, [count.session_id for count in recent])
    return [(count.opened_at, lines[count.session_id]) for count in recent if count.session_id in lines]


def decide(settings: ApproveSettings, line: Line, verdict: Verdict, rules: Rules) -> DecisionOutcome:
    """Carry out a verdict on a pending line exactly once, or find out why not.

    Where nothing interferes this is one transaction, and where the rules keep counting and approving apart, one read
    before it.

    :raises Busy: the line kept changing between reading and writing; a second tap is safe.
    :raises UnknownSession: the line's session is gone, so that it is not known who counted.
    """
    refusal = _refusal(settings, line, verdict, rules)
    if refusal:
        return DecisionOutcome(LinkStanding.PENDING, line, refusal=refusal)
    for attempt in range(1, _TRIES + 1):
        after = decided(line, verdict)
        actions = _approval(settings, line, after) if verdict.approves else _rejection(settings, line, after)
        outcomes = transact_once(actions)
        if set(outcomes) == {"done"}:
            count(Metric.ADJUSTMENTS_POSTED, int(verdict.approves))
            return DecisionOutcome(LinkStanding.DECIDED, after, fresh=True)
        if verdict.approves and outcomes[_STOCK] == "condition" and outcomes[_LINE] == "done":
            waiting = _hold(settings, line, verdict.at)
            if waiting:
                return DecisionOutcome(LinkStanding.PENDING, waiting, held=True)
        if "conflict" in outcomes:
            # The other transaction may be deciding this very line, so the line is read before the next try.
            pause(attempt)
        stands, reread = look(settings, line.session_id, line.sku, line.revision)
        if stands is not LinkStanding.PENDING or reread is None:
            return DecisionOutcome(stands, reread)
        line = reread
    raise Busy("the line kept changing; tap again")


def _refusal(settings: ApproveSettings, line: Line, verdict: Verdict, rules: Rules) -> Refusal | None:
    refusal = refusal_of_addressee(line, rules, verdict.addressee)
    if refusal or rules.approver_may_count:  # In most shops: who counted need not be read.
        return refusal
    return refusal_of_counter(read_session(settings.counts_table, line.session_id), rules, verdict)


_LINE, _STOCK = 0, 1
"""Where line and stock are among the actions of an approval."""


def _approval(settings: ApproveSettings, line: Line, after: Line) -> "list[TransactWriteItemTypeDef]":
    """The four writes of an approval: line, stock, and both rows of the trail."""
    qty_after = quantity_after(line)
    if line.kind is LineKind.UNRECORDED:
        stock = post_unrecorded(
            settings.inventory_table,
            location=line.location,
            sku=line.sku,
            name=line.name,
            adjustment=line.variance_id,
            counted_qty=qty_after,
            unit_cost=line.unit_cost,
            pack_size=line.pack_size,
            at=after.decided_at or NO_INSTANT,
        )
    else:
        stock = post_adjustment(
            settings.inventory_table,
            location=line.location,
            sku=line.sku,
            adjustment=line.variance_id,
            gap_units=qty_after - line.system_qty,
            expected_qty=line.system_qty,
            expected_version=line.snapshot_version,
            at=after.decided_at or NO_INSTANT,
        )
    return [
        decide_line(settings.counts_table, line, after),
        stock,
        append(settings.adjustments_table, _entry(TrailAction.APPROVED, after)),
        append(settings.adjustments_table, _entry(TrailAction.POSTED, after)),
    ]


def _rejection(settings: ApproveSettings, line: Line, after: Line) -> "list[TransactWriteItemTypeDef]":
    return [
        decide_line(settings.counts_table, line, after),
        append(settings.adjustments_table, _entry(TrailAction.REJECTED, after)),
    ]


def _entry(action: TrailAction, after: Line) -> TrailEntry:
    unchanged = action is TrailAction.REJECTED
    return TrailEntry(
        action,
        at=after.decided_at or NO_INSTANT,
        user=after.decided_by or "",
        line=after,
        qty_before=after.system_qty,
        qty_after=after.system_qty if unchanged else quantity_after(after),
        link_issued_to=after.link_issued_to,
        confirmed_cause=after.confirmed_cause,
    )


def _roll_back(settings: ApproveSettings, line: Line) -> RollBack | None:
    """What moved at the line's location, where it is known when the line was counted; nothing else depends on it."""
    if line.timing is None or line.timing.counted_to is None:
        return None
    ledger = read_ledger(settings.bucket, line.location)
    return RollBack(ledger) if ledger else None


def _hold(settings: ApproveSettings, line: Line, now: Instant) -> Line | None:
    """Stock moved since the snapshot: queue the variance afresh against the live figures, and have it mailed.

    :returns: the line as it is queued now, or ``None`` when it changed once more meanwhile.
    :raises Busy: too much waits to be booked for this row.
    """
    stock = live_stock(settings, line)
    if stock is None:
        logger.error("the stock row of a queued line is gone", sku=line.sku)
        return None
    if len(stock.unbooked) >= MAX_UNBOOKED:
        raise Busy(f"{MAX_UNBOOKED} adjustments of {line.sku} at {line.location} wait to be booked; book them first")
    fresh = held(line, on_hand(stock), _roll_back(settings, line), now)
    reason = "stock moved since the count"
    entry = TrailEntry(TrailAction.QUEUED, now, "approve", fresh, fresh.system_qty, fresh.qty_after, reason=reason)
    actions = [write_line(settings.counts_table, fresh, line), append(settings.adjustments_table, entry)]
    if "condition" in transact(actions, pause):
        return None
    count(Metric.POSTS_HELD)
    announce_due_variances(settings.event_source, line.location)
    return fresh
