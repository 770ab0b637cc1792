"""The likely cause of a variance, and the evidence for it."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Cause(StrEnum):
    """The likely causes of a variance; ``unknown`` where there is no usable suggestion."""

    SHRINKAGE = "shrinkage"
    MISCOUNT = "miscount"
    UNRECORDED_SALE = "unrecorded_sale"
    RECEIVING_ERROR = "receiving_error"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """In plain English."""
        return "cause unknown" if self is Cause.UNKNOWN else self.value.replace("_", " ")


class Flag(StrEnum):
    """Patterns in a variance that point at a cause."""

    MULTIPLE_OF_PACK_SIZE = "multiple_of_pack_size"
    EQUALS_LAST_RECEIPT = "equals_last_receipt"
    MULTIPLE_OF_LAST_RECEIPT = "multiple_of_last_receipt"
    SWAPPED_DIGITS = "swapped_digits"
    OFFSETTING_GAP = "offsetting_gap"


class DatedFact(BaseModel):
    """Something that happened to a SKU: the day (ISO-8601), how many days before the count, and eaches if known."""

    model_config = ConfigDict(frozen=True)

    day: str
    days_ago: int
    quantity: Decimal | None = None


class Evidence(BaseModel):
    """The facts that the model and the manager are shown. ``None`` means unknown, never zero.

    ``system_qty`` is the expected quantity. ``moved_during_count`` is how much the system's quantity has changed since
    the count began, where it is not known which part of that came before the shelf was counted.
    ``offset_by`` is the SKU of the same session with the opposite variance, where there is exactly one.
    """

    model_config = ConfigDict(frozen=True)

    gap_units: Decimal
    counted_qty: Decimal
    system_qty: Decimal
    gap_pct: Decimal | None = None
    gap_value: Decimal | None = None
    moved_during_count: Decimal | None = None
    sold_since_count: Decimal | None = None
    last_receipt: DatedFact | None = None
    last_count: DatedFact | None = None
    flags: tuple[Flag, ...] = ()
    offset_by: str | None = None


class SuggestedCause(BaseModel):
    """A suggested cause and one sentence why, which is empty for ``unknown``. ``ref`` is the line's SKU."""

    model_config = ConfigDict(frozen=True)

    ref: str
    cause: Cause
    rationale: str
