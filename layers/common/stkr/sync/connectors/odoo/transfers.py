"""Transfers that book adjustments: made first, which changes no stock, and validated then.

An answer that was lost does no harm: each move is named by its adjustment's id, so a later run finds it, done or not.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from stkr.domain.errors import SourceRefused
from stkr.infra.telemetry import logger
from stkr.sync.connectors.odoo.bookings import Booking, OwnMoves
from stkr.sync.connectors.odoo.database import OdooDatabase
from stkr.sync.connectors.odoo.records import ORIGIN, OwnMove

_AT_ONCE = 250
"""Moves of one transfer; Odoo takes some 10 ms for each and we wait 25 s for an answer."""

_REFUSALS = 20
"""Refused requests after which the rest is left to the next run: then it is not single adjustments that are wrong."""


class Transfers:
    """The transfers of one database that are ours."""

    def __init__(self, database: OdooDatabase) -> None:
        self._database = database

    def own_moves(self, adjustments: Collection[str]) -> OwnMoves:
        """The done moves of adjustments with these ids, and all moves of ours that wait to be validated."""
        waiting = ["&", ("state", "not in", ["done", "cancel"]), ("picking_id", "!=", False)]
        booked = ["&", ("state", "=", "done"), ("inventory_name", "in", sorted(adjustments))]
        ours = [("is_inventory", "=", True), ("origin", "=", ORIGIN), "|", *booked, *waiting]
        return OwnMoves(self._database.search(OwnMove, "stock.move", ours))

    def discard(self, transfers: Collection[int]) -> None:
        """Cancel transfers that changed nothing; one that is done stays done."""
        if transfers:
            self._database.call("stock.picking", "action_cancel", ids=sorted(transfers))

    def book(
        self, ready: Mapping[int, Sequence[str]], bookings: Mapping[str, Booking], missing: Iterable[Booking]
    ) -> None:
        """Validate the transfers that are ``ready``, and make and validate those that are ``missing``.

        A transfer that Odoo refuses is made again in halves, so that one bad booking does not hold up the others.
        """
        work: deque[tuple[int | None, Sequence[Booking]]] = deque(
            (transfer, [bookings[name] for name in names]) for transfer, names in ready.items()
        )
        work.extend((None, chunk) for chunk in _chunks(missing))
        refusals = 0
        while work:
            if self._database.half_spent:
                logger.warning(
                    "Odoo took its time; the next run books the rest", left=sum(len(chunk) for _, chunk in work)
                )
                return
            transfer, chunk = work.popleft()
            refusal = self._book_together(transfer, chunk)
            if refusal is None:
                continue
            refusals += 1
            if len(chunk) == 1:
                log_not_booked(chunk[0].adjustment.id, refusal)
            elif refusals < _REFUSALS:
                half = len(chunk) // 2
                work.extendleft([(None, chunk[half:]), (None, chunk[:half])])
            if refusals >= _REFUSALS:
                logger.error("Odoo refuses too much; the rest is left to the next run", problem=refusal)
                return

    def _book_together(self, transfer: int | None, chunk: Sequence[Booking]) -> str | None:
        """Book some adjustments in one transfer, all or none of them.

        :returns: why none was booked; ``None`` when all were.
        """
        wanted = {booking.adjustment.id: booking for booking in chunk}
        try:
            if transfer is None:
                transfer = self._make(chunk)
                # An earlier request of ours may have arrived late, or Odoo may have changed what it was sent.
                ready, stale = self.own_moves(wanted).sort_out(wanted)
                if transfer not in ready:
                    self.discard(stale)
                    return "Odoo made something else of it"
            self._database.call("stock.picking", "button_validate", ids=[transfer])
            state = self._database.call("stock.picking", "read", ids=[transfer], fields=["state"])[0]["state"]
        except SourceRefused as refusal:
            problem = str(refusal)
        else:
            if state == "done":
                return None
            problem = "Odoo asks something before it validates the transfer"
        if transfer is not None:
            self.discard([transfer])
        return problem

    def _make(self, chunk: Sequence[Booking]) -> int:
        """Make a transfer with a move for each booking, all of one location; returns its id."""
        first = chunk[0]
        values = {
            "picking_type_id": first.site.transfer_type,
            "location_id": first.site.root.id,
            "location_dest_id": first.loss,
            "origin": ORIGIN,
            "move_ids": [[0, 0, booking.move()] for booking in chunk],
        }
        (transfer,) = self._database.call("stock.picking", "create", vals_list=[values])
        return int(transfer)


def log_not_booked(adjustment: str, problem: str) -> None:
    """Log why the adjustment with this id is left out."""
    logger.warning("an adjustment is not booked", adjustment=adjustment, problem=problem)


def _chunks(bookings: Iterable[Booking]) -> Iterator[Sequence[Booking]]:
    """As many bookings as one transfer takes, each time of one location."""
    for _, group in groupby(sorted(bookings, key=_site_name), key=_site_name):
        together = list(group)
        for start in range(0, len(together), _AT_ONCE):
            yield together[start : start + _AT_ONCE]


def _site_name(booking: Booking) -> str:
    return booking.site.name
