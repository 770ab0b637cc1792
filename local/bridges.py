"""What the emulator cannot do, bridged in a copy of the built template; template.yaml itself is never touched.

Each bridge names one gap of ministack and says why closing it hides nothing: what a bridge takes away here is
asserted by the template tests on the template as AWS gets it. A bridge is a function of the whole template (the plain
mapping that `sam build` wrote, intrinsic functions in their long form) which it changes in place.
"""

from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]
Statement = dict[str, Any]

BEDROCK_ACTION = "bedrock:InvokeModel"
DELIVERED_KEYS = {"dynamodb:enclosingoperation"}  # the only service key of a condition below that the emulator fills in
UNDELIVERED_KEYS = ("dynamodb:", "ses:", "events:")


def bridge(template: Template, port: int) -> None:
    """Apply every bridge for an emulator that listens on `port`."""
    drop_undelivered_conditions(template)
    drop_tls_only_bucket_policy(template)
    drop_saved_queries(template)
    allow_converse(template)
    allow_send_batch(template)
    widen_mail_resource(template)
    move_schedules_to_default_group(template)
    open_urls_locally(template, port)


def drop_undelivered_conditions(template: Template) -> None:
    """Condition keys of DynamoDB, SES and EventBridge are taken out of Allow statements.

    Gap: the emulator never fills in `dynamodb:LeadingKeys`, `ses:FromAddress`, `events:source` or
    `events:detail-type`, and a condition on a key that is absent refuses even the request it was written for. Safe:
    every action and resource stays as narrow as it was, and a condition the emulator can judge
    (`dynamodb:EnclosingOperation`) stays.
    """
    for statement in _statements(template):
        if statement["Effect"] != "Allow":
            continue
        for operator, keys in list(statement.get("Condition", {}).items()):
            for key in list(keys):
                if key.lower().startswith(UNDELIVERED_KEYS) and key.lower() not in DELIVERED_KEYS:
                    del keys[key]
            if not keys:
                del statement["Condition"][operator]
        if "Condition" in statement and not statement["Condition"]:
            del statement["Condition"]


def drop_tls_only_bucket_policy(template: Template) -> None:
    """Statements that deny plain HTTP are taken out of bucket policies.

    Gap: the emulator is reached over plain HTTP on 127.0.0.1, so the statement would deny everything. Safe: nothing
    else is allowed by it.
    """
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] != "AWS::S3::BucketPolicy":
            continue
        document = resource["Properties"]["PolicyDocument"]
        document["Statement"] = [statement for statement in document["Statement"] if not _denies_plain_http(statement)]
        if not document["Statement"]:
            del template["Resources"][name]


def drop_saved_queries(template: Template) -> None:
    """Saved queries of Logs Insights are taken out.

    Gap: the emulator does not know `AWS::Logs::QueryDefinition` and refuses the whole template. Safe: it is a text that
    people find in the console; nothing refers to it.
    """
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] == "AWS::Logs::QueryDefinition":
            del template["Resources"][name]


def allow_converse(template: Template) -> None:
    """Whoever may invoke an inference profile may also `bedrock:Converse` on it under the ARN the emulator gives it.

    Gap: the emulator judges Converse as an action of that name (AWS has none; it judges `bedrock:InvokeModel`) on
    `foundation-model/<profile id>`, so AWS's own three statements are refused. Safe: the addition stands beside the
    real statements, with the profile statement's own condition, and only where there is one.
    """
    for document in _policy_documents(template):
        for statement in list(document["Statement"]):
            if statement.get("Action") != BEDROCK_ACTION or "inference-profile/" not in str(statement["Resource"]):
                continue
            profile_id = statement["Resource"]["Fn::Sub"].partition("inference-profile/")[2]
            addition = {
                **statement,
                "Sid": f"{statement['Sid']}OnEmulator",
                "Action": "bedrock:Converse",
                "Resource": {"Fn::Sub": f"arn:aws:bedrock:${{AWS::Region}}::foundation-model/{profile_id}"},
            }
            document["Statement"].append(addition)


def allow_send_batch(template: Template) -> None:
    """Whoever may `sqs:SendMessage` may also `sqs:SendMessageBatch`.

    Gap: the emulator judges a batch as an action of that name, which AWS does not have: there `sqs:SendMessage` covers
    both. Safe: it is the same permission on the same queue.
    """
    for statement in _statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if "sqs:SendMessage" in actions:
            statement["Action"] = [*actions, "sqs:SendMessageBatch"]


def widen_mail_resource(template: Template) -> None:
    """`ses:SendEmail` is granted on every identity.

    Gap: the emulator judges SendEmail on the resource `*`, whichever identity and configuration set it names, so only
    `*` can match. Safe: who may send at all stays as it was, and the emulator sends nothing anywhere.
    """
    for statement in _statements(template):
        if statement["Action"] == "ses:SendEmail":
            statement["Resource"] = "*"


def move_schedules_to_default_group(template: Template) -> None:
    """`scheduler:CreateSchedule` is granted on the group the emulator believes every schedule is in.

    Gap: the emulator judges schedules as members of the group `default`, whichever group they are created in. Safe:
    the schedules themselves stay in their group, and who may create any stays as it was.
    """
    for statement in _statements(template):
        if statement["Action"] == "scheduler:CreateSchedule":
            statement["Resource"] = {"Fn::Sub": "arn:aws:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"}


def open_urls_locally(template: Template, port: int) -> None:
    """Function URLs point to the emulator wherever the template hands them on (environment, outputs).

    Gap: a Function URL's attribute reads `https://<id>.lambda-url.eu-west-2.on.aws/`, which leads to AWS, while the
    emulator answers on `http://<id>.lambda-url.eu-west-2.localhost:<port>/`. Safe: the id, and with it the function
    and alias behind it, stays.
    """

    def localised(url: dict[str, Any]) -> dict[str, Any]:
        host = {"Fn::Select": [2, {"Fn::Split": ["/", url]}]}
        url_id = {"Fn::Select": [0, {"Fn::Split": [".", host]}]}
        suffix = {"Fn::Sub": f".lambda-url.${{AWS::Region}}.localhost:{port}/"}
        return {"Fn::Join": ["", ["http://", url_id, suffix]]}

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if "Fn::GetAtt" in node and _attribute(node["Fn::GetAtt"]) == "FunctionUrl":
                return localised(node)
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return node

    for section in ("Resources", "Outputs"):
        template[section] = walk(template[section])


def _attribute(get_att: str | list[str]) -> str:
    return get_att.rpartition(".")[2] if isinstance(get_att, str) else get_att[-1]


def _denies_plain_http(statement: Statement) -> bool:
    return statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}


def _policy_documents(template: Template) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield properties["PolicyDocument"]
        elif resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield policy["PolicyDocument"]


def _statements(template: Template) -> Iterator[Statement]:
    for document in _policy_documents(template):
        yield from document["Statement"]
