"""``stkr rules check`` and ``stkr rules schema``: a rules doc before it is uploaded."""

from pathlib import Path
from typing import Annotated

import typer

from stkr.domain.errors import RulesError
from stkr.rules.doc import MAX_DOC_BYTES, read_rules
from stkr.web.formatting import counted_noun
from stkr_cli.console import console, fail
from stkr_cli.rules_schema import schema_text

app = typer.Typer()
rules_app = typer.Typer(help="The rules doc.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("check")
def check_rules(file: Annotated[Path, typer.Argument(help="The rules doc to check.")]) -> None:
    """Check a rules doc before it is uploaded: everything that is wrong with it, and in which line."""
    try:
        with file.open("rb") as stream:
            rules = read_rules(stream.read(MAX_DOC_BYTES + 1))
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}") from error
    except RulesError as error:
        raise fail(f"{file} is not valid:\n{error}") from error
    tolerance = rules.tolerance
    locations = counted_noun(len(rules.locations), "location")
    console.print(f"{file}: valid; {locations}, {counted_noun(len(rules.overrides), 'override')}.", markup=False)
    console.print(
        f"Material beyond {tolerance.units} units and {tolerance.percent} %, or {rules.currency_sign}{tolerance.value}."
    )


@rules_app.command("schema")
def print_schema() -> None:
    """Print the JSON schema of the rules doc, with which editors complete it and mark mistakes."""
    typer.echo(schema_text(), nl=False)
