"""Syncs, sales, approvals, bookings and crashes in any order, step by step, two syncs at a time.

The table is a dictionary whose writes obey the conditions of ``store.inventory`` and ``store.source``; everything that
is decided is decided by the real core. Sales are multiples of 1,000 and approvals smaller than that, so that no sale
looks like a booking. Between two syncs a SKU is either sold or booked: one difference cannot tell the two apart
(``test_decide`` has that case).
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stkr.store.inventory import InventoryRow
from stkr.sync.core import Change, decide, plan
from tests.unit.sync.rows import approved, quantities, said

pytestmark = pytest.mark.unit

SKUS = ("A", "B")
skus = st.sampled_from(SKUS)


@dataclass
class Table:
    """The inventory table: rows, and the state that keeps syncs apart."""

    rows: dict[str, InventoryRow] = field(default_factory=dict)
    run: int = 0
    writing: "Sync | None" = None
    mirrored: int = 0

    def write(self, change: Change) -> bool:
        """Write one row on the conditions of ``create_row`` and ``change_row``."""
        now = self.rows.get(change.wanted.sku)
        seen = change.seen
        if (now is None) != (seen is None):
            return False
        if now and seen:
            as_seen = (now.snapshot_version, now.source_qty) == (seen.snapshot_version, seen.source_qty)
            if not as_seen:
                return False
            # An update assigns only what differs.
            before, after = seen.model_dump(), change.wanted.model_dump()
            differing = {name: after[name] for name in after if after[name] != before[name]}
            self.rows[now.sku] = now.model_copy(update=differing)
        else:
            self.rows[change.wanted.sku] = change.wanted
        return True


@dataclass(eq=False)
class Sync:
    """One run of the sync, which stops between any two reads and writes. ``alive`` until it ends or is killed."""

    steps: Generator[None, None, None]
    alive: bool = True

    def step(self) -> None:
        """Go on to the next read or write."""
        if next(self.steps, self) is self:
            self.alive = False


class SyncsInAnyOrder(RuleBasedStateMachine):
    """A shop, its source and its mirror."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table()
        self.sheet: dict[str, int] = {}
        self.version = 0
        self.unbooked: dict[str, int] = {}
        self.booked_at: dict[str, int] = {}
        self.moved_at: dict[str, int] = {}
        self.syncs: list[Sync] = []

    @initialize()
    def first_sync(self) -> None:
        """A shop with some stock, mirrored once."""
        self.sheet = dict.fromkeys(SKUS, 10000)
        self.unbooked = dict.fromkeys(SKUS, 0)
        self.version = 1
        self.run_to_the_end()

    # What people do.

    @rule(sku=skus, thousands=st.sampled_from([-3, -1, 2]))
    def sell_or_receive(self, sku: str, thousands: int) -> None:
        """The source moves."""
        if not self.is_being_booked(sku):
            self.sheet[sku] += 1_000 * thousands
            self.version += 1
            self.moved_at[sku] = self.version

    @rule(sku=skus, gap=st.sampled_from([-7, -2, 3]))
    def approve(self, sku: str, gap: int) -> None:
        """A manager approves a gap, on the live quantity."""
        if not self.is_being_booked(sku):
            self.table.rows[sku] = approved(self.table.rows[sku], gap)
            self.unbooked[sku] += gap

    @rule(sku=skus)
    def book(self, sku: str) -> None:
        """Somebody books everything that is approved for a SKU into the source."""
        # By version, not by quantity: sales that cancel out look mirrored while a sync still holds one of them.
        all_sales_are_mirrored = self.moved_at.get(sku, 0) <= self.table.mirrored
        if self.unbooked[sku] and all_sales_are_mirrored and not self.is_being_booked(sku):
            self.sheet[sku] += self.unbooked[sku]
            self.unbooked[sku] = 0
            self.version += 1
            self.booked_at[sku] = self.version

    # What the machine does.

    @precondition(lambda self: len(self.syncs) < 2)
    @rule()
    def start(self) -> None:
        """Another sync begins, whether or not one is at work."""
        sync = Sync(iter(()))  # type: ignore[arg-type]  # replaced at once: the steps need to know whose they are
        sync.steps = self.mirror(sync)
        self.syncs.append(sync)

    @precondition(lambda self: self.syncs)
    @rule(which=st.integers(0, 1), steps=st.sampled_from([1, 2, 3, 99]))
    def go_on(self, which: int, steps: int) -> None:
        """One of the syncs does some of its reads and writes, or all that are left."""
        sync = self.syncs[which % len(self.syncs)]
        for _ in range(steps):
            sync.step()
        self.syncs = [other for other in self.syncs if other.alive]

    @precondition(lambda self: self.syncs)
    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        """One of the syncs dies where it stands; by the next one its time is over."""
        sync = self.syncs.pop(which % len(self.syncs))
        sync.alive = False

    def mirror(self, me: Sync) -> Generator[None, None, None]:
        """The shell, with a stop between any two of its reads and writes."""
        run, mirrored = self.table.run, self.table.mirrored
        yield
        version, listed = self.version, [said(qty, sku, "shop") for sku, qty in self.sheet.items()]
        if version == mirrored:
            return
        yield
        planned = plan(listed, list(self.table.rows.values()), Decimal(20))
        yield
        if self.table.run != run or (self.table.writing and self.table.writing.alive):
            return
        self.table.run, self.table.writing = run + 1, me
        for planned_change in planned.changes:
            change: Change | None = planned_change
            yield
            while change and not self.table.write(change):
                yield
                change = decide(self.table.rows.get(change.wanted.sku), change.said)
        yield
        if self.table.run == run + 1:
            self.table.mirrored, self.table.writing = version, None

    def run_to_the_end(self) -> None:
        """One undisturbed sync."""
        for sync in self.syncs:
            sync.alive = False
        self.syncs = []
        self.start()
        while self.syncs:
            self.go_on(0, 1)

    def is_being_booked(self, sku: str) -> bool:
        """Whether a booking waits for the sync that sees it."""
        return self.table.mirrored < self.booked_at.get(sku, 0)

    # What holds at any moment, and in the end.

    @invariant()
    def the_sum_is_right(self) -> None:
        """``system = source + unbooked`` in every row, between any two writes."""
        assert all(row.system_qty == row.source_qty + row.unbooked_qty for row in self.table.rows.values())

    @invariant()
    def no_approval_is_lost_or_doubled(self) -> None:
        """What is approved and unbooked is what the managers did, less what was booked."""
        for sku, row in self.table.rows.items():
            if not self.is_being_booked(sku):
                assert row.unbooked_qty == self.unbooked[sku], sku

    def teardown(self) -> None:
        """Once everything has settled, the mirror is what the source says plus what is approved and unbooked."""
        if self.sheet:
            self.run_to_the_end()
        for sku, row in self.table.rows.items():
            listed, unbooked = self.sheet[sku], self.unbooked[sku]
            assert quantities(row) == (listed, unbooked, listed + unbooked), sku


TestSyncsInAnyOrder = SyncsInAnyOrder.TestCase
TestSyncsInAnyOrder.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
