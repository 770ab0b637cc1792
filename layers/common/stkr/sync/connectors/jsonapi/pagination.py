"""Reads a list that an API hands out in pages: to the end, or not at all."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.sync.connectors.http import Api, ApiAnswer
from stkr.sync.connectors.jsonapi.expressions import find
from stkr.sync.connectors.jsonapi.listing import ByCursor, ByHeader, ByLink, ByOffset, ByPage, Listing
from stkr.tabular.sheet import MAX_ROWS

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_IS_NEXT = re.compile(r';\s*rel\s*=\s*(?:next\b|"(?:[^"]*\s)?next(?:\s[^"]*)?")', re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)


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

    :raises SourceRefused: a page comes twice, or all pages do not add up to the total or exceed ``MAX_ROWS`` rows.
    :raises SourceUnavailable: the list changed while it was read, or the source does not answer.
    """
    answer: ApiAnswer | None = first
    total = _total(listing, first)
    earlier_pages: set[bytes] = set()
    count = pages = 0
    while answer:
        rows = _rows(listing, answer)
        yield from rows
        count, pages = count + len(rows), pages + 1
        if count > MAX_ROWS:
            raise SourceRefused(f"the source lists more than {MAX_ROWS:,} rows at {listing.bare_path}")
        if _total(listing, answer) != total:
            raise SourceUnavailable(f"the source's list at {listing.bare_path} changed while it was read")
        target = _target(listing, answer)
        page = _digest([rows, target])
        if page in earlier_pages:
            raise SourceRefused(f"the source gives the same page of {listing.bare_path} again instead of the next one")
        earlier_pages.add(page)
        at_end = not rows or (total is not None and count >= total)
        answer = _following(api, listing, query, answer, target, None if at_end else (count, pages))
    if total is not None and count != total:
        raise SourceRefused(f"the source says that {listing.bare_path} has {total:,} rows, but gives {count:,}")


def _following(
    api: Api, listing: Listing, query: Mapping[str, str], answer: ApiAnswer, target: str, so_far: tuple[int, int] | None
) -> ApiAnswer | None:
    """The next page, if there is one; ``so_far`` are the rows and pages read, ``None`` once all rows are read."""
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
            target = find(path, answer.body)
            if not isinstance(target, str | int | None) or isinstance(target, bool):
                raise SourceRefused(
                    f"what should lead to the next page of {listing.bare_path} is neither text nor number"
                )
            return "" if target is None else str(target)
        case ByHeader():
            return _linked(answer)
        case None if _linked(answer):
            raise SourceRefused(f"the source has further pages of {listing.bare_path}: add next to it in the secret")
        case _:
            return ""


def _linked(answer: ApiAnswer) -> str:
    links = _LINK.findall(answer.headers.get("Link", ""))
    return next((target for target, about in links if _IS_NEXT.search(about)), "")


def _rows(listing: Listing, answer: ApiAnswer) -> list[Any]:
    rows = find(listing.rows, answer.body)
    if not isinstance(rows, list):
        instead = "nothing" if rows is None else f"no list but a {type(rows).__name__}"
        raise SourceRefused(
            f"the expression {listing.rows!r} finds {instead} in the source's answer at {listing.bare_path}"
        )
    return rows


def _total(listing: Listing, answer: ApiAnswer) -> int | None:
    if listing.total is None:
        return None
    total = find(listing.total, answer.body)
    if isinstance(total, bool) or not _DIGITS.fullmatch(str(total)):
        raise SourceRefused(f"the expression {listing.total!r} finds no number of rows in the source's answer")
    return int(total)


def _digest(content: Any) -> bytes:
    """The same for the same JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).digest()
