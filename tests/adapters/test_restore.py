"""``stkr restore`` on the template's tables: they become what their copies are, however often and wherever cut off."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from stkr.store.dynamodb import attributes
from stkr_cli.app import app
from stkr_cli.commands.restore import Repair, _carry_out, plan_repair
from stkr_cli.scan import scan
from tests.deployment import stack

TABLES = {
    "InventoryTableName": "shop-inventory",
    "CountsTableName": "shop-counts",
    "AdjustmentsTableName": "shop-adjustments",
}


def item(key: str, **values: Any) -> dict[str, Any]:
    return {"PK": "P", "SK": key, **values}


ITEMS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2)).map(
    lambda found: [item(key, qty=Decimal(qty)) for key, qty in found.items()]
)


@pytest.mark.unit
@given(ITEMS, ITEMS)
def test_a_repair_makes_a_table_its_copy_and_touches_nothing_that_is_right(
    live: list[dict[str, Any]], copy: list[dict[str, Any]]
) -> None:
    repair = plan_repair("t", live, copy)
    assert not any(put in live for put in repair.puts)
    deleted = [key["SK"] for key in repair.deletes]
    after = {one["SK"]: one for one in [*live, *repair.puts] if one["SK"] not in deleted}
    assert after == {one["SK"]: one for one in copy}


@pytest.fixture
def restore(deployment: object, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command, with an empty copy of each table."""
    for declared in stack().of_type("AWS::DynamoDB::Table").values():
        boto3.client("dynamodb").create_table(
            TableName=f"{declared['TableName']}-restored",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=declared["KeySchema"],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        )
    monkeypatch.setattr("stkr_cli.commands.restore.outputs", lambda _stack: TABLES)
    return lambda *arguments: CliRunner().invoke(app, ["restore", *arguments])


def fill(table: str, *items: dict[str, Any]) -> None:
    for one in items:
        boto3.client("dynamodb").put_item(TableName=table, Item=attributes(one))


def content(table: str) -> list[dict[str, Any]]:
    return sorted(scan(table, lambda _more: None), key=lambda one: str(one["SK"]))


@pytest.mark.adapters
def test_every_table_becomes_its_copy_whatever_its_items_hold(restore: Callable[..., Result]) -> None:
    copies = [item(f"{number:03}", qty=Decimal("0.10"), chunks={Decimal(1), Decimal(2)}) for number in range(60)]
    copies.append(item("x", nested={"list": [Decimal("-1.5"), None, True]}, text=""))
    for table in TABLES.values():
        fill(f"{table}-restored", *copies)
        fill(table, copies[0], item("001", qty=Decimal(9)), item("zz", extra="to go"))
    result = restore("restored", "--yes")
    assert result.exit_code == 0, result.output
    assert "shop-counts: 60 items to put, 1 to delete" in result.stdout
    for table in TABLES.values():
        assert content(table) == content(f"{table}-restored")
    assert restore("restored", "--yes").stdout.count("0 items to put, 0 to delete") == 3


@pytest.mark.adapters
def test_nothing_is_changed_before_it_was_said(restore: Callable[..., Result]) -> None:
    fill("shop-counts", item("a"))
    result = restore("restored")
    assert "shop-counts: 0 items to put, 1 to delete" in result.stdout
    assert "Nothing is changed yet" in result.stdout
    assert content("shop-counts") == [item("a")]


@pytest.mark.adapters
def test_a_copy_that_is_missing_is_told_before_anything_is_changed(restore: Callable[..., Result]) -> None:
    fill("shop-adjustments", item("a"))
    boto3.client("dynamodb").delete_table(TableName="shop-inventory-restored")
    result = restore("restored", "--yes")
    assert result.exit_code == 2
    assert content("shop-adjustments") == [item("a")]


@pytest.mark.adapters
def test_a_run_that_was_cut_off_is_ended_by_the_next(
    restore: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in TABLES.values():
        fill(f"{table}-restored", item("a"), item("b"))
    carried_out: list[str] = []

    def cut_off(repair: Repair) -> None:
        carried_out.append(repair.table)
        _carry_out(repair)
        if len(carried_out) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("stkr_cli.commands.restore._carry_out", cut_off)
    assert restore("restored", "--yes").exit_code != 0
    assert carried_out == ["shop-adjustments", "shop-counts"]
    assert content("shop-inventory") == []
    monkeypatch.setattr("stkr_cli.commands.restore._carry_out", _carry_out)
    assert restore("restored", "--yes").exit_code == 0
    assert all(content(table) == [item("a"), item("b")] for table in TABLES.values())
