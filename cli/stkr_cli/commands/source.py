"""``stkr source check``: the description of a system of record before it is put into the secret."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from stkr.domain.errors import StkrError
from stkr.sync.connectors.from_secret import choose
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs
from stkr_cli.tables import show_reading

app = typer.Typer()
source_app = typer.Typer(help="The system of record.", no_args_is_help=True)
app.add_typer(source_app, name="source")

MOVEMENT_DAYS = 35
"""How far back movements are read for a check of the source; most shops count each shelf more often."""


@source_app.command("check")
def check_source(
    file: Annotated[Path, typer.Argument(help="The description of the source, as it is to be in the secret (JSON).")],
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Read a system of record once and show what was understood; nothing is booked and nothing stored."""
    now = datetime.now(UTC)
    try:
        described = json.loads(file.read_text("utf-8"))
        connector = choose(described, str(file), lambda: outputs(stack)["BucketName"], now)
        reading = connector.read(None, now - timedelta(days=MOVEMENT_DAYS))
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}") from error
    except ValueError:
        # The cause is not chained: it quotes the file, and so perhaps the credential.
        raise fail(f"{file} is not a JSON document") from None
    except (StackError, StkrError) as error:
        raise fail(error) from error
    if reading is None:
        raise fail("the source says that it has not changed, though nothing was read before")
    show_reading(console, reading)
