"""Syncs, sales, deliveries, approvals, bookings, lost answers and crashes in any order, two syncs at a time.

The sync is the real one, with its requests and their conditions; only DynamoDB, S3 and the source are in memory. It
runs in a thread that stops before every call to any of these, where it goes on, waits for another sync, or dies. The
index of what waits is as old as it happens to be.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceUnavailable
from stkr.domain.inventory import InventoryRow
from stkr.domain.stock import StockRow
from stkr.infra.settings import SyncSettings
from stkr.store import keyspace
from stkr.store.inventory import post_adjustment, read_location
from stkr.sync.connector import Connector, Reading
from stkr.sync.connectors.spreadsheet import SpreadsheetSource, open_spreadsheet
from stkr.sync.shell import SyncOutcome, sync
from tests.unit.sync.fakes import Bucket, Dynamo, Inline
from tests.unit.sync.rows import said

pytestmark = pytest.mark.unit

SETTINGS = SyncSettings(bucket="bucket", inventory_table="inventory", sync_secret="secret")
KEY = "source/stock.csv"
SKUS = ("A", "B")
START = 10_000
LIFETIME = timedelta(seconds=120)
skus = st.sampled_from(SKUS)


class Killed(BaseException):
    """The function is gone; none of its handlers gets to know."""


class Run:
    """One sync in a thread of its own, which stops before every call."""

    def __init__(self, work: Callable[[], SyncOutcome]) -> None:
        self.over = self.reading = False
        self.failure: BaseException | None = None
        self.outcome: SyncOutcome | None = None
        self.fingerprint = ""
        self.moves_read: dict[str, int] = {}
        self._dead = False
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def step(self) -> None:
        """Go on to the next call."""
        self._go.release()
        self._stopped.acquire()
        if self.over:
            self._thread.join()

    def kill(self) -> None:
        """Die where it stands."""
        self._dead = True
        while not self.over:
            self.step()

    def stop(self) -> None:
        """Called in its thread: wait to be stepped."""
        self._stopped.release()
        self._go.acquire()
        if self._dead:
            raise Killed

    def _run(self, work: Callable[[], SyncOutcome]) -> None:
        RUNNING.run = self
        try:
            self.stop()
            self.outcome = work()
        except BaseException as error:  # noqa: BLE001 - the machine looks at it
            self.failure = error
        self.over = True
        self._stopped.release()


RUNNING = threading.local()


def gate() -> None:
    """Stop if this is a sync, and go on at once if it is anybody else."""
    run = getattr(RUNNING, "run", None)
    if run:
        run.stop()


class Interleavings(RuleBasedStateMachine):
    """A shop with two items, its source and its mirror; ``moves`` and ``approved`` are what really happened."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.bucket = Dynamo(gate), Bucket(gate, self.reads_from)
        self.moves = dict.fromkeys(SKUS, 0)
        self.approved: dict[str, tuple[str, int]] = {}
        self.runs: list[Run] = []
        self.refused: str | None = None
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.patches = ExitStack()
        rules = SimpleNamespace(rules=SimpleNamespace(max_missing_percent=Decimal(20)))
        for name, stand_in in {
            "stkr.infra.aws.dynamodb": lambda: self.table,
            "stkr.infra.aws.s3": lambda: self.bucket,
            "stkr.sync.shell.ThreadPoolExecutor": Inline,
            "stkr.sync.shell.pause": lambda _attempt: None,
            "stkr.sync.shell.count": lambda *_counted: None,
            "stkr.sync.shell.current_rules": lambda _bucket: rules,
            "stkr.sync.shell.connector_of": lambda _secret, _bucket, _now: self.connector(),
        }.items():
            self.patches.enter_context(patch(name, stand_in))

    # What kinds of systems of record differ in.

    def connector(self) -> Connector:
        """The connector of a run."""
        raise NotImplementedError

    def quantities(self) -> dict[str, int]:
        """What the source says now."""
        raise NotImplementedError

    def move(self, sku: str, units: int) -> None:
        """The source moves."""
        raise NotImplementedError

    def lose_the_next_answer(self) -> None:
        """The next booking is done, and its answer lost."""
        raise NotImplementedError

    # What happens.

    @initialize()
    def first_sync(self) -> None:
        """A shop with some stock, mirrored once."""
        self.run_to_the_end()

    @rule(sku=skus, units=st.integers(-9, 9).filter(bool))
    def sell_or_receive(self, sku: str, units: int) -> None:
        """Something is sold or delivered, whatever is being booked, and be it as many units."""
        self.moves[sku] += units
        self.move(sku, units)

    @rule(sku=skus, gap=st.integers(-9, 9).filter(bool))
    def approve(self, sku: str, gap: int) -> None:
        """A manager approves a gap, on the live quantity."""
        row = self.rows()[sku]
        adjustment = f"count{len(self.approved)}.{sku}.r1"
        action = post_adjustment(
            SETTINGS.inventory_table,
            location="shop",
            sku=sku,
            adjustment=adjustment,
            gap_units=Decimal(gap),
            expected_qty=row.system_qty,
            expected_version=row.snapshot_version,
            at=instants.instant(self.now + timedelta(seconds=len(self.approved))),
        )
        self.table.update_item(**action["Update"])
        self.approved[adjustment] = (sku, gap)

    @rule()
    def an_answer_is_lost(self) -> None:
        """The source does not get through to us once."""
        self.lose_the_next_answer()

    @precondition(lambda self: len(self.runs) < 2)
    @rule(calls=st.integers(0, 20), index_is_behind=st.booleans())
    def start(self, calls: int, index_is_behind: bool = False) -> None:
        """A sync begins, on time, or while another one is at work, and makes some of its calls."""
        if not index_is_behind:
            self.table.refresh()
        self.now += timedelta(seconds=1) if self.runs else timedelta(minutes=15)
        now = self.now
        self.runs.append(Run(lambda: sync(SETTINGS, now, LIFETIME)))
        self.go_on(len(self.runs) - 1, calls)

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 1), calls=st.integers(1, 20))
    def go_on(self, which: int, calls: int) -> None:
        """One of the syncs makes some of its calls, or all that are left."""
        run = self.runs[which % len(self.runs)]
        for _ in range(calls):
            if not run.over:
                run.step()
        if run.over:
            self.runs.remove(run)
            if isinstance(run.failure, Exception) and not isinstance(run.failure, SourceUnavailable):
                raise run.failure
            self.refused = run.outcome.refused if run.outcome else None
            # By the end of a sync another one may have mirrored something newer, or be about to.
            state = self.table.items[keyspace.SOURCE_STATE, keyspace.SOURCE_STATE]
            is_the_latest = state.get("fingerprint") == run.fingerprint and "running_until" not in state
            if run.outcome and run.outcome.read and is_the_latest:
                self.is_mirrored_as_it_was_read(run)

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        """One of the syncs dies where it stands; by the next one its time is over."""
        self.runs.pop(which % len(self.runs)).kill()

    # What holds.

    def rows(self) -> dict[str, InventoryRow]:
        """The mirror."""
        return {row.sku: row for row in read_location(SETTINGS.inventory_table, "shop")}

    def wanted(self, sku: str, moves: int) -> int:
        """What there is of an item once all is booked."""
        return START + moves + sum(gap for item, gap in self.approved.values() if item == sku)

    def is_mirrored_as_it_was_read(self, run: Run) -> None:
        """After a sync the system has what the source said, and every approval once, booked or not."""
        for sku, row in self.rows().items():
            assert int(row.system_qty) == self.wanted(sku, run.moves_read[sku]), sku

    @invariant()
    def the_sum_is_right(self) -> None:
        """``system = source + unbooked`` in every row, between any two writes."""
        for row in self.rows().values():
            assert row.system_qty == row.source_qty + row.unbooked_qty
            assert row.unbooked_qty == sum(one.units for one in row.unbooked)

    def run_to_the_end(self) -> None:
        """One undisturbed sync, with an index that is up to date."""
        for run in self.runs:
            run.kill()
        self.runs = []
        self.start(calls=0)
        while self.runs:
            self.go_on(0, 1)

    def teardown(self) -> None:
        """After enough quiet syncs everything is booked, and everything once."""
        try:
            for _ in range(4):
                self.run_to_the_end()
            self.all_is_settled()
        finally:
            for run in self.runs:
                run.kill()
            self.patches.close()

    def all_is_settled(self) -> None:
        """Nothing waits, and both sides have the same."""
        for sku, row in self.rows().items():
            assert row.unbooked == (), sku
            assert self.quantities()[sku] == self.wanted(sku, self.moves[sku]), sku
            assert int(row.system_qty) == self.quantities()[sku], sku

    def reads_from(self, key: str) -> None:
        """A run reads the source: what it has to mirror is what has happened until now."""
        run = getattr(RUNNING, "run", None)
        if run and run.reading and key == KEY:
            run.reading, run.moves_read = False, dict(self.moves)


