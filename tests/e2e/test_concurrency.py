"""Many people at the same moment on the deployed stack: a small part of what `make concurrency` does."""

from collections.abc import Iterator
from random import Random

import pytest

from local.stack import Stack
from stkr.links.tokens import LinkAction
from tests.concurrency.crowd import Crowd, environments, warm_up
from tests.concurrency.decisions import many_variances, one_variance
from tests.concurrency.shop import Links, aisles, count, count_all, furnish, gaps, waiting
from tests.concurrency.tables import Tables
from tests.concurrency.uploads import counters_and_sync, spreadsheet_is_the_books

pytestmark = pytest.mark.e2e

PEOPLE = 8


@pytest.fixture
def busy(tables: Tables) -> Iterator[Tables]:
    """The road to the tables, on which those who come at the same moment meet."""
    tables.heat()
    tables.holds_ms = (100, 200)
    yield tables
    tables.holds_ms = None


def test_eight_people_who_tap_one_variance_at_once_decide_it_once_and_all_are_told_by_whom(
    stack: Stack, busy: Tables
) -> None:
    random, links, crowd = Random(1), Links(stack), Crowd(stack)
    [aisle] = aisles(random, "fire", 1, 1)
    furnish(stack, [aisle])
    [variance] = waiting(stack, [count(stack, links, aisle.location, gaps(random, aisle.stock), 1)])
    warm_up(stack, crowd, [links.page(variance, action, aisle.managers[0]) for action in LinkAction], PEOPLE)
    busy.heat()
    one_variance(stack, crowd, links, variance, aisle, PEOPLE, taps=4 * PEOPLE)
    heat = busy.heat()
    assert heat.conflicts + heat.conditions > 0
    assert crowd.most_in_flight == PEOPLE
    assert environments(stack, "approve") >= PEOPLE


def test_managers_who_share_their_mails_decide_each_variance_once_and_stock_changes_by_what_they_posted(
    stack: Stack, busy: Tables
) -> None:
    random, links, crowd = Random(2), Links(stack), Crowd(stack)
    counted = aisles(random, "embers", 2, 4)
    furnish(stack, counted)
    sessions = list(count_all(stack, links, random, counted, twice=2))
    told = many_variances(stack, crowd, links, random, counted, sessions, forwarded=1)
    assert told["variances"] == told["approved"] + told["rejected"] == 14
    # More where several variances were held: both managers tap the new link of each at once.
    assert crowd.most_in_flight >= 4


def test_lines_and_books_are_right_after_two_counters_a_till_sync_and_managers_worked_at_once(
    stack: Stack, busy: Tables
) -> None:
    random = Random(3)
    [aisle] = aisles(random, "smoke", 1, 6)
    furnish(stack, [aisle])
    with spreadsheet_is_the_books(stack):
        done = counters_and_sync(stack, Crowd(stack), Links(stack), random, aisle, versions=2)
    assert done["files uploaded"] == 8
    assert done["sales"] > 0
