"""The tables are lost in part and brought back from a backup, as docs/runbook.md has it, on the deployed stack."""

import pytest

from local import shop_floor
from local.stack import Stack
from tests.e2e.count import count, on_hand, plentiful

pytestmark = pytest.mark.e2e

TABLES = ("InventoryTableName", "CountsTableName", "AdjustmentsTableName")
SUFFIX = "restored"


def back_up(stack: Stack) -> dict[str, str]:
    """An on-demand backup of each table; its ARN by the table's name."""
    dynamodb = stack.client("dynamodb")
    names = [stack.outputs[output] for output in TABLES]
    return {
        name: dynamodb.create_backup(TableName=name, BackupName=f"{name}-before")["BackupDetails"]["BackupArn"]
        for name in names
    }


def restore_beside(stack: Stack, backups: dict[str, str]) -> None:
    """Each backup as a table of its own, beside the one that it was made of."""
    dynamodb = stack.client("dynamodb")
    for name, arn in backups.items():
        dynamodb.restore_table_from_backup(TargetTableName=f"{name}-{SUFFIX}", BackupArn=arn)
    for name in backups:
        dynamodb.get_waiter("table_exists").wait(TableName=f"{name}-{SUFFIX}")


def damage(stack: Stack, session_id: str, sku: str) -> None:
    """A posted row of the trail, the line of a pending variance and a whole location's stock are gone."""
    dynamodb, outputs = stack.client("dynamodb"), stack.outputs
    posted = next(row for row in stack.partition("Adjustments", "SKU#BOLT-M6-50") if row["action"] == "posted")
    gone = [
        ("AdjustmentsTableName", posted["PK"], posted["SK"]),
        ("CountsTableName", f"SESSION#{session_id}", f"LINE#{sku}"),
        *(("InventoryTableName", row["PK"], row["SK"]) for row in stack.partition("Inventory", "LOC#fixings-aisle")),
    ]
    for table, pk, sk in gone:
        dynamodb.delete_item(TableName=outputs[table], Key={"PK": {"S": pk}, "SK": {"S": sk}})


def test_damaged_tables_come_back_from_a_backup_and_a_pending_link_still_decides(stack: Stack) -> None:
    assert "Everything follows from the trail" in stack.command("verify")
    sku, qty = plentiful(stack, 10)
    counted = count(stack, {sku: qty - 40})
    button = counted.button(sku, "Approve")
    backups = back_up(stack)
    damage(stack, counted.session_id, sku)
    with pytest.raises(RuntimeError, match="verify"):
        stack.command("verify")

    restore_beside(stack, backups)
    told = stack.command("restore", SUFFIX)
    assert "adjustments: 1 item to put, 0 to delete" in told
    with pytest.raises(RuntimeError, match="verify"):
        stack.command("verify")
    stack.command("restore", SUFFIX, "--yes")
    assert "adjustments: 0 items to put, 0 to delete" in stack.command("restore", SUFFIX, "--yes")

    assert "Everything follows from the trail" in stack.command("verify")
    assert counted.press(button) == [200]
    assert on_hand(stack, sku) == qty - 40
    assert "posted" in stack.command("audit", "BOLT-M6-50")
    stack.invoke("sync", {})
    assert "Everything follows from the trail" in stack.command("verify", sku)
    shop_floor.wait_until(lambda: sku in stack.command("bookings"), "what waits to be booked")


def test_the_story_of_the_saturday_count_is_told_from_its_opening_on(stack: Stack) -> None:
    session_id = next(
        row["session_id"] for row in stack.partition("Adjustments", "SKU#BOLT-M6-50") if row["action"] == "posted"
    )
    story = stack.command("audit", "--session", session_id)
    places = [story.index(what) for what in ("opened", "uploaded", "read", "queued", "approved", "posted")]
    assert places == sorted(places)
