"""Whatever fails, at whichever call: no variance is lost, none decided twice, and stock is explained by the trail."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.deployment import Context, Deployment
from tests.faults.histories import Histories
from tests.faults.shop import Shop

pytestmark = pytest.mark.handlers

HISTORIES = int(os.environ.get("STKR_FAULTS_HISTORIES", "20"))
SEED = int(os.environ.get("STKR_FAULTS_SEED", "1"))
STEPS = 15


def test_whatever_fails_every_promise_is_kept(
    deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, steps, checked = Shop(deployment, invocation, monkeypatch), Counter[str](), Counter[str]()
    begun = time.monotonic()

    @seed(SEED)
    class Seeded(Histories):
        """The same histories whenever the seed is the same."""

        def __init__(self) -> None:
            super().__init__(shop, steps, checked)

    some = settings(
        max_examples=HISTORIES,
        stateful_step_count=STEPS,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Seeded, settings=some)
    finally:
        seconds = time.monotonic() - begun
        found = {"steps": steps, "checked": checked, "faults": shop.wire.met, "calls": shop.wire.passed}
        told = os.environ.get("STKR_FAULTS_TOLD")
        if told:
            Path(told).write_text(json.dumps(found | {"seconds": seconds}), "utf-8")
    assert steps["histories"] >= HISTORIES
    assert steps["decisions"]
