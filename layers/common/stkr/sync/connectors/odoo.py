"""Odoo 19 as a system of record, over its JSON-2 API with the key of a user of its own.

Odoo answers each request from one moment, but several requests see several moments. What moved is therefore summed up
before and after it is read, and read again if that differs: a reading is of one moment, or there is none.

Booking takes two steps, so that an answer that was lost does no harm. First a transfer is made, each of its moves named
by its adjustment's id, which changes no stock yet; then the transfer is validated. Whoever comes later finds the moves
by their names, done or not. They are the moves that Odoo's own inventory adjustment makes (``is_inventory``), and they
carry differences, so that a sale in between stays what it is. Odoo's adjustment itself needs the counted quantity to be
written and then applied: in between it has no name, anybody may apply it, and a sale just before it would be undone.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.infra.telemetry import logger
from stkr.sync.connector import Reading
from stkr.sync.connectors.http import Api
from stkr.sync.connectors.odoo_records import (
    ORIGIN,
    Booking,
    Catalogue,
    Category,
    MoveLine,
    OdooLocation,
    OwnMove,
    Packaging,
    Past,
    Product,
    Quant,
    Record,
    Sites,
    Stamp,
    SupplierCode,
    Total,
    Trace,
    Unit,
    Warehouse,
    last_times,
    movements_of,
    parsed,
    plan_bookings,
    received_units,
    sold_units,
    stock_rows,
)

_PAGE = 5_000
"""Records of one answer; of the largest, some 300 bytes each."""

_READINGS = 3
"""How often stock that moves while it is read is read again before the next run has to try."""

_SETTLED = timedelta(minutes=10)
"""Odoo dates a change by when its transaction began, in whole seconds as we are shown them: what was changed less than
this ago may be followed by a change that looks no newer."""

_AT_ONCE = 250
"""Moves of one transfer; Odoo takes some 10 ms for each and we wait 25 s for an answer."""

_CUT_OFFS = 200
"""Moments since which sales are summed up in one request."""

_REFUSALS = 20
"""Refused requests after which the rest is left to the next run: then it is not single adjustments that are wrong."""

_SHOWN = 5
_DONE = ("state", "=", "done")
_STORED = ("is_storable", "=", True)
_ALSO_ARCHIVED = {"active_test": False}

_Some = TypeVar("_Some", bound=Record)
_Domain = list[Any]


class OdooSource(BaseModel):
    """Odoo as the secret describes it.

    ``locations`` maps our locations to the full names of Odoo's, such as ``{"shop": "WH/Stock"}``; where it is missing,
    the stock of every warehouse is a location called like the warehouse's code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    connector: Literal["odoo"]
    url: str
    database: str
    api_key: Annotated[SecretStr, Field(min_length=1)]
    locations: Mapping[str, str] = {}


