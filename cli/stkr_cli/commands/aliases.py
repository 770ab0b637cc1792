"""``stkr aliases``: the codes that people have confirmed in fix sheets."""

from typing import Annotated

import typer
from rich.markup import escape

from stkr.store.aliases import forget, read_aliases
from stkr.tabular.csv_out import csv_text
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

app = typer.Typer()


@app.command()
def aliases(
    forget_code: Annotated[str | None, typer.Option("--forget", metavar="CODE", help="Take this code back.")] = None,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """List the codes that people have confirmed in fix sheets, as CSV for the system of record; or take one back.

    ``aliases`` is as the stock file's column of that name has it, so it can be copied there.
    """
    try:
        table = outputs(stack)["CountsTableName"]
    except StackError as error:
        raise fail(error) from error
    if forget_code is not None:
        if not forget(table, forget_code):
            raise fail(f"the code {forget_code} is not remembered")
        console.print(f"{escape(forget_code)} is forgotten; counts that are opened from now on do not know it.")
        return
    rows = ((row.sku, row.alias.written, row.session_id, row.confirmed_at) for row in read_aliases(table))
    typer.echo(csv_text(("sku", "aliases", "confirmed_in", "confirmed_at"), rows), nl=False)
