"""Counts of one item side by side."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.approval.history import history
from stkr.domain.names import Instant
from tests.unit.web.samples import line

pytestmark = pytest.mark.unit

QUANTITIES = st.decimals(-1000, 10**6, places=2)


def test_the_counts_come_in_order_of_time_with_the_lines_own_among_them() -> None:
    later = line(session_id="later", counted_qty=Decimal(470))
    earlier = line(session_id="earlier", counted_qty=Decimal(490))
    counts = history(line(), [(Instant("2026-12"), later), (Instant("2026-11"), line()), (Instant("2026-09"), earlier)])
    assert [(count.at, count.counted_qty, count.current) for count in counts] == [
        ("2026-09", Decimal(490), False),
        ("2026-11", Decimal(432), True),
        ("2026-12", Decimal(470), False),
    ]


def test_a_line_whose_own_count_is_not_noted_is_shown_all_the_same() -> None:
    counts = history(line(), [(Instant("2026-09"), line(session_id="earlier"))])
    assert [count.current for count in counts] == [False, True]


def test_the_line_is_shown_as_the_rest_of_the_page_has_it_though_its_noted_copy_is_older() -> None:
    stale = line(counted_qty=Decimal(400))
    counts = history(line(), [(Instant("2026-09"), line(session_id="earlier")), (Instant("2026-11"), stale)])
    assert [(count.at, count.counted_qty) for count in counts if count.current] == [("2026-11", Decimal(432))]


def test_two_counts_opened_at_one_instant_are_both_shown() -> None:
    counts = history(
        line(), [(Instant("2026-09"), line(session_id="front")), (Instant("2026-09"), line(session_id="back"))]
    )
    assert [count.at for count in counts][:2] == ["2026-09", "2026-09"]
    assert len(counts) == 3


def test_a_line_without_another_count_has_no_history() -> None:
    assert history(line(), []) == history(line(), [(Instant("2026-11"), line())]) == ()


@given(st.lists(st.tuples(st.none() | QUANTITIES, QUANTITIES), min_size=1, max_size=8))
def test_a_bar_is_a_share_of_the_longest_whatever_was_counted(quantities: list[tuple[Decimal | None, Decimal]]) -> None:
    counts = history(
        line(),
        [
            (Instant(f"2026-{number:02}"), line(session_id=str(number), counted_qty=counted, system_qty=system))
            for number, (counted, system) in enumerate(quantities)
        ],
    )
    bars = [bar for count in counts for bar in (count.counted_bar, count.expected_bar)]
    assert all(0 <= bar <= 100 for bar in bars)
    assert max(bars) == 100
    assert len(counts) == len(quantities) + 1
