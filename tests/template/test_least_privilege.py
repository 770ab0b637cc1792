"""What each function may do, and above all what it may not."""

import re

import pytest

from stkr.store.inventory import post_adjustment, post_unrecorded
from stkr.store.keyspace import ALIASES
from tests.template.stack import ACCOUNT, FUNCTIONS, REGION, Stack

pytestmark = pytest.mark.template

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0"
MODEL = "foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"


def test_only_sync_reads_the_sync_credential(stack: Stack) -> None:
    secret = stack.arn("SyncCredentialSecret")
    assert stack.roles_that_could("secretsmanager:GetSecretValue", secret) == {"sync"}


def test_only_functions_that_sign_or_check_links_read_the_signing_key(stack: Stack) -> None:
    secret = stack.arn("LinkSigningSecret")
    assert stack.roles_that_could("secretsmanager:GetSecretValue", secret) == {"session", "approve", "sweep", "summary"}


def test_only_approve_and_sync_write_inventory(stack: Stack) -> None:
    table = stack.arn("InventoryTable")
    writers = {name for write in WRITES for name in stack.roles_that_could(f"dynamodb:{write}", table)}
    assert writers == {"approve", "sync"}


def test_approve_changes_stock_only_by_updates_inside_a_transaction(stack: Stack) -> None:
    table = stack.arn("InventoryTable")
    allowing = [
        statement
        for statement in stack.function_statements("approve")
        if any(statement.could_allow(f"dynamodb:{write}", table) for write in WRITES)
    ]
    (statement,) = allowing
    assert statement.actions == {"dynamodb:UpdateItem"}
    assert statement.condition["ForAnyValue:StringEquals"] == {
        "dynamodb:EnclosingOperation": frozenset({"TransactWriteItems"})
    }
    assert statement.condition["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": frozenset({"LOC#*"})}


def named_attributes(request: dict[str, object]) -> set[str]:
    """The attributes that an update request names, by placeholder or outright."""
    expressions = f"{request['UpdateExpression']} {request['ConditionExpression']}"
    words = {"SET", "ADD", "REMOVE", "AND", "OR", "NOT"}
    words |= {"if_not_exists", "attribute_not_exists", "attribute_exists", "list_append", "size"}
    bare = set(re.findall(r"(?<![:#\w])[A-Za-z_]\w*", expressions)) - words
    names = request.get("ExpressionAttributeNames", {})
    assert isinstance(names, dict)
    return bare | set(names.values())


def test_approve_may_touch_exactly_the_attributes_that_its_two_updates_name(stack: Stack) -> None:
    common = {"location": "Main", "sku": "BOLT-M6-50", "adjustment": "c.r1", "at": "2026-11-23T09:00:00.000000Z"}
    adjustment = post_adjustment("t", **common, gap_units=-48, expected_qty=480, expected_version=3)  # type: ignore[arg-type]  # whole numbers stand for decimals
    unrecorded = post_unrecorded("t", **common, name="Tin", counted_qty=1, unit_cost=1, pack_size=1)  # type: ignore[arg-type]
    named = {"PK", "SK"}
    for action in (adjustment, unrecorded):
        named |= named_attributes(dict(action["Update"]))
    (allowed,) = (
        tests["dynamodb:Attributes"]
        for statement in stack.function_statements("approve")
        for tests in statement.condition.values()
        if "dynamodb:Attributes" in tests
    )
    assert allowed == named


def test_only_capture_adds_to_the_confirmed_codes_and_no_function_takes_one_back(stack: Stack) -> None:
    def writes(name: str) -> set[str]:
        return {
            action
            for statement in stack.function_statements(name)
            if ALIASES in statement.condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", ())
            for action in statement.actions - {"dynamodb:Query"}
        }

    assert {name: writes(name) for name in FUNCTIONS if writes(name)} == {"capture": {"dynamodb:UpdateItem"}}


def test_the_trail_is_only_ever_added_to(stack: Stack) -> None:
    table = stack.arn("AdjustmentsTable")
    for write in set(WRITES) - {"PutItem"}:
        assert stack.roles_that_could(f"dynamodb:{write}", table) == set()
    assert stack.roles_that_could("dynamodb:PutItem", table) == {"variance", "approve"}


def test_the_two_who_add_to_the_trail_may_do_nothing_else_with_it_and_reach_no_other_table_by_that(
    stack: Stack,
) -> None:
    table = stack.arn("AdjustmentsTable")
    for name in FUNCTIONS:
        on_trail = [
            (statement.actions, statement.resources)
            for statement in stack.function_statements(name)
            if any(statement.could_allow(f"dynamodb:{action}", table) for action in (*WRITES, "GetItem", "Query"))
        ]
        expected = [(frozenset({"dynamodb:PutItem"}), frozenset({table}))] if name in {"variance", "approve"} else []
        assert on_trail == expected, name


