"""Every wildcard in a policy of the stack, and why it cannot be written out. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from tests.template.stack import ACCOUNT, REGION, Stack, Statement

REASONS: Final[Mapping[str, str]] = {
    "logs:log-group:/aws/lambda/<function>:*": "Lambda names the streams of a function's own log",
    "s3:<bucket>/sessions/*": "a folder for each count, and staff name their files",
    "s3:<bucket>/snapshots/*": "a file for each count",
    "s3:<bucket>/captures/*": "a file for each reading of a count's files",
    "s3:<bucket>/movements/*": "a file for each location",
    "s3:<bucket>/summaries/*": "a file for each month",
    "s3:<bucket>/source/*": "the shop names its stock file, in the secret",
    "s3:<bucket>/*": "the bucket refuses plain HTTP for all it holds (a Deny)",
    "scheduler:schedule/<stack>/*": "a schedule for each end of quiet hours, in the stack's own group",
    "dynamodb:LeadingKeys LOC#*": "the stock of any location",
    "dynamodb:LeadingKeys SESSION#*": "any count",
    "dynamodb:LeadingKeys LOCATION#*": "the notes of any location",
    "dynamodb:LeadingKeys QUEUE#*": "what waits at any location",
    "s3:prefix sessions/*": "the folder of any count",
    "s3:prefix snapshots/*": "whether the file of any count is there",
    "s3:prefix captures/*": "whether any reading is there",
    "s3:prefix movements/*": "whether the file of any location is there",
    "s3:prefix summaries/*": "whether the file of any month is there",
    "s3:prefix source/*": "whether the stock file is there, and which versions of it",
    "aws:SourceArn cloudwatch:alarm:<stack>-*": "the stack's own alarms, which may publish to its topic",
    "aws:SourceArn budgets:*": "any budget of this account, because AWS says of no narrower ARN that it is used",
    "action s3:*": "the bucket refuses plain HTTP for every action (a Deny)",
    "principal *": "the bucket refuses plain HTTP to everybody (a Deny)",
}
"""By the wildcard, as ``wildcards`` writes it."""


def wildcards(stack: Stack) -> Iterator[tuple[str, str]]:
    """Each wildcard in a policy, with the statement it stands in."""
    for logical_id, statements in stack.policy_documents():
        for statement in statements:
            for found in _of(statement):
                yield _written(stack, found), f"{logical_id} {statement.sid}"


def _of(statement: Statement) -> Iterator[str]:
    yield from (f"action {action}" for action in sorted(statement.actions) if "*" in action)
    if "*" in str(statement.principal):
        yield f"principal {statement.principal}"
    yield from (resource for resource in sorted(statement.resources) if "*" in resource)
    for tests in statement.condition.values():
        for key, values in tests.items():
            yield from (f"{key} {value}" for value in sorted(values) if "*" in value)


def _written(stack: Stack, wildcard: str) -> str:
    """Without what is the same for all of a stack, and the function's own name."""
    prefix = stack.parameters["Prefix"]
    short = wildcard.replace(stack.arn("CountsBucket"), "s3:<bucket>")
    for place in (f":{REGION}:{ACCOUNT}:", f"::{ACCOUNT}:"):
        short = short.replace(place, ":")
    short = short.replace("arn:aws:", "")
    for logical_id in stack.of_type("AWS::Lambda::Function"):
        short = short.replace(f"/aws/lambda/{stack.properties(logical_id)['FunctionName']}:", "/aws/lambda/<function>:")
    return short.replace(f"schedule/{prefix}/", "schedule/<stack>/").replace(f"alarm:{prefix}-", "alarm:<stack>-")
