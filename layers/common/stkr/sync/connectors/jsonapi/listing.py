"""How the secret describes a list that an API hands out, in pages or whole."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stkr.sync.connectors.jsonapi.expressions import Expression

Parameter = Annotated[str, Field(min_length=1)]
"""The name of a query's parameter."""


class SourcePart(BaseModel):
    """Part of a source's description in the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ByLink(SourcePart):
    """The answer holds the next page's address."""

    by: Literal["link"]
    path: Expression


class ByHeader(SourcePart):
    """A ``Link`` header holds the next page's address, as ``rel="next"``."""

    by: Literal["header"]


class ByCursor(SourcePart):
    """The answer holds a value that asks for the next page."""

    by: Literal["cursor"]
    path: Expression
    parameter: Parameter


class ByPage(SourcePart):
    """Pages are numbered; the first is ``first``."""

    by: Literal["page"]
    parameter: Parameter
    first: int = 1


class ByOffset(SourcePart):
    """A page is asked for by the number of rows before it."""

    by: Literal["offset"]
    parameter: Parameter


class Since(SourcePart):
    """A parameter that asks for rows from some moment on: ISO-8601 in UTC, or seconds or milliseconds since 1970."""

    parameter: Parameter
    format: Literal["iso", "seconds", "milliseconds"] = "iso"

    def query(self, since: datetime) -> dict[str, str]:
        """The parameter. It may be up to a second early: callers leave out rows from before ``since``."""
        seconds = int(since.timestamp())
        texts = {
            "iso": f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "seconds": f"{seconds}",
            "milliseconds": f"{seconds}000",
        }
        return {self.parameter: texts[self.format]}


class Listing(SourcePart):
    """Where a list is: the ``path`` below the source's URL, with any query that every page needs.

    ``rows`` finds the list in an answer, ``next`` the page after it, and ``total`` how many rows all pages have.
    """

    path: str = Field(pattern=r"^/")
    rows: Expression = "@"
    total: Expression | None = None
    next: Annotated[ByLink | ByHeader | ByCursor | ByPage | ByOffset, Field(discriminator="by")] | None = None

    @property
    def bare_path(self) -> str:
        """The path without its query, which may hold a credential."""
        return self.path.partition("?")[0]
