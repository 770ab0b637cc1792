"""Signed links: the only credential a manager or a counter holds.

A token is the link's content, readable but unforgeable: HMAC-SHA256 over every field and the key's id, with a salt of
its own for each purpose, so that a link that opens a count can never decide a variance. It is a bearer's pass: it is
never logged, and pages that carry it say ``no-store`` and ``no-referrer``.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stkr.domain.errors import LinkExpired, LinkTampered
from stkr.domain.names import SessionId

TOKEN: Final = "t"  # noqa: S105 - the name of the query parameter and form field, not a token
MAX_TOKEN_CHARS: Final = 4096
"""Far above any link of ours and below every limit on a URL; anything longer is refused unread."""

# ASCII only, and the dot that separates content from signature; the leading dot of compressed content included.
_TOKEN_FORM = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_TOKEN_CHARS}}}")


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The secret that signs, and the one before it, which is still believed after a rotation."""

    current: str
    previous: str | None = None


class LinkAction(StrEnum):
    """What a decision link does."""

    APPROVE = "approve"
    REJECT = "reject"


class _Link(BaseModel):
    # Short names keep the link short: some mail programs break long ones.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    home: Annotated[str, Field(alias="h")]

    def belongs_to(self, url_id: str) -> bool:
        """Whether the function URL with this id (the first part of its host name) is the one the link was made for."""
        return (urlsplit(self.home).hostname or "").partition(".")[0] == url_id


class DecisionLink(_Link):
    """Permission to take one decision on one revision of one variance.

    ``home`` is the function URL it was made for, so that it is of no use on the other one; ``addressee`` is the address
    the mail went to; ``expires_at`` is in epoch seconds, and from that second on it is over.
    """

    version: Annotated[Literal[1], Field(alias="v")] = 1
    action: Annotated[LinkAction, Field(alias="a", strict=False)]
    session_id: Annotated[SessionId, Field(alias="s")]
    sku: Annotated[str, Field(alias="i")]
    revision: Annotated[int, Field(alias="r")]
    addressee: Annotated[str, Field(alias="t")]
    expires_at: Annotated[int, Field(alias="x")]


class CountLink(_Link):
    """Permission to count: to open a count, or to see one and upload to it when ``session_id`` is set.

    ``home`` is the function URL it was made for, whose address its pages use for themselves.

    ``location`` is the key of the location to count, ``None`` where the person chooses. With ``skus`` the count that is
    opened is of these items only, and ``recount_of`` names the variance that it is to settle.
    """

    version: Annotated[Literal[1], Field(alias="v")] = 1
    location: Annotated[str | None, Field(alias="l")] = None
    session_id: Annotated[SessionId | None, Field(alias="s")] = None
    skus: Annotated[tuple[str, ...], Field(alias="i", strict=False)] = ()
    recount_of: Annotated[str | None, Field(alias="o")] = None
    expires_at: Annotated[int, Field(alias="x")]

    @property
    def of_a_place(self) -> bool:
        """Whether it opens counts of a whole place again and again, and so can hang there."""
        return self.session_id is None and not self.skus


class SummaryLink(_Link):
    """Permission to read the summary of one ``month`` (``2026-11``); ``home`` is the function URL it was made for."""

    version: Annotated[Literal[1], Field(alias="v")] = 1
    month: Annotated[str, Field(alias="m", pattern=r"^[0-9]{4}-[0-9]{2}$")]
    expires_at: Annotated[int, Field(alias="x")]


_SALTS: dict[type[_Link], bytes] = {
    DecisionLink: b"stkr.decision",
    CountLink: b"stkr.count",
    SummaryLink: b"stkr.summary",
}
_Kind = TypeVar("_Kind", DecisionLink, CountLink, SummaryLink)


def sign(link: DecisionLink | CountLink | SummaryLink, keys: SigningKeys) -> str:
    """The link as a token that is safe in a URL.

    :raises ValueError: when the token would be longer than ``MAX_TOKEN_CHARS``: too many SKUs.
    """
    content = link.model_dump(mode="json", by_alias=True, exclude_none=True) | {"k": _key_id(keys.current)}
    token = str(_serializer(type(link), keys).dumps(content))  # Typed as if it could be bytes; it never is.
    if len(token) > MAX_TOKEN_CHARS:
        raise ValueError(f"the link would have {len(token):,} characters")
    return token


def read(token: str, keys: SigningKeys, now: int) -> DecisionLink:
    """The decision a token permits at ``now`` (epoch seconds).

    :raises LinkTampered: the signature does not fit, the token is malformed, or it was made for another purpose.
    :raises LinkExpired: the link was genuine, but its time is over.
    """
    return _read(DecisionLink, token, keys, now)


def read_count(token: str, keys: SigningKeys, now: int) -> CountLink:
    """The count a token permits to open or to see at ``now`` (epoch seconds); raises as ``read`` does."""
    return _read(CountLink, token, keys, now)


def read_summary(token: str, keys: SigningKeys, now: int) -> SummaryLink:
    """The summary a token permits to read at ``now`` (epoch seconds); raises as ``read`` does."""
    return _read(SummaryLink, token, keys, now)


def url(base: str, token: str) -> str:
    """The address that carries a token; ``base`` is a function URL with or without a path."""
    return f"{base}?{TOKEN}={token}"


def address(link: DecisionLink | CountLink, keys: SigningKeys) -> str:
    """The signed link as an address to tap."""
    return url(link.home, sign(link, keys))


def _read(kind: type[_Kind], token: str, keys: SigningKeys, now: int) -> _Kind:
    if not _TOKEN_FORM.fullmatch(token):
        raise LinkTampered("this is not a link of ours")
    try:
        content = _serializer(kind, keys).loads(token)
        _refuse_second_spelling(token)
        if content.pop("k") not in {_key_id(key) for key in (keys.current, keys.previous) if key}:
            raise LinkTampered("the link was signed with another key than it says")
        link = kind.model_validate(content, by_alias=True, by_name=False)
    except (BadData, ValidationError, KeyError) as error:
        raise LinkTampered("the link is damaged or not genuine") from error
    if now >= link.expires_at:
        raise LinkExpired("the link's time is over")
    return link


def _serializer(kind: type[_Link], keys: SigningKeys) -> URLSafeSerializer:
    return URLSafeSerializer(
        [key for key in (keys.previous, keys.current) if key],  # The last one signs, all are believed.
        salt=_SALTS[kind],
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _refuse_second_spelling(token: str) -> None:
    """Refuse a token whose signature is written otherwise than we write it.

    The last character of 32 bytes in base64 holds two idle bits, and the decoder skips what it does not know; without
    this a link could be altered and still be genuine.
    """
    signature = token.rpartition(".")[2].encode("ascii")
    if base64_encode(base64_decode(signature)) != signature:
        raise LinkTampered("the link is damaged")


def _key_id(key: str) -> str:
    """A name for a key that tells nothing about it."""
    return hashlib.sha256(b"stkr.key-id" + key.encode()).hexdigest()[:8]
