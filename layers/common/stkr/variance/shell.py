"""The reconciliation's reading and writing around its pure core: from a captured session to queued variances."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stkr.capture.result import Captured, CaptureOutcome, Reason
from stkr.cause.evidence import gather
from stkr.domain import instants
from stkr.domain.counted import LineKind
from stkr.domain.errors import Busy, UnknownSession
from stkr.domain.line import Line, LineState
from stkr.domain.movement import Ledger
from stkr.domain.names import Instant, SessionId
from stkr.domain.session import Session
from stkr.domain.stock import Snapshot
from stkr.domain.trail import TrailAction, TrailEntry
from stkr.domain.variance import Variance
from stkr.infra import aws
from stkr.infra.events import announce_due_variances
from stkr.infra.settings import VarianceSettings
from stkr.infra.telemetry import Metric, count, logger
from stkr.rules.doc import Rules
from stkr.store import documents, keyspace
from stkr.store.dynamodb import GuardFailed, conditional_update, pause, transact_groups
from stkr.store.lines import drop_line, read_lines, write_line
from stkr.store.location_notes import note_count, note_session
from stkr.store.movements import read_ledger
from stkr.store.rules_doc import pinned_rules
from stkr.store.sessions import change_session, fence_guard, finish_reconciliation, move_fence
from stkr.store.trail import append
from stkr.sync.ledger import histories
from stkr.variance.at_count_time import RollBack
from stkr.variance.core import find_variances
from stkr.variance.labelling import enqueue
from stkr.variance.plan import LineChange, LinesPlan, figures, plan_lines, unlabelled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

USER = "reconciler"
"""Who the trail names for what no person did."""

_ROUNDS = 4
"""How often lines that changed under our hands are read and planned again before the event is left to be retried."""


def reconcile(settings: VarianceSettings, session_id: SessionId, seq: int, now: Instant, run: str) -> Session | None:
    """Reconcile one capture of a session: store every line with its state, queue what is material, order the labels.

    Safe to repeat and to overlap: a capture that a later one overtook, or that is reconciled already, changes nothing.

    :param now: stored instant.
    :param run: a fresh name for this round of labelling.
    :returns: the session as it was claimed, or ``None`` where there was nothing to do.
    :raises UnknownSession: no such session, or its files are gone.
    :raises Busy: the lines kept changing.
    """
    captured = documents.read_document(settings.bucket, keyspace.capture_object(session_id, seq), Captured)
    if captured and not _counts(captured.outcome):
        # All items would come out as uncounted, and what was queued would be taken back.
        logger.warning("nothing was counted; the lines stay as they are", seq=seq)
        return None
    session = change_session(move_fence(settings.counts_table, session_id, seq), session_id)
    if session is None:
        logger.info("nothing to reconcile: this capture is done or overtaken", seq=seq)
        return None
    snapshot = documents.read_document(
        settings.bucket, keyspace.snapshot_object(session_id), Snapshot, session.snapshot_version_id
    )
    if captured is None or snapshot is None:
        raise UnknownSession(f"capture {seq} or the snapshot of count session {session_id} is missing from the bucket")
    rules = pinned_rules(settings.bucket, session.rules_version_id)
    ledger = read_ledger(settings.bucket, session.location)
    variances = find_variances(captured.outcome, snapshot, rules, RollBack(ledger) if ledger else None)
    today = instants.local_day(session.captured_at or now, rules.zone)
    evidence = gather(_with_history(variances, ledger, rules), today)
    for _ in range(_ROUNDS):
        stored = {line.sku: line for line in read_lines(settings.counts_table, session_id)}
        planned = plan_lines(session, seq, variances, evidence, stored, now)
        try:
            done = _apply(settings, session_id, seq, planned, now)
        except GuardFailed:
            logger.info("a later capture took over", seq=seq)
            return None
        if done:
            break
    else:
        raise Busy(f"the lines of count session {session_id} keep changing; the event will be tried again")
    _finish(settings, session, seq, planned, now, run)
    return session


def _with_history(variances: Sequence[Variance], ledger: Ledger | None, rules: Rules) -> Sequence[Variance]:
    """The variances with what the movements tell of each item's past, where its row does not say it."""
    if ledger is None:
        return variances
    # Of an item that is not stocked here there is only another location's row, with that location's past.
    stocked = {
        variance.sku: variance.stock.history for variance in variances if variance.kind is not LineKind.UNRECORDED
    }
    past = histories(ledger, stocked, rules.zone)
    return [
        replace(variance, stock=replace(variance.stock, history=past[variance.sku]))
        if variance.sku in past
        else variance
        for variance in variances
    ]


