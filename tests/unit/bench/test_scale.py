"""The laws of the simulated night."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scale.model import Stage, arrivals, bound, night

pytestmark = pytest.mark.unit

READ = Stage("read", {"workers": 2.0})
ASK = Stage("ask", {"workers": 1.0, "tokens": 10.0})


@given(counts=st.integers(1, 10_000), window=st.integers(2, 5_000))
def test_every_count_arrives_within_the_window_and_the_busiest_second_has_twice_the_average(
    counts: int, window: int
) -> None:
    each = list(arrivals(counts, window))
    assert len(each) == window
    assert sum(each) == pytest.approx(counts, rel=1 / window**2 + 1e-9)
    assert max(each) <= 2 * counts / window + 1e-9


def test_a_night_with_enough_of_everything_holds_nobody_up() -> None:
    passed = night([1.0, 1.0], [READ, ASK], {"workers": 9.0, "tokens": 99.0})
    assert [(one.stage, one.waiting, one.scarce) for one in passed] == [("read", 0.0, None), ("ask", 0.0, None)]


def test_what_is_scarce_is_named_and_the_night_is_as_long_as_it_takes() -> None:
    [read, ask] = night([6.0], [READ, ASK], {"workers": 99.0, "tokens": 10.0})
    assert (read.done_at, read.scarce) == (1, None)
    assert (ask.done_at, ask.scarce) == (7, "tokens")
    assert ask.waiting == pytest.approx(5.0)


def test_stages_that_share_a_resource_do_not_get_it_twice() -> None:
    [_, ask] = night([30.0], [READ, ASK], {"workers": 3.0, "tokens": 1e9})
    assert ask.done_at >= 30


@given(
    coming=st.lists(st.floats(0, 20), min_size=1, max_size=30),
    workers=st.floats(0.5, 50),
    tokens=st.floats(1, 500),
)
def test_no_night_is_shorter_than_its_scarcest_resource_allows(
    coming: list[float], workers: float, tokens: float
) -> None:
    passed = night(coming, [READ, ASK], {"workers": workers, "tokens": tokens})
    counts = sum(coming)
    needed = max(counts * 3 / workers, counts * 10 / tokens)
    assert passed[-1].done_at + 1 >= needed * (1 - 1e-6) - 1


@given(window=st.integers(10, 2_000), supply=st.floats(1, 100))
def test_up_to_its_bound_a_resource_holds_nobody_up_and_beyond_it_does(window: int, supply: float) -> None:
    most = int(bound([READ], "workers", supply, window))
    if most:
        assert night(arrivals(most, window), [READ], {"workers": supply})[0].scarce is None
    assert night(arrivals(int(most * 1.3) + 2, window), [READ], {"workers": supply})[0].scarce == "workers"


def test_a_need_without_a_supply_is_an_error() -> None:
    with pytest.raises(KeyError):
        night([1.0], [READ], {})
