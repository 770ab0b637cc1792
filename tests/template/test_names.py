"""Two stacks can live in one account: whatever has a physical name starts with the prefix."""

import re
from typing import Any

import pytest

from tests.template.stack import NAMED, Stack

pytestmark = pytest.mark.template

# Types whose name AWS makes up, or which have none of their own.
NAMELESS = {
    "AWS::Lambda::Alias",  # lives below its function
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::S3::BucketPolicy",
    "AWS::SES::EmailIdentity",  # is the sender's address
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def physical_name(resource: dict[str, Any]) -> str:
    """The name of a resource of a type in ``NAMED``."""
    value = resource["Properties"]
    for part in NAMED[resource["Type"]][0].split("."):
        value = value[part]
    return str(value)


def test_every_physical_name_starts_with_the_prefix(stack: Stack) -> None:
    for logical_id, resource in stack.resources.items():
        if resource["Type"] not in NAMELESS:
            name = physical_name(resource).removeprefix("/aws/lambda/")
            assert re.match(r"shop([-/]|$)", name), logical_id


def test_the_names_are_those_of_the_reference(stack: Stack) -> None:
    names = {physical_name(resource) for resource in stack.resources.values() if resource["Type"] in NAMED}
    assert names >= {
        *("shop-inventory", "shop-counts", "shop-adjustments"),
        *("shop-capture-queue", "shop-capture-dlq", "shop-label-queue", "shop-label-dlq", "shop-events-dlq"),
        *("shop-counts-bucket-123456789012", "shop/sync-credential", "shop/link-signing-key"),
        *("shop-count-submitted", "shop-session-captured", "shop-variances-due"),
    }


@pytest.mark.parametrize("prefix", ["stkr", "shop-2", "ab", "a-prefix-of-20-chars"])
def test_a_prefix_fits_everything_that_is_named_after_it(stack: Stack, prefix: str) -> None:
    assert re.fullmatch(stack.source["Parameters"]["Prefix"]["AllowedPattern"], prefix)
    longest_bucket_name = f"{prefix}-counts-bucket-123456789012"
    assert len(longest_bucket_name) <= 63


@pytest.mark.parametrize("prefix", ["", "a", "Stkr", "1st", "shop-", "shop_2", "a-prefix-of-twenty-1c"])
def test_a_prefix_that_would_not_fit_is_refused(stack: Stack, prefix: str) -> None:
    assert not re.fullmatch(stack.source["Parameters"]["Prefix"]["AllowedPattern"], prefix)


@pytest.mark.parametrize(
    ("model", "accepted"),
    [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", False),
        ("claude", False),
    ],
)
def test_the_model_parameter_is_the_bare_id(stack: Stack, model: str, accepted: bool) -> None:
    pattern = stack.source["Parameters"]["ModelId"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, model)) is accepted


def test_the_addresses_have_no_default_that_could_be_left_in_place(stack: Stack) -> None:
    for name in ("SenderEmail", "OperationsEmail"):
        assert "Default" not in stack.source["Parameters"][name]
