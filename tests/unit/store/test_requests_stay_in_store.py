"""Keys and conditions of the tables are written in ``stkr/store`` and nowhere else, so that each has one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import stkr

pytestmark = pytest.mark.unit

LAYER = Path(stkr.__file__).parent
FUNCTIONS = LAYER.parents[2] / "functions"
MODULES = [
    path for root in (LAYER, FUNCTIONS) for path in sorted(root.rglob("*.py")) if LAYER / "store" not in path.parents
]

PARTS = {"PK", "SK", "queue_pk", "queue_sk", "month_pk", "month_sk", "unbooked_pk"}
"""The attributes that keys are made of."""

BUILDERS = {"put", "update", "query"}
"""Of ``stkr.store.dynamodb``: what they are given is a key or a condition."""

EXPRESSION = re.compile(r"(Key)?(Condition|Filter|Update)Expression|ExpressionAttribute(Names|Values)")
CONDITION = re.compile(r"\b(attribute_(not_)?exists|begins_with|if_not_exists|list_append)\(|#\w+ (=|<>|<=?|>=?) :\w+")
KEY = re.compile(r"[A-Z]{3,}#")


def findings(source: str) -> Iterator[str]:
    """What in a module's source builds a key or a condition, each with its line."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "stkr.store.dynamodb":
            for name in node.names:
                if name.name in BUILDERS:
                    yield f"{node.lineno}: imports {name.name}"
        elif isinstance(node, ast.keyword) and (node.arg == "condition" or EXPRESSION.fullmatch(node.arg or "")):
            yield f"{node.lineno}: {node.arg}="
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            text = node.value
            if text in PARTS or EXPRESSION.fullmatch(text) or CONDITION.search(text) or KEY.match(text):
                yield f"{node.lineno}: {text!r}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_module_outside_store_builds_a_key_or_a_condition(module: Path) -> None:
    assert list(findings(module.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from stkr.store.dynamodb import update",
        "from stkr.store.dynamodb import conditional_update, query",
        'update(table, key, condition="attribute_exists(PK)")',
        "put(table, item, condition=is_new)",
        'key = {"PK": {"S": place}}',
        'item["queue_sk"] = due',
        'request["ConditionExpression"] = still_queued',
        "client.query(TableName=table, KeyConditionExpression=within)",
        'request = {"FilterExpression": wanted}',
        'no_later_one = "attribute_not_exists(#idle_seq) OR #idle_seq < :idle_seq"',
        'fence_is_ours = "#fence_seq = :seq"',
        'partition = f"SESSION#{session_id}"',
        'store = DynamoDBPersistenceLayer(table_name=table, key_attr="PK")',
    ],
)
def test_a_key_or_a_condition_that_is_built_elsewhere_is_found(planted: str) -> None:
    assert list(findings(planted))


@pytest.mark.parametrize(
    "harmless",
    [
        '"""Rows are under SESSION#<id>, with a ConditionExpression."""',
        "from stkr.store.dynamodb import conditional_update, transact",
        "conditional_update(claim_capture(table, session_id))",
        'reading = "counted #3 = :-)"',
    ],
)
def test_what_only_speaks_of_keys_or_runs_a_request_is_not(harmless: str) -> None:
    assert list(findings(harmless)) == []


def test_both_trees_are_walked() -> None:
    names = {module.relative_to(LAYER.parents[2]).as_posix() for module in MODULES}
    assert {"layers/common/stkr/capture/shell.py", "functions/capture/handler.py"} <= names
