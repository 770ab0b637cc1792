"""``stkr open``, ``stkr link`` and ``stkr status``: counts of a deployed stack."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from stkr.domain.errors import StkrError
from stkr.domain.names import SessionId
from stkr.links.signing_keys import signing_keys
from stkr.links.tokens import CountLink, address
from stkr.session.core import Opening
from stkr.session.qr import png, svg
from stkr.session.shell import open_session, session_standing
from stkr.store import keyspace
from stkr.store.sessions import open_sessions
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs, rules_in_force, session_settings
from stkr_cli.tables import MAX_SHOWN_ROWS, show_outcome

app = typer.Typer()

COUNT_LINK_DAYS = 365
"""A location's link hangs at the end of an aisle; it opens blind counts and shows no quantity."""

MAX_LINK_DAYS = 1095
"""Three years: a card that hangs longer is worn, and a link that nobody remembers should end by itself."""

_CODES = {".svg": svg, ".png": png}


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
            _show_session(stack, SessionId(session_id))
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


def _show_session(stack: str, session_id: SessionId) -> None:
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
