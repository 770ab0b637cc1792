"""The command itself: every group of commands is a module of ``stkr_cli.commands``."""

import sys
from functools import cache
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from stkr_cli.commands import offline


class _Commands(TyperGroup):
    """The offline commands, and the operators' as soon as one is asked for: the AWS client takes its time to load."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or _operators().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_operators().list_commands(ctx)]


@cache
def _operators() -> TyperGroup:
    from stkr_cli.commands import (  # noqa: PLC0415 - not before they are needed, see above
        aliases,
        bookings,
        counts,
        redrive,
        restore,
        rules,
        source,
        sweep,
        trail,
    )

    merged = typer.Typer()
    for module in (counts, aliases, bookings, sweep, rules, source, trail, redrive, restore):
        merged.add_typer(module.app)
    return get_group(merged)


app = typer.Typer(
    name="stkr",
    cls=_Commands,
    help="Stock count reconciler: compare a physical count with the system of record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(offline.app)


def main() -> None:
    """Run ``stkr``. A command line that cannot be understood ends like a file that cannot be read: 2 and one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A character that the terminal or the pipe cannot take costs itself and not the whole table.
            stream.reconfigure(errors="replace")
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        problem = " ".join(error.format_message().split())
        # Without arguments it is the help, which is printed by then.
        if problem:
            typer.echo(f"stkr: {problem}", err=True)
        status = error.exit_code
    sys.exit(status)
