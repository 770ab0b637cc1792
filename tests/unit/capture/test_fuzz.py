"""A short run of ``make fuzz``: always the same damaged files, which have to keep every law."""

import pytest

from stkr.capture.result import Reason
from tests.fuzz.campaign import campaign

pytestmark = pytest.mark.unit


def test_no_damage_to_a_file_breaks_a_law_of_capture() -> None:
    *_, total = campaign(rows=20_000, seed=1)

    assert total.read >= 20_000
    # The damage has to be of every kind, or the run would show little.
    assert set(total.parked) == {reason.value for reason in Reason}
    assert len(total.refused) >= 8
