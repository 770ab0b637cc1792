"""What no function, or only the one whose job it is, may do: the matrix of attempts that have to be refused."""

from collections.abc import Iterator
from dataclasses import replace

from tests.least_privilege.iam import Context, Request, model_requests
from tests.template.stack import ACCOUNT, FUNCTIONS, REGION, Stack

_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_IN_TRANSACTION = {"dynamodb:EnclosingOperation": "TransactWriteItems"}


def forbidden(stack: Stack, function: str) -> Iterator[tuple[str, Request]]:
    """Why and what, for one function."""
    for why, allowed, request in _attempts(stack):
        if function not in allowed:
            yield why, request


def _attempts(stack: Stack) -> Iterator[tuple[str, frozenset[str], Request]]:
    """Reason, the functions it is not forbidden to, and the attempt."""
    inventory, counts, trail = (stack.arn(f"{name}Table") for name in ("Inventory", "Counts", "Adjustments"))
    nobody: frozenset[str] = frozenset()
    stock = _keys("LOC#fixings-aisle", "PK", "SK", "system_qty", "snapshot_version")
    for write in _WRITES:
        yield (
            "stock is changed by sync, and by approve in a transaction",
            frozenset({"sync"}) if write != "DeleteItem" else nobody,
            Request(f"dynamodb:{write}", inventory, stock),
        )
    inside = {**stock, **_IN_TRANSACTION}
    yield "stock is put by nobody but sync", frozenset({"sync"}), Request("dynamodb:PutItem", inventory, inside)
    yield (
        "stock is changed in a transaction by nobody but approve and sync",
        frozenset({"approve", "sync"}),
        Request("dynamodb:UpdateItem", inventory, inside),
    )
    codes = {**_keys("LOC#fixings-aisle", "PK", "SK", "aliases"), **_IN_TRANSACTION}
    yield "approve posts quantities only", frozenset({"sync"}), Request("dynamodb:UpdateItem", inventory, codes)
    for action in ("UpdateItem", "DeleteItem"):
        yield "the trail is only added to", nobody, Request(f"dynamodb:{action}", trail, _keys("SKU#BOLT-M6-50"))
    yield (
        "the trail is written by variance and approve",
        frozenset({"variance", "approve"}),
        Request("dynamodb:PutItem", trail, _keys("SKU#BOLT-M6-50")),
    )
    yield from _partitions(inventory, counts)
    remembered = _keys("IDEMPOTENCY#mail")
    yield "nobody reads what is remembered of mails", nobody, Request("dynamodb:GetItem", counts, remembered)
    for table in (inventory, counts, trail):
        yield "nobody scans", nobody, Request("dynamodb:Scan", table)
        yield "nobody deletes a table", nobody, Request("dynamodb:DeleteTable", table)
        yield "nobody writes around conditions", nobody, Request("dynamodb:BatchWriteItem", table)
    for number, table in enumerate((inventory, counts, trail)):
        other = table.replace("table/shop-", "table/other-")
        for action in ("GetItem", "PutItem", "UpdateItem", "Query"):
            request = Request(f"dynamodb:{action}", other, _keys(("LOC#a", "SESSION#a", "SKU#a")[number]))
            yield "another stack's tables", nobody, request
    for write in _WRITES:
        yield (
            "confirmed codes are added by capture",
            frozenset({"capture"}) if write == "UpdateItem" else nobody,
            Request(f"dynamodb:{write}", counts, _keys("ALIASES")),
        )
    credential, signing = stack.arn("SyncCredentialSecret"), stack.arn("LinkSigningSecret")
    read = "secretsmanager:GetSecretValue"
    yield "only sync reads the credential", frozenset({"sync"}), Request(read, credential)
    signers = frozenset({"session", "approve", "sweep", "summary"})
    yield "only who signs or checks links reads their key", signers, Request(read, signing)
    for secret in (credential, signing):
        yield "nobody changes a secret", nobody, Request("secretsmanager:PutSecretValue", secret)
    yield from _bucket(stack)
    yield from _services(stack)


def _partitions(inventory: str, counts: str) -> Iterator[tuple[str, frozenset[str], Request]]:
    nobody: frozenset[str] = frozenset()
    keys = _keys("NONE#of-ours", "PK", "SK", "system_qty", "snapshot_version")
    # The index holds nothing else, so these two may see all of it.
    queued = frozenset({"sweep", "summary"})
    asked = [
        *((table, action, nobody, {}) for table in (inventory, counts) for action in ("GetItem", "Query")),
        (f"{counts}/index/by_queue", "Query", queued, {}),
        *(
            (table, action, nobody, within)
            for table in (inventory, counts)
            for action in _WRITES
            for within in ({}, _IN_TRANSACTION)
        ),
    ]
    for table, action, allowed, within in asked:
        unnamed, strange = (Request(f"dynamodb:{action}", table, {**named, **within}) for named in ({}, keys))
        yield "nobody asks without naming a partition", allowed, unnamed
        yield "nobody asks for a partition of another kind", allowed, strange


