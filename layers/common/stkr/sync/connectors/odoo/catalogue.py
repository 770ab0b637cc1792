"""What Odoo says of the products themselves: their units, costs, pack sizes and codes. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from stkr.domain.alias import split_alias
from stkr.domain.exact import ONE
from stkr.domain.units import CASE, held_in, is_measure
from stkr.sync.connectors.odoo.records import Packaging, Product, SupplierCode, Unit, without_zeros
from stkr.tabular.text import visible

_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class ProductUnit:
    """The unit of a product's quantities, by our ``name`` for it.

    ``size`` is how many eaches one of it holds, 1 for what is sold by measure.
    """

    name: str
    by_measure: bool
    size: Decimal

    def eaches(self, quantity: Decimal) -> Decimal:
        """A quantity of Odoo's in eaches (or the product's measure)."""
        return without_zeros(quantity * self.size)


@dataclass(frozen=True)
class Catalogue:
    """All products by id, archived ones too, and what describes them."""

    products: Mapping[int, Product]
    units: Mapping[int, Unit]
    categories: Mapping[int, str]
    packagings: Mapping[int, Sequence[Packaging]]
    supplier_codes: Sequence[SupplierCode]

    def unit_of(self, product: int) -> ProductUnit:
        """The unit of a product's quantities."""
        unit = self.units[self.products[product].uom_id]
        name = held_in(unit.name)
        # A measure that we have no word for is still not counted in eaches.
        if is_measure(held_in(self.units[unit.root].name)):
            return ProductUnit(name if is_measure(name) else "", by_measure=True, size=ONE)
        return ProductUnit(name if name == CASE and unit.factor == 1 else "", by_measure=False, size=unit.factor)

    def unit_cost(self, product: int) -> Decimal:
        """The cost of one each (or one of the product's measure)."""
        cost, size = self.products[product].standard_price, self.unit_of(product).size
        return cost if size == 1 else without_zeros((cost / size).quantize(_SIX_PLACES))

    def pack(self, product: int, unit: int) -> Decimal | None:
        """How many eaches (or of the product's measure) a packaging holds; ``None`` if that cannot be said exactly."""
        own, packed = self.units[self.products[product].uom_id], self.units.get(unit)
        if packed is None or packed.root != own.root:
            return None
        size = packed.factor / own.factor if self.unit_of(product).by_measure else packed.factor
        return without_zeros(size) if size == size.quantize(_SIX_PLACES) else None

    def pack_size(self, product: int) -> Decimal | None:
        """Eaches per case, if there is only one kind of case."""
        packagings = self.packagings.get(product, ())
        units = {*self.products[product].uom_ids, *(packaging.uom_id for packaging in packagings)}
        sizes = {size for unit in units if (size := self.pack(product, unit)) is not None and size > 1}
        return sizes.pop() if len(sizes) == 1 else None

    def aliases(self, product: int) -> tuple[str, ...]:
        """Barcodes, those of packagings as ``CODE*24``, and suppliers' codes."""
        own = self.products[product]
        codes = [own.barcode, *self._supplier_codes_of.get(product, ())]
        # A code that looks like ``CODE*24`` would be read as the barcode of a case.
        single = [code for code in map(visible, codes) if split_alias(code)[1] is None]
        cases = [
            code if size == 1 else f"{code}*{size:f}"
            for packaging in self.packagings.get(product, ())
            if split_alias(code := visible(packaging.barcode))[1] is None
            and (size := self.pack(product, packaging.uom_id)) is not None
        ]
        return tuple(dict.fromkeys(code for code in (*single, *cases) if code and code != own.sku))

    @cached_property
    def _supplier_codes_of(self) -> Mapping[int, list[str]]:
        variants: dict[int, list[int]] = defaultdict(list)
        for product in self.products.values():
            variants[product.product_tmpl_id].append(product.id)
        codes: dict[int, list[str]] = defaultdict(list)
        for record in self.supplier_codes:
            meant = [record.product_id] if record.product_id else variants.get(record.product_tmpl_id or 0, [])
            for variant in meant:
                codes[variant].append(record.product_code)
        return codes
