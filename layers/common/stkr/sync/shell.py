"""Sync's booking, reading and writing around its pure core.

The order makes a crash harmless. Only one run at a time may begin. It has the source book what waits, reads what the
source says after that, names every location it may touch, writes the changed rows one by one and their movements, and
the source's fingerprint last. The next sync does again whatever was cut off: the source confirms a booking once more,
and rows that are already right are not changed.
"""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.counted import CLOCKS_APART
from stkr.domain.errors import SourceRefused
from stkr.domain.inventory import InventoryRow
from stkr.domain.movement import OnHand, on_hand
from stkr.infra import aws
from stkr.infra.settings import SyncSettings
from stkr.infra.telemetry import Metric, count, logger
from stkr.store.dynamodb import conditional_update, pause
from stkr.store.inventory import change_row, create_row, read_location, read_row, read_waiting
from stkr.store.movements import read_ledger, write_ledger
from stkr.store.rules_doc import current_rules
from stkr.store.sync_state import SourceState, abandon_run, announce_locations, begin_run, finish_run, read_state
from stkr.sync.connector import Connector, Reading
from stkr.sync.connectors.from_secret import connector_of
from stkr.sync.core import BookedByHand, Confirmation, RowChange, decide, plan_rows, waiting
from stkr.sync.ledger import KEPT, ReadingOfLocation, advanced, misses_changes
from stkr.sync.to_book_list import write_to_book_list

_WRITERS = 8
"""Threads that write rows; below the ten connections the SDK keeps open."""

_ROW_TRIES = 5
"""A row is lost to an approval at most once; one that is contested five times is left to the next sync."""

_UNCHANGED = "the source has not changed"

