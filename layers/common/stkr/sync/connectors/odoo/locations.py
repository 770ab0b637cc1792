"""Our locations in Odoo, and which of them each of Odoo's places belongs to. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from stkr.domain.errors import SourceRefused
from stkr.sync.connectors.odoo.records import OdooLocation, Warehouse


@dataclass(frozen=True, slots=True)
class Site:
    """A location of ours in Odoo: the place that it is, and the ``stock`` place that products new to it go to.

    ``transfer_type`` is the operation type of a transfer within its warehouse. ``sells`` says whether sold goods leave
    it straight for the customer, so that its sales can be told from transfers.
    """

    name: str
    root: OdooLocation
    stock: int
    transfer_type: int
    sells: bool


class Sites:
    """Our locations. A place of Odoo belongs to the nearest of them that it is inside."""

    def __init__(
        self, named: Mapping[str, str], warehouses: Iterable[Warehouse], places: Iterable[OdooLocation]
    ) -> None:
        """``named`` maps our names to the full names of Odoo's; if empty, each warehouse's stock is named by its code.

        :raises SourceRefused: a place does not exist or has no warehouse, or two warehouses have the same code.
        """
        self._places = {place.id: place for place in places}
        by_id = {warehouse.id: warehouse for warehouse in warehouses}
        roots = self._named(named) if named else self._stock_places(by_id.values())
        self.roots: Mapping[int, Site] = {
            place.id: _site(name, place, by_id.get(place.warehouse_id or 0)) for name, place in roots.items()
        }
        self.by_name = {site.name: site for site in self.roots.values()}

    def _named(self, named: Mapping[str, str]) -> dict[str, OdooLocation]:
        by_name = {place.complete_name: place for place in self._places.values() if place.usage in ("internal", "view")}
        missing = sorted(set(named.values()) - by_name.keys())
        if missing:
            raise SourceRefused(f"Odoo has no location {', '.join(missing)}; nothing was changed. Mend the secret")
        return {name: by_name[place] for name, place in named.items()}

    def _stock_places(self, warehouses: Collection[Warehouse]) -> dict[str, OdooLocation]:
        times = Counter(warehouse.code for warehouse in warehouses)
        repeated = [code for code, count in times.items() if count > 1]
        if repeated:
            raise SourceRefused(
                f"several warehouses of Odoo are called {', '.join(repeated)}; nothing was changed. "
                "Name the locations in the secret"
            )
        return {warehouse.code: self._places[warehouse.lot_stock_id] for warehouse in warehouses}

    def of(self, place: int) -> Site | None:
        """The location of ours that a place of Odoo belongs to."""
        return self._site_of_place.get(place)

    @cached_property
    def _site_of_place(self) -> dict[int, Site]:
        return {
            place.id: self.roots[nearest]
            for place in self._places.values()
            if (nearest := next((outer for outer in _path(place) if outer in self.roots), None)) is not None
        }

    def usage(self, place: int) -> str:
        """What a place is for; empty for one that our user may not see."""
        return self._places[place].usage if place in self._places else ""

    def bin(self, place: int) -> str:
        """A place's name within its location; empty for the location itself."""
        site = self._site_of_place[place]
        return (
            self._places[place].complete_name.removeprefix(f"{site.root.complete_name}/")
            if site.root.id != place
            else ""
        )


def _path(place: OdooLocation) -> Iterator[int]:
    """The place and all that it is inside, from the innermost outwards."""
    return (int(step) for step in reversed(place.parent_path.strip("/").split("/")))


def _site(name: str, place: OdooLocation, warehouse: Warehouse | None) -> Site:
    if warehouse is None:
        raise SourceRefused(
            f"Odoo's location {place.complete_name} is in no warehouse; nothing was changed. Choose another"
        )
    return Site(
        name=name,
        root=place,
        stock=place.id if place.usage == "internal" else warehouse.lot_stock_id,
        transfer_type=warehouse.int_type_id,
        sells=warehouse.delivery_steps == "ship_only" or place.id == warehouse.view_location_id,
    )
