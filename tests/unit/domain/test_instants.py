"""Months of instants."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from stkr.domain.instants import months_between

pytestmark = pytest.mark.unit

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
AHEAD = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (NOVEMBER, datetime(2026, 12, 1, tzinfo=UTC), ["2026-11"]),
        (NOVEMBER, datetime(2026, 12, 1, microsecond=1, tzinfo=UTC), ["2026-12", "2026-11"]),
        (datetime(2026, 11, 1, tzinfo=AHEAD), NOVEMBER, ["2026-10"]),
        (datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), ["2026-01", "2025-12"]),
        (NOVEMBER, NOVEMBER, []),
    ],
)
def test_the_months_between_two_moments_are_those_of_utc(start: datetime, end: datetime, months: list[str]) -> None:
    assert months_between(start, end) == months
