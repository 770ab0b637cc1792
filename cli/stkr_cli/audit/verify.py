"""Does the stock follow from the trail? Pure: what is stored of one SKU goes in, every difference comes out.

Each transaction writes the trail, the lines and the stock together, so each can be derived from the others:

- **The trail against itself.** A row's key repeats what it says; ``qty_after - qty_before`` is the gap; a variance is
  queued, then withdrawn, held (queued afresh in the next revision), rejected, or approved and posted, once.
- **The trail against the lines.** A line that waits or is decided has its rows with its figures, and they have it.
- **The trail against the stock.** What waits to be booked on a row are posts of the trail, with their units and times.
  ``snapshot_version`` rises with every change of a quantity, and a line keeps the version that its approval was made
  on. So no two posts share a version, a post that follows another directly begins where that one ended, and stock that
  has not moved since a post is what the post left.

What the trail cannot tell: that the system of record has what no longer waits (it says so itself, or a person did), and
the movements in between, such as sales, which come from the system of record and leave no row.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.inventory import InventoryRow
from stkr.domain.line import DECIDED, Line, LineState
from stkr.domain.trail import TrailAction, TrailRow
from stkr.domain.variance_ids import held_variance, session_of_variance
from stkr.store import keyspace

_RESTORE = "compare with the tables as they were before (runbook: Restore)"
_RECOUNT = "count the shelf afresh and have it decided"
_SYNC = "sync sets it right when the source next changes; count this shelf only after that"
"""Before, the count's gap would be against a quantity that nobody ever had, and would be booked."""
_BOOK = "find out who changed the row; book what is missing by hand and say so with `stkr booked`"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not follow: of which SKU, where (a variance's id or a location), what, and what to do."""

    sku: str
    where: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StoredState:
    """All that is stored of one SKU: its trail in order, its lines that wait or are decided, its rows of stock."""

    sku: str
    trail: tuple[TrailRow, ...] = ()
    lines: tuple[Line, ...] = ()
    rows: tuple[InventoryRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was checked: variances, posts, and how many of the posts that changed a quantity still wait."""

    variances: int = 0
    posts: int = 0
    changes: int = 0
    waiting: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.variances + other.variances,
            self.posts + other.posts,
            self.changes + other.changes,
            self.waiting + other.waiting,
        )


def tally(stored: StoredState) -> Tally:
    """What ``differences`` looks at."""
    posts = [row for row in stored.trail if row.action == TrailAction.POSTED]
    return Tally(
        variances=len({row.variance_id for row in stored.trail}),
        posts=len(posts),
        changes=sum(row.units != ZERO for row in posts),
        waiting=sum(len(row.unbooked) for row in stored.rows),
    )


def differences(stored: StoredState) -> list[Difference]:
    """Everything stored of a SKU that does not follow from the rest."""
    rows_of: dict[str, list[TrailRow]] = {}
    for row in stored.trail:
        rows_of.setdefault(row.variance_id, []).append(row)
    line_of = {line.variance_id: line for line in stored.lines}
    all_differences = [difference for row in stored.trail for difference in _of_row(stored.sku, row)]
    queued = {row.variance_id for row in stored.trail if row.action == TrailAction.QUEUED}
    for name in sorted(rows_of.keys() | line_of.keys()):
        held = held_variance(name, 1) in queued
        story = _Story(stored.sku, name, rows_of.get(name, []), line_of.get(name), held=held)
        all_differences += story.differences()
        before = held_variance(name, -1)
        if before and before not in queued:
            all_differences.append(
                Difference(stored.sku, name, f"a hold made it of {before}, which was never queued", _RESTORE)
            )
    return all_differences + list(_of_stock(stored, line_of))


def _of_row(sku: str, row: TrailRow) -> Iterator[Difference]:
    def differs(problem: str) -> Difference:
        return Difference(sku, row.variance_id, f"the row {row.position} {problem}", _RESTORE)

    key = (keyspace.sku(row.sku), keyspace.trail(row.at, row.variance_id, row.action))
    names_itself = session_of_variance(row.variance_id, row.sku) == row.session_id
    if (row.partition, row.position) != key or row.partition != keyspace.sku(sku) or not names_itself:
        yield differs("says something else than its key")
    if row.action not in set(TrailAction):
        yield differs(f"has an action that there is not: {row.action}")
    elif row.action == TrailAction.REJECTED:
        if row.units:
            yield differs(f"is a rejection that moves the stock by {row.units}")
    elif None not in (row.gap_units, row.qty_after) and row.units != row.gap_units:
        yield differs(f"goes from {row.qty_before} to {row.qty_after} with a variance of {row.gap_units}")


@dataclass(frozen=True, slots=True)
class _Story:
    """One variance in one revision: its rows in order, its line if that still is in this revision, and whether a hold
    has made the next revision of it.
    """

    sku: str
    name: str
    rows: Sequence[TrailRow]
    line: Line | None
    held: bool

    def differences(self) -> Iterator[Difference]:
        """Everything about the variance that does not follow."""
        times = Counter(row.action for row in self.rows)
        waits = self.line is not None and self.line.state is LineState.QUEUED
        ends = times[TrailAction.WITHDRAWN] + times[TrailAction.APPROVED] + times[TrailAction.REJECTED] + self.held
        if times[TrailAction.QUEUED] - ends != waits:
            yield self._differs(
                f"it was queued {times[TrailAction.QUEUED]} times and ended {ends} times, "
                f"but {'it still waits' if waits else 'it does not wait'}"
            )
        if times[TrailAction.APPROVED] != times[TrailAction.POSTED] or times[TrailAction.POSTED] > 1:
            yield self._differs(
                f"approved {times[TrailAction.APPROVED]} times and posted {times[TrailAction.POSTED]} times"
            )
        decisions = {
            TrailAction.APPROVED: LineState.APPROVED,
            TrailAction.POSTED: LineState.APPROVED,
            TrailAction.REJECTED: LineState.REJECTED,
        }
        trail_states = {decisions[TrailAction(row.action)] for row in self.rows if row.action in decisions}
        line_states = {self.line.state} & DECIDED if self.line else set()
        if trail_states != line_states:
            yield self._differs(f"the trail says {_in_words(trail_states)}, the line {_in_words(line_states)}")
        yield from self._figures()

    def _figures(self) -> Iterator[Difference]:
        """Figures that are in both the rows and the line have to be the same."""
        queued = [row for row in self.rows if row.action == TrailAction.QUEUED]
        for row in self.rows:
            if (
                row.action == TrailAction.WITHDRAWN
                and queued
                and not any(_as_queued(row, earlier) for earlier in queued)
            ):
                yield self._differs("it was withdrawn with other figures than it was queued with")
            if row.action in {TrailAction.APPROVED, TrailAction.POSTED, TrailAction.REJECTED} and self.line:
                wrong = [
                    name
                    for name, (from_trail, from_line) in _decision(row, self.line).items()
                    if from_trail != from_line
                ]
                if wrong:
                    yield self._differs(f"the row {row.action} and the line differ in {', '.join(wrong)}")
        if self.line and queued:
            wrong = [
                name for name, (from_trail, from_line) in _gap(queued[-1], self.line).items() if from_trail != from_line
            ]
            if wrong:
                yield self._differs(f"the row queued and the line differ in {', '.join(wrong)}")

    def _differs(self, problem: str) -> Difference:
        return Difference(self.sku, self.name, problem, _RESTORE)


def _in_words(states: set[LineState]) -> str:
    return " and ".join(sorted(states)) or "nothing of a decision"


def _as_queued(row: TrailRow, queued: TrailRow) -> bool:
    return all(
        getattr(row, name) == getattr(queued, name)
        for name in ("location", "qty_before", "qty_after", "gap_units", "gap_value")
    )


def _gap(row: TrailRow, line: Line) -> Mapping[str, tuple[object, object]]:
    return {
        "location": (row.location, line.location),
        "quantity before": (row.qty_before, line.system_qty),
        "variance": (row.gap_units, line.gap_units),
        "value": (row.gap_value, line.gap_value),
    }


def _decision(row: TrailRow, line: Line) -> Mapping[str, tuple[object, object]]:
    approves = row.action != TrailAction.REJECTED
    return {
        **_gap(row, line),
        "units": (row.units if approves else None, line.posted_units),
        "time": (row.at, line.decided_at),
        "who decided": (row.user, line.decided_by),
        "addressee": (row.link_issued_to, line.link_issued_to),
        "suggested cause": (row.cause, line.cause),
        "rationale": (row.rationale, line.rationale),
        "confirmed cause": (row.confirmed_cause, line.confirmed_cause),
    }


def _of_stock(stored: StoredState, line_of: Mapping[str, Line]) -> Iterator[Difference]:
    posts: dict[str, list[TrailRow]] = {}
    for post in stored.trail:
        if post.action == TrailAction.POSTED:
            posts.setdefault(post.location, []).append(post)
    places = {row.location: row for row in stored.rows}
    for location in sorted(posts.keys() - places.keys()):
        yield Difference(stored.sku, location, "posts of the trail have no row of stock", _RESTORE)
    for row in stored.rows:
        here = posts.get(row.location, [])
        yield from _of_sums(row)
        yield from _of_waiting(row, here)
        decided = [(line_of[post.variance_id], post) for post in here if post.variance_id in line_of]
        yield from _of_versions(row, decided)


def _of_sums(row: InventoryRow) -> Iterator[Difference]:
    if row.system_qty != row.source_qty + row.unbooked_qty:
        sum_of = f"{row.source_qty} of the source and {row.unbooked_qty} unbooked"
        yield Difference(row.sku, row.location, f"the stock is {row.system_qty}, but {sum_of}", _SYNC)
    listed = sum((adjustment.units for adjustment in row.unbooked), ZERO)
    if listed != row.unbooked_qty:
        problem = f"{row.unbooked_qty} are unbooked, but what is listed as waiting adds up to {listed}"
        yield Difference(row.sku, row.location, problem, _BOOK)
    if row.unbooked_since != min((adjustment.at for adjustment in row.unbooked), default=None):
        problem = f"something waits since {row.unbooked_since}, by what is listed since another time"
        yield Difference(row.sku, row.location, problem, _BOOK)


def _of_waiting(row: InventoryRow, posts: Sequence[TrailRow]) -> Iterator[Difference]:
    posted = {post.variance_id: post for post in posts}
    for name, times in Counter(adjustment.id for adjustment in row.unbooked).items():
        if times > 1:
            yield Difference(row.sku, name, f"it waits {times} times to be booked at {row.location}", _BOOK)
    for adjustment in row.unbooked:
        post = posted.get(adjustment.id)
        if post is None:
            yield Difference(
                row.sku, adjustment.id, f"{adjustment.units} wait at {row.location} that nobody posted", _BOOK
            )
        elif (post.units, post.at) != (adjustment.units, adjustment.at):
            problem = (
                f"{adjustment.units} of {adjustment.at} wait at {row.location}, posted were {post.units} of {post.at}"
            )
            yield Difference(row.sku, adjustment.id, problem, _BOOK)


def _of_versions(row: InventoryRow, decided: Sequence[tuple[Line, TrailRow]]) -> Iterator[Difference]:
    # An unrecorded item was approved on no version: there was no row, or one that had been dropped.
    posted = [(line.snapshot_version, post) for line, post in decided if line.kind is not LineKind.UNRECORDED]
    posted.sort(key=lambda pair: (pair[0], pair[1].at))
    for (version, post), (following, later) in pairwise(posted):
        if version == following:
            problem = f"it was posted on the same stock as {post.variance_id}"
            yield Difference(row.sku, later.variance_id, problem, _RECOUNT)
        elif following == version + 1 and later.qty_before != post.qty_after:
            problem = (
                f"it begins at {later.qty_before}, right after {post.variance_id}, which ended at {post.qty_after}"
            )
            yield Difference(row.sku, later.variance_id, problem, _RESTORE)
    for version, post in posted:
        if row.snapshot_version <= version:
            problem = f"the stock at {row.location} is older than this post: restored from another moment?"
            yield Difference(row.sku, post.variance_id, problem, _RESTORE)
        elif row.snapshot_version == version + 1 and row.system_qty != post.qty_after:
            problem = f"it left {post.qty_after} at {row.location}, which has not moved since and is {row.system_qty}"
            yield Difference(row.sku, post.variance_id, problem, _SYNC)
