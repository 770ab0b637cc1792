"""What a session covers and how it stands. Pure: request, rules and stock go in, a snapshot comes out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stkr.capture.result import Alias, FileProblem, Outcome, ParkedRow
from stkr.errors import ScopeError
from stkr.rules.doc import Rules
from stkr.stock import Snapshot, StockRow
from stkr.store.counts import Session
from stkr.tabular.words import one_line


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
class Standing:
    """How a session stands. ``outcome`` is ``None`` until a first upload was read.

    ``parked`` are the first of its parked rows, ``refused`` the files that it did not take.
    """

    session: Session
    outcome: Outcome | None = None
    parked: tuple[ParkedRow, ...] = ()
    refused: tuple[FileProblem, ...] = ()


def checked(opening: Opening, rules: Rules) -> Opening:
    """The request with the location's name as the rules doc spells it.

    :raises ScopeError: unknown location, or nobody named as the counter.
    """
    if not opening.counter.strip():
        raise ScopeError("say who is counting")
    for name in rules.locations:
        if name.casefold() == opening.location.strip().casefold():
            return Opening(name, opening.counter.strip(), opening.zone, opening.skus, opening.recount_of)
    known = ", ".join(sorted(rules.locations)) or "none yet: upload a rules doc first"
    raise ScopeError(f"there is no location {opening.location!r}; the rules doc has: {known}")


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
    in_scope = {sku: row for sku, row in here.items() if _covers(opening, row)}
    if opening.skus:
        _refuse_unknown(opening.skus, {*here, *elsewhere})
    elif not in_scope:
        where = f"{opening.location}, zone {opening.zone}" if opening.zone else opening.location
        raise ScopeError(f"the system of record has no stock rows for {where}; has it been synced?")
    outside = {sku: row for sku, row in here.items() if sku not in in_scope}
    known_elsewhere = {sku: row for sku, row in elsewhere.items() if sku not in here}
    return Snapshot(opening.location, in_scope, {**known_elsewhere, **outside}, frozenset(outside))


def _covers(opening: Opening, row: StockRow) -> bool:
    if opening.skus is not None:
        return row.sku.casefold() in {sku.casefold() for sku in opening.skus}
    return opening.zone is None or opening.zone.casefold() in {row.category.casefold(), row.bin.casefold()}


def _refuse_unknown(skus: Sequence[str], known: Iterable[str]) -> None:
    spelled = {sku.casefold() for sku in known}
    unknown = [sku for sku in skus if sku.casefold() not in spelled]
    if unknown:
        raise ScopeError(f"the system of record does not know {', '.join(unknown)}")


MAX_AREA_CHARS = 60
"""An area is named on the shelf's end, not described."""


def area_name(typed: str) -> str:
    """An area as it can be a folder: on one line, without the characters that mean something in an object's key."""
    kept = "".join(char for char in one_line(typed) if char not in "/\\${}")
    return one_line(kept[:MAX_AREA_CHARS]).strip(".")


def new_session_id(opening: Opening, day: str, nonce: str) -> str:
    """An id people can read out: the day, the location, and a random part: ``2026-11-21-fixings-aisle-7f3a9c``."""
    slug = re.sub(r"[^a-z0-9]+", "-", opening.location.casefold()).strip("-")
    return f"{day}-{slug}-{nonce}"
