"""Any system of record with a JSON API, described wholly by the secret (see docs/systems-of-record.md)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import CountFileError, SourceRefused
from stkr.domain.movement import Movement, MovementKind
from stkr.domain.stock import StockRow
from stkr.infra.telemetry import logger
from stkr.stockfile.read import Problems, plain_number, stock_of
from stkr.sync.connector import Reading
from stkr.sync.connectors.http import Api, ApiAnswer, Patience, RequestRefused
from stkr.sync.connectors.pagination import Described, Expression, Listing, Since, all_rows, find, first_page
from stkr.tabular.text import one_line

StockField = Literal[
    "sku",
    "name",
    "location",
    "system_qty",
    "unit_cost",
    "pack_size",
    "aliases",
    "category",
    "bin",
    "unit",
    "sold_by_measure",
    "sold_since_count",
    "last_received_at",
    "last_received_qty",
    "last_counted_at",
]
MovementField = Literal["sku", "location", "kind", "units", "at", "reference"]
_NUMBERS = frozenset({"system_qty", "unit_cost", "pack_size", "sold_since_count", "last_received_qty", "units"})
_YES_OR_NO = {True: "yes", False: "no"}
_MOVEMENT_FIELDS: tuple[MovementField, ...] = ("sku", "location", "kind", "units", "at", "reference")
_LONGEST_NUMBER = 40
_NOT_ALLOWED = frozenset({401, 403})
_NOT_FOUND = 404
_CLOCKS_FAR_APART = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = "{id}"
_EXAMPLE = Adjustment("1a2b3c4d.BOLT.r100", "BOLT", "shop", Decimal(-48), "2026-11-23T09:00:00.000000Z")


class _Rows(Listing):
    """A list whose rows are mapped to ours.

    Where a row holds a list of its own, such as a product its stock by location, ``each`` finds that list, and the
    fields find an element of it under the name ``each``. Rows for which ``only`` finds nothing or false are left out.
    """

    each: Expression | None = None
    only: Expression | None = None

    def records(self, rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """What the fields are looked up in, and the number of the row it is from."""
        for number, row in enumerate(rows, 1):
            if self.only is not None and not find(self.only, row):
                continue
            if self.each is None:
                yield number, row
                continue
            parts = find(self.each, row)
            if not isinstance(parts, list) or not isinstance(row, dict):
                raise SourceRefused(
                    f"the expression {self.each!r} finds no list in row {number} of the source's answer"
                )
            for part in parts:
                yield number, {**row, "each": part}


class StockListing(_Rows):
    """Where the stock is. ``as_of`` finds, in the first page, the instant that the list is of."""

    fields: dict[StockField, Expression]
    as_of: Expression | None = None

    @field_validator("fields")
    @classmethod
    def _says_what_is_where(cls, fields: dict[StockField, Expression]) -> dict[StockField, Expression]:
        missing = [name for name in ("sku", "location", "system_qty") if name not in fields]
        if missing:
            raise ValueError(f"need {', '.join(missing)}")
        return fields


class MovementListing(_Rows):
    """Where the movements are. ``kinds`` says what the source's words for them mean.

    ``leaving`` are those of its words with which it gives units without a sign, although they leave.
    ``times`` is how the field ``at`` is written.
    """

    fields: dict[MovementField, Expression]
    kinds: dict[str, MovementKind]
    leaving: frozenset[str] = frozenset()
    since: Since | None = None
    times: Literal["iso", "seconds", "milliseconds"] = "iso"

    @field_validator("fields")
    @classmethod
    def _are_complete(cls, fields: dict[MovementField, Expression]) -> dict[MovementField, Expression]:
        missing = [name for name in _MOVEMENT_FIELDS if name not in fields]
        if missing:
            raise ValueError(f"need {', '.join(missing)}")
        return fields

    @model_validator(mode="after")
    def _know_what_leaves(self) -> Self:
        if not self.leaving <= self.kinds.keys():
            raise ValueError("leaving names a kind that is not among kinds")
        return self


class Check(Listing):
    """How to find out what is booked: ``rows`` finds the ids of adjustments in the answer.

    With ``{id}`` in its ``path`` one adjustment is asked about at a time, and 404 is a no; without it, all are listed.
    """

    since: Since | None = None


class BookingEndpoint(Described):
    """Where an adjustment is booked, by a POST of ``body``.

    ``body`` is JSON whose texts are expressions for ``id``, ``sku``, ``location``, ``units`` (signed), ``size``
    (without its sign), ``increase`` (true or false) and ``approved_at``. With ``batch`` as many at once are sent as a
    list, which ``envelope`` names a key for. ``booked`` finds the ids that were booked in the answer; without it, an
    answer that is no error means that all were. ``idempotent`` says that the server knows a request it has had before
    by its Idempotency-Key.
    """

    path: str = Field(pattern=r"^/")
    body: JsonValue
    batch: int | None = Field(default=None, ge=1)
    envelope: str | None = None
    booked: Expression | None = None
    idempotent: bool = False
    check: Check | None = None

    @field_validator("body")
    @classmethod
    def _is_filled_by_any_adjustment(cls, body: JsonValue) -> JsonValue:
        try:
            _filled(body, _facts(_EXAMPLE))
        except SourceRefused:
            raise ValueError("has a text that finds nothing in an adjustment") from None
        return body

    @model_validator(mode="after")
    def _can_be_repeated(self) -> Self:
        if self.check is None and not self.idempotent:
            raise ValueError(
                "need a check, or idempotent if the server heeds the Idempotency-Key: "
                "without either, an adjustment whose answer was lost could be booked twice"
            )
        if self.batch and self.check is None:
            # A key names one request, and the next attempt may send another set of adjustments.
            raise ValueError("need a check where they are sent in a batch")
        return self


class JsonApiSource(Described):
    """The system of record as the secret describes it."""

    connector: Literal["jsonapi"]
    url: str
    token: SecretStr
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]+$")
    scheme: str = "Bearer"
    stock: StockListing
    movements: MovementListing | None = None
    bookings: BookingEndpoint | None = None


class JsonApi:
    """A ``Connector``."""

    def __init__(self, source: JsonApiSource, patience: Patience | None = None) -> None:
        """``patience`` is for everything that this object asks, from now on.

        :raises SourceRefused: the URL or the token cannot be used.
        """
        self._source = source
        credential = f"{source.scheme} {source.token.get_secret_value()}".strip()
        self._api = Api(source.url, {source.header: credential}, patience)
        self._confirmed: set[str] = set()

    def read(self, known: str | None, since: datetime) -> Reading | None:
        """Read everything (see ``Connector``)."""
        stock = self._source.stock
        first = first_page(self._api, stock, {}, self._unless(known))
        if not first.modified:
            return None
        rows = _stock_rows(stock, all_rows(self._api, stock, {}, first))
        movements = self._movements(since)
        fingerprint = self._fingerprint(rows, movements, first)
        if known is not None and fingerprint.partition(" ")[0] == known.partition(" ")[0]:
            return None
        return Reading(rows, fingerprint, movements, _as_of(stock, first))

    def book(self, adjustments: Sequence[Adjustment]) -> set[str] | None:
        """Book what is not booked yet (see ``Connector``); ``None`` where the secret does not say how."""
        bookings = self._source.bookings
        if bookings is None:
            return None
        # What this run has confirmed is not asked about again: the source's own list may be a moment behind.
        asked = [adjustment for adjustment in adjustments if adjustment.id not in self._confirmed]
        one_by_one = bookings.check is not None and _ID in bookings.check.path
        if not one_by_one:
            self._confirmed |= self._found(bookings, asked)
        waiting = iter([adjustment for adjustment in asked if adjustment.id not in self._confirmed])
        while chunk := list(islice(waiting, bookings.batch or 1)):
            if self._api.half_spent:
                # The stock is still to be read; whatever was booked by now is settled and not asked for again.
                logger.warning("the source takes its time; the next run goes on booking", left=len([*chunk, *waiting]))
                break
            found = self._found(bookings, chunk) if one_by_one else set()
            self._confirmed |= found | self._post(bookings, [one for one in chunk if one.id not in found])
        return self._confirmed & {adjustment.id for adjustment in adjustments}

    def _unless(self, known: str | None) -> dict[str, str]:
        """What makes the server answer that nothing has changed.

        A list of several pages has no version as a whole. ``Last-Modified`` is of no use: it is the same for two
        changes in one second.
        """
        content, _, tag = (known or "").partition(" ")
        is_whole = self._source.stock.next is None and self._source.movements is None
        return {"If-None-Match": tag} if tag and is_whole and content.startswith(f"{self._described()}.") else {}

    def _described(self) -> str:
        """Tells this description of the source from any other: with it, the same answer may mean something else."""
        return _hashed(self._source.model_dump_json(exclude={"token", "bookings"}))

    def _fingerprint(self, rows: tuple[StockRow, ...], movements: tuple[Movement, ...] | None, first: ApiAnswer) -> str:
        # Of the movements only the latest ones, because early ones go as time goes on, and nothing has changed by that.
        latest = max((movement.at for movement in movements or ()), default=None)
        last = sorted(movement.reference for movement in movements or () if movement.at == latest)
        content = _hashed(repr((sorted(rows, key=lambda row: (row.location, row.sku)), latest, last)))
        return f"{self._described()}.{content} {first.headers.get('ETag', '')}"

    def _movements(self, since: datetime) -> tuple[Movement, ...] | None:
        listing = self._source.movements
        if listing is None:
            return None
        query = listing.since.query(since) if listing.since else {}
        rows = all_rows(self._api, listing, query, first_page(self._api, listing, query))
        return _movements(listing, rows, instants.instant(since))

    def _found(self, bookings: BookingEndpoint, adjustments: Sequence[Adjustment]) -> set[str]:
        """Which of the adjustments the source's own list of bookings names."""
        check = bookings.check
        if check is None or not adjustments:
            return set()
        if _ID not in check.path:
            return self._named(check, adjustments)
        found: set[str] = set()
        for adjustment in adjustments:
            of_this = check.model_copy(update={"path": check.path.replace(_ID, quote(adjustment.id, safe=""))})
            try:
                found |= self._named(of_this, [adjustment])
            except RequestRefused as refusal:
                if refusal.status != _NOT_FOUND:
                    raise
        return found

    def _named(self, check: Check, adjustments: Sequence[Adjustment]) -> set[str]:
        earliest = datetime.fromisoformat(min(adjustment.approved_at for adjustment in adjustments))
        # The source dates a booking by its own clock, which may be behind.
        query = check.since.query(earliest - _CLOCKS_FAR_APART) if check.since else {}
        named = {str(one) for one in all_rows(self._api, check, query, first_page(self._api, check, query))}
        return named & {adjustment.id for adjustment in adjustments}

    def _post(self, bookings: BookingEndpoint, adjustments: Sequence[Adjustment]) -> set[str]:
        """Book these, none of which is booked yet; returns the ids of those that are booked now."""
        if not adjustments:
            return set()
        bodies = [_filled(bookings.body, _facts(adjustment)) for adjustment in adjustments]
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
                # One that it does not like may have spoilt it for the others.
                found = self._found(bookings, adjustments)
                return found.union(*(self._post(bookings, [one]) for one in adjustments if one.id not in found))
            logger.warning("the source refuses to book", adjustments=sorted(ids), problem=str(refusal))
            return set()
        if bookings.booked is None:
            return ids
        named = find(bookings.booked, answer)
        booked = ids & {str(one) for one in (named if isinstance(named, list) else [named])}
        if booked != ids:
            logger.warning("the source did not book all it was asked for", adjustments=sorted(ids - booked))
        return booked


