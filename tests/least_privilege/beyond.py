"""What AWS does in a function's name without a call in its code, and what the tests answer themselves."""

from collections.abc import Iterator

from tests.least_privilege.iam import Request, model_requests
from tests.template.stack import ACCOUNT, REGION, Stack


def beyond(stack: Stack, function: str) -> Iterator[tuple[str, Request]]:
    """How and what, for one function."""
    name = stack.function(function)["FunctionName"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}"
    for action in ("CreateLogStream", "PutLogEvents"):
        yield "Lambda writes its log", Request(f"logs:{action}", f"{group}:log-stream:2026/11/24/[$LATEST]abc")
    yield from _queues(stack, name)
    yield from _answered_by_the_tests(stack, function)


def _queues(stack: Stack, name: str) -> Iterator[tuple[str, Request]]:
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        if mapping["FunctionName"] == name:
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                yield "Lambda takes from its queue", Request(f"sqs:{action}", mapping["EventSourceArn"])
    for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        for destination in config["DestinationConfig"].values():
            if config["FunctionName"] == name:
                yield "Lambda hands over what failed", Request("sqs:SendMessage", destination["Destination"])


def _answered_by_the_tests(stack: Stack, function: str) -> Iterator[tuple[str, Request]]:
    variables = stack.function(function)["Environment"]["Variables"]
    if "MODEL_ID" in variables:
        for one in model_requests(variables["MODEL_ID"]):
            yield "it calls the model, which the tests answer", one
    if "CAUSE_FUNCTION" in variables:
        cause = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{variables['CAUSE_FUNCTION']}"
        yield "it calls cause, which the tests do themselves", Request("lambda:InvokeFunction", cause)
    if function == "session":
        upload = f"arn:aws:s3:::{variables['BUCKET']}/sessions/2026-11-21-fixings-aisle-5a7d/scan.csv"
        yield "a browser uploads with the form it signed", Request("s3:PutObject", upload)
