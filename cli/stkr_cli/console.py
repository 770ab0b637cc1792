"""What every operator's command prints with."""

import sys

import typer
from rich.console import Console

# Into a file or another program, ids must not be broken to fit a screen.
console = Console(width=None if sys.stdout.isatty() else 240)


def fail(problem: object) -> typer.Exit:
    """One clear line on stderr, and exit code 2."""
    typer.echo(f"stkr: {problem}", err=True)
    return typer.Exit(2)