def _stock_rows(listing: StockListing, found: Iterable[Any]) -> tuple[StockRow, ...]:
    problems = Problems()
    rows: dict[tuple[str, str], StockRow] = {}
    for number, record in listing.records(found):
        stock = stock_of(number, _texts(listing.fields, record, number, problems), problems)
        if rows.setdefault((stock.sku, stock.location), stock) is not stock:
            problems.note_repeat(number, stock)
    _raise_if_any(problems, listing)
    return tuple(rows.values())


def _movements(listing: MovementListing, found: Iterable[Any], since: str) -> tuple[Movement, ...]:
    problems = Problems()
    movements: dict[str, Movement] = {}
    for number, record in listing.records(found):
        movement = _movement(listing, record, number, problems)
        # A list whose latest rows come first repeats some when others are added while it is read.
        if movement and movements.setdefault(movement.reference, movement) != movement:
            problem = (
                "names two movements: find what tells them apart, such as the number of the line beside the order's"
            )
            problems.note(number, "reference", movement.reference, problem)
    _raise_if_any(problems, listing)
    return tuple(movement for movement in movements.values() if movement.at >= since)


def _movement(listing: MovementListing, record: Any, number: int, problems: Problems) -> Movement | None:
    texts = {name: one_line(text) for name, text in _texts(listing.fields, record, number, problems).items()}
    for name in ("sku", "location", "reference"):
        if not texts[name]:
            problems.note(number, name, "", "is empty")
    word = texts["kind"]
    kind = listing.kinds.get(word)
    if kind is None:
        problems.note(number, "kind", word, "is not among the kinds that the secret explains")
    units = plain_number(texts["units"])
    if units is None:
        problems.note(number, "units", texts["units"], "is not a number")
    elif word in listing.leaving:
        if units < 0:
            problems.note(number, "units", texts["units"], "has a sign, though its kind is among those that leave")
        units = -units
    at = _instant(texts["at"], listing.times)
    if at is None:
        problems.note(number, "at", texts["at"], "is not an instant with its time zone, or not written as times says")
    if kind is None or units is None or at is None:
        return None
    return Movement(texts["sku"], texts["location"], kind, units, at, texts["reference"])


