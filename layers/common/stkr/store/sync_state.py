"""How far the mirror of the system of record is: one item of the inventory table, by which syncs exclude each other."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from stkr.domain.names import Instant
from stkr.infra import aws
from stkr.store import keyspace
from stkr.store.dynamodb import attributes, update, values

_KEY = {"PK": keyspace.SOURCE_STATE, "SK": keyspace.SOURCE_STATE}


class SourceState(BaseModel):
    """The state as stored. ``run`` counts the syncs that began to book or write; ``running_until`` is the stored
    instant after which the latest of them is over at any rate, ``None`` once it has finished.

    ``fingerprint`` is that of the source as it was mirrored last, ``rows`` the number of its rows, ``as_of`` the time
    it gave itself, if any, and ``synced_at`` when it was mirrored. ``locations`` are those that may hold its rows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: int = 0
    running_until: Instant | None = None
    fingerprint: str | None = None
    locations: tuple[str, ...] = ()
    rows: int = 0
    as_of: Instant | None = None
    synced_at: Instant | None = None


def read_state(table: str) -> SourceState:
    """The state, read consistently; before the first sync, the state of an empty mirror."""
    answer = aws.dynamodb().get_item(TableName=table, Key=attributes(_KEY), ConsistentRead=True)
    return SourceState.model_validate(values(answer.get("Item", {})))


def begin_run(table: str, as_read: SourceState, *, now: Instant, until: Instant) -> dict[str, Any]:
    """UpdateItem request that begins to book and to write, as the only sync to do so.

    :param as_read: the state, read before the source was.
    :param until: when this run is over at any rate.
    """
    return _unless_at_work(table, as_read, {"run": as_read.run + 1, "running_until": until}, now)


def announce_locations(table: str, run: int, locations: Iterable[str]) -> dict[str, Any]:
    """UpdateItem request that records the locations this run may write to, so that a dead run leaves no row unknown."""
    return _of_run(table, run, {"locations": sorted(locations)})


def finish_run(
    table: str,
    run: int,
    *,
    fingerprint: str,
    locations: Iterable[str],
    rows: int,
    as_of: Instant | None,
    now: Instant,
) -> dict[str, Any]:
    """UpdateItem request that records a run as complete; from here on the same source is skipped."""
    sets = {
        "fingerprint": fingerprint,
        "locations": sorted(locations),
        "rows": rows,
        "as_of": as_of,
        "synced_at": now,
        "running_until": None,
    }
    return _of_run(table, run, sets)


def abandon_run(table: str, run: int) -> dict[str, Any]:
    """UpdateItem request that ends a run which wrote nothing, so that the next one need not wait for its time."""
    return _of_run(table, run, {"running_until": None})


def read_afresh(table: str, as_read: SourceState, *, now: Instant) -> dict[str, Any]:
    """UpdateItem request that has the next sync read the source even if it still says the same.

    It is written only while no sync is at work, and stops one that has already read the state or the source.
    """
    return _unless_at_work(table, as_read, {"run": as_read.run + 1, "fingerprint": None}, now)


def _unless_at_work(table: str, as_read: SourceState, sets: dict[str, Any], now: Instant) -> dict[str, Any]:
    # A sync that began meanwhile may have read a newer source; what this one has read must not be written over it.
    no_sync_began_since = "(attribute_not_exists(#run) OR #run = :seen_run)"
    # Two syncs that write at once would take each other's rows for movements of the stock.
    no_sync_is_writing = "(attribute_not_exists(#running_until) OR #running_until < :now)"
    return update(
        table,
        _KEY,
        condition=f"{no_sync_began_since} AND {no_sync_is_writing}",
        sets=sets,
        names={"#running_until": "running_until"},
        bound={":seen_run": as_read.run, ":now": now},
    )


def _of_run(table: str, run: int, sets: dict[str, Any]) -> dict[str, Any]:
    # A sync that began since decides what is mirrored.
    still_the_latest = "#run = :run"
    return update(table, _KEY, condition=still_the_latest, sets=sets, names={"#run": "run"}, bound={":run": run})
