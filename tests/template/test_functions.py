"""What every function is: its runtime, its sources of events, its environment, its log."""

import pytest

from stkr.infra import settings
from tests.template.stack import FUNCTIONS, Stack

pytestmark = pytest.mark.template

EVERYWHERE = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
SIZES = {
    "session": (1769, 30),
    "capture": (1024, 120),
    "variance": (1024, 120),
    "cause": (256, 60),
    "approve": (256, 30),
    "sync": (1024, 120),
    "sweep": (512, 120),
    "summary": (512, 120),
}


def test_there_are_exactly_the_eight_functions(stack: Stack) -> None:
    names = {properties["FunctionName"] for properties in stack.of_type("AWS::Lambda::Function").values()}
    assert names == {f"shop-{name}" for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_runs_python_3_14_on_arm_with_the_common_layer(stack: Stack, name: str) -> None:
    function = stack.function(name)
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion")
    assert function["Runtime"] == "python3.14"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["Layers"] == [f"arn-of-{layer}"]
    assert (function["MemorySize"], function["Timeout"]) == SIZES[name]


def test_the_layer_is_for_the_functions_runtime_and_architecture(stack: Stack) -> None:
    (layer,) = stack.of_type("AWS::Lambda::LayerVersion").values()
    assert layer["CompatibleRuntimes"] == ["python3.14"]
    assert layer["CompatibleArchitectures"] == ["arm64"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_gets_the_variables_its_settings_read_and_no_others(stack: Stack, name: str) -> None:
    given = set(stack.function(name)["Environment"]["Variables"])
    read = {field.upper() for field in getattr(settings, f"{name.capitalize()}Settings").model_fields}
    assert given == read | EVERYWHERE


def test_the_metrics_of_two_stacks_are_kept_apart(stack: Stack) -> None:
    for name in FUNCTIONS:
        variables = stack.function(name)["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "shop"
        assert variables["POWERTOOLS_SERVICE_NAME"] == "stkr"


def test_the_model_is_called_through_its_global_inference_profile(stack: Stack) -> None:
    for name in ("cause", "summary"):
        model = stack.function(name)["Environment"]["Variables"]["MODEL_ID"]
        assert model == "global.anthropic.claude-haiku-4-5-20251001-v1:0"


def test_sweep_is_told_its_own_arn_and_the_schedules_role(stack: Stack) -> None:
    variables = stack.function("sweep")["Environment"]["Variables"]
    assert variables["SWEEP_ARN"] == stack.arn("SweepFunction")
    assert variables["SCHEDULE_ROLE_ARN"] == stack.arn("ScheduleRole")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_keeps_its_log_for_seven_days_and_writes_no_other(stack: Stack, name: str) -> None:
    group = f"{name.capitalize()}LogGroup"
    assert stack.properties(group) == {"LogGroupName": f"/aws/lambda/shop-{name}", "RetentionInDays": 7}
    logging = [s for s in stack.function_statements(name) if any(action.startswith("logs:") for action in s.actions)]
    assert [(s.actions, s.resources) for s in logging] == [
        (frozenset({"logs:CreateLogStream", "logs:PutLogEvents"}), frozenset({stack.arn(group)}))
    ]


@pytest.mark.parametrize(("source", "name"), [("CaptureQueue", "capture"), ("LabelQueue", "variance")])
def test_a_queue_is_consumed_with_partial_failures_and_bounded_concurrency(
    stack: Stack, source: str, name: str
) -> None:
    (mapping,) = (
        found
        for found in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        if found["EventSourceArn"] == stack.arn(source)
    )
    assert mapping["FunctionName"] == f"shop-{name}"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


@pytest.mark.parametrize(("source", "name"), [("CaptureQueue", "capture"), ("LabelQueue", "variance")])
def test_a_message_stays_hidden_for_six_times_its_functions_timeout(stack: Stack, source: str, name: str) -> None:
    assert stack.properties(source)["VisibilityTimeout"] == 6 * stack.function(name)["Timeout"]


def test_an_event_that_a_function_failed_at_to_the_end_goes_to_the_events_queue(stack: Stack) -> None:
    queue = stack.arn("EventsDeadLetterQueue")
    kept = {}
    for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        name = config["FunctionName"].removeprefix("shop-")
        assert config["Qualifier"] == "$LATEST"
        if config["DestinationConfig"]:
            assert config["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
            kept[name] = config["MaximumRetryAttempts"]
        else:
            # The next run, 15 minutes on, does all of a failed run's work again.
            assert (name, config["MaximumRetryAttempts"]) == ("sync", 0)
    assert kept == {"variance": 2, "sweep": 2, "summary": 2}
    assert stack.roles_that_could("sqs:SendMessage", queue) == {*kept, "schedule"}


def test_nothing_runs_in_a_vpc_or_behind_an_api_gateway(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert "VpcConfig" not in function
    kinds = {resource["Type"].rsplit("::", 1)[0] for resource in stack.resources.values()}
    assert not kinds & {"AWS::ApiGateway", "AWS::ApiGatewayV2", "AWS::EC2", "AWS::ECS", "AWS::RDS"}
