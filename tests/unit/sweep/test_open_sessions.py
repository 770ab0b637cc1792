"""Which open counts are closed."""

import pytest

from stkr.domain.session import Session, SessionStatus
from stkr.sweep.open_sessions import finished
from tests.unit.sweep.builders import NOW

pytestmark = pytest.mark.unit

STORED = "2026-10-{}T10:00:00.000000Z"


@pytest.mark.parametrize(
    ("stands", "closes"),
    [
        ({"opened_at": STORED.format("22")}, True),
        ({"opened_at": STORED.format("23")}, False),
        ({"capture_seq": 1}, False),
        ({"capture_seq": 1, "captured_seq": 1, "rows": {"counted": 0, "parked": 3}}, True),
        ({"capture_seq": 1, "captured_seq": 1, "rows": {"counted": 3}}, False),
        ({"capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-07T10:00:00Z"}, True),
        ({"capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-08T10:00:00Z"}, False),
        ({"capture_seq": 2, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-01T10:00:00Z"}, False),
        ({"session_id": "waiting", "capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1}, False),
    ],
    ids=[
        "never used", "opened lately", "upload not read", "nothing counted", "not reconciled", "reconciled",
        "reconciled lately", "correction not read", "variances wait",
    ],
)  # fmt: skip
def test_a_count_is_closed_when_nothing_is_left_to_be_done_in_it(stands: dict[str, object], closes: bool) -> None:
    opened = {
        "session_id": "s1", "location": "aisle", "counter": "Sam", "status": SessionStatus.OPEN,
        "opened_at": STORED.format("01"),
    }  # fmt: skip
    assert finished(Session.model_validate({**opened, **stands}), {"waiting"}, 14, NOW) is closes
