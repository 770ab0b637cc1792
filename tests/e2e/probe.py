"""A function that does one call under another function's role and tells whether it was allowed."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from local.stack import Stack

_CODE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["operation"])(**event["parameters"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


def attempt(stack: Stack, role_of: str, service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    """What one call comes to under the role of a function: ``allowed``, or the error's code."""
    functions, name = stack.client("lambda"), f"probe-as-{role_of}"
    if name not in {found["FunctionName"] for found in functions.list_functions()["Functions"]}:
        role = functions.get_function_configuration(FunctionName=f"stkr-{role_of}")["Role"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("probe.py", _CODE)
        functions.create_function(
            FunctionName=name,
            Runtime="python3.14",
            Handler="probe.handler",
            Role=role,
            Timeout=30,
            Code={"ZipFile": archive.getvalue()},
        )
    event = {"service": service, "operation": operation, "parameters": parameters}
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    return str(json.load(answer["Payload"]))