class Confirming(Interleavings):
    """A system with an API: it books by id, tells what it has booked, and its fingerprint does not show that."""

    def __init__(self) -> None:
        super().__init__()
        self.stock = dict.fromkeys(SKUS, START)
        self.version = 0
        self.booked: set[str] = set()
        self.loses = self.cannot_book = False

    def connector(self) -> Connector:
        """The machine itself."""
        return self

    def quantities(self) -> dict[str, int]:
        """The stock."""
        return self.stock

    def move(self, sku: str, units: int) -> None:
        """A sale or a delivery."""
        self.stock[sku] += units
        self.version += 1

    def lose_the_next_answer(self) -> None:
        """To a booking."""
        self.loses = True

    @rule()
    def one_item_cannot_be_booked(self) -> None:
        """Until somebody mends it."""
        self.cannot_book = not self.cannot_book

    def read(self, known: str | None, _since: datetime) -> Reading | None:
        """All of it at one moment."""
        gate()
        RUNNING.run.moves_read, RUNNING.run.fingerprint = dict(self.moves), str(self.version)
        if known == str(self.version):
            return None
        return Reading(listed(self.stock), str(self.version))

    def book(self, adjustments: Sequence[Adjustment]) -> list[str]:
        """One by one; it may be cut off at any of them."""
        for one in adjustments:
            gate()
            if one.id not in self.booked and not (self.cannot_book and one.sku == SKUS[0]):
                self.booked.add(one.id)
                self.stock[one.sku] += int(one.units)
        if self.loses and adjustments:
            self.loses = False
            raise SourceUnavailable("the answer was lost")
        return [one.id for one in adjustments if one.id in self.booked]

    @invariant()
    def no_approval_is_lost(self) -> None:
        """What was approved waits on its row, or the source has it."""
        waiting = {one.id for row in self.rows().values() for one in row.unbooked}
        assert self.approved.keys() <= waiting | self.booked

    def teardown(self) -> None:
        """Somebody has mended it."""
        self.cannot_book = self.loses = False
        super().teardown()


