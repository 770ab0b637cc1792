"""What a session covers and how it stands. Pure: request, rules and stock go in, a snapshot comes out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from stkr.capture.result import CaptureOutcome, ParkedRow, Reason
from stkr.domain.alias import Alias
from stkr.domain.counted import FileProblem
from stkr.domain.errors import ScopeError
from stkr.domain.names import SessionId
from stkr.domain.session import Session, SessionStatus
from stkr.domain.stock import History, Snapshot, StockRow
from stkr.rules.doc import Rules
from stkr.tabular.text import one_line


@dataclass(frozen=True, slots=True)
class Opening:
    """A request to open a count: who counts which location, or a zone (category or bin) of it, or a list of SKUs.

    ``recount_of`` names the variance whose rejection asked for this count.
    """

    location: str
    counter: str
    zone: str | None = None
    skus: tuple[str, ...] | None = None
    recount_of: str | None = None


@dataclass(frozen=True, slots=True)
class SessionProgress:
    """How a session stands. ``outcome`` is ``None`` until a first upload was read.

    ``parked`` are the first of its parked rows, ``refused`` the files that it did not take. ``unread_since`` is the
    instant the latest file came, while no capture has seen it.
    """

    session: Session
    outcome: CaptureOutcome | None = None
    parked: tuple[ParkedRow, ...] = ()
    refused: tuple[FileProblem, ...] = ()
    unread_since: str | None = None


class Step(StrEnum):
    """What is to be done next about a count."""

    CLOSED = "closed"
    READING = "reading"
    LATE = "late"
    COUNT = "count"
    MEND_ROWS = "mend_rows"
    COUNT_AFRESH = "count_afresh"
    MEND_FILES = "mend_files"
    NOTHING_COUNTED = "nothing_counted"
    COMPARING = "comparing"
    DONE = "done"


READ_WITHIN = timedelta(minutes=10)
"""Reading takes seconds; a second try, after a failure of a service, comes within twelve minutes."""


def next_step(standing: SessionProgress, now: datetime) -> Step:
    """What is to be done next, the most pressing first.

    :param now: aware.
    """
    session, outcome = standing.session, standing.outcome
    if session.status is SessionStatus.CLOSED:
        return Step.CLOSED
    if standing.unread_since:
        return Step.READING if now - datetime.fromisoformat(standing.unread_since) < READ_WITHIN else Step.LATE
    if outcome is None:
        # The header is written a moment before the outcome.
        return Step.READING if session.captured_seq else Step.COUNT
    return _after(outcome, standing)


def _after(outcome: CaptureOutcome, standing: SessionProgress) -> Step:
    if outcome.totals.parked:
        return Step.MEND_ROWS if mendable(outcome) else Step.COUNT_AFRESH
    if outcome.problems or standing.refused:
        return Step.MEND_FILES
    if not outcome.lines:
        return Step.NOTHING_COUNTED
    compared = standing.session.reconciled_seq >= standing.session.captured_seq
    return Step.DONE if compared else Step.COMPARING


def mendable(outcome: CaptureOutcome) -> bool:
    """Whether a fix sheet can mend parked rows: what a manager has decided needs a fresh count."""
    return bool(outcome.parked_reasons.keys() - {Reason.ALREADY_DECIDED})


def checked(opening: Opening, rules: Rules) -> Opening:
    """The request with the location's name as the rules doc spells it.

    :raises ScopeError: unknown location, or nobody named as the counter.
    """
    if not opening.counter.strip():
        raise ScopeError("say who is counting", "counter")
    for name in rules.locations:
        if name.casefold() == opening.location.strip().casefold():
            return replace(opening, location=name, counter=opening.counter.strip())
    names = ", ".join(sorted(rules.locations)) or "none yet: upload a rules doc first"
    raise ScopeError(f"there is no location {opening.location!r}; the rules doc has: {names}", "location")


def with_aliases(rows: Iterable[StockRow], aliases: Iterable[Alias]) -> Iterator[StockRow]:
    """The stock with the codes that people have confirmed, beside those the system of record has itself."""
    confirmed: dict[str, list[str]] = {}
    for alias in aliases:
        confirmed.setdefault(alias.sku, []).append(alias.written)
    for row in rows:
        more = confirmed.get(row.sku)
        yield replace(row, aliases=tuple(dict.fromkeys((*row.aliases, *more)))) if more else row


def snapshot_for(opening: Opening, rows: Iterable[StockRow]) -> Snapshot:
    """Freeze the stock of every location into the session's snapshot.

    In scope are the active rows of the location that the zone or the list names (all of them without either). Every
    other SKU the system knows goes to ``elsewhere``, the location's own row first.

    :raises ScopeError: nothing is in scope, or the list names a SKU the system does not know.
    """
    here: dict[str, StockRow] = {}
    elsewhere: dict[str, StockRow] = {}
    for row in rows:
        if row.location == opening.location:
            here[row.sku] = row
        else:
            elsewhere.setdefault(row.sku, row)
    here = {sku: _named_as(row, elsewhere[sku]) if sku in elsewhere else row for sku, row in here.items()}
    in_scope = {sku: row for sku, row in here.items() if _covers(opening, row)}
    if opening.skus:
        _refuse_unknown(opening.skus, {*here, *elsewhere})
    elif not in_scope:
        if opening.zone:
            problem = (
                f"nothing at {opening.location} is in a category or bin named {opening.zone!r}: check the spelling"
            )
            raise ScopeError(f"{problem}, or leave it out to count everything", "zone")
        raise ScopeError(
            f"the system of record has no stock rows for {opening.location}; has it been synced?", "location"
        )
    outside = {sku: row for sku, row in here.items() if sku not in in_scope}
    # What was sold, delivered and counted at another location says nothing of a gap found here.
    known_elsewhere = {sku: replace(row, history=History()) for sku, row in elsewhere.items() if sku not in here}
    return Snapshot(opening.location, in_scope, {**known_elsewhere, **outside}, frozenset(outside))


def _named_as(row: StockRow, other: StockRow) -> StockRow:
    """A row with the codes and the measure of the same item elsewhere, where it has none itself.

    An item that an approval put on the books has neither until the system of record lists it there; its barcode would
    name nothing, and a shelf that was scanned would come out as not counted.
    """
    by_measure = row.by_measure or (not row.unit and other.by_measure)
    return replace(row, aliases=row.aliases or other.aliases, unit=row.unit or other.unit, by_measure=by_measure)


def _covers(opening: Opening, row: StockRow) -> bool:
    if opening.skus is not None:
        return row.sku.casefold() in {sku.casefold() for sku in opening.skus}
    return opening.zone is None or opening.zone.casefold() in {row.category.casefold(), row.bin.casefold()}


def _refuse_unknown(skus: Sequence[str], stocked: Iterable[str]) -> None:
    spelled = {sku.casefold() for sku in stocked}
    unknown = [sku for sku in skus if sku.casefold() not in spelled]
    if unknown:
        named = ", ".join(unknown[:_NAMED]) + (f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else "")
        raise ScopeError(f"the stock system does not know {named}: check the spelling", "skus")


_NAMED = 5

MAX_AREA_CHARS = 60
"""An area is named on the shelf's end, not described."""


def area_name(typed: str) -> str:
    """An area as it can be a folder: on one line, without the characters that mean something in an object's key."""
    kept = "".join(char for char in one_line(typed) if char not in "/\\${}")
    return one_line(kept[:MAX_AREA_CHARS]).strip(".")


def new_session_id(opening: Opening, day: str, nonce: str) -> SessionId:
    """An id people can read out: the day, the location, and a random part: ``2026-11-21-fixings-aisle-7f3a9c``."""
    slug = re.sub(r"[^a-z0-9]+", "-", opening.location.casefold()).strip("-")
    return SessionId(f"{day}-{slug}-{nonce}")