class Odoo:
    """A ``Connector`` to one database of an Odoo 19."""

    def __init__(self, source: OdooSource, now: datetime) -> None:
        """``now`` is when the run began."""
        self._now = now
        self._named = source.locations
        self._database = _Database(source)

    def read(self, known: str | None, since: datetime) -> Reading | None:
        """See ``Connector``. What moved while it was read is in neither the quantities nor the movements, or in both.

        :raises SourceUnavailable: also when the stock keeps moving while it is read.
        """
        things = self._things()
        sites = Sites(self._named, things.warehouses, things.places)
        stocked = self._database.stamp("product.product", [_STORED], (), context=_ALSO_ARCHIVED)
        for _ in range(_READINGS):
            before = self._moved(sites)
            fingerprint = self._fingerprint(things, (stocked, *before))
            if fingerprint == known:
                return None
            catalogue = self._catalogue(things)
            recently = [_DONE, ("date", ">=", _odoo_time(since)), *_touching(sites)]
            lines = self._database.every(MoveLine, "stock.move.line", recently)
            quants = self._database.every(Quant, "stock.quant", [_inside(sites)])
            past = self._past(sites)
            if self._moved(sites) == before:
                _report_nameless(catalogue)
                return Reading(
                    rows=stock_rows(catalogue, sites, quants, past),
                    fingerprint=fingerprint,
                    movements=movements_of(catalogue, sites, lines),
                )
        raise SourceUnavailable(
            f"the stock in Odoo moved {_READINGS} times while it was read; the next run tries again"
        )

    def book(self, adjustments: Sequence[Adjustment]) -> Collection[str]:
        """See ``Connector``. An adjustment counts as booked by its id, whatever has become of the quantity since."""
        wanted = {adjustment.id: adjustment for adjustment in adjustments}
        found = self._own_moves(wanted)
        missing = [adjustment for adjustment in adjustments if adjustment.id not in found.done]
        if not missing:
            self._discard(found.sorted_out({})[1])
            return found.done
        things = self._things()
        sites = Sites(self._named, things.warehouses, things.places)
        catalogue = self._catalogue(things)
        skus = {adjustment.sku for adjustment in missing}
        products = sorted(product.id for product in catalogue.products.values() if product.sku in skus)
        quants = self._database.every(Quant, "stock.quant", [_inside(sites), ("product_id", "in", products)])
        bookings, problems = plan_bookings(catalogue, sites, quants, missing)
        for adjustment, problem in problems.items():
            _leave_out(adjustment, problem)
        ready, stale = found.sorted_out(bookings)
        self._discard(stale)
        prepared = {name for booked in ready.values() for name in booked}
        self._work_off(ready, bookings, [each for name, each in bookings.items() if name not in prepared])
        return self._own_moves(wanted).done

    def _work_off(
        self, ready: Mapping[int, Sequence[str]], bookings: Mapping[str, Booking], missing: Iterable[Booking]
    ) -> None:
        """Validate the transfers there are and make those there are not; what is refused is tried again in halves."""
        work: deque[tuple[int | None, Sequence[Booking]]] = deque(
            (transfer, [bookings[name] for name in names]) for transfer, names in ready.items()
        )
        work.extend((None, chunk) for chunk in _chunks(missing))
        refusals = 0
        while work:
            if self._database.half_spent:
                logger.warning(
                    "Odoo took its time; the next run books the rest", left=sum(len(each) for _, each in work)
                )
                return
            transfer, chunk = work.popleft()
            refusal = self._book_together(transfer, chunk)
            if refusal is None:
                continue
            refusals += 1
            if len(chunk) == 1:
                _leave_out(chunk[0].adjustment.id, refusal)
            elif refusals < _REFUSALS:
                half = len(chunk) // 2
                work.extendleft([(None, chunk[half:]), (None, chunk[:half])])
            if refusals >= _REFUSALS:
                logger.error("Odoo refuses too much; the rest is left to the next run", problem=refusal)
                return

    def _book_together(self, transfer: int | None, chunk: Sequence[Booking]) -> str | None:
        """Book some adjustments at once, or none of them; why none, if so."""
        wanted = {booking.adjustment.id: booking for booking in chunk}
        try:
            if transfer is None:
                transfer = self._make(chunk)
                # An earlier request of ours may have come through late, or Odoo may have made something else of it.
                ready, stale = self._own_moves(wanted).sorted_out(wanted)
                if transfer not in ready:
                    self._discard(stale)
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
            self._discard([transfer])
        return problem

    def _make(self, chunk: Sequence[Booking]) -> int:
        """A transfer with a move for each booking, all of one location; its id."""
        first = chunk[0]
        values = {
            "picking_type_id": first.site.transfer_type,
            "location_id": first.site.root.id,
            "location_dest_id": first.loss,
            "origin": ORIGIN,
            "move_ids": [[0, 0, booking.move()] for booking in chunk],
        }
        (made,) = self._database.call("stock.picking", "create", vals_list=[values])
        return int(made)

    def _discard(self, transfers: Collection[int]) -> None:
        """Cancel transfers that changed nothing; one that is done stays done."""
        if transfers:
            self._database.call("stock.picking", "action_cancel", ids=sorted(transfers))

    def _own_moves(self, wanted: Collection[str]) -> "_OwnMoves":
        """The moves of these adjustments, and all of ours that wait to be validated."""
        waits = ["&", ("state", "not in", ["done", "cancel"]), ("picking_id", "!=", False)]
        booked = ["&", _DONE, ("inventory_name", "in", sorted(wanted))]
        ours = [("is_inventory", "=", True), ("origin", "=", ORIGIN), "|", *booked, *waits]
        return _OwnMoves(self._database.every(OwnMove, "stock.move", ours))

    def _things(self) -> "_Things":
        ask = self._database.every
        return _Things(
            warehouses=ask(Warehouse, "stock.warehouse", []),
            # What is in an archived place is still there.
            places=ask(OdooLocation, "stock.location", [], context=_ALSO_ARCHIVED),
            # By their original names, whatever the user's language: they are matched.
            units=ask(Unit, "uom.uom", [], context={**_ALSO_ARCHIVED, "lang": "en_US"}),
            categories=ask(Category, "product.category", []),
            packagings=ask(Packaging, "product.uom", []),
            supplier_codes=ask(SupplierCode, "product.supplierinfo", [("product_code", "!=", False)]),
        )

    def _catalogue(self, things: "_Things") -> Catalogue:
        without_code = {**_ALSO_ARCHIVED, "display_default_code": False}
        products = self._database.every(Product, "product.product", [_STORED], context=without_code)
        packagings: dict[int, list[Packaging]] = defaultdict(list)
        for packaging in things.packagings:
            packagings[packaging.product_id].append(packaging)
        return Catalogue(
            products={product.id: product for product in products},
            units={unit.id: unit for unit in things.units},
            categories={category.id: category.complete_name for category in things.categories},
            packagings=packagings,
            supplier_codes=things.supplier_codes,
        )

    def _moved(self, sites: Sites) -> tuple[Stamp, Stamp]:
        """What differs once anything has moved. The numbers rise with every move, whatever its transaction's time."""
        return (
            self._database.stamp("stock.quant", [_inside(sites)], ["quantity:sum"]),
            self._database.stamp("stock.move.line", [_DONE, *_touching(sites)], ["quantity_product_uom:sum"]),
        )

    def _fingerprint(self, things: "_Things", stamps: Sequence[Stamp]) -> str:
        content = repr((sorted(self._named.items()), things, stamps))
        digest = hashlib.sha256(content.encode()).hexdigest()
        newest = max((stamp.newest for stamp in stamps if stamp.newest), default=None)
        may_be_followed = newest is not None and newest > self._now - _SETTLED
        return f"{digest} {instants.instant(self._now)}" if may_be_followed else digest

    def _past(self, sites: Sites) -> Past:
        moves = [_DONE, *_touching(sites)]
        moved, counted, received = last_times(self._database.groups(Trace, "stock.move.line", moves), sites)
        receipts = [
            _DONE,
            _inside(sites, "location_dest_id"),
            ("location_id.usage", "=", "supplier"),
            ("date", "in", sorted({_odoo_time(at) for at in received.values()})),
        ]
        lines = self._database.every(MoveLine, "stock.move.line", receipts) if received else []
        return Past(
            moved=moved,
            counted=counted,
            received=received,
            received_units=received_units(lines, received, sites),
            sold=sold_units(self._sold(counted, sites), counted, sites),
        )

    def _sold(self, counted: Mapping[tuple[int, str], datetime], sites: Sites) -> Iterator[Total]:
        """What went to customers and came back since each product was last counted where it went from."""
        since: dict[tuple[str, datetime], list[int]] = defaultdict(list)
        for (product, name), at in counted.items():
            if sites.by_name[name].sells:
                since[name, at].append(product)
        cut_offs = sorted(since.items())
        for start in range(0, len(cut_offs), _CUT_OFFS):
            clauses: _Domain = []
            for (name, at), products in cut_offs[start : start + _CUT_OFFS]:
                root = sites.by_name[name].root.id
                # In front of two clauses stands what joins them.
                clauses = [*(["|"] if clauses else []), *clauses, *_since(root, at, products)]
            yield from self._database.groups(Total, "stock.move.line", [_DONE, *clauses])