def _bucket(stack: Stack) -> Iterator[tuple[str, frozenset[str], Request]]:
    bucket, nobody = stack.arn("CountsBucket"), frozenset[str]()
    rules = f"{bucket}/config/rules.yaml"
    yield "nobody writes the rules", nobody, Request("s3:PutObject", rules)
    followers = frozenset({"session", "approve", "sync", "sweep", "summary"})
    yield "only who goes by the latest rules reads them", followers, Request("s3:GetObject", rules)
    for folder in ("sessions", "snapshots", "captures", "config", "source", "movements", "bookings"):
        yield "nobody deletes a file", nobody, Request("s3:DeleteObject", f"{bucket}/{folder}/x")
        yield "nobody deletes a version", nobody, Request("s3:DeleteObjectVersion", f"{bucket}/{folder}/x")
    yield "only sync reads the source", frozenset({"sync"}), Request("s3:GetObject", f"{bucket}/source/stock.csv")
    yield "only sync writes the source", frozenset({"sync"}), Request("s3:PutObject", f"{bucket}/source/stock.csv")
    yield "only capture writes captures", frozenset({"capture"}), Request("s3:PutObject", f"{bucket}/captures/a/1")
    yield "only sync writes movements", frozenset({"sync"}), Request("s3:PutObject", f"{bucket}/movements/a")
    for action in ("s3:ListBucket", "s3:ListBucketVersions"):
        yield "nobody lists the whole bucket", nobody, Request(action, bucket, {"s3:prefix": ""})
    yield (
        "nobody writes to another bucket",
        nobody,
        Request("s3:PutObject", "arn:aws:s3:::other-bucket/sessions/a/b.csv"),
    )


def _services(stack: Stack) -> Iterator[tuple[str, frozenset[str], Request]]:
    nobody: frozenset[str] = frozenset()
    sender = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{stack.parameters['SenderEmail']}"
    stranger = {"ses:FromAddress": "stranger@example.com"}
    yield "nobody sends as somebody else", nobody, Request("ses:SendEmail", sender, stranger)
    own = {"ses:FromAddress": str(stack.parameters["SenderEmail"])}
    yield "only sweep and summary send mail", frozenset({"sweep", "summary"}), Request("ses:SendEmail", sender, own)
    model = str(stack.parameters["ModelId"])
    anywhere = f"arn:aws:bedrock:{REGION}::foundation-model/{model}"
    globally = anywhere.replace(REGION, "")
    for arn, region in ((anywhere, REGION), (globally, "unspecified")):
        around = Request("bedrock:InvokeModel", arn, {"aws:RequestedRegion": region})
        yield "the model is not called around its profile", nobody, around
    for one in model_requests(f"global.{model}"):
        moved = replace(one, context={**one.context, "aws:RequestedRegion": "us-west-2"})
        yield "the model is not called from another Region", nobody, moved
        other = replace(one, resource=one.resource.replace(model, "anthropic.claude-opus"))
        yield "no other model is called", nobody, other
    profile = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/global.{model}"
    here = {"aws:RequestedRegion": REGION}
    askers = frozenset({"cause", "summary"})
    yield "only cause and summary ask the model", askers, Request("bedrock:InvokeModel", profile, here)
    for function in FUNCTIONS:
        callers = frozenset({"variance"}) if function == "cause" else nobody
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{stack.function(function)['FunctionName']}"
        yield "only variance calls a function, and only cause", callers, Request("lambda:InvokeFunction", arn)
    yield "nobody takes another role", nobody, Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin")
    yield "nobody passes a role on", nobody, Request("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", _PASSED)
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    prefix = str(stack.parameters["Prefix"])
    for source, kind in (("aws.s3", "Object Created"), (prefix, "Object Created"), ("aws.s3", "variances-due")):
        forged: Context = {"events:source": [source], "events:detail-type": [kind]}
        yield "nobody announces as another", nobody, Request("events:PutEvents", bus, forged)
    for part in ({}, {"events:source": [prefix]}, {"events:detail-type": ["variances-due"]}):
        yield "nobody announces without a name", nobody, Request("events:PutEvents", bus, part)
    own_name: Context = {"events:source": [prefix], "events:detail-type": ["variances-due"]}
    other_bus = bus.replace("event-bus/default", "event-bus/other")
    yield "nobody announces on another bus", nobody, Request("events:PutEvents", other_bus, own_name)
    elsewhere = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/x"
    yield "nobody schedules outside the stack's group", nobody, Request("scheduler:CreateSchedule", elsewhere)
    own_role, computer = stack.arn("ScheduleRole"), {"iam:PassedToService": "ec2.amazonaws.com"}
    yield "nobody passes the schedule's role to another", nobody, Request("iam:PassRole", own_role, computer)


_PASSED: Context = {"iam:PassedToService": "scheduler.amazonaws.com"}


def _keys(partition: str, *attributes: str) -> dict[str, str | list[str]]:
    return {"dynamodb:LeadingKeys": [partition], "dynamodb:Attributes": list(attributes or ("PK", "SK"))}
