"""Whether a file is of another place: its items, or a line in it, say so."""

from collections import Counter
from collections.abc import Collection, Sequence

from stkr.domain.errors import CountFileError
from stkr.domain.stock import Snapshot
from stkr.tabular.text import folded, visible, words

_ENOUGH_ITEMS = 4
"""Fewer items say little about where a file is from."""

_HARDLY_ANY = 10
"""One item of this place in so many is hardly any."""


def refuse_items_of_another_place(skus: Collection[str], snapshot: Snapshot) -> None:
    """Refuse a file that names hardly any item of this location, or more of another.

    :param skus: the items that the file counts.
    :raises CountFileError: naming the place that it seems to be of.
    """
    here = sum(sku in snapshot.rows or sku in snapshot.out_of_scope for sku in skus)
    strays = [sku for sku in skus if sku in snapshot.elsewhere and sku not in snapshot.out_of_scope]
    elsewhere = Counter(snapshot.elsewhere[sku].location for sku in strays)
    place, there = elsewhere.most_common(1)[0] if elsewhere else ("", 0)
    if len(skus) < _ENOUGH_ITEMS or not there or (here * _HARDLY_ANY >= len(skus) and there <= here):
        return
    raise CountFileError(
        f"{here} of {len(snapshot.rows)} expected items are in this file, and {there} of {place}: is it the count of "
        f"{place}? Upload it to a count there; if it was counted here, add a column location that says "
        f"{snapshot.location}"
    )


_LABEL_AND_NAME = 2
# What stands around the name of a place in a title, months included.
_LABELS = frozenset(
    "warehouse location store shop site branch outlet depot place lager lagerort standort filiale magasin entrepot "
    "almacen deposito tienda sucursal magazzino negozio winkel magazijn sklep magazyn loja filial stock count counted "
    "inventory stocktake inventur inventaire inventario sheet list physical cycle of at in for from the von der die "
    "das de del la le il name code date on by january february march april may june july august september october "
    "november december".split()
)


class OtherPlaces:
    """The other locations that the system knows, to recognise a line that names one: a title, or a section's."""

    def __init__(self, snapshot: Snapshot) -> None:
        """The locations of the snapshot's other items."""
        self._here = snapshot.location
        places = {row.location for row in snapshot.elsewhere.values()} - {snapshot.location, ""}
        self._places = {folded(place): place for place in places}

    def refuse_section(self, number: int, cells: Sequence[str]) -> None:
        """Refuse a file for a row that is no more than the title of another location; see ``refuse_line``."""
        filled = [cell for cell in map(visible, cells) if cell] if self._places else []
        if len(filled) == 1 or (len(filled) == _LABEL_AND_NAME and _LABELS.issuperset(words(filled[0]))):
            self.refuse_line(number, cells)

    def refuse_line(self, number: int, cells: Sequence[str]) -> None:
        """Refuse a file for a line that is no row of its table.

        :raises CountFileError: the line names another location; what follows was counted there.
        """
        for cell in map(visible, cells):
            place = (
                self._places.get(folded(cell))
                or self._places.get(folded(cell.rpartition(":")[2]))
                or self._named_in(words(cell))
            )
            if place:
                raise CountFileError(
                    f"row {number} names {place}, but this count is of {self._here}: upload what was counted at "
                    f"{place} to a count there, in a file of its own"
                )

    def _named_in(self, text: tuple[str, ...]) -> str | None:
        """The place that a line names between words of titles, as in "Stock count of the Yard on 23 November"."""
        left = tuple(word for word in text if word not in _LABELS and not word.isdecimal())
        return next((place for place in self._places.values() if left and left == words(place)), None)
