"""What ``template.yaml`` deploys, built on moto: tests have no schema, name or variable of their own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Final

import boto3
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.infra import aws, settings
from stkr.links import signing_keys
from stkr.links.tokens import SigningKeys
from stkr.store.rules_doc import forget_recent
from tests.template.stack import ACCOUNT, REGION, Stack

SIGNING: Final = SigningKeys("k" * 64)
"""The tests' signing key."""

_GENERATED_SECRET: Final = json.dumps({"key": SIGNING.current})
"""Where the template has a secret generated, the tests' is always the same."""


@cache
def stack() -> Stack:
    """The transformed template."""
    return Stack()


running: Final[list[str]] = []
"""The functions that are at work, the innermost last."""


@contextmanager
def at_work(function: str) -> Iterator[None]:
    """Whatever is done inside is done by a function, by its own name."""
    running.append(function)
    try:
        yield
    finally:
        running.pop()


def call(function: str, payload: dict[str, Any], context: LambdaContext) -> Any:
    """Call a function's handler, by the function's own name."""
    with at_work(function):
        return import_module(f"functions.{function}.handler").handler(payload, context)


@contextmanager
def aside() -> Iterator[None]:
    """While a function is at work, let something happen that is not its doing."""
    at_work = list(running)
    running.clear()
    try:
        yield
    finally:
        running[:] = at_work


class Context(LambdaContext):
    """The Lambda context a function is handed, with all of its time still to run."""

    def __init__(self, function_name: str, timeout_seconds: int) -> None:
        """The context of an invocation of a function that may run for so long."""
        self._function_name = function_name
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function_name}"
        self._aws_request_id = "00000000-0000-4000-8000-000000000000"
        self._timeout_seconds = timeout_seconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # Powertools types it as static
        """All of the function's time-out."""
        return self._timeout_seconds * 1000


class Deployment:
    """The tables, the bucket, the queues, the secrets and the sender of the template, as they are after a deploy."""

    @classmethod
    def create(cls) -> "Deployment":
        """Create them; called inside ``mock_aws``."""
        for table in stack().of_type("AWS::DynamoDB::Table").values():
            _create_table(table)
        for bucket in stack().of_type("AWS::S3::Bucket").values():
            create_bucket(bucket)
        for queue in stack().of_type("AWS::SQS::Queue").values():
            boto3.client("sqs").create_queue(QueueName=queue["QueueName"])
        for secret in stack().of_type("AWS::SecretsManager::Secret").values():
            value = secret.get("SecretString", _GENERATED_SECRET)
            boto3.client("secretsmanager").create_secret(Name=secret["Name"], SecretString=value)
        boto3.client("sesv2").create_email_identity(EmailIdentity=stack().parameters["SenderEmail"])
        return cls()

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables of a function, by its own name (``sync``)."""
        declared = stack().function(function)["Environment"]["Variables"]
        return {name: _as_deployed(str(value)) for name, value in declared.items()}

    def context(self, function: str) -> Context:
        """The context of an invocation of a function, by its own name."""
        properties = stack().function(function)
        return Context(properties["FunctionName"], int(properties["Timeout"]))


def forget() -> None:
    """Drop what a process keeps from one invocation to the next: clients, settings and secrets."""
    providers = (aws.dynamodb, aws.s3, aws.sqs, aws.ses, aws.events, aws.scheduler, aws.functions, aws.bedrock)
    for provider in providers:
        provider.cache_clear()
    settings.load.cache_clear()
    signing_keys._keys.cache_clear()
    forget_recent()
    parameters.clear_caches()  # type: ignore[no-untyped-call]  # of Powertools


def _as_deployed(value: str) -> str:
    """A variable's value; where AWS makes up a part of it, one that fits."""
    url_of, is_url, _ = value.partition(".FunctionUrl")
    if is_url:
        return f"https://{url_of.lower()}.lambda-url.{REGION}.on.aws/"
    # A secret's ARN ends in random characters; its name does as well.
    return value.removeprefix(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:")


def _create_table(declared: dict[str, Any]) -> None:
    passed_on = ("TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    boto3.client("dynamodb").create_table(**{name: declared[name] for name in passed_on if name in declared})


def create_bucket(declared: dict[str, Any]) -> None:
    """Create a bucket as the template declares it."""
    client = boto3.client("s3")
    name = declared["BucketName"]
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration=declared["VersioningConfiguration"])
