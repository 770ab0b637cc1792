"""Reads a JSON API and books into it, as the secret describes."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.movement import Movement
from stkr.domain.stock import StockRow
from stkr.infra.telemetry import logger
from stkr.sync.connector import Reading
from stkr.sync.connectors.http import Api, ApiAnswer, Patience, RequestRefused
from stkr.sync.connectors.jsonapi.booking_body import booking_body
from stkr.sync.connectors.jsonapi.description import BookingCheck, BookingEndpoint, JsonApiSource
from stkr.sync.connectors.jsonapi.expressions import find
from stkr.sync.connectors.jsonapi.mapping import as_of, mapped_movements, mapped_stock
from stkr.sync.connectors.jsonapi.pagination import all_rows, first_page

_NOT_ALLOWED = frozenset({401, 403})
_NOT_FOUND = 404
_CLOCKS_FAR_APART = timedelta(hours=1)
_ID = "{id}"
"""In the path of a booking check: the place of an adjustment's id."""


class JsonApi:
    """A ``Connector`` to the API that the secret describes."""

    def __init__(self, source: JsonApiSource, patience: Patience | None = None) -> None:
        """``patience`` bounds everything that this object asks, from now on.

        :raises SourceRefused: the URL or the token cannot be used.
        """
        self._source = source
        credential = f"{source.scheme} {source.token.get_secret_value()}".strip()
        self._api = Api(source.url, {source.header: credential}, patience)
        self._confirmed: set[str] = set()

    def read(self, known: str | None, since: datetime) -> Reading | None:
        """Read everything (see ``Connector``)."""
        stock = self._source.stock
        first = first_page(self._api, stock, {}, self._if_none_match(known))
        if not first.modified:
            return None
        rows = mapped_stock(stock, all_rows(self._api, stock, {}, first))
        movements = self._movements(since)
        fingerprint = self._fingerprint(rows, movements, first)
        if known is not None and fingerprint.partition(" ")[0] == known.partition(" ")[0]:
            return None
        return Reading(rows, fingerprint, movements, as_of=as_of(stock, first))

    def book(self, adjustments: Sequence[Adjustment]) -> set[str] | None:
        """Book what is not booked yet (see ``Connector``); ``None`` where the secret does not say how."""
        bookings = self._source.bookings
        if bookings is None:
            return None
        # What this run has confirmed is not asked about again: the source's own list may be a moment behind.
        unconfirmed = [adjustment for adjustment in adjustments if adjustment.id not in self._confirmed]
        one_at_a_time = bookings.check is not None and _ID in bookings.check.path
        if not one_at_a_time:
            self._confirmed |= self._booked(bookings, unconfirmed)
        waiting = iter([adjustment for adjustment in unconfirmed if adjustment.id not in self._confirmed])
        while chunk := list(islice(waiting, bookings.batch or 1)):
            if self._api.half_spent:
                # The stock is still to be read. What was booked by now is settled and not asked for again.
                logger.warning("the source takes its time; the next run goes on booking", left=len([*chunk, *waiting]))
                break
            booked = self._booked(bookings, chunk) if one_at_a_time else set()
            self._confirmed |= booked | self._post(bookings, _without(chunk, booked))
        return self._confirmed & {adjustment.id for adjustment in adjustments}

    def _if_none_match(self, known: str | None) -> dict[str, str]:
        """The header with which the server may answer that nothing has changed.

        A list of several pages has no version as a whole. ``Last-Modified`` is no use: it is the same for two changes
        in one second.
        """
        content, _, tag = (known or "").partition(" ")
        is_whole = self._source.stock.next is None and self._source.movements is None
        return (
            {"If-None-Match": tag} if tag and is_whole and content.startswith(f"{self._description_digest()}.") else {}
        )

    def _description_digest(self) -> str:
        """Identifies this description of the source: under another one, the same answer may mean something else."""
        return _hashed(self._source.model_dump_json(exclude={"token", "bookings"}))

    def _fingerprint(self, rows: tuple[StockRow, ...], movements: tuple[Movement, ...] | None, first: ApiAnswer) -> str:
        # Only the latest movements: early ones drop out of the list as time passes, which changes nothing.
        latest = max((movement.at for movement in movements or ()), default=None)
        last = sorted(movement.reference for movement in movements or () if movement.at == latest)
        content = _hashed(repr((sorted(rows, key=lambda row: (row.location, row.sku)), latest, last)))
        return f"{self._description_digest()}.{content} {first.headers.get('ETag', '')}"

    def _movements(self, since: datetime) -> tuple[Movement, ...] | None:
        listing = self._source.movements
        if listing is None:
            return None
        query = listing.since.query(since) if listing.since else {}
        rows = all_rows(self._api, listing, query, first_page(self._api, listing, query))
        return mapped_movements(listing, rows, instants.instant(since))

    def _booked(self, bookings: BookingEndpoint, adjustments: Sequence[Adjustment]) -> set[str]:
        """The ids of those adjustments that the source's own list of bookings names."""
        check = bookings.check
        if check is None or not adjustments:
            return set()
        if _ID not in check.path:
            return self._named(check, adjustments)
        booked: set[str] = set()
        for adjustment in adjustments:
            path = check.path.replace(_ID, quote(adjustment.id, safe=""))
            try:
                booked |= self._named(check.model_copy(update={"path": path}), [adjustment])
            except RequestRefused as refusal:
                if refusal.status != _NOT_FOUND:
                    raise
        return booked

    def _named(self, check: BookingCheck, adjustments: Sequence[Adjustment]) -> set[str]:
        earliest = datetime.fromisoformat(min(adjustment.approved_at for adjustment in adjustments))
        # The source dates a booking by its own clock, which may be behind.
        query = check.since.query(earliest - _CLOCKS_FAR_APART) if check.since else {}
        named = {str(id_) for id_ in all_rows(self._api, check, query, first_page(self._api, check, query))}
        return named & {adjustment.id for adjustment in adjustments}

    def _post(self, bookings: BookingEndpoint, adjustments: Sequence[Adjustment]) -> set[str]:
        """Book these, none of which is booked yet.

        :returns: ids of those that are booked now.
        """
        if not adjustments:
            return set()
        bodies = [booking_body(bookings.body, adjustment) for adjustment in adjustments]
        ids = {adjustment.id for adjustment in adjustments}
        body: Any = bodies
        headers = {}
        if bookings.batch is None:
            body = bodies[0]
            headers = {"Idempotency-Key": quote(adjustments[0].id)}
        elif bookings.envelope is not None:
            body = {bookings.envelope: bodies}
        try:
            answer = self._api.post(bookings.path, body, headers, repeatable=bookings.idempotent and bool(headers))
        except RequestRefused as refusal:
            if refusal.status in _NOT_ALLOWED:
                raise
            if len(adjustments) > 1:
                # A single bad adjustment may have spoilt the request for the others.
                booked = self._booked(bookings, adjustments)
                return booked.union(*(self._post(bookings, [single]) for single in _without(adjustments, booked)))
            logger.warning("the source refuses to book", adjustments=sorted(ids), problem=str(refusal))
            return set()
        if bookings.booked is None:
            return ids
        named = find(bookings.booked, answer)
        booked = ids & {str(id_) for id_ in (named if isinstance(named, list) else [named])}
        if booked != ids:
            logger.warning("the source did not book all it was asked for", adjustments=sorted(ids - booked))
        return booked


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without(adjustments: Iterable[Adjustment], ids: Collection[str]) -> list[Adjustment]:
    return [adjustment for adjustment in adjustments if adjustment.id not in ids]
