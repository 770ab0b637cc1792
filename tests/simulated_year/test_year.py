"""A year of a shop, simulated: nothing ages out, nothing is posted twice, and the summaries say what happened."""

import os
from collections.abc import Callable

import pytest

from tests.deployment import Context, Deployment
from tests.simulated_year.year import Year

pytestmark = pytest.mark.handlers

SEEDS = [int(seed) for seed in os.environ.get("STKR_SIMULATED_YEAR_SEEDS", "1").split()]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_year_keeps_every_promise(
    deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    Year(deployment, invocation, monkeypatch, seed).live()
