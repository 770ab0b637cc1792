"""What a system of record is to us, whichever it is.

A connector is made for one run of the sync from the secret's description of the source. Runs never overlap (see
``stkr.store.sync_state``), so a connector may assume that nobody else books in our name meanwhile; sales and deliveries
of the shop go on all the time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stkr.domain.adjustment import Adjustment
from stkr.domain.movement import Movement
from stkr.domain.names import Instant
from stkr.domain.stock import StockRow


@dataclass(frozen=True, slots=True)
class Reading:
    """All a source says at one moment.

    ``fingerprint`` tells this content from any other. ``movements`` are those of the time that was asked for, in any
    order; ``None`` where the source keeps none, which is not the same as nothing having moved. ``as_of`` is the stored
    instant the source itself says it is of, where it does. ``written_by`` is the stored instant by which all of it was
    written, by AWS's clock, where that is sooner than it was read.
    """

    rows: tuple[StockRow, ...]
    fingerprint: str
    movements: tuple[Movement, ...] | None = None
    as_of: Instant | None = None
    written_by: str | None = None


class Connector(Protocol):
    """A system of record."""

    def read(self, known: str | None, since: datetime) -> Reading | None:
        """Read everything.

        :param known: fingerprint of what was mirrored last.
        :param since: movements from then on are wanted.
        :returns: ``None`` when the source still says the same.
        :raises SourceRefused: what it says must not be mirrored; a person has to look.
        :raises SourceUnavailable: it does not answer; the next run tries again.
        """

    def book(self, adjustments: Sequence[Adjustment]) -> Collection[str] | None:
        """Book what is not booked yet, each adjustment at most once whatever happened to earlier attempts.

        :param adjustments: what is approved and unbooked, which may be nothing. A run may call again with more.
        :returns: ids of those that the source contains now, whenever they were booked. A quantity read after this call
            contains them, too. What cannot be booked is left out, with the reason logged, and tried again next time.
            ``None`` where people book by hand: then a quantity that moved by exactly what was approved before it was
            written has been booked.
        :raises SourceRefused: nothing may be booked as things are; a person has to look.
        :raises SourceUnavailable: it does not answer, so that it is unknown what was booked.
        """