_CONTESTED = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
"""Error codes when an approval of the same row was posted since it was read, or is being posted right now."""


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a sync did, in rows, and how many adjustments the source confirmed as ``booked``.

    ``skipped`` or ``refused`` says why it mirrored nothing; a refusal needs a person.
    """

    read: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    booked: int = 0
    skipped: str | None = None
    refused: str | None = None


def sync(settings: SyncSettings, now: datetime, lifetime: timedelta) -> SyncOutcome:
    """Have the system of record book what waits, and mirror it.

    :param now: when this run began.
    :param lifetime: how long this run can last at most; no other writes meanwhile.
    :returns: what was done. A source that is refused is an outcome, not an error: trying again would not help.
    :raises SourceUnavailable: it does not answer; whatever it may have booked is asked for again by the next sync.
    """
    try:
        outcome = _mirror(settings, now, lifetime)
    except SourceRefused as refusal:
        logger.error("the source was refused; the stock stays as it was", problem=str(refusal))
        count(Metric.SYNC_REFUSED)
        return SyncOutcome(refused=str(refusal))
    count(Metric.SYNC_ROWS_CHANGED, outcome.changed)
    return outcome


def _mirror(settings: SyncSettings, now: datetime, lifetime: timedelta) -> SyncOutcome:
    # The state before the source: if another sync begins in between, this one's reading may be the older one.
    state = read_state(settings.inventory_table)
    source = connector_of(settings.sync_secret, settings.bucket, now)
    run = _Run(settings, source, state, now)
    unbooked = _unbooked_rows(settings.inventory_table)
    reading = None if unbooked else run.read(state.fingerprint)
    if not unbooked and reading is None:
        write_to_book_list(settings.bucket, ())
        return SyncOutcome(skipped=_UNCHANGED)
    if not run.begin(lifetime):
        return SyncOutcome(skipped="another sync is at work")
    try:
        return run.book_and_mirror(unbooked, reading)
    except SourceRefused:
        run.abandon()
        raise
    except _Overtaken:
        logger.warning("a later sync took over; it has the say about what is mirrored")
        return SyncOutcome(skipped="a later sync took over")


def _unbooked_rows(table: str) -> list[InventoryRow]:
    """The rows with unbooked adjustments, read from the table: the index that names them may be behind."""
    indexed = list(read_waiting(table))
    with ThreadPoolExecutor(_WRITERS) as readers:
        rows = readers.map(lambda row: read_row(table, row.location, row.sku), indexed)
        return [row for row in rows if row and row.unbooked]


class _Overtaken(Exception):
    """A later sync has begun, and only its reading may be mirrored."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One sync, which begins from the ``state`` as it was before the source was read."""

    settings: SyncSettings
    source: Connector
    state: SourceState
    now: datetime

    @property
    def number(self) -> int:
        """The run's number, higher than that of every earlier one."""
        return self.state.run + 1

    def begin(self, lifetime: timedelta) -> bool:
        """Become the only running sync, for ``lifetime`` at most."""
        until = instants.instant(self.now + lifetime)
        request = begin_run(self.settings.inventory_table, self.state, now=instants.instant(self.now), until=until)
        return conditional_update(request) is not None

    def abandon(self) -> None:
        """End the run although it wrote nothing."""
        conditional_update(abandon_run(self.settings.inventory_table, self.number))

    def read(self, known: str | None) -> Reading | None:
        """Read the source, with the movements that may still be asked for."""
        reading = self.source.read(known, self.now - KEPT)
        if reading and reading.as_of and reading.as_of > instants.instant(self.now + CLOCKS_APART):
            # All later readings would be refused as older ones.
            raise SourceRefused(
                f"the source is of {reading.as_of}, which is yet to come; nothing was changed. Set its clock right"
            )
        if reading and reading.as_of and self.state.as_of and reading.as_of < self.state.as_of:
            raise SourceRefused(
                f"the source is of {reading.as_of}, which is older than what was mirrored last ({self.state.as_of}); "
                "nothing was changed. Hand over the latest one"
            )
        return reading

    def book_and_mirror(self, unbooked: Sequence[InventoryRow], reading: Reading | None) -> SyncOutcome:
        """Have the source book what waits on ``unbooked`` rows, and mirror what it says after that.

        :param reading: what the source says, if it was read already because nothing waits.
        """
        confirmed: Collection[str] | None = None
        first_asked = _adjustments(unbooked)
        if first_asked:
            confirmed = self.source.book(first_asked)
            # A booking may leave the fingerprint as it was.
            reading = self.read(None if confirmed else self.state.fingerprint)
        if reading is None:
            self.abandon()
            write_to_book_list(self.settings.bucket, unbooked)
            return SyncOutcome(skipped=_UNCHANGED)
        stored = self._stored(reading, unbooked)
        waiting_now = _adjustments(stored)
        asked_ids = {adjustment.id for adjustment in first_asked}
        if not first_asked or any(adjustment.id not in asked_ids for adjustment in waiting_now):
            # Approved meanwhile; or missing from the index, and then a run that died may have had it booked.
            confirmed = self.source.book(waiting_now)
            reading = (self.read(None) if confirmed else None) or reading
        return self._mirror(reading, stored, confirmed)

    def _stored(self, reading: Reading, unbooked: Iterable[InventoryRow]) -> list[InventoryRow]:
        # A location that is gone from the source is known only from the last sync, or by what waits there.
        places = {row.location for row in reading.rows} | {row.location for row in unbooked}
        places |= set(self.state.locations)
        table = self.settings.inventory_table
        return list(chain.from_iterable(read_location(table, place) for place in sorted(places)))

    def _mirror(self, reading: Reading, stored: Sequence[InventoryRow], booked: Collection[str] | None) -> SyncOutcome:
        table = self.settings.inventory_table
        # What was approved since this run began cannot have been booked by hand before it was read.
        until = reading.written_by or instants.instant(self.now)
        confirmed: Confirmation = BookedByHand(until) if booked is None else booked
        limit = current_rules(self.settings.bucket).rules.max_missing_percent
        planned = plan_rows(reading.rows, stored, limit, confirmed)
        locations = {row.location for row in reading.rows}
        if not locations <= set(self.state.locations):
            _write_state(announce_locations(table, self.number, locations | set(self.state.locations)))
        written = _write(table, planned.changes, confirmed)
        after = {(row.location, row.sku): row for row in stored}
        after |= {(change.wanted.location, change.wanted.sku): change.wanted for change in written}
        self._keep_movements(reading, stored, after.values(), written)
        request = finish_run(
            table,
            self.number,
            fingerprint=reading.fingerprint,
            locations=locations,
            rows=len(reading.rows),
            as_of=reading.as_of,
            now=instants.instant(self.now),
        )
        _write_state(request)
        write_to_book_list(self.settings.bucket, after.values())
        return SyncOutcome(
            read=len(reading.rows),
            changed=len(planned.changes),
            unchanged=planned.unchanged,
            vanished=planned.vanished,
            booked=len(booked or ()),
        )

    def _keep_movements(
        self,
        reading: Reading,
        stored: Iterable[InventoryRow],
        rows: Iterable[InventoryRow],
        written: Sequence[RowChange],
    ) -> None:
        """Store the movements that this run saw, by location.

        A run may die after it has written rows and before this. The next one finds ``stored`` rows with changes that
        are not in the ledger, and starts that location's ledger anew: the movements of that time are not used.
        """
        before: dict[str, list[InventoryRow]] = {}
        for row in stored:
            before.setdefault(row.location, []).append(row)
        by_place: dict[str, list[InventoryRow]] = {}
        for row in rows:
            by_place.setdefault(row.location, []).append(row)
        for place, rows_here in sorted(by_place.items()):
            ledger = read_ledger(self.settings.bucket, place)
            listed = reading.movements
            location_reading = ReadingOfLocation(
                at=reading.as_of or instants.instant(self.now),
                moved={
                    change.wanted.sku: change.wanted.system_qty - change.stored.system_qty
                    for change in written
                    if change.stored and change.wanted.location == place
                },
                since=instants.instant(self.now - KEPT),
                listed=None if listed is None else [movement for movement in listed if movement.location == place],
            )
            stock = {row.sku: on_hand(row) for row in rows_here if row.active}
            rows_before = map(_named_on_hand, before.get(place, ()))
            complete = None if ledger and misses_changes(ledger, rows_before) else ledger
            write_ledger(self.settings.bucket, ledger, advanced(complete, place, stock, location_reading))


