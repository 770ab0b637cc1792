"""Sync's reading and writing around its pure core.

The order of the writes makes a crash harmless: the run is announced with every location it may touch, then the changed
rows are written one by one, and the source's fingerprint comes last. Whatever was cut off is found again by the next
sync, because rows that are as they should be are not changed once more.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Literal

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import TransformParameterError
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stkr import aws, keys
from stkr.errors import SourceRefused
from stkr.rules.store import current_rules
from stkr.settings import Sync as Settings
from stkr.store.inventory import change_row, create_row, read_location, read_row
from stkr.store.items import conditional_update, pause
from stkr.store.source import SourceState, begin_run, finish_run, read_state
from stkr.sync.core import Change, Plan, decide, plan
from stkr.sync.spreadsheet import Reading, read_spreadsheet
from stkr.telemetry import Metric, count, logger

_SECRET_FRESH_SECONDS = 300
_WRITERS = 8
"""Threads that write rows; below the ten connections the SDK keeps open."""

_ROW_TRIES = 5
"""A row is lost to an approval once, if ever; one that is contested five times is left to the next sync."""

_CONTESTED = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
"""An approval of the same row was posted since it was read, or is being posted this very moment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sync did, in rows. ``skipped`` or ``refused`` says why it did nothing; a refusal needs a person."""

    read: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    skipped: str | None = None
    refused: str | None = None


class Source(BaseModel):
    """The system of record as the secret describes it: a stock file at ``key`` in the bucket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connector: Literal["spreadsheet"]
    key: str = Field(pattern=r"^source/[^/]+$")


def sync(settings: Settings, now: datetime, lifetime: timedelta) -> Outcome:
    """Mirror the system of record.

    :param now: when this run began.
    :param lifetime: how long this run can last at most; no other writes meanwhile.
    :returns: what was done. A source that is refused is an outcome, not an error: trying again would not help.
    """
    try:
        outcome = _mirror(settings, now, lifetime)
    except SourceRefused as refusal:
        logger.error("the source was refused; the stock stays as it was", problem=str(refusal))
        count(Metric.SYNC_REFUSED)
        return Outcome(refused=str(refusal))
    count(Metric.SYNC_ROWS_CHANGED, outcome.changed)
    return outcome


def _mirror(settings: Settings, now: datetime, lifetime: timedelta) -> Outcome:
    # The state before the source: if another sync begins in between, this one's reading may be the older one.
    state = read_state(settings.inventory_table)
    reading = read_spreadsheet(settings.bucket, _source(settings.sync_secret).key, state.fingerprint)
    if reading is None:
        return Outcome(skipped="the source has not changed")
    locations = {row.location for row in reading.rows}
    # A location that has gone from the source altogether is only known from the last sync.
    places = locations | set(state.locations)
    stored = chain.from_iterable(read_location(settings.inventory_table, place) for place in sorted(places))
    decided = plan(reading.rows, stored, current_rules(settings.bucket).rules.max_missing_percent)
    if not _begin(settings.inventory_table, state, places, now, lifetime):
        return Outcome(skipped="another sync is at work")
    _write(settings.inventory_table, decided.changes)
    _finish(settings.inventory_table, state.run + 1, reading, locations, now)
    return _outcome(reading, decided)


def _source(secret: str) -> Source:
    try:
        described = parameters.get_secret(secret, transform="json", max_age=_SECRET_FRESH_SECONDS)
        return Source.model_validate(described)
    except (TransformParameterError, ValidationError):
        # The errors quote the secret's value, which must not get into a log.
        raise SourceRefused(
            f"the secret {secret} does not describe a source; nothing was changed. "
            'Set it to {"connector": "spreadsheet", "key": "source/<file>"}'
        ) from None


def _begin(table: str, state: SourceState, places: Iterable[str], now: datetime, lifetime: timedelta) -> bool:
    until = keys.instant(now + lifetime)
    request = begin_run(table, state, locations=places, now=keys.instant(now), until=until)
    return conditional_update(request) is not None


def _finish(table: str, run: int, reading: Reading, locations: Iterable[str], now: datetime) -> None:
    request = finish_run(
        table,
        run,
        fingerprint=reading.fingerprint,
        locations=locations,
        rows=len(reading.rows),
        now=keys.instant(now),
    )
    if conditional_update(request) is None:
        logger.warning("a later sync took over; it has the say about what is mirrored", run=run)


def _write(table: str, changes: Iterable[Change]) -> None:
    with ThreadPoolExecutor(_WRITERS) as writers:
        list(writers.map(partial(_write_row, table), changes))  # the list raises what any of them raised


def _write_row(table: str, change: Change, attempt: int = 1) -> None:
    """Write one row; when an approval was faster, decide afresh about the row as it is then."""
    try:
        if change.seen is None:
            aws.dynamodb().put_item(**create_row(table, change.wanted))
        else:
            aws.dynamodb().update_item(**change_row(table, change.seen, change.wanted))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _CONTESTED or attempt == _ROW_TRIES:
            raise
        pause(attempt)
        again = decide(read_row(table, change.wanted.location, change.wanted.sku), change.said)
        if again:
            _write_row(table, again, attempt + 1)


def _outcome(reading: Reading, decided: Plan) -> Outcome:
    return Outcome(
        read=len(reading.rows),
        changed=len(decided.changes),
        unchanged=decided.unchanged,
        vanished=decided.vanished,
    )
