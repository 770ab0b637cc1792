"""The laws of the simulated night."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from decimal import Decimal
from multiprocessing import get_context

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.scale.chain import LAYOUTS, RESOURCES, SHOPS, million_lines, night_cost, room, stages, supply
from bench.scale.demand import Demand, StageUsage
from bench.scale.model import Stage, arrivals, bound, night
from bench.scale.opening import mirrored, opened, read_back
from bench.scale.report import FunctionLimits, StockFigures, end
from bench.scale.standin import BARE_MB, ProcessUse
from tests.deployment import stack
from tests.template.stack import ROOT

pytestmark = pytest.mark.unit

LIMITS = yaml.safe_load((ROOT / "bench" / "scale" / "limits.yaml").read_text("utf-8"))
PRICES = yaml.safe_load((ROOT / "bench" / "cost" / "prices.yaml").read_text("utf-8"))

READ = Stage("read", {"workers": 2.0})
ASK = Stage("ask", {"workers": 1.0, "tokens": 10.0})


def test_a_count_is_opened_read_back_and_mirrored_from_memory_as_the_functions_would() -> None:
    # Each in a process of its own, as the SDK is made to ask the stand-in there.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        one = fresh.submit(opened, 400, 4).result()
        taken = [one.took, fresh.submit(read_back, one.snapshot).result(), fresh.submit(mirrored, 400, 4).result()]
    assert all(each.cpu > 0 and each.peak_mb >= BARE_MB for each in taken)


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


def _used(header_writes: int = 0, **usage: int) -> StageUsage:
    return StageUsage(
        {name: Decimal(amount) for name, amount in {"lambda_gb_second": 1, **usage}.items()}, header_writes
    )


def test_a_stage_needs_seconds_by_its_functions_memory_and_an_index_entry_for_each_write_of_the_header() -> None:
    labelled = _used(6, dynamodb_write_unit=254, bedrock_input_token=1000, bedrock_output_token=10)
    mailed = _used(dynamodb_write_unit=9, ses_mail=2)
    compared = _used(3, dynamodb_write_unit=7)
    demand = Demand(_used(), _used(2, dynamodb_write_unit=6), compared, labelled, mailed, _used(), material=59)
    memory = {"capture": 512, "variance": 512, "cause": 256, "sweep": 1024}
    [read, find, suggest, mail] = stages(demand, memory, output_weight=5)
    assert read.needs == {"capture workers": 2, "functions": 2, "table": 6, "month key": 2, "open key": 2}
    assert find.needs["functions"] == 2
    assert (suggest.needs["tokens"], suggest.needs["functions"]) == (1050, 2 * suggest.needs["label workers"])
    assert mail.needs == {"functions": 1, "mails": 2, "table": 9}
    assert demand.chunks == 6


def test_stacks_multiply_what_a_stack_has_and_accounts_what_an_account_has() -> None:
    one, *_, many = (supply(layout, LIMITS) for layout in LAYOUTS)
    for resource, (shared_by, _) in RESOURCES.items():
        times = {"stack": LAYOUTS[-1].stacks, "account": LAYOUTS[-1].accounts}[shared_by]
        assert many[resource] == one[resource] * times, resource


def test_the_chain_is_the_one_that_the_page_speaks_of() -> None:
    assert million_lines(SHOPS * 20) == 20


def test_an_account_has_room_for_as_many_stacks_as_its_scarcest_thing_allows() -> None:
    takes = {what: stacks for what, _, stacks in room(LIMITS)}
    assert takes == {"EventBridge rules on its bus": 4, "IAM roles": 9, "tables": 3}


def test_a_night_costs_what_the_stages_use_and_decisions_and_storage_are_not_in_it() -> None:
    asked = _used(bedrock_input_token=1_000, bedrock_output_token=100, log_bytes=1024)
    demand = Demand(_used(), _used(), _used(), asked, _used(ses_mail=1), _used(ses_mail=99), material=59)
    whole, model = night_cost(demand, PRICES)
    counts = SHOPS * 20
    assert model == counts * Decimal("0.0015")
    logs = Decimal(1024) / 1024**3 * Decimal(PRICES["log_gb"]["usd"])
    assert whole == model + counts * (Decimal("0.0001") + 5 * Decimal(PRICES["lambda_gb_second"]["usd"]) + logs)


SMALL = StockFigures(10, ProcessUse(0, 100), 0, ProcessUse(0, 100), ProcessUse(0, 100))


@given(slope=st.floats(0.01, 5), memory=st.integers(200, 2_000))
def test_a_stock_ends_where_the_straight_line_through_both_sizes_reaches_the_memory(slope: float, memory: int) -> None:
    rows = 1_000_000
    grown = ProcessUse(0.001, 100 + round(slope * 1000))
    why, most = end(FunctionLimits(memory, 120), [SMALL, replace(SMALL, rows=rows, read=grown)], "read")
    expected = rows * (memory - 100) / (grown.peak_mb - 100)
    assert why == "memory"
    assert most == pytest.approx(expected, rel=1e-4, abs=1_000)


def test_a_stock_ends_by_time_where_that_comes_first_and_a_share_of_a_vcpu_stretches_it() -> None:
    grown = replace(SMALL, rows=100_000, opened=ProcessUse(10, 101))
    assert end(FunctionLimits(1769, 30), [SMALL, grown], "opened") == ("time", 300_000)
    assert end(FunctionLimits(885, 30), [SMALL, grown], "opened") == ("time", 150_000)
    assert end(FunctionLimits(10_000, 30), [SMALL, grown], "opened") == ("time", 300_000)


def test_the_queues_have_the_workers_that_the_first_layout_takes_them_to_have() -> None:
    mappings = stack().of_type("AWS::Lambda::EventSourceMapping").values()
    assert [one["ScalingConfig"]["MaximumConcurrency"] for one in mappings] == [LAYOUTS[0].workers] * 2
