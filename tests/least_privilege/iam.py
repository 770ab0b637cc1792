"""An AWS call as IAM sees it: actions, resources, and the values of the condition keys. Pure.

Source: the service authorization reference of each service, for the actions and condition keys that this stack uses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.template.stack import ACCOUNT, REGION

Context = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Request:
    """One question to IAM."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


_WRITES: Final = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


class NotKnown(Exception):
    """A call nobody has said how IAM sees it: say it here."""


def requests(call: str, given: Mapping[str, Any]) -> Iterator[Request]:
    """What IAM is asked about one call, ``given`` being the client's parameters.

    :raises NotKnown: see there.
    """
    service, _, operation = call.partition(".")
    match service:
        case "dynamodb":
            yield from _dynamodb(operation, given)
        case "s3":
            yield from _s3(operation, given)
        case "sqs" if operation in {"SendMessage", "SendMessageBatch"}:
            yield Request("sqs:SendMessage", _queue(given["QueueUrl"]))
        case "events" if operation == "PutEvents":
            for entry in given["Entries"]:
                context: Context = {"events:source": [entry["Source"]], "events:detail-type": [entry["DetailType"]]}
                yield Request("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default", context)
        case "scheduler" if operation == "CreateSchedule":
            name = f"{given['GroupName']}/{given['Name']}"
            yield Request("scheduler:CreateSchedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{name}")
            passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
            yield Request("iam:PassRole", given["Target"]["RoleArn"], passed)
        case "secretsmanager" if operation == "GetSecretValue":
            yield Request("secretsmanager:GetSecretValue", _secret(given["SecretId"]))
        case "sesv2" if operation == "SendEmail":
            address = re.sub(r".*<(.*)>", r"\1", given["FromEmailAddress"])
            context = {"ses:FromAddress": address}
            prefix = f"arn:aws:ses:{REGION}:{ACCOUNT}"
            yield Request("ses:SendEmail", f"{prefix}:identity/{address}", context)
            yield Request("ses:SendEmail", f"{prefix}:configuration-set/{given['ConfigurationSetName']}", context)
        case _:
            raise NotKnown(call)


def model_requests(profile: str) -> Iterator[Request]:
    """What IAM is asked when a model is called through a global inference profile (``global.<model>``)."""
    model = profile.removeprefix("global.")
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{profile}"
    through = {"bedrock:InferenceProfileArn": arn}
    yield Request("bedrock:InvokeModel", arn, {"aws:RequestedRegion": REGION})
    here = f"arn:aws:bedrock:{REGION}::foundation-model/{model}"
    yield Request("bedrock:InvokeModel", here, {"aws:RequestedRegion": REGION, **through})
    anywhere = f"arn:aws:bedrock:::foundation-model/{model}"
    yield Request("bedrock:InvokeModel", anywhere, {"aws:RequestedRegion": "unspecified", **through})


def _dynamodb(operation: str, given: Mapping[str, Any]) -> Iterator[Request]:
    if operation == "TransactWriteItems":
        for action in given["TransactItems"]:
            [(verb, one)] = action.items()
            within = {"dynamodb:EnclosingOperation": "TransactWriteItems"}
            yield Request(_WRITES[verb], _table(one["TableName"]), {**_item_context(one), **within})
    elif operation == "BatchGetItem":
        for name, keys in given["RequestItems"].items():
            leading = sorted({key["PK"]["S"] for key in keys["Keys"]})
            yield Request("dynamodb:BatchGetItem", _table(name), {"dynamodb:LeadingKeys": leading})
    elif operation == "Query":
        bound = given["ExpressionAttributeValues"]
        named = given.get("ExpressionAttributeNames", {})
        # The partition's equality comes first in every key condition here.
        key, value = re.match(r"\s*(#?\w+)\s*=\s*(:\w+)", given["KeyConditionExpression"]).groups()  # type: ignore[union-attr]
        index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
        attributes = sorted({named.get(key, key)})
        context: Context = {"dynamodb:LeadingKeys": [bound[value]["S"]], "dynamodb:Attributes": attributes}
        yield Request("dynamodb:Query", _table(given["TableName"]) + index, context)
    elif operation in {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}:
        yield Request(f"dynamodb:{operation}", _table(given["TableName"]), _item_context(given))
    else:
        raise NotKnown(f"dynamodb.{operation}")


def _item_context(one: Mapping[str, Any]) -> Context:
    """Partition key and the names of all attributes that a request about one item names."""
    key = one.get("Key") or one["Item"]
    expressions = " ".join(one.get(f"{kind}Expression", "") for kind in ("Update", "Condition", "Projection"))
    words = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"}
    words |= {"if_not_exists", "attribute_not_exists", "attribute_exists", "list_append", "size", "begins_with"}
    bare = set(re.findall(r"(?<![:#\w])[A-Za-z_]\w*", expressions)) - words
    names = {*key, *bare, *one.get("ExpressionAttributeNames", {}).values()}
    return {"dynamodb:LeadingKeys": [key["PK"]["S"]], "dynamodb:Attributes": sorted(names)}


_S3: Final = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
}


def _s3(operation: str, given: Mapping[str, Any]) -> Iterator[Request]:
    bucket = f"arn:aws:s3:::{given['Bucket']}"
    if operation in _S3:
        of_version = "VersionId" in given and operation in {"GetObject", "HeadObject"}
        yield Request("s3:GetObjectVersion" if of_version else _S3[operation], f"{bucket}/{given['Key']}")
        if operation in {"GetObject", "HeadObject"} and not of_version:
            # Whether a file that is not there may be known not to be there; S3 judges its key as the prefix.
            yield Request("s3:ListBucket", bucket, {"s3:prefix": given["Key"]})
    elif operation == "ListObjectsV2":
        yield Request("s3:ListBucket", bucket, {"s3:prefix": given["Prefix"]})
    elif operation == "ListObjectVersions":
        yield Request("s3:ListBucketVersions", bucket, {"s3:prefix": given["Prefix"]})
    else:
        raise NotKnown(f"s3.{operation}")


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _queue(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"


def _secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"


def as_given(wanted: Sequence[Request]) -> list[dict[str, Any]]:
    """Requests as the simulator takes them."""
    return [{"action": one.action, "resource": one.resource, "context": dict(one.context)} for one in wanted]
