"""The command itself: every group of commands is a module of its own."""

import typer

from stkr_cli import offline, operations

app = typer.Typer(
    name="stkr",
    help="Stock count reconciler: compare a physical count with the system of record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(offline.app)
app.add_typer(operations.app)


def main() -> None:
    """Run ``stkr``."""
    app()
