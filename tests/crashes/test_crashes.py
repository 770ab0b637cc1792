"""Whatever fails, at whichever call: no variance is lost, none decided twice, and stock is explained by the trail."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from stkr.store.dynamodb import transact_once
from tests.crashes.histories import Histories
from tests.crashes.shop_under_faults import ShopUnderFaults
from tests.deployment import Context, Deployment

pytestmark = pytest.mark.handlers

HISTORIES = int(os.environ.get("STKR_CRASHES_HISTORIES", "20"))
SEED = int(os.environ.get("STKR_CRASHES_SEED", "1"))
STEPS = 15


@pytest.fixture
def shop(
    deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch
) -> ShopUnderFaults:
    return ShopUnderFaults(deployment, invocation, monkeypatch)


def live(shop: ShopUnderFaults, histories: int, steps: Counter[str], checked: Counter[str], *phases: Phase) -> None:
    """Have it live through so many histories, the same ones whenever the seed is the same."""

    @seed(SEED)
    class Seeded(Histories):
        """The histories of this shop."""

        def __init__(self) -> None:
            super().__init__(shop, steps, checked)

    some = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Seeded, settings=some)


def test_whatever_fails_every_promise_is_kept(shop: ShopUnderFaults) -> None:
    steps, checked = Counter[str](), Counter[str]()
    live(shop, HISTORIES, steps, checked, Phase.generate, Phase.shrink)
    result = os.environ.get("STKR_CRASHES_RESULT")
    if result:
        figures = {"steps": steps, "checked": checked, "faults": shop.wire.met, "calls": shop.wire.passed}
        Path(result).write_text(json.dumps(figures), "utf-8")
    assert steps["histories"] >= HISTORIES
    assert steps["decisions"]


def test_a_decision_without_its_row_in_the_trail_would_be_found(
    shop: ShopUnderFaults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stkr.approval.shell.transact_once", lambda actions: transact_once(actions[:-1]))
    with pytest.raises(AssertionError, match="the trail has"):
        live(shop, 5, Counter(), Counter(), Phase.generate)
