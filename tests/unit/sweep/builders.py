"""Queued lines for the tests of the sweep."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState
from stkr.domain.variance import Materiality

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def line(sku: str = "A", value: str | None = "-10", **more: object) -> Line:
    """A queued and labelled line; ``more`` are stored attributes."""
    stored = {
        "session_id": "s1", "sku": sku, "name": sku, "location": "aisle", "kind": LineKind.COUNTED,
        "materiality": Materiality.MATERIAL, "state": LineState.QUEUED, "system_qty": 10, "snapshot_version": 1,
        "revision": 100, "rule": "default", "capture_seq": 1, "gap_value": value, "cause": Cause.SHRINKAGE,
    }  # fmt: skip
    return Line.model_validate({**stored, **more})