def test_nobody_scans_or_deletes_a_table(stack: Stack) -> None:
    for logical_id in stack.of_type("AWS::DynamoDB::Table"):
        for action in ("Scan", "DeleteTable", "UpdateTable"):
            assert stack.roles_that_could(f"dynamodb:{action}", stack.arn(logical_id)) == set()


def test_cause_talks_to_the_model_and_to_its_own_log_and_to_nothing_else(stack: Stack) -> None:
    services = {action.split(":")[0] for s in stack.function_statements("cause") for action in s.actions}
    assert services == {"bedrock", "logs"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_model_is_reached_through_the_global_profile_by_cause_and_summary_alone(stack: Stack, name: str) -> None:
    bedrock = [s for s in stack.function_statements(name) if any(action.startswith("bedrock:") for action in s.actions)]
    if name not in {"cause", "summary"}:
        assert not bedrock
        return
    assert {s.actions for s in bedrock} == {frozenset({"bedrock:InvokeModel"})}
    through_profile = {"bedrock:InferenceProfileArn": frozenset({PROFILE})}
    assert {next(iter(s.resources)): s.condition for s in bedrock if len(s.resources) == 1} == {
        PROFILE: {"StringEquals": {"aws:RequestedRegion": frozenset({REGION})}},
        f"arn:aws:bedrock:{REGION}::{MODEL}": {
            "StringEquals": {"aws:RequestedRegion": frozenset({REGION}), **through_profile}
        },
        f"arn:aws:bedrock:::{MODEL}": {
            "StringEquals": {"aws:RequestedRegion": frozenset({"unspecified"}), **through_profile}
        },
    }
    assert len(bedrock) == 3


def test_only_sweep_and_summary_send_mail_and_only_from_the_sender_address(stack: Stack) -> None:
    identity = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/counts@example.com"
    assert stack.roles_that_could("ses:SendEmail", identity) == {"sweep", "summary"}
    for name in ("sweep", "summary"):
        (statement,) = (s for s in stack.function_statements(name) if "ses:SendEmail" in s.actions)
        assert statement.resources == {identity, f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/shop-mail"}
        assert statement.condition == {"StringEquals": {"ses:FromAddress": frozenset({"counts@example.com"})}}


def test_only_sync_reads_the_system_of_record_and_books_into_it(stack: Stack) -> None:
    bucket = stack.arn("CountsBucket")
    for key in ("source/stock.csv", "bookings/stock-file.json.gz", "bookings/to-book.csv"):
        for action in ("s3:GetObject", "s3:PutObject"):
            assert stack.roles_that_could(action, f"{bucket}/{key}") == {"sync"}
    assert stack.roles_that_could("s3:DeleteObject", f"{bucket}/source/stock.csv") == set()
    assert stack.roles_that_could("s3:PutObject", f"{bucket}/bookings/anything-else") == set()


def test_nobody_writes_the_rules_and_only_who_applies_them_reads_them_and_their_history(stack: Stack) -> None:
    rules = f"{stack.arn('CountsBucket')}/config/rules.yaml"
    assert stack.roles_that_could("s3:PutObject", rules) == set()
    latest = {"session", "approve", "sync", "sweep", "summary"}
    assert stack.roles_that_could("s3:GetObject", rules) == latest
    # Variance judges a count by the version that was in force when it was opened, and by no other.
    assert stack.roles_that_could("s3:GetObjectVersion", rules) == latest | {"variance"}


def test_nobody_reads_what_the_outbox_remembers_of_mails(stack: Stack) -> None:
    remembering = [
        (name, statement.actions)
        for name in FUNCTIONS
        for statement in stack.function_statements(name)
        if "IDEMPOTENCY#mail" in statement.condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", ())
    ]
    written = frozenset(f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem"))
    assert remembering == [("sweep", written), ("summary", written)]


def test_nobody_deletes_an_object_or_a_version(stack: Stack) -> None:
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert stack.roles_that_could(action, f"{stack.arn('CountsBucket')}/sessions/1/scan.csv") == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whoever_reads_objects_below_a_prefix_may_learn_that_one_is_missing(stack: Stack, name: str) -> None:
    # Without ListBucket for that key S3 answers "forbidden" for an object that is not there.
    statements = stack.function_statements(name)
    bucket = stack.arn("CountsBucket")
    read = {resource for s in statements if "s3:GetObject" in s.actions for resource in s.resources}
    listed: set[str] = set()
    for statement in statements:
        if "s3:ListBucket" in statement.actions:
            assert statement.resources == {bucket}
            (tests,) = statement.condition.values()
            listed |= tests["s3:prefix"]
    readable = {resource.removeprefix(f"{bucket}/") for resource in read}
    assert readable <= listed
    assert listed - readable <= {"sessions/*"}  # the session page shows which files have come, not what is in them


def test_only_who_writes_or_shows_summaries_reads_them(stack: Stack) -> None:
    kept = f"{stack.arn('CountsBucket')}/summaries/2026-11.json.gz"
    assert stack.roles_that_could("s3:GetObject", kept) == {"summary", "session"}
    assert stack.roles_that_could("s3:GetObjectVersion", kept) == set()


def test_summary_writes_nothing_but_its_summaries_and_its_mails_records(stack: Stack) -> None:
    assert stack.roles_that_could("s3:PutObject", f"{stack.arn('CountsBucket')}/summaries/x") == {"summary"}
    writing = [
        statement
        for statement in stack.function_statements("summary")
        for write in WRITES
        if f"dynamodb:{write}" in statement.actions
    ]
    assert {statement.sid for statement in writing} == {"KeepIdempotencyRecords"}
    reading = [s for s in stack.function_statements("summary") if s.sid == "ReadLastCounts"]
    assert [s.actions for s in reading] == [{"dynamodb:Query"}]
    assert [s.condition["ForAllValues:StringLike"] for s in reading] == [
        {"dynamodb:LeadingKeys": frozenset({"LOCATION#*"})}
    ]
    assert stack.roles_that_could("dynamodb:Query", f"{stack.arn('InventoryTable')}/index/by_booking") >= {"summary"}
    for index in ("by_month", "by_queue"):
        assert "summary" in stack.roles_that_could("dynamodb:Query", f"{stack.arn('CountsTable')}/index/{index}")


def test_capture_session_and_sync_alone_write_the_bucket_and_only_below_their_own_prefixes(stack: Stack) -> None:
    bucket = stack.arn("CountsBucket")
    writers = {
        prefix: stack.roles_that_could("s3:PutObject", f"{bucket}/{prefix}/x/y.json.gz")
        for prefix in ("sessions", "snapshots", "captures", "config", "source", "other")
    }
    assert writers == {
        "sessions": {"session"},
        "snapshots": {"session"},
        "captures": {"capture"},
        "config": set(),
        "source": {"sync"},  # a spreadsheet that is itself the books
        "other": set(),
    }


def test_functions_are_invoked_by_variance_and_the_schedules_only(stack: Stack) -> None:
    may = {
        name: stack.roles_that_could("lambda:InvokeFunction", stack.arn(f"{name.capitalize()}Function"))
        for name in FUNCTIONS
    }
    expected = {name: {"schedule"} if name in {"sync", "sweep", "summary"} else set() for name in FUNCTIONS}
    assert may == expected | {"cause": {"variance"}}


def test_only_due_variances_are_announced_and_only_in_this_stacks_name(stack: Stack) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    assert stack.roles_that_could("events:PutEvents", bus) == {"variance", "approve"}
    for name in ("variance", "approve"):
        (statement,) = (s for s in stack.function_statements(name) if "events:PutEvents" in s.actions)
        assert statement.condition == {
            "ForAllValues:StringEquals": {
                "events:source": frozenset({"shop"}),
                "events:detail-type": frozenset({"variances-due"}),
            },
            # Or a request without them would pass.
            "Null": {"events:source": frozenset({"false"}), "events:detail-type": frozenset({"false"})},
        }


def test_sweep_schedules_only_in_its_group_and_hands_its_role_to_the_scheduler_alone(stack: Stack) -> None:
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/shop"
    assert stack.roles_that_could("scheduler:CreateSchedule", f"{group}/x") == {"sweep"}
    assert stack.roles_that_could("scheduler:CreateSchedule", f"{group}-other/x") == set()
    assert stack.roles_that_could("iam:PassRole", stack.arn("ScheduleRole")) == {"sweep"}
    (statement,) = (s for s in stack.function_statements("sweep") if "iam:PassRole" in s.actions)
    assert statement.resources == {stack.arn("ScheduleRole")}
    assert statement.condition == {"StringEquals": {"iam:PassedToService": frozenset({"scheduler.amazonaws.com"})}}


def test_sweep_reads_stock_and_notes_by_location_and_changes_nothing_but_its_notes(stack: Stack) -> None:
    inventory, counts = stack.arn("InventoryTable"), stack.arn("CountsTable")
    may = {
        statement.sid: (
            set(statement.actions),
            set(statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]),
        )
        for statement in stack.function_statements("sweep")
        if statement.resources & {inventory, counts}
    }
    assert may == {
        "ReadStockOfOverdueLocations": ({"dynamodb:Query"}, {"LOC#*"}),
        "ReadSessions": ({"dynamodb:GetItem"}, {"SESSION#*"}),
        "ReadLastCounts": ({"dynamodb:Query"}, {"LOCATION#*"}),
        "RecordNotifications": ({"dynamodb:UpdateItem"}, {"SESSION#*", "LOCATION#*"}),
        "KeepIdempotencyRecords": (
            {f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem")},
            {"IDEMPOTENCY#mail"},
        ),
    }
    indexes = {f"{counts}/index/by_queue", f"{counts}/index/by_month", f"{inventory}/index/by_booking"}
    for index in indexes:
        assert "sweep" in stack.roles_that_could("dynamodb:Query", index)
