"""``stkr restore``: the tables are made equal to copies from a backup."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from stkr.web.formatting import counted_noun
from stkr_cli.console import console, fail
from stkr_cli.scan import scan
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

app = typer.Typer()

_TABLES: Final = ("AdjustmentsTableName", "CountsTableName", "InventoryTableName")
"""Stock comes last: a run that is cut off leaves no quantity that is missing from the trail."""


@dataclass(frozen=True, slots=True)
class Repair:
    """The writes that make a table equal to its copy: items to put, and the keys of items to delete."""

    table: str
    puts: tuple[dict[str, Any], ...]
    deletes: tuple[dict[str, str], ...]


def plan_repair(table: str, live: list[dict[str, Any]], copy: list[dict[str, Any]]) -> Repair:
    """Compare a table's items with those of its copy."""
    stored = {(item["PK"], item["SK"]): item for item in live}
    wanted = {(item["PK"], item["SK"]): item for item in copy}
    puts = tuple(item for key, item in wanted.items() if stored.get(key) != item)
    return Repair(table, puts, tuple({"PK": pk, "SK": sk} for pk, sk in stored.keys() - wanted.keys()))


@app.command()
def restore(
    suffix: Annotated[str, typer.Argument(help="The copies are named as the tables, with a hyphen and this behind.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")] = False,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Make the three tables equal to copies of them that were restored from a backup.

    Stop the functions first (docs/runbook.md). Safe to repeat: a run that was cut off is ended by the next one.
    """
    try:
        stack_outputs = outputs(stack)
        # All are compared before any is changed: if a copy is missing, the others must not be restored.
        tables = [stack_outputs[name] for name in _TABLES]
        repairs = [plan_repair(table, list(_items(table)), list(_items(f"{table}-{suffix}"))) for table in tables]
        for planned in repairs:
            console.print(
                f"{planned.table}: {counted_noun(len(planned.puts), 'item')} to put, {len(planned.deletes):,} to delete"
            )
        for planned in repairs if yes else ():
            _carry_out(planned)
    except (StackError, BotoCoreError, ClientError) as error:
        raise fail(error) from error
    console.print("Done; now run `stkr verify`." if yes else "Nothing is changed yet; --yes does it.", markup=False)


def _items(table: str) -> Iterator[dict[str, Any]]:
    return scan(table, lambda _more: None, ConsistentRead=True)


def _carry_out(repair: Repair) -> None:
    with boto3.resource("dynamodb").Table(repair.table).batch_writer() as batch:
        for item in repair.puts:
            batch.put_item(Item=item)
        for key in repair.deletes:
            batch.delete_item(Key=key)
