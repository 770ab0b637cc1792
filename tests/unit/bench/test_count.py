"""What the benchmark of a count is given, and when its page says that a goal is missed."""

from collections import Counter

import pytest

from bench.count.data import make_count, make_stock
from bench.count.measure import CONTENDERS, SIZES, WAREHOUSE, PeakMemory, RunTimes, TimedCount
from bench.count.report import Measurements, missed
from bench.count.with_stkr import outcome, reconcile
from stkr.capture.result import Reason
from stkr.domain.counted import LineKind
from stkr.domain.variance import Materiality

pytestmark = pytest.mark.unit

LINES = 2_000


@pytest.mark.parametrize("bins", [1, 10])
def test_the_same_count_comes_of_the_same_seed(bins: int) -> None:
    assert make_count(make_stock(50), bins) == make_count(make_stock(50), bins)


def test_every_rule_has_work_and_six_lines_in_a_hundred_are_to_be_decided() -> None:
    stock = make_stock(LINES)
    found = outcome(reconcile(make_count(stock, 1), stock))
    assert {reason for _, reason, _ in found.parked} == set(Reason) - {Reason.ALREADY_DECIDED}
    assert {kind for kind, *_ in found.variances.values()} == set(LineKind)
    share = Counter(judged[1] for judged in found.variances.values())
    assert set(share) == set(Materiality)
    assert 0.05 < share[Materiality.MATERIAL] / LINES < 0.08
    assert found.totals.blank
    assert found.totals.collapsed


def _measured(*per_line: float, peak: float = 200) -> Measurements:
    """A run in which a line of each size took so many seconds, and the function so many MB."""
    seconds = dict(zip((*SIZES, WAREHOUSE), (*per_line, 1.0), strict=True))
    timed = {
        size: TimedCount(size.lines, 0, dict.fromkeys(CONTENDERS, RunTimes(1, 1, each * size.lines)))
        for size, each in seconds.items()
    }
    return Measurements(timed, {}, {}, {WAREHOUSE: PeakMemory(0, 0, peak, 0)}, 512)


def test_growth_within_fifteen_percent_is_linear() -> None:
    assert not missed(_measured(1.0, 1.0, 1.14))


def test_a_line_that_takes_longer_the_more_there_are_misses_the_goal() -> None:
    assert missed(_measured(1.0, 1.0, 1.16))
    assert missed(_measured(1.0, 1.08, 1.17))


def test_a_function_that_outgrows_its_memory_misses_the_goal() -> None:
    assert missed(_measured(1.0, 1.0, 1.0, peak=513))
