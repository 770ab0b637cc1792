"""Each bridge closes its gap in the real template, and takes away nothing else."""

import copy
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]  # it ships without types

from local import bridges
from local.bridges import Template
from local.deploy import PROJECT

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def original() -> Template:
    """The template with intrinsic functions in their long form, as `sam build` leaves it."""
    parsed: Template = _plain(yaml_parse((PROJECT / "template.yaml").read_text("utf-8")))
    return parsed


@pytest.fixture
def template(original: Template) -> Template:
    return copy.deepcopy(original)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _statements(template: Template) -> dict[tuple[str, str], dict[str, Any]]:
    """Every statement of every role and managed policy, by resource and Sid."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            documents.append(properties["PolicyDocument"])
        for document in documents:
            found |= {(name, statement["Sid"]): statement for statement in document["Statement"]}
    return found


def _actions(statement: dict[str, Any]) -> list[str]:
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def _changed(before: Template, after: Template) -> set[str]:
    """Logical ids of resources that differ."""
    resources = before["Resources"]
    return {name for name in resources if after["Resources"].get(name) != resources[name]}


def test_saved_queries_go_and_nothing_refers_to_them(original: Template, template: Template) -> None:
    bridges.drop_saved_queries(template)
    assert _changed(original, template) == {"FollowCountQuery"}
    assert "FollowCountQuery" not in str(template)


def test_conditions_the_emulator_never_fills_in_go(original: Template, template: Template) -> None:
    bridges.drop_undelivered_conditions(template)
    before, after = _statements(original), _statements(template)
    assert before.keys() == after.keys()
    for key, statement in before.items():
        assert {name: value for name, value in statement.items() if name != "Condition"} == {
            name: value for name, value in after[key].items() if name != "Condition"
        }
    conditions = str([statement.get("Condition") for statement in after.values()])
    for gone in ("dynamodb:LeadingKeys", "dynamodb:Attributes", "ses:FromAddress", "events:source"):
        assert gone not in conditions
    for kept in ("dynamodb:EnclosingOperation", "s3:prefix", "iam:PassedToService", "aws:RequestedRegion"):
        assert kept in conditions


def test_an_empty_condition_does_not_stay_behind(template: Template) -> None:
    bridges.drop_undelivered_conditions(template)
    for statement in _statements(template).values():
        assert statement.get("Condition", {"some": "thing"})


def test_only_the_plain_http_statement_leaves_the_bucket_policy(original: Template, template: Template) -> None:
    bridges.drop_tls_only_bucket_policy(template)
    assert _changed(original, template) == {"CountsBucketPolicy"}


def test_another_statement_of_a_bucket_policy_stays(template: Template) -> None:
    other = {"Sid": "Other", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    template["Resources"]["CountsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"].append(other)
    bridges.drop_tls_only_bucket_policy(template)
    assert template["Resources"]["CountsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"] == [other]


def test_converse_is_added_beside_the_profile_statement_only(original: Template, template: Template) -> None:
    bridges.allow_converse(template)
    before, after = _statements(original), _statements(template)
    added = {key: statement for key, statement in after.items() if key not in before}
    assert {key: after[key] for key in before} == before
    [(holder, _)] = added
    assert holder == "InvokeModelPolicy"
    [statement] = added.values()
    assert statement["Action"] == "bedrock:Converse"
    assert statement["Resource"] == {"Fn::Sub": "arn:aws:bedrock:${AWS::Region}::foundation-model/global.${ModelId}"}
    assert statement["Condition"] == before[holder, "InvokeGlobalProfile"]["Condition"]


def test_sending_a_batch_goes_with_sending_a_message(original: Template, template: Template) -> None:
    bridges.allow_send_batch(template)
    before, after = _statements(original), _statements(template)
    differing = {key for key in before if before[key] != after[key]}
    assert differing == {key for key, statement in before.items() if "sqs:SendMessage" in str(statement["Action"])}
    for key in differing:
        assert set(after[key]["Action"]) - {"sqs:SendMessageBatch"} == set(_actions(before[key]))


@pytest.mark.parametrize(
    ("bridge", "action"),
    [
        (bridges.widen_mail_resource, "ses:SendEmail"),
        (bridges.move_schedules_to_default_group, "scheduler:CreateSchedule"),
    ],
)
def test_only_one_action_is_granted_more_widely(
    bridge: Any, action: str, original: Template, template: Template
) -> None:
    bridge(template)
    before, after = _statements(original), _statements(template)
    differing = {key for key in before if before[key] != after[key]}
    assert differing
    assert {before[key]["Action"] for key in differing} == {action}


def test_every_url_that_is_handed_on_leads_to_the_emulator(original: Template, template: Template) -> None:
    bridges.open_urls_locally(template, 4599)
    environment = template["Resources"]["SweepFunction"]["Properties"]["Environment"]["Variables"]
    handed_on = [environment[name] for name in ("APPROVE_URL", "REJECT_URL", "SESSION_URL")]
    handed_on += [template["Outputs"][name]["Value"] for name in ("ApproveUrl", "RejectUrl", "SessionUrl")]
    for url in handed_on:
        scheme, _, suffix = url["Fn::Join"][1]
        assert scheme == "http://"
        assert suffix == {"Fn::Sub": ".lambda-url.${AWS::Region}.localhost:4599/"}
    assert _changed(original, template) == {"SweepFunction", "ApproveFunction", "SummaryFunction"}


def test_all_bridges_together_leave_every_resource_standing_that_does_something(
    original: Template, template: Template
) -> None:
    bridges.bridge(template, 4566)
    gone = original["Resources"].keys() - template["Resources"].keys()
    assert gone == {"CountsBucketPolicy", "FollowCountQuery"}
