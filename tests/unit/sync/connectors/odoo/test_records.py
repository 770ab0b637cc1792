"""What is refused as an answer of Odoo."""

import pytest

from stkr.domain.errors import SourceRefused
from stkr.sync.connectors.odoo.records import Unit, parse_records

pytestmark = pytest.mark.unit


def test_an_answer_of_another_odoo_is_refused_without_quoting_it() -> None:
    with pytest.raises(SourceRefused, match=r"not those of Odoo 19: 0\.factor") as refused:
        parse_records(Unit, [{"id": 1, "name": "Secret unit", "parent_path": "1/", "rounding": 1}])

    assert "Secret unit" not in str(refused.value)
    assert refused.value.__cause__ is None
