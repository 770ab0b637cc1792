"""What to write after a reconciliation: the lines as they should be, against the lines as they are stored. Pure.

A decided line is never touched. A line whose figures did not change stays as it is, so a repeated event writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stkr.domain.cause import Evidence
from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.line import DECIDED, Line, LineState
from stkr.domain.names import Instant
from stkr.domain.session import Session
from stkr.domain.variance import Materiality, Variance
from stkr.domain.variance_ids import first_revision

_STATES = {
    Materiality.IN_AGREEMENT: LineState.IN_AGREEMENT,
    Materiality.MINOR: LineState.MINOR,
    Materiality.MATERIAL: LineState.QUEUED,
}


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line to store (``line``), over what was read (``replaces``); no ``line`` means that the old one goes."""

    line: Line | None
    replaces: Line | None

    @property
    def queues(self) -> bool:
        """Whether this puts a variance before a manager."""
        return self.line is not None and self.line.state is LineState.QUEUED

    @property
    def withdraws(self) -> bool:
        """Whether this takes a variance back that a manager was to decide."""
        return self.replaces is not None and self.replaces.state is LineState.QUEUED


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """The changes to make, the lines as they will then stand, and SKUs that were decided on another count meanwhile."""

    changes: tuple[LineChange, ...]
    lines: tuple[Line, ...]
    overtaken: tuple[str, ...]


def plan_lines(
    session: Session,
    seq: int,
    variances: Sequence[Variance],
    evidence: Mapping[str, Evidence],
    stored: Mapping[str, Line],
    now: Instant,
) -> LinesPlan:
    """Compare the reconciliation of capture ``seq`` with the stored lines (by SKU).

    :param now: stored instant; a newly queued variance is due for a mail from then on.
    """
    changes: list[LineChange] = []
    lines: list[Line] = []
    overtaken: list[str] = []
    for variance in variances:
        old = stored.get(variance.sku)
        fresh = _line(session, seq, variance, evidence.get(variance.sku), now)
        if old is None or not (old.state in DECIDED or _same(old, fresh)):
            changes.append(LineChange(fresh, old))
            lines.append(fresh)
            continue
        lines.append(old)
        if (
            old.state in DECIDED
            and variance.kind is not LineKind.UNCOUNTED
            and (old.counted_qty or ZERO) != fresh.counted_qty
        ):
            overtaken.append(old.sku)
    wanted = {variance.sku for variance in variances}
    # Where the capture parked what was decided already, the line still stands and is part of the session's figures.
    lines += [old for old in stored.values() if old.sku not in wanted and old.state in DECIDED]
    changes += [LineChange(None, old) for old in stored.values() if old.sku not in wanted and old.state not in DECIDED]
    return LinesPlan(tuple(changes), tuple(lines), tuple(overtaken))


def _line(session: Session, seq: int, variance: Variance, evidence: Evidence | None, now: Instant) -> Line:
    state = _STATES[variance.materiality]
    queued_at = now if state is LineState.QUEUED else None
    gap = variance.gap
    return Line(
        session_id=session.session_id,
        sku=variance.sku,
        name=variance.name,
        location=session.location,
        kind=variance.kind,
        materiality=variance.materiality,
        state=state,
        system_qty=variance.system_qty,
        snapshot_version=variance.stock.snapshot_version if variance.kind is not LineKind.UNRECORDED else 0,
        revision=first_revision(seq),
        rule=variance.rule,
        capture_seq=seq,
        counted_qty=variance.counted_qty,
        gap_units=gap.units if gap else None,
        gap_pct=gap.percent if gap else None,
        gap_value=gap.value if gap else None,
        unit_cost=variance.stock.unit_cost,
        pack_size=variance.stock.pack_size,
        incomplete=variance.incomplete,
        timing=variance.timing,
        evidence=evidence if state is LineState.QUEUED else None,
        queued_at=queued_at,
        due_at=queued_at,
    )


def _same(old: Line, fresh: Line) -> bool:
    """Whether the count says what it said before; what became of the variance since (label, mails, a hold) is kept."""
    is_held = old.held_from_qty is not None
    # A held item that was unrecorded when it was counted has become an ordinary one.
    kind = LineKind.COUNTED if is_held and fresh.kind is LineKind.UNRECORDED else fresh.kind
    before = old.held_from_qty if is_held else old.system_qty
    # Where the gap is against what was expected at the moment of counting, the stock may move on; approving sees to it.
    against = (before, fresh.system_qty) if fresh.rolled_qty is None else (old.rolled_qty, fresh.rolled_qty)
    return (old.kind, old.counted_qty, old.rolled_qty is None, against[0]) == (
        kind,
        fresh.counted_qty,
        fresh.rolled_qty is None,
        against[1],
    ) and (old.materiality, old.incomplete) == (fresh.materiality, fresh.incomplete)


def figures(lines: Sequence[Line]) -> dict[str, Decimal]:
    """A session's figures for its header: how many lines of each sort, and the value of the counted gaps in money.

    What begins with ``counted`` is of the lines that were expected and counted alone, as accuracy needs it: how many
    there are, how many agree, the size of their gaps, what the system says they are worth (a negative quantity with its
    size), and how many have no unit cost and so are in neither sum.
    """
    counted = [line for line in lines if line.kind is LineKind.COUNTED]
    return {
        "lines": Decimal(len(lines)),
        **{m.value: Decimal(sum(line.materiality is m for line in lines)) for m in Materiality},
        **{k.value: Decimal(sum(line.kind is k for line in lines)) for k in LineKind},
        "value_abs": _size_of_gaps(lines),
        "value_net": sum((line.gap_value for line in lines if line.gap_value is not None), ZERO),
        "counted_in_agreement": Decimal(sum(line.materiality is Materiality.IN_AGREEMENT for line in counted)),
        "counted_value_abs": _size_of_gaps(counted),
        "counted_system_value": sum(map(_system_value, counted), ZERO),
        "counted_unpriced": Decimal(sum(line.unit_cost is None for line in counted)),
    }


def _size_of_gaps(lines: Sequence[Line]) -> Decimal:
    return sum((abs(line.gap_value) for line in lines if line.gap_value is not None), ZERO)


def _system_value(line: Line) -> Decimal:
    return abs(line.expected_qty) * line.unit_cost if line.unit_cost is not None else ZERO


def unlabelled(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines a cause is to be suggested for: queued, with a gap, and without a label yet."""
    return (line for line in lines if line.state is LineState.QUEUED and line.evidence and line.cause is None)