@dataclass(frozen=True, slots=True)
class _Things:
    """What Odoo says beside products and stock: small tables, which are read whole each time."""

    warehouses: Sequence[Warehouse]
    places: Sequence[OdooLocation]
    units: Sequence[Unit]
    categories: Sequence[Category]
    packagings: Sequence[Packaging]
    supplier_codes: Sequence[SupplierCode]


class _OwnMoves:
    """The moves there are for adjustments: those that are ``done``, and transfers that wait to be validated."""

    def __init__(self, moves: Iterable[OwnMove]) -> None:
        self.done: set[str] = set()
        self._waiting: dict[int, list[OwnMove]] = defaultdict(list)
        for move in moves:
            if move.state == "done":
                self.done.add(move.inventory_name)
            elif move.picking_id is not None:
                self._waiting[move.picking_id].append(move)

    def sorted_out(self, wanted: Mapping[str, Booking]) -> tuple[dict[int, Sequence[str]], list[int]]:
        """Transfers to validate, with the ids of the adjustments in them, and transfers to discard.

        Only what is wanted, exactly as it is wanted, and nowhere else may be validated.
        """
        taken = set(self.done)
        ready: dict[int, Sequence[str]] = {}
        stale: list[int] = []
        for transfer, moves in sorted(self._waiting.items()):
            names = [move.inventory_name for move in moves]
            fits = all(move.inventory_name in wanted and wanted[move.inventory_name].is_made_by(move) for move in moves)
            if fits and len(set(names)) == len(names) and taken.isdisjoint(names):
                ready[transfer] = names
                taken.update(names)
            else:
                stale.append(transfer)
        return ready, stale