class Spreadsheet(Interleavings):
    """A stock file in the bucket. People change what they see."""

    BOOKING = "file"

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.upload(dict.fromkeys(SKUS, START))

    def connector(self) -> Connector:
        """The real one, and a note of when it reads."""
        source = SpreadsheetSource.model_validate({"connector": "spreadsheet", "key": KEY, "booking": self.BOOKING})
        real = open_spreadsheet(source, SETTINGS.bucket)
        return cast("Connector", SimpleNamespace(read=partial(self._read, real), book=real.book))

    def _read(self, real: Connector, known: str | None, since: datetime) -> Reading | None:
        RUNNING.run.reading = True
        reading = real.read(known, since)
        if reading:
            RUNNING.run.fingerprint = reading.fingerprint
        return reading

    def quantities(self) -> dict[str, int]:
        """What the latest version says."""
        text = self.bucket.versions[KEY][-1]["Content"].decode()
        return {sku: int(qty) for sku, _, qty, _ in (line.split(",") for line in text.splitlines()[1:])}

    def upload(self, stock: dict[str, int]) -> None:
        """Somebody saves the file."""
        self.version += 1
        rows = [f"{sku},shop,{qty},{self.version}" for sku, qty in stock.items()]
        self.bucket.put(Key=KEY, Body="\n".join(["sku,location,system_qty,note", *rows]).encode())

    def move(self, sku: str, units: int) -> None:
        """A sale or a delivery is entered."""
        stock = self.quantities()
        self.upload(stock | {sku: stock[sku] + units})

    def run_to_the_end(self) -> None:
        """What was received may undo a booking to the unit, so that the file looks older than it is: then somebody does
        as the refusal says.
        """
        super().run_to_the_end()
        if self.refused:
            self.upload(self.quantities())

    def lose_the_next_answer(self) -> None:
        """To a write of the file."""
        self.bucket.lose_next = True

    def teardown(self) -> None:
        """The network is well again."""
        self.bucket.lose_next = False
        super().teardown()