def _instant(text: str, written: Literal["iso", "seconds", "milliseconds"]) -> str | None:
    try:
        if written == "iso":
            moment = datetime.fromisoformat(text)
            return None if moment.tzinfo is None else instants.instant(moment)
        microseconds = Decimal(text) * (1_000 if written == "milliseconds" else 1_000_000)
        return instants.instant(_EPOCH + timedelta(microseconds=int(microseconds)))
    except (ValueError, ArithmeticError):
        return None


def _as_of(listing: StockListing, first: ApiAnswer) -> str | None:
    if listing.as_of is None:
        return None
    found = find(listing.as_of, first.body)
    at = _instant(found, "iso") if isinstance(found, str) else None
    if at is None:
        raise SourceRefused(f"the expression {listing.as_of!r} finds no instant with its time zone")
    return at


def _texts(fields: Mapping[Any, Expression], record: Any, number: int, problems: Problems) -> dict[str, str]:
    """The fields' values as the cells of a stock file would hold them."""
    texts = {}
    for name, expression in fields.items():
        value = find(expression, record)
        text = _number(value) if name in _NUMBERS else _text(name, value)
        if text is None:
            wanted = "a plain number such as 12.50" if name in _NUMBERS else "text"
            problems.note(number, name, str(value), f"is not {wanted}")
            # The row is lost; this only keeps it from being complained about once more.
            text = "0" if name in _NUMBERS else "?"
        texts[name] = text
    return texts


