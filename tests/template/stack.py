"""The template as CloudFormation gets it: transformed offline, with every intrinsic function worked out.

Policies are compared as what they allow, so a rule written another way still counts as the same rule.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import decode  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
REGION = "eu-west-2"
ACCOUNT = "123456789012"
FUNCTIONS = ("session", "capture", "variance", "cause", "approve", "sync", "sweep", "summary")

# Not the defaults where that could hide a name written out by hand.
PARAMETERS: Mapping[str, Any] = {
    "Prefix": "shop",
    "SenderEmail": "counts@example.com",
    "OperationsEmail": "operations@example.com",
}
_PSEUDO = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}

# By resource type: the property that holds the physical name, and the ARN it gives (None: no ARN is asked for).
NAMED: Mapping[str, tuple[str, str | None]] = {
    "AWS::Budgets::Budget": ("Budget.BudgetName", None),
    "AWS::CloudWatch::Alarm": ("AlarmName", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", None),
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}"),
    "AWS::Events::Rule": ("Name", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", None),
    "AWS::IAM::Role": ("RoleName", f"arn:aws:iam::{ACCOUNT}:role/{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}"),
    "AWS::Lambda::LayerVersion": ("LayerName", None),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*"),
    "AWS::Logs::QueryDefinition": ("Name", None),
    "AWS::S3::Bucket": ("BucketName", "arn:aws:s3:::{}"),
    "AWS::SES::ConfigurationSet": ("Name", None),
    "AWS::SES::ConfigurationSetEventDestination": ("EventDestination.Name", None),
    "AWS::SNS::Topic": ("TopicName", f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}"),
    "AWS::Scheduler::Schedule": ("Name", None),
    "AWS::Scheduler::ScheduleGroup": ("Name", None),
    "AWS::SecretsManager::Secret": ("Name", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}"),
}
_REF_IS_ARN = {"AWS::SNS::Topic", "AWS::SecretsManager::Secret"}
# What a Ref of these gives is made up by AWS; here it is "arn-of-" and the logical id.
_REF_IS_MADE_UP = {"AWS::IAM::ManagedPolicy", "AWS::Lambda::Alias", "AWS::Lambda::LayerVersion"}


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its lists as sets and its values as text."""

    sid: str
    effect: str
    actions: frozenset[str]
    resources: frozenset[str]
    condition: Mapping[str, Mapping[str, frozenset[str]]]
    principal: Any = None

    def could_allow(self, action: str, resource: str) -> bool:
        """Whether it allows ``action`` on ``resource`` under some condition; wildcards as IAM reads them."""
        return (
            self.effect == "Allow"
            and any(fnmatchcase(action.lower(), allowed.lower()) for allowed in self.actions)
            and any(fnmatchcase(resource, allowed) for allowed in self.resources)
        )


def listed(value: object) -> list[Any]:
    """What policies and templates write as one value or as a list of several, as a list."""
    return value if isinstance(value, list) else [value]


