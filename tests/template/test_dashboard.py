"""The one page that shows how the system does: every metric in it is one that somebody writes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stkr.infra.telemetry import Metric
from tests.template.stack import FUNCTIONS, REGION, Stack

pytestmark = pytest.mark.template

LAMBDA = {"Errors", "Duration", "Url5xxCount"}
"""Metrics that Lambda publishes by function: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""


@pytest.fixture(name="widgets")
def the_widgets(stack: Stack) -> list[dict[str, Any]]:
    """The dashboard's widgets."""
    (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard").values()
    widgets: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return widgets


def metrics(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Namespace, metric, dimension and its value of every metric, with the shorthands of the dashboard written out."""
    for widget in widgets:
        before: list[str] = []
        for short in widget["properties"].get("metrics", []):
            full = [*before[: -len(short) + 1], *short[1:]] if short[0] == "..." else short
            before = [before[place] if part == "." else part for place, part in enumerate(full)]
            namespace, metric, dimension, value = before
            yield namespace, metric, dimension, value


def test_shorthands_are_read_as_cloudwatch_reads_them() -> None:
    short = [["A", "M", "D", "one"], ["...", "two"], [".", "N", ".", "three"]]
    assert list(metrics([{"properties": {"metrics": short}}])) == [
        ("A", "M", "D", "one"),
        ("A", "M", "D", "two"),
        ("A", "N", "D", "three"),
    ]


def test_each_of_our_metrics_is_shown_under_the_name_it_is_written_with(
    stack: Stack, widgets: list[dict[str, Any]]
) -> None:
    ours = [one for one in metrics(widgets) if not one[0].startswith("AWS/")]
    assert sorted(metric for _, metric, *_ in ours) == sorted(Metric)
    variables = stack.function("sync")["Environment"]["Variables"]
    service = ("service", variables["POWERTOOLS_SERVICE_NAME"])
    assert {(namespace, *rest) for namespace, _, *rest in ours} == {
        (variables["POWERTOOLS_METRICS_NAMESPACE"], *service)
    }


def test_every_queue_and_every_functions_failures_and_times_are_shown(
    stack: Stack, widgets: list[dict[str, Any]]
) -> None:
    shown = set(metrics(widgets))
    queues = {f"{name}.QueueName" for name in stack.of_type("AWS::SQS::Queue")}
    assert {value for namespace, *_, value in shown if namespace == "AWS/SQS"} == queues
    names = {stack.function(name)["FunctionName"] for name in FUNCTIONS}
    of_functions = {one for one in shown if one[0] == "AWS/Lambda"}
    assert {metric for _, metric, *_ in of_functions} == LAMBDA
    assert {dimension for *_, dimension, _ in of_functions} == {"FunctionName"}
    for metric in ("Errors", "Duration"):
        assert {value for _, found, _, value in of_functions if found == metric} == names
    watched = {"shop-session", "shop-approve"}
    assert {value for _, found, _, value in of_functions if found == "Url5xxCount"} == watched


def test_every_alarm_is_shown(stack: Stack, widgets: list[dict[str, Any]]) -> None:
    (shown,) = (widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm")
    assert sorted(shown) == sorted(stack.arn(name) for name in stack.of_type("AWS::CloudWatch::Alarm"))


def test_a_dashboard_of_so_few_metrics_is_free(widgets: list[dict[str, Any]]) -> None:
    assert len(list(metrics(widgets))) <= 50


def test_widgets_do_not_overlap_and_show_this_region(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if widget["type"] == "metric":
            assert widget["properties"]["region"] == REGION


def test_the_saved_query_looks_through_every_functions_log(stack: Stack) -> None:
    (query,) = stack.of_type("AWS::Logs::QueryDefinition").values()
    assert set(query["LogGroupNames"]) == {f"/aws/lambda/shop-{name}" for name in FUNCTIONS}
    assert "correlation_id" in query["QueryString"]


def test_a_dashboard_is_made_only_for_who_asks_for_it_because_the_fourth_of_an_account_costs(stack: Stack) -> None:
    assert stack.resources["Dashboard"]["Condition"] == "HasDashboard"
    assert stack.source["Conditions"]["HasDashboard"] == {"Fn::Equals": [{"Ref": "CreateDashboard"}, "yes"]}
    assert stack.source["Parameters"]["CreateDashboard"]["Default"] == "no"
