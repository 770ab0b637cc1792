"""Commands for operators, against a deployed stack and with the operator's own AWS credentials."""

import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stkr.domain import instants
from stkr.domain.errors import RulesError, StkrError
from stkr.infra import aws
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, address
from stkr.rules.doc import MAX_DOC_BYTES, read_rules
from stkr.session.core import Opening
from stkr.session.qr import png, svg
from stkr.session.shell import open_session, session_standing
from stkr.store import keyspace
from stkr.store.aliases import forget, read_aliases
from stkr.store.inventory import read_waiting
from stkr.store.sessions import open_sessions
from stkr.sync.connectors.from_secret import choose
from stkr.sync.manual_bookings import TO_BOOK_COLUMNS
from stkr.tabular.csv_out import csv_text
from stkr.web.formatting import counted_noun
from stkr_cli.manual_bookings import booked_by_hand
from stkr_cli.rules_schema import schema_text
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs, rules_in_force, session_settings
from stkr_cli.tables import MAX_SHOWN_ROWS, show_outcome, show_reading

app = typer.Typer()
rules_app = typer.Typer(help="The rules doc.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
source_app = typer.Typer(help="The system of record.", no_args_is_help=True)
app.add_typer(source_app, name="source")

COUNT_LINK_DAYS = 365
"""A location's link hangs at the end of an aisle; it opens blind counts and shows no quantity."""

MAX_LINK_DAYS = 1095
"""Three years: a card that hangs longer is worn, and a link that nobody remembers should end by itself."""

MOVEMENT_DAYS = 35
"""As far back movements are read for a check of the source; most shops count each shelf more often."""

_CODES = {".svg": svg, ".png": png}

# Into a file or another program, ids must not be broken to fit a screen.
console = Console(width=None if sys.stdout.isatty() else 240)


def fail(problem: object) -> typer.Exit:
    """One clear line on stderr, and exit code 2."""
    typer.echo(f"stkr: {problem}", err=True)
    return typer.Exit(2)


@app.command("open")
def open_count(
    location: Annotated[str, typer.Argument(help="Location as the rules doc names it.")],
    counter: Annotated[str, typer.Option(help="Who is counting.")],
    zone: Annotated[str | None, typer.Option(help="Only this category or bin.")] = None,
    sku: Annotated[list[str] | None, typer.Option(help="Only this SKU; may be repeated.")] = None,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Open a count session and print the link for the people who count."""
    now = datetime.now(UTC)
    try:
        settings = session_settings(stack)
        opening = Opening(location, counter, zone, tuple(sku) if sku else None)
        session = open_session(settings, opening, rules_in_force(stack), now, secrets.token_hex(4))
    except (StackError, StkrError) as error:
        raise fail(error) from error
    console.print(f"Session [bold]{session.session_id}[/] is open: {session.expected:,} SKUs expected.")
    console.print(f"Upload to s3://{settings.bucket}/{keyspace.upload_prefix(session.session_id)} or use this page:")
    expires = int((now + timedelta(days=rules_in_force(stack).rules.link_days)).timestamp())
    home = outputs(stack)["SessionUrl"]
    page = CountLink(home=home, location=session.location, session_id=session.session_id, expires_at=expires)
    typer.echo(address(page, signing_keys(settings.signing_secret, now)))


@app.command()
def link(
    location: Annotated[str, typer.Argument(help="Location as the rules doc names it.")],
    days: Annotated[int, typer.Option(min=1, max=MAX_LINK_DAYS, help="How long it works.")] = COUNT_LINK_DAYS,
    qr: Annotated[Path | None, typer.Option(metavar="FILE", help="Write its QR code, to a .svg or .png file.")] = None,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Print the link with which staff open counts of a location themselves.

    It stops working before its time when the signing key is rotated twice: a rotation accepts the key before it, and
    no older one. So hang up new cards after each rotation; to void a lost card, rotate twice.
    """
    now = datetime.now(UTC)
    draw = _CODES.get(qr.suffix.casefold()) if qr else None
    if qr and not draw:
        raise fail(f"{qr} is to be a .svg or .png file")
    try:
        settings = session_settings(stack)
        if location not in rules_in_force(stack).rules.locations:
            raise fail(f"there is no location {location!r} in the rules doc")
    except StackError as error:
        raise fail(error) from error
    expires = int((now + timedelta(days=days)).timestamp())
    opening = CountLink(home=outputs(stack)["SessionUrl"], location=location, expires_at=expires)
    signed = address(opening, signing_keys(settings.signing_secret, now))
    if qr and draw:
        try:
            qr.write_bytes(draw(signed))
        except OSError as error:
            raise fail(f"{qr} cannot be written: {error.strerror}") from error
    typer.echo(signed)


@app.command()
def status(
    session_id: Annotated[str | None, typer.Argument(help="A session; without it, all that are not closed.")] = None,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Show how counts stand: what was read, what is parked and why, what waits for a decision."""
    try:
        if session_id is None:
            _list_sessions(outputs(stack)["CountsTableName"])
        else:
            _show_session(stack, session_id)
    except (StackError, StkrError) as error:
        raise fail(error) from error


def _list_sessions(counts_table: str) -> None:
    table = Table("session", "location", "counter", "opened", "status", "parked", "material", title="Open counts")
    for session in open_sessions(counts_table):
        parked = str((session.rows or {}).get("parked", ""))
        material = str((session.outcome or {}).get("material", ""))
        day = session.opened_at[:16].replace("T", " ")
        cells = (session.session_id, session.location, session.counter, day, session.status, parked, material)
        table.add_row(*map(escape, cells))
    console.print(table)


def _show_session(stack: str, session_id: str) -> None:
    standing = session_standing(session_settings(stack), session_id, MAX_SHOWN_ROWS)
    session = standing.session
    who = f"{escape(session.location)}, counted by {escape(session.counter)}"
    console.print(f"[bold]{session.session_id}[/]: {session.status}, {who}")
    for name, amount in {**(session.rows or {}), **(session.outcome or {})}.items():
        console.print(f"  {name.replace('_', ' ')}: {amount}")
    for refused in standing.refused:
        console.print(f"[red]{escape(refused.file)}[/]: {escape(refused.problem)}")
    if standing.outcome:
        show_outcome(console, session_id, standing.outcome, standing.parked)


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
    rows = ((known.sku, known.alias.written, known.session_id, known.confirmed_at) for known in read_aliases(table))
    typer.echo(csv_text(("sku", "aliases", "confirmed_in", "confirmed_at"), rows), nl=False)


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
        (one.id, row.sku, row.location, row.name, one.units, one.at, str((now - datetime.fromisoformat(one.at)).days))
        for row in read_waiting(table)
        for one in row.adjustments
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
            row = booked_by_hand(table, adjustment, now)
            console.print(f"{adjustment}: noted for {row.sku} at {row.location}; the next sync reads it.", markup=False)
    except (StackError, StkrError) as error:
        raise fail(error) from error


@app.command()
def sweep(stack: StackOption = DEFAULT_STACK) -> None:
    """Do the daily sweep now: mail what is due, remind, report. Nobody gets the same again on the same day."""
    try:
        function = outputs(stack)["SweepFunctionName"]
    except StackError as error:
        raise fail(error) from error
    # As an event, so that Lambda tries it again, and keeps it if it fails for good.
    aws.functions().invoke(FunctionName=function, InvocationType="Event", Payload=b'{"detail": {}}')
    console.print("The sweep is under way; in quiet hours, its mails go out when they end.")


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
        # Without its cause, which quotes the file, and so perhaps the credential.
        raise fail(f"{file} is not a JSON document") from None
    except (StackError, StkrError) as error:
        raise fail(error) from error
    if reading is None:
        raise fail("the source says that it has not changed, though nothing was read before")
    show_reading(console, reading)
