"""The judgement of starts and of decisions, from figures that are made up."""

from pathlib import Path

import pytest

from bench.decision import report as decision
from bench.decision.measure import APPROVE, LOOK, REJECT, MeasuredRequest, summed_up
from bench.start import report as start
from bench.start.measure import BARE, FLOOR, LayerSize, ProcessStart, in_turns, size_of

pytestmark = pytest.mark.unit

DECIDING = ("dynamodb.GetItem", "dynamodb.Query", "dynamodb.TransactWriteItems")
LOOKING = ("dynamodb.GetItem",)


def test_a_start_is_the_median_of_all_rounds_but_the_first_which_compiles() -> None:
    times = {"a": iter([9.0, 1.0, 5.0, 2.0]), "b": iter([9.0, 3.0, 3.0, 3.0])}
    order: list[str] = []

    def begin(name: str) -> tuple[float, float]:
        order.append(name)
        took = next(times[name])
        return took, took + 1

    assert in_turns(["a", "b"], begin, 3) == {"a": ProcessStart(2.0, 3.0), "b": ProcessStart(3.0, 4.0)}
    assert order == ["a", "b"] * 4


@pytest.mark.parametrize(("ready", "verdict"), [(0.15, "met"), (0.16, "**missed**")])
def test_a_start_may_take_half_as_long_again_as_a_bare_client(ready: float, verdict: str) -> None:
    starts = {BARE: ProcessStart(0.1, 0.1), FLOOR: ProcessStart(0.9, 0.9), "sync": ProcessStart(ready, 0.9)}
    [told, _] = start.goals(starts, LayerSize(1, 1, compiled=True)).splitlines()
    assert told == f"- {verdict}: sync: {ready * 10:.2f} times a bare client, at most 1.5"


@pytest.mark.parametrize(("zipped", "verdict"), [(start.MAX_ZIP, "met"), (start.MAX_ZIP + 1, "**missed**")])
def test_the_layers_zip_may_be_20_megabytes(zipped: int, verdict: str) -> None:
    [told] = start.goals({BARE: ProcessStart(0.1, 0.1)}, LayerSize(1, zipped, compiled=True)).splitlines()
    assert told == f"- {verdict}: the layer's zip: 20.0 MB, at most 20.0 MB"


def test_the_page_of_starts_compares_both_environments_with_their_own_bare_client() -> None:
    project = {BARE: ProcessStart(0.2, 0.2), "sync": ProcessStart(0.3, 0.4)}
    layer = {BARE: ProcessStart(0.1, 0.1), "sync": ProcessStart(0.17, 0.23)}
    page = start.report(project, layer, LayerSize(30 * 2**20, 12 * 2**20, compiled=False), runs=3)
    assert "| sync | 300 ms | 1.50 | 400 ms | 2.00 |" in page
    assert "| sync | 170 ms | 1.70 | 230 ms | 2.30 |" in page
    assert "12.0 MB zipped and 30.0 MB unzipped, without compiled code" in page


def test_a_layer_is_as_large_as_its_files_and_its_zip(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "one.py").write_bytes(b"#" * 100_000)
    plain = size_of(tmp_path)
    assert (plain.unzipped, plain.compiled) == (100_000, False)
    assert 0 < plain.zipped < 1_000
    (tmp_path / "python" / "one.cpython-314.pyc").write_bytes(b"")
    assert size_of(tmp_path).compiled


def test_a_request_that_renewed_what_a_warm_function_keeps_is_left_out_and_counted() -> None:
    renewing = MeasuredRequest(APPROVE, (*DECIDING, "s3.GetObject"), 9.0)
    warm = [MeasuredRequest(APPROVE, DECIDING, seconds / 1000) for seconds in range(1, 101)]
    figures = summed_up([*warm, renewing])[APPROVE]
    assert (figures.number, figures.renewing, figures.most_calls) == (100, 1, 3)
    assert (figures.calls, figures.waits) == (DECIDING, 38)
    assert (figures.median, figures.p99) == pytest.approx((50.5, 99.0))


@pytest.mark.parametrize(("calls", "verdict"), [(DECIDING, "met"), ((*DECIDING, "dynamodb.GetItem"), "**missed**")])
def test_one_decision_with_a_fourth_call_misses_the_goal(calls: tuple[str, ...], verdict: str) -> None:
    made = [
        MeasuredRequest(LOOK, LOOKING, 0.02),
        MeasuredRequest(REJECT, DECIDING, 0.06),
        MeasuredRequest(APPROVE, DECIDING, 0.06),
    ]
    page = decision.report(
        summed_up([*made, MeasuredRequest(APPROVE, DECIDING, 0.06), MeasuredRequest(APPROVE, calls, 0.06)]), 256
    )
    assert f"- {verdict}: approve, POST, in a warm function: {len(calls)} calls of AWS, at most 3" in page
    assert "- met: reject, POST, in a warm function: 3 calls of AWS, at most 3" in page
    assert "| reject, POST | 22 ms | 38 ms | 60 ms | 60 ms |" in page