def _number(value: Any) -> str | None:
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal) and abs(value.adjusted()) < _LONGEST_NUMBER:
        value = format(value, "f")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return None if plain_number(text) is None else text


def _text(name: str, value: Any) -> str | None:
    if isinstance(value, list) and name == "aliases" and all(isinstance(code, str | int) for code in value):
        return "|".join(map(str, value))
    if isinstance(value, bool):
        return _YES_OR_NO[value] if name == "sold_by_measure" else None
    if value is None or isinstance(value, str | int) or (name == "at" and isinstance(value, Decimal)):
        return "" if value is None else str(value)
    return None


def _facts(adjustment: Adjustment) -> dict[str, Any]:
    """What the expressions of a booking's body can find."""
    whole = adjustment.units == adjustment.units.to_integral_value()
    units = int(adjustment.units) if whole else adjustment.units
    return {
        "id": adjustment.id,
        "sku": adjustment.sku,
        "location": adjustment.location,
        "units": units,
        "size": abs(units),
        "increase": units > 0,
        "approved_at": adjustment.approved_at,
    }


def _filled(body: JsonValue, facts: Mapping[str, Any]) -> Any:
    """The body of a booking, with every text in it replaced by what it finds."""
    if isinstance(body, dict):
        return {key: _filled(value, facts) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, facts) for value in body]
    if not isinstance(body, str):
        return body
    found = find(body, facts)
    if found is None:
        raise SourceRefused(f"the expression {body!r} finds nothing in an adjustment")
    return found


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _raise_if_any(problems: Problems, listing: Listing) -> None:
    try:
        problems.raise_if_any()
    except CountFileError as error:
        where = listing.path.partition("?")[0]
        raise SourceRefused(f"the source's list at {where} cannot be used; nothing was changed. {error}") from None
