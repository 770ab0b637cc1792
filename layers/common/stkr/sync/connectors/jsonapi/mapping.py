"""The source's JSON as stock rows and movements. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from stkr.domain import instants
from stkr.domain.errors import CountFileError, SourceRefused
from stkr.domain.movement import Movement
from stkr.domain.names import Instant
from stkr.domain.stock import StockRow
from stkr.stockfile.read import Problems, plain_number, stock_of
from stkr.sync.connectors.http import ApiAnswer
from stkr.sync.connectors.jsonapi.description import MovementListing, StockListing
from stkr.sync.connectors.jsonapi.expressions import Expression, find
from stkr.sync.connectors.jsonapi.listing import Listing
from stkr.tabular.text import one_line

_NUMBERS = frozenset({"system_qty", "unit_cost", "pack_size", "sold_since_count", "last_received_qty", "units"})
_YES_OR_NO = {True: "yes", False: "no"}
_LONGEST_NUMBER = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mapped_stock(listing: StockListing, source_rows: Iterable[Any]) -> tuple[StockRow, ...]:
    """The source's rows as stock rows.

    :raises SourceRefused: naming every value that cannot be used, and every row that comes twice.
    """
    problems = Problems()
    rows: dict[tuple[str, str], StockRow] = {}
    for number, record in listing.records(source_rows):
        stock = stock_of(number, _texts(listing.fields, record, number, problems), problems)
        if rows.setdefault((stock.sku, stock.location), stock) is not stock:
            problems.note_repeat(number, stock)
    _raise_if_any(problems, listing)
    return tuple(rows.values())


def mapped_movements(listing: MovementListing, source_rows: Iterable[Any], since: str) -> tuple[Movement, ...]:
    """The source's rows as movements, without those from before ``since``, a stored instant.

    :raises SourceRefused: naming every value that cannot be used, and every reference of two different movements.
    """
    problems = Problems()
    movements: dict[str, Movement] = {}
    for number, record in listing.records(source_rows):
        movement = _movement(listing, record, number, problems)
        # A list with the latest rows first repeats some of them when others are added while it is read.
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
    return Movement(
        sku=texts["sku"],
        location=texts["location"],
        kind=kind,
        units=units,
        at=at,
        reference=texts["reference"],
    )


def _instant(text: str, form: Literal["iso", "seconds", "milliseconds"]) -> Instant | None:
    try:
        if form == "iso":
            moment = datetime.fromisoformat(text)
            return None if moment.tzinfo is None else instants.instant(moment)
        microseconds = Decimal(text) * (1_000 if form == "milliseconds" else 1_000_000)
        return instants.instant(_EPOCH + timedelta(microseconds=int(microseconds)))
    except (ValueError, ArithmeticError):
        return None


def as_of(listing: StockListing, first: ApiAnswer) -> Instant | None:
    """The stored instant that the first page says the list is of; ``None`` if the secret does not say where.

    :raises SourceRefused: there is no instant there.
    """
    if listing.as_of is None:
        return None
    text = find(listing.as_of, first.body)
    at = _instant(text, "iso") if isinstance(text, str) else None
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
            # The row is refused already; this only prevents a second complaint about the same value.
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


def _raise_if_any(problems: Problems, listing: Listing) -> None:
    try:
        problems.raise_if_any()
    except CountFileError as error:
        raise SourceRefused(
            f"the source's list at {listing.bare_path} cannot be used; nothing was changed. {error}"
        ) from None
