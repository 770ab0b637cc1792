"""The collector rests while objects are made in masses, and is then as it was."""

import gc
from collections.abc import Iterator

import pytest

from stkr.gc_pause import gc_paused

pytestmark = pytest.mark.unit


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether the collector is on at first; afterwards it is what it was for the other tests."""
    was = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if was else gc.disable)()


def test_the_collector_rests_and_is_then_as_it_was(collecting: bool) -> None:
    with gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled() is collecting


def test_the_collector_is_as_it_was_although_the_work_failed(collecting: bool) -> None:
    with pytest.raises(LookupError), gc_paused():
        raise LookupError
    assert gc.isenabled() is collecting
