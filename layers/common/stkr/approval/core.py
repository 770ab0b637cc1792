"""What a tap on a button means. Pure: the line, the link and the live stock go in, a decision comes out."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.line import DECIDED, Line, LineState
from stkr.domain.movement import OnHand
from stkr.domain.names import Instant
from stkr.domain.session import Session
from stkr.domain.variance import gap_between
from stkr.rules.doc import Rules
from stkr.rules.people import counted_by, may_decide
from stkr.variance.at_count_time import RollBack, retimed


class LinkStanding(StrEnum):
    """Whether a link can still decide its line."""

    PENDING = "pending"
    DECIDED = "decided"
    SUPERSEDED = "superseded"
    GONE = "gone"


class Refusal(StrEnum):
    """Why a person may not decide although the link is genuine: the rules doc now names somebody else for the location,
    or it separates duties and they counted it themselves.
    """

    REPLACED = "replaced"
    OWN_COUNT = "own_count"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A manager's decision: approve or reject, the name typed, the link's addressee, and the cause they chose."""

    approves: bool
    name: str
    addressee: str
    cause: Cause | None
    at: Instant


def standing(line: Line | None, revision: int) -> LinkStanding:
    """Whether a link issued for ``revision`` may still decide ``line``.

    Links to earlier revisions of a decided line are ``DECIDED`` too: a second tap is told by whom and when.
    """
    if line is None:
        return LinkStanding.GONE
    if line.state in DECIDED:
        return LinkStanding.DECIDED
    if line.state is not LineState.QUEUED or line.revision != revision:
        return LinkStanding.SUPERSEDED
    return LinkStanding.PENDING


def refusal_of_addressee(line: Line, rules: Rules, addressee: str) -> Refusal | None:
    """``REPLACED`` where the addressee of the link may no longer decide at the line's location, else ``None``."""
    return None if may_decide(rules, line, addressee) else Refusal.REPLACED


def refusal_of_counter(session: Session, rules: Rules, verdict: Verdict) -> Refusal | None:
    """``OWN_COUNT`` where duties are separated (``approver_may_count: false``) and this person counted, else ``None``.

    :param session: the one that the line belongs to.
    """
    if rules.approver_may_count or not counted_by(session, rules, verdict.name, verdict.addressee):
        return None
    return Refusal.OWN_COUNT


def quantity_after(line: Line) -> Decimal:
    """The system quantity after an approval, in eaches; an uncounted line is confirmed as zero."""
    return ZERO if line.kind is LineKind.UNCOUNTED or line.qty_after is None else line.qty_after


def decided(line: Line, verdict: Verdict) -> Line:
    """The line after the decision. It keeps the suggested cause beside the manager's."""
    return line.model_copy(
        update={
            "state": LineState.APPROVED if verdict.approves else LineState.REJECTED,
            "decided_at": verdict.at,
            "decided_by": verdict.name,
            "link_issued_to": verdict.addressee,
            "confirmed_cause": verdict.cause,
            "posted_units": quantity_after(line) - line.system_qty if verdict.approves else None,
            "due_at": None,
        }
    )


def held(line: Line, live: OnHand, roll_back: RollBack | None, now: Instant) -> Line:
    """The line after its stock moved: still queued, with the live figures, in a new revision that kills old links.

    Its gap is against what was expected when it was counted, where the movements now tell, and against live stock else.
    Nothing is said any more about the cause of a gap that has changed.
    The first snapshot's quantity is kept in ``held_from_qty``, so that both figures can be shown. It is due for a mail
    at once.

    :param roll_back: made from the location's movements; ``None`` where they are not known.
    """
    counted_qty = ZERO if line.counted_qty is None else line.counted_qty
    timing = line.timing and retimed(line.timing, line.sku, counted_qty, live, roll_back)
    expected_qty = live.system_qty if timing is None or timing.expected_qty is None else timing.expected_qty
    gap = gap_between(counted_qty, expected_qty, line.unit_cost)
    figures = {"gap_units": gap.units, "gap_pct": gap.percent, "gap_value": gap.value}
    counted = line.kind is not LineKind.UNCOUNTED
    evidence = line.evidence and line.evidence.model_copy(update={**figures, "system_qty": expected_qty})
    suggested: dict[str, object] = {}
    if evidence and gap.units != line.gap_units:
        # Patterns, suggestion and sentence were of the gap before, whose figures they may name.
        evidence = evidence.model_copy(update={"flags": (), "offset_by": None, "moved_during_count": None})
        suggested = {"cause": Cause.UNKNOWN, "rationale": None}
    return line.model_copy(
        update={
            **(figures if counted else {}),
            **suggested,
            "system_qty": live.system_qty,
            "snapshot_version": live.snapshot_version,
            "timing": timing,
            "revision": line.revision + 1,
            "held_from_qty": _snapshot_qty(line) if line.held_from_qty is None else line.held_from_qty,
            # An item that the system did not stock here may have been booked in since: then it is an ordinary line.
            "kind": LineKind.COUNTED if line.kind is LineKind.UNRECORDED else line.kind,
            "evidence": evidence,
            "due_at": now,
            "mailed_at": None,
            "mails": 0,
            "digests": None,
        }
    )


def _snapshot_qty(line: Line) -> Decimal:
    return line.timing.snapshot_qty if line.timing else line.system_qty
