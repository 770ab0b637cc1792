"""What the page about a large count says."""

from dataclasses import replace

import pytest

from bench.stack.count import StageTimes
from bench.stack.peer import OdooTimes
from bench.stack.report import missed, report

pytestmark = pytest.mark.unit

TAKEN = StageTimes(3, 20, 40, 50, lines=18_991, rows=26_279, parked=2_833, variances=1_285, chunks=113, mails=43)


def test_a_count_that_takes_a_minute_misses_the_goal() -> None:
    assert not missed(TAKEN)
    assert missed(replace(TAKEN, mailed=60))
    assert "**missed**: 60.0 s from upload to the last mail" in report(20_000, replace(TAKEN, mailed=60), None)


def test_without_an_odoo_the_page_says_so() -> None:
    page = report(20_000, TAKEN, None)
    assert "Not measured" in page
    assert "times as fast" not in page


def test_all_that_odoo_took_is_compared_with_all_that_the_stack_took() -> None:
    page = report(20_000, TAKEN, OdooTimes(written=10, applied=165, lines=20_000, gaps=1_285))
    assert "met: 3.5 times as fast as Odoo, aiming at 3" in page
    assert "**175.0 s** together" in page
    assert not missed(TAKEN)