def listed(stock: dict[str, int]) -> tuple[StockRow, ...]:
    """As a source lists it."""
    return tuple(said(qty, sku, "shop") for sku, qty in stock.items())


class Export(Spreadsheet):
    """A stock file that is exported from elsewhere, where people book by hand.

    Nobody confirms anything, so one difference must not be both: sales are multiples of 1,000 and approvals far
    smaller, and between two syncs an item is either sold or booked (``test_decide`` has what happens otherwise).
    """

    BOOKING = "export"

    def __init__(self) -> None:
        super().__init__()
        self.booked: set[str] = set()
        self.booked_at: dict[str, int] = {}
        self.moved_at: dict[str, int] = {}

    @rule(sku=skus, units=st.sampled_from([-3_000, -1_000, 2_000]))
    def sell_or_receive(self, sku: str, units: int) -> None:
        """The source moves."""
        if not self.is_being_booked(sku):
            self.moves[sku] += units
            self.move(sku, units)
            self.moved_at[sku] = self.version

    @rule(sku=skus, gap=st.integers(-9, 9).filter(bool))
    def approve(self, sku: str, gap: int) -> None:
        """A manager approves a gap."""
        if not self.is_being_booked(sku):
            super().approve(sku, gap)

    @rule(sku=skus, only_one=st.booleans())
    def book_by_hand(self, sku: str, only_one: bool) -> None:
        """Somebody books all that waits for an item, or one of two."""
        waiting = {one.id: int(one.units) for one in self.rows()[sku].unbooked}
        if only_one and len(set(waiting.values())) == len(waiting) == 2:
            waiting.popitem()
        # By version, not by quantity: sales that cancel out look mirrored while a sync still holds one of them.
        all_sales_are_mirrored = self.moved_at.get(sku, 0) <= self.mirrored()
        if waiting and all_sales_are_mirrored and not self.is_being_booked(sku):
            self.booked |= waiting.keys()
            self.move(sku, sum(waiting.values()))
            self.booked_at[sku] = self.version

    @rule()
    def an_answer_is_lost(self) -> None:
        """There is none: the source is only read."""

    def mirrored(self) -> int:
        """The version of the file that the last complete sync mirrored."""
        tag = self.table.items[keyspace.SOURCE_STATE, keyspace.SOURCE_STATE]["fingerprint"].split()[-1]
        return 1 + [version["ETag"] for version in self.bucket.versions[KEY]].index(tag)

    def is_being_booked(self, sku: str) -> bool:
        """Whether a booking waits for the sync that sees it."""
        return self.mirrored() < self.booked_at.get(sku, 0)

    @invariant()
    def no_approval_is_lost(self) -> None:
        """What waits is what was approved, less what was booked; what cancels out waits for nobody."""
        for sku, row in self.rows().items():
            if not self.is_being_booked(sku):
                waiting = [
                    gap for name, (item, gap) in self.approved.items() if item == sku and name not in self.booked
                ]
                assert row.unbooked_qty == sum(waiting), sku

    def all_is_settled(self) -> None:
        """Both sides have the same but for what nobody has booked."""
        for sku, row in self.rows().items():
            assert int(row.source_qty) == self.quantities()[sku], sku
            assert int(row.system_qty) == self.wanted(sku, self.moves[sku]), sku


some = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestConfirming, TestSpreadsheet, TestExport = Confirming.TestCase, Spreadsheet.TestCase, Export.TestCase
TestConfirming.settings = TestSpreadsheet.settings = TestExport.settings = some
