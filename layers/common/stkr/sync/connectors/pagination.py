"""Lists that an API hands out in pages, whichever way it does so: read to the end, or not at all."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import jmespath  # type: ignore[import-untyped]  # it comes without types, and nobody publishes any
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]  # see above
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.sync.connectors.http import Api, ApiAnswer
from stkr.tabular.sheet import MAX_ROWS

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_IS_NEXT = re.compile(r';\s*rel\s*=\s*(?:next\b|"(?:[^"]*\s)?next(?:\s[^"]*)?")', re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)


def _compiled(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except JMESPathError:
        # Without its cause, which quotes the expression.
        raise ValueError("is not a JMESPath expression") from None
    return expression


Expression = Annotated[str, AfterValidator(_compiled)]
"""A JMESPath expression: ``stock.on_hand`` says where a value is, ``'shop'`` is the text itself."""

Parameter = Annotated[str, Field(min_length=1)]
"""The name of a query's parameter."""


def find(expression: str, value: Any) -> Any:
    """What an ``Expression`` finds in JSON; ``None`` for nothing.

    :raises SourceRefused: it calls a function on a value that the function does not take.
    """
    try:
        return jmespath.search(expression, value)
    except JMESPathError as error:
        raise SourceRefused(f"the expression {expression!r} cannot be applied to the source's answer") from error


def canonical(value: Any) -> str:
    """One text for one content, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, default=str)


class Described(BaseModel):
    """Part of a source's description in the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ByLink(Described):
    """The answer holds the next page's address."""

    by: Literal["link"]
    path: Expression


class ByHeader(Described):
    """A ``Link`` header holds the next page's address, as ``rel="next"``."""

    by: Literal["header"]


class ByCursor(Described):
    """The answer holds a value that asks for the next page."""

    by: Literal["cursor"]
    path: Expression
    parameter: Parameter


class ByPage(Described):
    """Pages are numbered; the first is ``first``."""

    by: Literal["page"]
    parameter: Parameter
    first: int = 1


class ByOffset(Described):
    """A page is asked for by how many rows come before it."""

    by: Literal["offset"]
    parameter: Parameter


class Since(Described):
    """How the API is told from when on rows are wanted: ISO-8601 in UTC, or seconds or milliseconds since 1970."""

    parameter: Parameter
    format: Literal["iso", "seconds", "milliseconds"] = "iso"

    def query(self, since: datetime) -> dict[str, str]:
        """The parameter; rather a moment too early, since what came before is left out by whoever asks."""
        seconds = int(since.timestamp())
        texts = {
            "iso": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "seconds": f"{seconds}",
            "milliseconds": f"{seconds}000",
        }
        return {self.parameter: texts[self.format]}


class Listing(Described):
    """Where a list is: the ``path`` below the source's URL, with any query that every page needs.

    ``rows`` finds the list in an answer, ``next`` the page after it, and ``total`` how many rows all pages have.
    """

    path: str = Field(pattern=r"^/")
    rows: Expression = "@"
    total: Expression | None = None
    next: Annotated[ByLink | ByHeader | ByCursor | ByPage | ByOffset, Field(discriminator="by")] | None = None


def first_page(
    api: Api, listing: Listing, query: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> ApiAnswer:
    """The first page of a list.

    :raises SourceRefused, SourceUnavailable: as ``Api.get`` does.
    """
    start: dict[str, str] = {}
    if isinstance(listing.next, ByPage):
        start = {listing.next.parameter: str(listing.next.first)}
    elif isinstance(listing.next, ByOffset):
        start = {listing.next.parameter: "0"}
    return api.get(listing.path, {**query, **start}, headers)


def all_rows(api: Api, listing: Listing, query: Mapping[str, str], first: ApiAnswer) -> Iterator[Any]:
    """The rows of the first page and of all that follow it.

    :raises SourceRefused: pages come round again, do not add up to the total, or have more than ``MAX_ROWS`` rows.
    :raises SourceUnavailable: the list changed while it was read, or the source does not answer.
    """
    answer: ApiAnswer | None = first
    total = _total(listing, first)
    seen: set[bytes] = set()
    count = pages = 0
    while answer:
        rows = _rows(listing, answer)
        yield from rows
        count, pages = count + len(rows), pages + 1
        if count > MAX_ROWS:
            raise SourceRefused(f"the source lists more than {MAX_ROWS:,} rows at {_where(listing)}")
        if _total(listing, answer) != total:
            raise SourceUnavailable(f"the source's list at {_where(listing)} changed while it was read")
        target = _target(listing, answer)
        mark = hashlib.sha256(canonical([rows, target]).encode()).digest()
        if mark in seen:
            raise SourceRefused(f"the source gives the same page of {_where(listing)} again instead of the next one")
        seen.add(mark)
        at_end = not rows or (total is not None and count >= total)
        answer = _following(api, listing, query, answer, target, None if at_end else (count, pages))
    if total is not None and count != total:
        raise SourceRefused(f"the source says that {_where(listing)} has {total:,} rows, but gives {count:,}")


def _following(
    api: Api, listing: Listing, query: Mapping[str, str], answer: ApiAnswer, target: str, so_far: tuple[int, int] | None
) -> ApiAnswer | None:
    """The next page; ``so_far`` are the rows and pages read, ``None`` when those that are counted must have ended."""
    match listing.next:
        case ByLink() | ByHeader() if target:
            return api.follow(answer, target)
        case ByCursor(parameter=parameter) if target:
            return api.get(listing.path, {**query, parameter: target})
        case ByPage(parameter=parameter, first=first) if so_far:
            return api.get(listing.path, {**query, parameter: str(first + so_far[1])})
        case ByOffset(parameter=parameter) if so_far:
            return api.get(listing.path, {**query, parameter: str(so_far[0])})
        case _:
            return None


def _target(listing: Listing, answer: ApiAnswer) -> str:
    """The address or cursor that the page names for the next one; empty where it names none."""
    match listing.next:
        case ByLink(path=path) | ByCursor(path=path):
            found = find(path, answer.body)
            if not isinstance(found, str | int | None) or isinstance(found, bool):
                raise SourceRefused(
                    f"what should lead to the next page of {_where(listing)} is neither text nor number"
                )
            return "" if found is None else str(found)
        case ByHeader():
            return _linked(answer)
        case None if _linked(answer):
            raise SourceRefused(f"the source has further pages of {_where(listing)}: add next to it in the secret")
        case _:
            return ""


def _linked(answer: ApiAnswer) -> str:
    links = _LINK.findall(answer.headers.get("Link", ""))
    return next((target for target, about in links if _IS_NEXT.search(about)), "")


def _rows(listing: Listing, answer: ApiAnswer) -> list[Any]:
    rows = find(listing.rows, answer.body)
    if not isinstance(rows, list):
        found = "nothing" if rows is None else f"no list but a {type(rows).__name__}"
        raise SourceRefused(
            f"the expression {listing.rows!r} finds {found} in the source's answer at {_where(listing)}"
        )
    return rows


def _total(listing: Listing, answer: ApiAnswer) -> int | None:
    if listing.total is None:
        return None
    total = find(listing.total, answer.body)
    if isinstance(total, bool) or not _DIGITS.fullmatch(str(total)):
        raise SourceRefused(f"the expression {listing.total!r} finds no number of rows in the source's answer")
    return int(total)


def _where(listing: Listing) -> str:
    return listing.path.partition("?")[0]