def statements_in(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy document whose intrinsic functions are worked out."""
    return [
        Statement(
            sid=entry.get("Sid", ""),
            effect=entry["Effect"],
            actions=frozenset(listed(entry["Action"])),
            resources=frozenset(listed(entry.get("Resource", []))),
            condition={
                operator: {key: frozenset(map(str, listed(value))) for key, value in tests.items()}
                for operator, tests in entry.get("Condition", {}).items()
            },
            principal=entry.get("Principal"),
        )
        for entry in listed(document["Statement"])
    ]


class Stack:
    """``template.yaml`` with a prefix of its own: resources, and what every role may do."""

    def __init__(self, path: Path = ROOT / "template.yaml") -> None:
        """Transform the template at ``path``."""
        decoded, problems = decode(str(path))
        assert not problems
        self.source: dict[str, Any] = json.loads(json.dumps(decoded))
        local = json.loads(json.dumps(decoded))
        # The transform runs after the artifacts are uploaded; where to does not matter here.
        local["Globals"]["Function"]["CodeUri"] = "s3://artifacts/functions"
        local["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = "s3://artifacts/layer"
        session = boto3.Session(region_name=REGION)
        self._transformed = Translator({}, Parser(), boto_session=session).translate(local, dict(PARAMETERS))
        defaults = {name: given.get("Default") for name, given in self.source["Parameters"].items()}
        self.parameters = defaults | dict(PARAMETERS)

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Every resource by logical id, with its references and substitutions worked out."""
        worked_out: dict[str, dict[str, Any]] = self.resolve(self._transformed["Resources"])
        return worked_out

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical id."""
        return {name: found["Properties"] for name, found in self.resources.items() if found["Type"] == kind}

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The properties of one resource."""
        found: dict[str, Any] = self.resources[logical_id]["Properties"]
        return found

    def function(self, name: str) -> dict[str, Any]:
        """The properties of a function, by its own name."""
        return self.properties(f"{name.capitalize()}Function")

    def role_statements(self, logical_id: str) -> list[Statement]:
        """What a role may do, by its own policies and by those attached to it."""
        role = self.properties(logical_id)
        documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
        attached = [arn.removeprefix("arn-of-") for arn in role.get("ManagedPolicyArns", [])]
        documents += [self.properties(name)["PolicyDocument"] for name in attached]
        return [statement for document in documents for statement in statements_in(document)]

    def function_policies(self, name: str) -> list[dict[str, Any]]:
        """The policies of a function's role as documents, each with its name."""
        role = self.properties(self._role_of(self.function(name)["Role"]))
        own = [{"name": one["PolicyName"], "policy": one["PolicyDocument"]} for one in role.get("Policies", [])]
        attached = [self.properties(arn.removeprefix("arn-of-")) for arn in role.get("ManagedPolicyArns", [])]
        return own + [{"name": one["ManagedPolicyName"], "policy": one["PolicyDocument"]} for one in attached]

    def function_statements(self, name: str) -> list[Statement]:
        """What a function may do: the role is found through the function, not by its name."""
        return self.role_statements(self._role_of(self.function(name)["Role"]))

    def roles_that_could(self, action: str, resource: str) -> set[str]:
        """The physical names of the roles, without the prefix, that may do ``action`` on ``resource``."""
        return {
            role["RoleName"].removeprefix(f"{self.parameters['Prefix']}-")
            for logical_id, role in self.of_type("AWS::IAM::Role").items()
            if any(statement.could_allow(action, resource) for statement in self.role_statements(logical_id))
        }

    def documents(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every policy of the stack, of roles, queues, topics and the bucket, with the resource it stands in."""
        for logical_id, resource in self.resources.items():
            properties = resource["Properties"]
            for policy in properties.get("Policies", []):
                yield logical_id, policy["PolicyDocument"]
            for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
                if name in properties:
                    yield logical_id, properties[name]

    def policy_documents(self) -> Iterator[tuple[str, list[Statement]]]:
        """The same as statements."""
        for logical_id, document in self.documents():
            yield logical_id, statements_in(document)

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource that has one."""
        kind = self._transformed["Resources"][logical_id]["Type"]
        pattern = NAMED[kind][1]
        assert pattern, f"{kind} has no ARN here"
        return pattern.format(self._name(logical_id))

    def _role_of(self, arn: str) -> str:
        return next(name for name in self.of_type("AWS::IAM::Role") if self.arn(name) == arn)

    def _name(self, logical_id: str) -> str:
        resource = self._transformed["Resources"][logical_id]
        value = resource["Properties"]
        for part in NAMED[resource["Type"]][0].split("."):
            value = value[part]
        return str(self.resolve(value))

    def resolve(self, value: Any) -> Any:
        """Work out Ref, Fn::GetAtt and Fn::Sub; a condition is left out, as if it held."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"Ref"}:
            return self._ref(value["Ref"])
        if value.keys() == {"Fn::GetAtt"}:
            target = value["Fn::GetAtt"]
            return self._attribute(*(target if isinstance(target, list) else target.split(".", 1)))
        if value.keys() == {"Fn::Sub"}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._substitute(found[1])), value["Fn::Sub"])
        return {key: self.resolve(item) for key, item in value.items()}

    def _substitute(self, name: str) -> Any:
        return self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)

    def _ref(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        kind = self._transformed["Resources"][name]["Type"]
        if kind in _REF_IS_ARN:
            return self.arn(name)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self._name(name)}"
        return f"arn-of-{name}" if kind in _REF_IS_MADE_UP else self._name(name)

    def _attribute(self, name: str, attribute: str) -> str:
        # A secret's ARN goes by the name of Id.
        return self.arn(name) if attribute in {"Arn", "Id"} else f"{name}.{attribute}"