def _counts(outcome: CaptureOutcome) -> bool:
    """Whether the files hold a count at all; a row of a decided item is one, although its line stands."""
    return bool(outcome.lines) or Reason.ALREADY_DECIDED in outcome.parked_reasons


def _apply(settings: VarianceSettings, session_id: SessionId, seq: int, planned: LinesPlan, now: Instant) -> bool:
    groups = (_actions(settings, change, now) for change in planned.changes)
    refused = transact_groups(groups, pause, fence_guard(settings.counts_table, session_id, seq))
    return not refused


def _actions(settings: VarianceSettings, change: LineChange, now: Instant) -> "Sequence[TransactWriteItemTypeDef]":
    """A line and its rows in the trail, which are written together or not at all."""
    actions: list[TransactWriteItemTypeDef] = []
    if change.withdraws and change.replaces:
        entry = _entry(
            TrailAction.WITHDRAWN, change.replaces, now, "a later upload of the same count replaced this figure"
        )
        actions.append(append(settings.adjustments_table, entry))
    if change.line is None:
        return [*actions, drop_line(settings.counts_table, change.replaces)] if change.replaces else actions
    actions.append(write_line(settings.counts_table, change.line, change.replaces))
    if change.queues:
        actions.append(append(settings.adjustments_table, _entry(TrailAction.QUEUED, change.line, now)))
    return actions


def _entry(action: TrailAction, line: Line, now: Instant, reason: str | None = None) -> TrailEntry:
    return TrailEntry(action, now, USER, line, line.system_qty, line.qty_after, reason=reason)


def _finish(settings: VarianceSettings, session: Session, seq: int, planned: LinesPlan, now: Instant, run: str) -> None:
    """Order the labels, then note the session as reconciled: a crash in between repeats both, which is harmless."""
    count(Metric.VARIANCES_QUEUED, sum(change.queues for change in planned.changes))
    chunks = enqueue(settings, session.session_id, seq, run, list(unlabelled(planned.lines)))
    if chunks is None:
        logger.info("a later capture took over", seq=seq)
        return
    if planned.overtaken:
        _capture_again(settings, session.session_id)
    if not chunks and any(line.state is LineState.QUEUED for line in planned.lines):
        announce_due_variances(settings.event_source, session.location)
    notes = [[note_session(settings.counts_table, session)]]
    if not session.skus:  # A recount of some items is no count of their location.
        counted_at = session.captured_at or now
        notes.append([note_count(settings.counts_table, session.location, session.zone, counted_at)])
    transact_groups(notes, pause)  # in one request; the second is refused where a later count is noted already
    request = finish_reconciliation(
        settings.counts_table, session.session_id, seq, reconciled_at=now, outcome=figures(planned.lines)
    )
    if conditional_update(request) is None:
        logger.info("a later capture took over, or the session was closed", seq=seq)
    else:
        queued = sum(line.state is LineState.QUEUED for line in planned.lines)
        logger.info("reconciled", seq=seq, lines=len(planned.lines), queued=queued, changed=len(planned.changes))


def _capture_again(settings: VarianceSettings, session_id: SessionId) -> None:
    """A variance was decided while its count was being corrected: capture then parks the row as already decided."""
    body = {"detail": {"object": {"key": f"{keyspace.upload_prefix(session_id)}again"}, "again": True}}
    aws.sqs().send_message(QueueUrl=settings.capture_queue_url, MessageBody=json.dumps(body))
