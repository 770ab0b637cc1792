"""What tells people that something is wrong: alarms, mail trouble, the budget."""

import pytest

from stkr.infra.telemetry import Metric
from tests.template.stack import ACCOUNT, FUNCTIONS, REGION, Stack, statements_in

pytestmark = pytest.mark.template

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-alarms"


def test_there_are_at_most_the_ten_alarms_that_are_free(stack: Stack) -> None:
    assert len(stack.of_type("AWS::CloudWatch::Alarm")) <= 10


def test_every_alarm_reaches_the_topic_says_why_and_treats_missing_data_deliberately(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [TOPIC], name
        assert alarm["AlarmDescription"], name
        assert alarm["TreatMissingData"] in {"breaching", "notBreaching", "ignore"}, name


def watched(stack: Stack, metric: str) -> set[str]:
    """The one dimension's values under which a metric is watched."""
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    return {
        dimension["Value"] for alarm in alarms if alarm["MetricName"] == metric for dimension in alarm["Dimensions"]
    }


def test_every_dead_letter_queue_is_watched_from_its_first_message(stack: Stack) -> None:
    queues = {name for name in stack.of_type("AWS::SQS::Queue") if "DeadLetter" in name}
    assert watched(stack, "ApproximateNumberOfMessagesVisible") == {f"{name}.QueueName" for name in queues}
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        if alarm["Namespace"] == "AWS/SQS":
            assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_a_failure_of_any_function_is_seen_by_an_alarm_of_its_own_or_by_a_dead_letter_queue(stack: Stack) -> None:
    by_queue = {"capture", "variance", "sweep", "summary"}
    by_caller = {"cause"}  # variance fails the chunk with it
    # A page that apologises is no error to Lambda, but a failure to whoever sees it.
    behind_urls = {name.removeprefix("shop-") for name in watched(stack, "Url5xxCount")}
    assert behind_urls == {"session", "approve"}
    assert watched(stack, "Errors") == {"shop-sync"}
    assert by_queue | by_caller | behind_urls | {"sync"} == set(FUNCTIONS)


def test_a_sync_that_stopped_running_is_noticed_because_nothing_is_reported(stack: Stack) -> None:
    alarm = stack.properties("SyncSilentAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "shop-sync"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["TreatMissingData"]) == (
        "LessThanThreshold",
        1,
        "breaching",
    )


def test_custom_metrics_are_watched_under_the_names_and_dimension_they_are_written_with(stack: Stack) -> None:
    custom = [
        alarm for alarm in stack.of_type("AWS::CloudWatch::Alarm").values() if not alarm["Namespace"].startswith("AWS/")
    ]
    assert {alarm["MetricName"] for alarm in custom} == {Metric.SYNC_REFUSED, Metric.RULES_INVALID}
    variables = stack.function("sync")["Environment"]["Variables"]
    for alarm in custom:
        assert alarm["Namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
        assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]


def test_bounces_complaints_and_rejects_reach_the_topic(stack: Stack) -> None:
    destination = stack.properties("MailTrouble")["EventDestination"]
    assert stack.properties("MailTrouble")["ConfigurationSetName"] == "shop-mail"
    assert destination["Enabled"] is True
    assert set(destination["MatchingEventTypes"]) == {"bounce", "complaint", "reject"}
    assert destination["SnsDestination"] == {"TopicARN": TOPIC}


def test_mails_go_through_the_configuration_set_untracked_and_encrypted_on_their_way(stack: Stack) -> None:
    settings = stack.properties("MailConfigurationSet")
    # Click tracking rewrites links, the signed ones too.
    assert "TrackingOptions" not in settings
    assert settings["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    for name in ("sweep", "summary"):
        variables = stack.function(name)["Environment"]["Variables"]
        assert variables["MAIL_CONFIGURATION_SET"] == settings["Name"] == "shop-mail"
        assert variables["MAIL_FROM"] == stack.properties("SenderIdentity")["EmailIdentity"] == "counts@example.com"


def test_the_topic_mails_operations_and_takes_messages_from_this_accounts_services_only(stack: Stack) -> None:
    (subscription,) = stack.of_type("AWS::SNS::Subscription").values()
    assert subscription == {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "operations@example.com"}
    statements = statements_in(stack.properties("AlarmTopicPolicy")["PolicyDocument"])
    assert {s.principal["Service"] for s in statements} == {
        "cloudwatch.amazonaws.com",
        "ses.amazonaws.com",
        "budgets.amazonaws.com",
    }
    for statement in statements:
        assert statement.actions == {"sns:Publish"}
        assert statement.resources == {TOPIC}
        assert statement.condition["StringEquals"]["aws:SourceAccount"] == {ACCOUNT}


def test_twenty_dollars_a_month_warn_before_and_when_they_are_reached(stack: Stack) -> None:
    budget = stack.properties("MonthlyBudget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 20, "Unit": "USD"}
    assert (budget["Budget"]["BudgetType"], budget["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
    kinds = set()
    for notice in budget["NotificationsWithSubscribers"]:
        assert notice["Subscribers"] == [{"SubscriptionType": "SNS", "Address": TOPIC}]
        assert (notice["Notification"]["Threshold"], notice["Notification"]["ThresholdType"]) == (100, "PERCENTAGE")
        kinds.add(notice["Notification"]["NotificationType"])
    assert kinds == {"ACTUAL", "FORECASTED"}


def test_a_budget_of_nothing_creates_no_budget(stack: Stack) -> None:
    assert stack.resources["MonthlyBudget"]["Condition"] == "HasBudget"
    assert stack.source["Conditions"]["HasBudget"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudgetUsd"}, 0]}]}
