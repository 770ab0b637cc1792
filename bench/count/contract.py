"""What every contender is given and has to return."""

from dataclasses import dataclass
from typing import Any, Protocol

from stkr.capture.result import Totals
from stkr.domain.stock import Snapshot

PLACES = 6
"""Decimal places of a quantity that is an integer, so that it is exact without being a ``Decimal``."""

CENTS = 2
"""The same of a unit cost."""

PERCENT_PLACES = 4
"""The same of a percentage."""

TOLERANCE = (2, 1, 20)
"""Units, percent and money that a gap must exceed."""

PREFIX = "TOOL-"
PREFIX_TOLERANCE = (0, 5, 20)
"""The same for the SKUs that begin so."""

CleanLine = tuple[int, tuple[int, ...]]
"""A clean count in millionths of an each, and the physical rows (the header being 1) that went into it."""

Parked = tuple[int, str, tuple[str, ...]]
"""Physical row, reason, and the raw cells of the whole row, by which a person finds and mends it."""

Judged = tuple[str, str, int | None, int, int | None, int | None, int | None]
"""Kind, materiality, counted quantity, system quantity, and the gap in units, in percent and in money.

Quantities are millionths of an each, a percentage ten-thousandths of a percent and money hundred-millionths, so that
all are exact. What there is not is ``None``.
"""


@dataclass(frozen=True, slots=True)
class CountResult:
    """Clean counts by SKU, parked rows in the order of the file, the totals, and variances by SKU."""

    lines: dict[str, CleanLine]
    parked: list[Parked]
    totals: Totals
    variances: dict[str, Judged]


class Contender(Protocol):
    """A module that does the job. What is timed is ``reconcile``, whatever form it gives its result."""

    def reconcile(self, content: bytes, snapshot: Snapshot) -> Any:
        """Read a count CSV (UTF-8, comma, the columns of ``data.HEADER``) and judge it against a snapshot."""

    def outcome(self, result: Any) -> CountResult:
        """The result in the form in which it is compared."""
