"""How the secret describes a JSON API: its stock, its movements, and how adjustments are booked there."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceRefused
from stkr.domain.movement import MovementKind
from stkr.domain.names import Instant
from stkr.sync.connectors.jsonapi.booking_body import booking_body
from stkr.sync.connectors.jsonapi.expressions import Expression, find
from stkr.sync.connectors.jsonapi.listing import Listing, Since, SourcePart

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
_MOVEMENT_FIELDS: tuple[MovementField, ...] = ("sku", "location", "kind", "units", "at", "reference")
_EXAMPLE = Adjustment(
    id="1a2b3c4d.BOLT.r100",
    sku="BOLT",
    location="shop",
    units=Decimal(-48),
    approved_at=Instant("2026-11-23T09:00:00.000000Z"),
)


class MappedListing(Listing):
    """A list whose rows become rows of ours.

    If a row holds a list of its own, such as a product's stock by location, ``each`` finds that list, and the fields
    find an element of it under the name ``each``. Rows for which ``only`` finds nothing or false are left out.
    """

    each: Expression | None = None
    only: Expression | None = None

    def records(self, rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """The JSON that the fields are looked up in, each with the number of the row it is from."""
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


class StockListing(MappedListing):
    """The list of the stock. ``as_of`` finds, in the first page, the instant that the list is of."""

    fields: dict[StockField, Expression]
    as_of: Expression | None = None

    @field_validator("fields")
    @classmethod
    def _says_what_is_where(cls, fields: dict[StockField, Expression]) -> dict[StockField, Expression]:
        missing = [name for name in ("sku", "location", "system_qty") if name not in fields]
        if missing:
            raise ValueError(f"need {', '.join(missing)}")
        return fields


class MovementListing(MappedListing):
    """The list of the movements. ``kinds`` says what the source's words for them mean.

    ``leaving`` are the words for movements that leave the stock although their units have no minus sign.
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


class BookingCheck(Listing):
    """How to find out what is booked: ``rows`` finds the ids of adjustments in the answer.

    With ``{id}`` in its ``path`` one adjustment is asked about at a time, and 404 means no; without it, all are listed.
    """

    since: Since | None = None


class BookingEndpoint(SourcePart):
    """Where an adjustment is booked, by a POST of ``body``.

    ``body`` is JSON whose texts are expressions for ``id``, ``sku``, ``location``, ``units`` (signed), ``size``
    (without its sign), ``increase`` (true or false) and ``approved_at``. With ``batch``, up to so many bodies are sent
    as a list, under the key ``envelope`` if one is named. ``booked`` finds the ids that were booked in the answer;
    without it, any answer but an error means that all were. ``idempotent`` says that the server recognizes a repeated
    request by its Idempotency-Key.
    """

    path: str = Field(pattern=r"^/")
    body: JsonValue
    batch: int | None = Field(default=None, ge=1)
    envelope: str | None = None
    booked: Expression | None = None
    idempotent: bool = False
    check: BookingCheck | None = None

    @field_validator("body")
    @classmethod
    def _is_filled_by_any_adjustment(cls, body: JsonValue) -> JsonValue:
        try:
            booking_body(body, _EXAMPLE)
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
            # A key belongs to one request, and the next attempt may send other adjustments together.
            raise ValueError("need a check where they are sent in a batch")
        return self


class JsonApiSource(SourcePart):
    """The system of record as the secret describes it."""

    connector: Literal["jsonapi"]
    url: str
    token: SecretStr
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]+$")
    scheme: str = "Bearer"
    stock: StockListing
    movements: MovementListing | None = None
    bookings: BookingEndpoint | None = None
