"""Units, pack sizes and codes of products."""

import pytest

from stkr.sync.connectors.odoo.catalogue import Catalogue
from stkr.sync.connectors.odoo.records import Packaging, SupplierCode, Unit
from tests.unit.sync.connectors.odoo.records import BOX, GRAM, PIECE, SACK, UNITS, D, catalogue, product

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("unit", "packed", "aliases"),
    [
        (PIECE, BOX, ("15*24",)),
        (PIECE, PIECE, ("15",)),
        # A box of Odoo's own is counted in eaches, too.
        (BOX, BOX, ("15*24",)),
        (SACK, SACK, ("15",)),
        (GRAM, BOX, ()),
        # A third of a gram has no end.
        (GRAM.model_copy(update={"factor": D(3)}), GRAM, ()),
    ],
)
def test_the_barcode_of_a_packaging_is_taken_where_its_size_is_certain(
    unit: Unit, packed: Unit, aliases: tuple[str, ...]
) -> None:
    own = unit.model_copy(update={"id": 8})
    packaging = Packaging(product_id=1, uom_id=packed.id, barcode="15")
    packed_once = Catalogue(
        products={1: product(uom_id=8)},
        units={8: own, **UNITS},
        categories={},
        packagings={1: [packaging]},
        supplier_codes=(),
    )

    assert packed_once.aliases(1) == aliases


def test_a_measure_that_we_have_no_word_for_is_still_no_count() -> None:
    unit = catalogue(product(uom_id=SACK.id)).unit_of(1)

    assert (unit.by_measure, unit.name, unit.size) == (True, "", D(1))


def test_a_box_is_read_as_what_is_in_it() -> None:
    assert catalogue(product(uom_id=BOX.id)).unit_of(1).size == 24


def test_a_code_that_reads_like_that_of_a_case_is_no_alias() -> None:
    codes = [SupplierCode(product_id=None, product_tmpl_id=9, product_code=code) for code in ("10*20", "ACME-1")]

    assert catalogue(product(), supplier_codes=codes).aliases(1) == ("ACME-1",)
