"""The laws of the simulated night."""

import re
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bench.scale.chain import LAYOUTS, RESOURCES, SHOPS, million_lines, stages, supply
from bench.scale.demand import Demand, Used
from bench.scale.model import Stage, arrivals, bound, night
from tests.deployment import stack
from tests.template.stack import ROOT

pytestmark = pytest.mark.unit

LIMITS = yaml.safe_load((ROOT / "bench" / "scale" / "limits.yaml").read_text("utf-8"))

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


def _used(header_writes: int = 0, **usage: int) -> Used:
    return Used({name: Decimal(amount) for name, amount in {"lambda_gb_second": 1, **usage}.items()}, header_writes)


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


@pytest.mark.parametrize(
    ("kind", "limit", "what"),
    [
        ("AWS::Events::Rule", "eventbridge_rules", "EventBridge rules on its bus"),
        ("AWS::IAM::Role", "iam_roles", "IAM roles †"),
        ("AWS::DynamoDB::Table", "dynamodb_tables", "tables †"),
    ],
)
def test_the_page_says_how_many_stacks_an_account_has_room_for(kind: str, limit: str, what: str) -> None:
    there_are, takes = LIMITS[limit]["amount"], len(stack().of_type(kind))
    page = (ROOT / "docs" / "scale.md").read_text("utf-8").replace("**", "")
    row = rf"\| {there_are:,} {re.escape(what)} \| {takes} \| {there_are // takes} \|"
    assert re.search(row, page)


def test_the_queues_have_the_workers_that_the_first_layout_takes_them_to_have() -> None:
    mappings = stack().of_type("AWS::Lambda::EventSourceMapping").values()
    assert [one["ScalingConfig"]["MaximumConcurrency"] for one in mappings] == [LAYOUTS[0].workers] * 2
