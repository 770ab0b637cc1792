"""``stkr bookings`` and ``stkr booked``: what the system of record does not show yet, and what people booked there."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from stkr.domain import instants
from stkr.domain.errors import StkrError
from stkr.store.inventory import read_waiting
from stkr.sync.to_book_list import TO_BOOK_COLUMNS
from stkr.tabular.csv_out import csv_text
from stkr_cli.console import console, fail
from stkr_cli.mark_booked import mark_booked
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

app = typer.Typer()


@app.command()
def bookings(stack: StackOption = DEFAULT_STACK) -> None:
    """List the approved adjustments that the system of record does not show yet, those that have waited longest first.

    As CSV; ``units`` are to be added there, ``days`` is how long they have waited.
    """
    try:
        table = outputs(stack)["InventoryTableName"]
    except StackError as error:
        raise fail(error) from error
    now = datetime.now(UTC)
    rows = (
        (
            unbooked.id,
            row.sku,
            row.location,
            row.name,
            unbooked.units,
            unbooked.at,
            str((now - datetime.fromisoformat(unbooked.at)).days),
        )
        for row in read_waiting(table)
        for unbooked in row.adjustments
    )
    typer.echo(csv_text((*TO_BOOK_COLUMNS, "days"), rows), nl=False)


@app.command()
def booked(
    adjustments: Annotated[list[str], typer.Argument(metavar="ID...", help="As `stkr bookings` lists them.")],
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Say that you have booked adjustments in the system of record yourself, because it could not be done for you."""
    now = instants.instant(datetime.now(UTC))
    try:
        table = outputs(stack)["InventoryTableName"]
        for adjustment in adjustments:
            row = mark_booked(table, adjustment, now)
            console.print(f"{adjustment}: noted for {row.sku} at {row.location}; the next sync reads it.", markup=False)
    except (StackError, StkrError) as error:
        raise fail(error) from error
