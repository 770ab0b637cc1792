"""The deployed stack that an operator's command works on, found through the stack's outputs."""

import os
from functools import cache
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from stkr.infra.settings import SessionSettings
from stkr.store.rules_doc import VersionedRules, current_rules

StackOption = Annotated[
    str, typer.Option("--stack", envvar="STKR_STACK", help="Name of the deployed stack.", show_default=True)
]
DEFAULT_STACK = "stkr"


class StackError(Exception):
    """The stack cannot be found or reached; the text says what to do."""


@cache
def outputs(stack: str) -> dict[str, str]:
    """The stack's outputs by name.

    :raises StackError: no such stack here, or no credentials for it.
    """
    # Every client takes its region from the environment; a stack of ours is in London unless another one is set.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-2")
    try:
        description = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise StackError(
            f"stack {stack} cannot be read ({error}); check --stack, AWS_REGION and credentials"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}


def session_settings(stack: str) -> SessionSettings:
    """What the session use cases need to know of the stack."""
    stack_outputs = outputs(stack)
    return SessionSettings(
        bucket=stack_outputs["BucketName"],
        inventory_table=stack_outputs["InventoryTableName"],
        counts_table=stack_outputs["CountsTableName"],
        signing_secret=stack_outputs["LinkSigningKeyName"],
    )


def rules_in_force(stack: str) -> VersionedRules:
    """The rules doc the stack uses now."""
    return current_rules(outputs(stack)["BucketName"])