def _named_on_hand(row: InventoryRow) -> tuple[str, OnHand]:
    return row.sku, on_hand(row)


def _adjustments(rows: Iterable[InventoryRow]) -> list[Adjustment]:
    return [
        Adjustment(
            id=unbooked.id,
            sku=row.sku,
            location=row.location,
            units=unbooked.units,
            approved_at=unbooked.at,
            source_qty=row.source_qty,
        )
        for row in rows
        for unbooked in waiting(row)
    ]


def _write_state(request: dict[str, Any]) -> None:
    if conditional_update(request) is None:
        raise _Overtaken


def _write(table: str, changes: Iterable[RowChange], confirmed: Confirmation) -> list[RowChange]:
    """Write rows.

    :returns: the changes as they were written.
    """
    with ThreadPoolExecutor(_WRITERS) as writers:
        write = partial(_write_row, table, confirmed)
        return [change for change in writers.map(write, changes) if change]


def _write_row(table: str, confirmed: Confirmation, change: RowChange, attempt: int = 1) -> RowChange | None:
    """Write one row; when an approval was faster, decide again from the row as it is then.

    :returns: what was written; ``None`` when the row no longer needed anything.
    """
    try:
        if change.stored is None:
            aws.dynamodb().put_item(**create_row(table, change.wanted))
        else:
            aws.dynamodb().update_item(**change_row(table, change.stored, change.wanted))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CONTESTED or attempt == _ROW_TRIES:
            raise
        pause(attempt)
        again = decide(read_row(table, change.wanted.location, change.wanted.sku), change.listed, confirmed)
        return _write_row(table, confirmed, again, attempt + 1) if again else None
    return change
