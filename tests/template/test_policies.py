"""How policies are written, whoever they are for."""

import json
from importlib.resources import files
from itertools import chain

import pytest

from tests.template.stack import ACCOUNT, FUNCTIONS, REGION, Stack, Statement

pytestmark = pytest.mark.template


def grants(stack: Stack) -> list[tuple[str, Statement]]:
    """Every Allow statement of a role or of a policy attached to roles."""
    return [
        (logical_id, statement)
        for logical_id, statements in stack.policy_documents()
        for statement in statements
        if stack.resources[logical_id]["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}
        and "sts:AssumeRole" not in statement.actions
    ]


def test_every_statement_has_a_sid_of_its_own(stack: Stack) -> None:
    for logical_id, statements in stack.policy_documents():
        sids = [statement.sid for statement in statements]
        assert all(sids), logical_id
        assert len(set(sids)) == len(sids), logical_id


def test_every_action_is_written_out_and_exists(stack: Stack) -> None:
    known = json.loads((files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text("utf-8"))
    actions = set(chain.from_iterable(statement.actions for _, statement in grants(stack)))
    for action in actions:
        service, name = action.split(":")
        assert name.lower() in known[service]["Actions"], action


def test_operations_that_are_no_iam_actions_are_not_granted(stack: Stack) -> None:
    actions = set(chain.from_iterable(statement.actions for _, statement in grants(stack)))
    assert not actions & {"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems", "bedrock:Converse"}


def test_no_role_is_granted_anything_on_all_resources(stack: Stack) -> None:
    for logical_id, statement in grants(stack):
        for resource in statement.resources:
            assert resource.startswith("arn:aws:"), (logical_id, statement.sid)
            # A wildcard stands only at the end, for the keys below a prefix or the streams of one log group.
            assert "*" not in resource.removesuffix("*"), (logical_id, statement.sid)
            assert resource.rsplit(":", 1)[-1] != "*" or ":log-group:" in resource, (logical_id, statement.sid)


def test_only_the_tls_rule_of_the_bucket_names_all_actions_and_it_denies(stack: Stack) -> None:
    for logical_id, statements in stack.policy_documents():
        for statement in statements:
            if any("*" in action for action in statement.actions):
                assert (logical_id, statement.effect) == ("CountsBucketPolicy", "Deny")


def test_the_bucket_refuses_plain_http(stack: Stack) -> None:
    ((_, statements),) = (found for found in stack.policy_documents() if found[0] == "CountsBucketPolicy")
    (statement,) = statements
    bucket = stack.arn("CountsBucket")
    assert statement.effect == "Deny"
    assert statement.principal == "*"
    assert statement.actions == {"s3:*"}
    assert statement.resources == {bucket, f"{bucket}/*"}
    assert statement.condition == {"Bool": {"aws:SecureTransport": frozenset({"false"})}}


def test_aws_managed_policies_are_not_attached(stack: Stack) -> None:
    own = {f"arn-of-{name}" for name in stack.of_type("AWS::IAM::ManagedPolicy")}
    for role in stack.of_type("AWS::IAM::Role").values():
        assert set(role.get("ManagedPolicyArns", [])) <= own


def test_every_function_has_a_role_that_only_lambda_assumes_and_no_other_function_shares(stack: Stack) -> None:
    roles = [stack.function(name)["Role"] for name in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)
    for logical_id, statements in stack.policy_documents():
        for statement in statements:
            if "sts:AssumeRole" in statement.actions and logical_id != "ScheduleRole":
                assert statement.principal == {"Service": "lambda.amazonaws.com"}


def test_a_condition_on_leading_keys_cannot_be_met_by_leaving_them_out(stack: Stack) -> None:
    for logical_id, statement in grants(stack):
        narrowed = any("dynamodb:LeadingKeys" in tests for tests in statement.condition.values())
        required = statement.condition.get("Null", {}).get("dynamodb:LeadingKeys", frozenset())
        assert not narrowed or required == {"false"}, (logical_id, statement.sid)


def test_no_unconditional_grant_undoes_a_conditional_one(stack: Stack) -> None:
    for name in (*(f"{name.capitalize()}Role" for name in FUNCTIONS), "ScheduleRole"):
        statements = stack.role_statements(name)
        unconditional = [statement for statement in statements if not statement.condition]
        for statement in (found for found in statements if found.condition):
            for action in statement.actions:
                for resource in statement.resources:
                    assert not any(other.could_allow(action, resource) for other in unconditional), (
                        name,
                        statement.sid,
                    )


def test_every_table_statement_outside_the_trail_and_the_indexes_is_narrowed_to_partitions(stack: Stack) -> None:
    tables = {stack.arn("InventoryTable"), stack.arn("CountsTable")}
    for logical_id, statement in grants(stack):
        if statement.resources & tables:
            keys = statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            # One partition, or all of one kind.
            assert keys
            assert not any("*" in key.removesuffix("#*") for key in keys), (logical_id, statement.sid)


def test_the_scheduler_assumes_its_role_only_for_this_stacks_group_of_this_account(stack: Stack) -> None:
    ((_, statements),) = (
        found
        for found in stack.policy_documents()
        if found[0] == "ScheduleRole" and "sts:AssumeRole" in found[1][0].actions
    )
    (statement,) = statements
    assert statement.principal == {"Service": "scheduler.amazonaws.com"}
    assert statement.condition == {
        "StringEquals": {
            "aws:SourceAccount": frozenset({ACCOUNT}),
            "aws:SourceArn": frozenset({f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/shop"}),
        }
    }
