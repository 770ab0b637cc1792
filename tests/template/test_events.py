"""How a count moves from stage to stage: rules, schedules, and who may deliver what."""

from typing import Any

import pytest

from stkr.store.keyspace import RULES_KEY
from tests.template.stack import Stack, statements_in

pytestmark = pytest.mark.template

BUCKET = {"name": ["shop-counts-bucket-123456789012"]}
RULES = {
    "CountSubmittedRule": (
        "CaptureQueue",
        "aws.s3",
        {"bucket": BUCKET, "object": {"key": [{"wildcard": "sessions/*/*"}]}},
    ),
    "SessionCapturedRule": (
        "VarianceFunction",
        "aws.s3",
        {"bucket": BUCKET, "object": {"key": [{"wildcard": "captures/*.json.gz"}]}},
    ),
    "VariancesDueRule": ("SweepFunction", "shop", None),
    "RulesUploadedRule": ("SweepFunction", "aws.s3", {"bucket": BUCKET, "object": {"key": [RULES_KEY]}}),
}


def test_there_are_no_other_rules(stack: Stack) -> None:
    assert set(stack.of_type("AWS::Events::Rule")) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_leads_to_one_target_and_what_it_cannot_deliver_is_kept(stack: Stack, name: str) -> None:
    target_id, source, detail = RULES[name]
    rule = stack.properties(name)
    (target,) = rule["Targets"]
    assert target["Arn"] == stack.arn(target_id)
    assert target["DeadLetterConfig"] == {"Arn": stack.arn("EventsDeadLetterQueue")}
    assert rule["EventPattern"]["source"] == [source]
    assert rule["EventPattern"].get("detail") == detail


def test_a_rule_listens_for_one_kind_of_event(stack: Stack) -> None:
    kinds = {name: rule["EventPattern"]["detail-type"] for name, rule in stack.of_type("AWS::Events::Rule").items()}
    assert kinds == {
        "CountSubmittedRule": ["Object Created"],
        "SessionCapturedRule": ["Object Created"],
        "VariancesDueRule": ["variances-due"],
        "RulesUploadedRule": ["Object Created"],
    }


@pytest.mark.parametrize(
    ("name", "rules"),
    [("variance", ["SessionCapturedRule"]), ("sweep", ["VariancesDueRule", "RulesUploadedRule"])],
)
def test_a_function_takes_events_from_its_own_rules_only(stack: Stack, name: str, rules: list[str]) -> None:
    permissions = [
        found for found in stack.of_type("AWS::Lambda::Permission").values() if found["FunctionName"] == f"shop-{name}"
    ]
    assert permissions == [
        {
            "FunctionName": f"shop-{name}",
            "Principal": "events.amazonaws.com",
            "Action": "lambda:InvokeFunction",
            "SourceArn": stack.arn(rule),
        }
        for rule in rules
    ]


@pytest.mark.parametrize(
    ("queue", "rules"), [("CaptureQueue", {"CountSubmittedRule"}), ("EventsDeadLetterQueue", set(RULES))]
)
def test_a_queue_takes_messages_from_its_own_rules_only(stack: Stack, queue: str, rules: set[str]) -> None:
    (statement,) = statements_in(stack.properties(f"{queue}Policy")["PolicyDocument"])
    assert stack.properties(f"{queue}Policy")["Queues"] == [stack.resolve({"Ref": queue})]
    assert statement.principal == {"Service": "events.amazonaws.com"}
    assert statement.actions == {"sqs:SendMessage"}
    assert statement.resources == {stack.arn(queue)}
    assert statement.condition == {"ArnEquals": {"aws:SourceArn": frozenset(map(stack.arn, rules))}}


@pytest.fixture(name="schedules")
def the_schedules(stack: Stack) -> dict[str, dict[str, Any]]:
    """The schedules by their function's name."""
    return {found["Name"].removeprefix("shop-"): found for found in stack.of_type("AWS::Scheduler::Schedule").values()}


def test_the_schedules_are_those_of_the_reference(schedules: dict[str, dict[str, Any]]) -> None:
    assert {name: schedule["ScheduleExpression"] for name, schedule in schedules.items()} == {
        "sync": "rate(15 minutes)",
        "sweep": "cron(0 7 * * ? *)",
        "summary": "cron(0 8 1 * ? *)",
    }


def test_hours_of_the_day_are_the_shops_own(stack: Stack, schedules: dict[str, dict[str, Any]]) -> None:
    assert stack.source["Parameters"]["TimeZone"]["Default"] == "Europe/London"
    for schedule in schedules.values():
        by_the_clock = schedule["ScheduleExpression"].startswith("cron")
        assert schedule.get("ScheduleExpressionTimezone") == ("Europe/London" if by_the_clock else None)


def test_a_schedule_belongs_to_the_group_and_invokes_its_function_with_the_schedules_role(
    stack: Stack, schedules: dict[str, dict[str, Any]]
) -> None:
    for name, schedule in schedules.items():
        assert schedule["GroupName"] == "shop"
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert schedule["Target"]["Arn"] == stack.arn(f"{name.capitalize()}Function")
        assert schedule["Target"]["RoleArn"] == stack.arn("ScheduleRole")
        assert 60 <= schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 86400


def test_a_morning_or_a_month_that_could_not_be_delivered_is_kept_and_a_sync_is_superseded(
    stack: Stack, schedules: dict[str, dict[str, Any]]
) -> None:
    kept = {"Arn": stack.arn("EventsDeadLetterQueue")}
    dead_letters = {name: schedule["Target"].get("DeadLetterConfig") for name, schedule in schedules.items()}
    assert dead_letters == {"sync": None, "sweep": kept, "summary": kept}
    assert schedules["sync"]["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] < 15 * 60