class _Database:
    """Odoo's models by their names; what is only read is asked for again where that may help."""

    def __init__(self, source: OdooSource) -> None:
        credential = {
            "Authorization": f"bearer {source.api_key.get_secret_value()}",
            "X-Odoo-Database": source.database,
        }
        self._api = Api(source.url, credential)

    def call(self, model: str, method: str, *, repeatable: bool = False, **arguments: Any) -> Any:
        """What a method of a model answers."""
        return self._api.post(f"/json/2/{model}/{method}", arguments, repeatable=repeatable)

    @property
    def half_spent(self) -> bool:
        """Whether half of the time is over that there is for everything, reading included."""
        return self._api.half_spent

    def every(
        self, kind: type[_Some], model: str, domain: _Domain, context: Mapping[str, Any] | None = None
    ) -> list[_Some]:
        """All records of a domain, by id, in pages."""
        found: list[_Some] = []
        last = 0
        while True:
            answer = self.call(
                model,
                "search_read",
                repeatable=True,
                domain=[*domain, ("id", ">", last)],
                fields=kind.names(),
                limit=_PAGE,
                order="id",
                # References as ids only: their names would all be worked out.
                load="",
                context=dict(context or {}),
            )
            page = parsed(kind, answer)
            found += page
            if len(page) < _PAGE:
                return found
            last = answer[-1]["id"]

    def groups(self, kind: type[_Some], model: str, domain: _Domain) -> list[_Some]:
        """Figures of a domain's records by what the fields of ``kind`` say, those with a colon being the figures."""
        found: list[_Some] = []
        while True:
            answer = self.call(
                model,
                "formatted_read_group",
                repeatable=True,
                domain=domain,
                groupby=[name for name in kind.names() if ":" not in name],
                aggregates=[name for name in kind.names() if ":" in name],
                offset=len(found),
                limit=_PAGE,
            )
            page = parsed(kind, answer)
            found += page
            if len(page) < _PAGE:
                return found

    def stamp(
        self, model: str, domain: _Domain, sums: Sequence[str], context: Mapping[str, Any] | None = None
    ) -> Stamp:
        """Figures of a domain's records that differ once any of them has changed."""
        answer = self.call(
            model,
            "formatted_read_group",
            repeatable=True,
            domain=domain,
            groupby=[],
            aggregates=["__count", "id:max", "write_date:max", *sums],
            context=dict(context or {}),
        )
        return parsed(Stamp, [{**each, "sums": [each[name] for name in sums]} for each in answer])[0]


def _inside(sites: Sites, field: str = "location_id") -> tuple[str, str, list[int]]:
    return field, "child_of", sorted(sites.roots)


def _touching(sites: Sites) -> _Domain:
    return ["|", _inside(sites), _inside(sites, "location_dest_id")]


def _since(root: int, at: datetime, products: Sequence[int]) -> _Domain:
    """Sales of some products from one location, and what customers brought back."""
    out = ["&", ("location_id", "child_of", [root]), ("location_dest_id.usage", "=", "customer")]
    back = ["&", ("location_dest_id", "child_of", [root]), ("location_id.usage", "=", "customer")]
    return ["&", "&", ("product_id", "in", sorted(products)), ("date", ">", _odoo_time(at)), "|", *out, *back]


def _odoo_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _chunks(bookings: Iterable[Booking]) -> Iterator[Sequence[Booking]]:
    """As many as one transfer takes, each of one location."""
    for _, group in groupby(sorted(bookings, key=_site_name), key=_site_name):
        together = list(group)
        for start in range(0, len(together), _AT_ONCE):
            yield together[start : start + _AT_ONCE]


def _site_name(booking: Booking) -> str:
    return booking.site.name


def _leave_out(adjustment: str, problem: str) -> None:
    logger.warning("an adjustment is not booked", adjustment=adjustment, problem=problem)


def _report_nameless(catalogue: Catalogue) -> None:
    nameless = [product.id for product in catalogue.products.values() if product.active and not product.sku]
    if nameless:
        logger.warning(
            "products of Odoo without an internal reference or barcode are left out",
            products=len(nameless),
            ids=nameless[:_SHOWN],
        )
