"""Aliases: other codes that stand for an item, and who confirmed them."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from stkr.domain.names import Instant, SessionId

_PACK = re.compile(r"\s*(\d{1,7}(?:\.\d{1,6})?)\s*", re.ASCII)


def split_alias(alias: str) -> tuple[str, Decimal | None]:
    """``CODE*24`` is the barcode of a case of 24; anything else is a code as it stands."""
    if "*" not in alias:  # nearly always
        return alias, None
    code, _, size = alias.rpartition("*")
    pack = _PACK.fullmatch(size)
    if pack and code.strip() and Decimal(pack[1]) > 0:
        return code, Decimal(pack[1])
    return alias, None


@dataclass(frozen=True, slots=True)
class RowRef:
    """A row of a file, the first being 1."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A code that a person has assigned to a SKU; ``pack`` is eaches per scan where it is the barcode of a case.

    ``by`` is the row of the fix sheet in which they did.
    """

    code: str
    sku: str
    by: RowRef = field(compare=False)
    pack: Decimal | None = None

    @property
    def written(self) -> str:
        """The notation of aliases: ``CODE`` or ``CODE*24``."""
        return self.code if self.pack is None else f"{self.code}*{self.pack:f}"

    @property
    def meaning(self) -> str:
        """What the code stands for, in words."""
        return self.sku if self.pack is None else f"a case of {self.pack:f} of {self.sku}"


class ConfirmedAlias(BaseModel):
    """An alias as stored: in which count, by which row of which fix sheet, and when (stored instant)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    sku: str
    pack: Decimal | None = None
    session_id: SessionId
    file: str
    row: int
    confirmed_at: Instant

    @property
    def alias(self) -> Alias:
        """The alias itself."""
        return Alias(self.code, self.sku, RowRef(self.file, self.row), self.pack)
