"""AWS clients, made once per process and never at import, with bounded time-outs."""

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

# The SDK's defaults can hold one call for five minutes; a function has seconds.
_BOUNDED = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
# One model call: two attempts of at most ten seconds each stay far below the cause function's time-out.
_MODEL = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 2})
# `cause` answers a whole chunk, so its caller waits longer than for any other service, and never sends a chunk twice.
_INVOKE = Config(connect_timeout=2, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 1})


@cache
def dynamodb() -> "DynamoDBClient":
    """DynamoDB."""
    client = boto3.client("dynamodb", config=_BOUNDED)
    client.meta.events.register("before-parse.dynamodb.Query", _as_it_came)
    return client


def _as_it_came(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Take a page of items as the JSON it is.

    The SDK comes to the same, unless an attribute is binary, which none of ours is. But it looks at each attribute for
    all of the ten kinds that it may be, which takes longer than everything else that is done with a row.
    """
    if response_dict["status_code"] == HTTPStatus.OK:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"


@cache
def s3() -> "S3Client":
    """S3."""
    return boto3.client("s3", config=_BOUNDED)


@cache
def sqs() -> "SQSClient":
    """SQS."""
    return boto3.client("sqs", config=_BOUNDED)


@cache
def ses() -> "SESV2Client":
    """SES v2."""
    return boto3.client("sesv2", config=_BOUNDED)


@cache
def events() -> "EventBridgeClient":
    """EventBridge."""
    return boto3.client("events", config=_BOUNDED)


@cache
def scheduler() -> "EventBridgeSchedulerClient":
    """EventBridge Scheduler."""
    return boto3.client("scheduler", config=_BOUNDED)


@cache
def functions() -> "LambdaClient":
    """Lambda, for invoking ``cause``."""
    return boto3.client("lambda", config=_INVOKE)


@cache
def bedrock() -> "BedrockRuntimeClient":
    """Bedrock's runtime."""
    return boto3.client("bedrock-runtime", config=_MODEL)
