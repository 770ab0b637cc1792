"""``stkr audit`` and ``stkr verify``: stories from the trail, and its check against everything stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from stkr.capture.quantities import plain
from stkr.domain.errors import StkrError
from stkr.domain.instants import moment_of
from stkr.domain.names import Instant, SessionId
from stkr.infra import aws
from stkr.rules.doc import Rules
from stkr.web.formatting import counted_noun, day_and_time, quantity, signed, signed_money
from stkr_cli import json_output
from stkr_cli.audit.shell import Tables, WatchItems, story_of_session, story_of_sku, verify_all, verify_sku
from stkr_cli.audit.story import StoryEvent
from stkr_cli.audit.verify import Difference, Tally
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs, rules_in_force

app = typer.Typer()

DIFFERENT = 1
"""Exit status when something does not follow from the trail."""

_CHECKED = "the system of record says what it has booked; the trail only says what no longer waits"


def _tables(stack: str) -> Tables:
    stack_outputs = outputs(stack)
    return Tables(
        stack_outputs["InventoryTableName"], stack_outputs["CountsTableName"], stack_outputs["AdjustmentsTableName"]
    )


@app.command()
def audit(
    sku: Annotated[str | None, typer.Argument(help="The SKU whose story to tell.")] = None,
    session: Annotated[str | None, typer.Option(metavar="ID", help="The count whose story to tell instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Tell the whole story of a SKU or of a count: what happened, when, by whom, and the quantity before and after."""
    if (sku is None) == (session is None):
        raise fail("name either a SKU, or a count with --session ID")
    try:
        if session is not None:
            events = story_of_session(_tables(stack), outputs(stack)["BucketName"], SessionId(session))
        else:
            events = story_of_sku(_tables(stack), sku or "")
        rules = rules_in_force(stack).rules
    except (StackError, StkrError) as error:
        raise fail(error) from error
    if not events:
        raise fail(f"there is no trail for {sku}")
    if as_json:
        json_output.write({"events": [_document(event) for event in events]})
    elif session is not None:
        _show(f"Count {session}", events, rules, ("sku",))
    else:
        _show(f"Trail of {sku}", events, rules, ("session",))


def _document(event: StoryEvent) -> dict[str, Any]:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(event).items()}


def _show(title: str, events: Sequence[StoryEvent], rules: Rules, others: tuple[str, ...]) -> None:
    table = Table(title=f"{title} (times in {rules.time_zone})", title_justify="left")
    for column in ("when", "what", "who", *others, "before", "after", "variance", "value", "cause", "more"):
        numeric = column in {"before", "after", "variance", "value"}
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for event in events:
        more = [f"by the link of {event.link_issued_to}" if event.link_issued_to else "", event.note]
        cells = [
            _when(event.at, rules.zone),
            event.what,
            event.who,
            event.sku if others == ("sku",) else event.session_id,
            "" if event.before is None else quantity(event.before),
            "" if event.after is None else quantity(event.after),
            "" if event.gap is None else signed(event.gap),
            "" if event.value is None else signed_money(event.value, rules.currency_sign),
            _cause(event),
            "; ".join(filter(None, more)),
        ]
        table.add_row(*map(escape, cells))
    console.print(table)


def _when(at: Instant | None, zone: ZoneInfo) -> str:
    return day_and_time(moment_of(at), zone) if at else "not kept"


def _cause(event: StoryEvent) -> str:
    if event.confirmed_cause is None or event.confirmed_cause == event.cause:
        return (event.cause or "").replace("_", " ")
    return f"{event.confirmed_cause} (suggested: {event.cause or 'none'})".replace("_", " ")


@app.command()
def verify(
    sku: Annotated[str | None, typer.Argument(help="Check this SKU only; without it, everything.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
    stack: StackOption = DEFAULT_STACK,
) -> None:
    """Re-derive every stock change from the trail and report whatever differs; changes nothing.

    Without a SKU all three tables are read once from end to end. Ends with 1 where something differs.
    """
    try:
        tables = _tables(stack)
        if sku is not None:
            tally, differences = verify_sku(tables, sku)
        else:
            with _progress(tables) as watch:
                tally, differences = verify_all(tables, watch)
    except (StackError, StkrError) as error:
        raise fail(error) from error
    if as_json:
        json_output.write({**asdict(tally), "differences": [asdict(difference) for difference in differences]})
    else:
        _show_verified(tally, differences)
    if differences:
        raise typer.Exit(DIFFERENT)


def _show_verified(tally: Tally, differences: Sequence[Difference]) -> None:
    console.print(
        f"Checked: {counted_noun(tally.variances, 'variance')} and {counted_noun(tally.posts, 'post')}, of which "
        f"{tally.changes:,} changed a quantity. Still to be booked: {tally.waiting:,} ({_CHECKED})."
    )
    if not differences:
        console.print("Everything follows from the trail.")
        return
    table = Table("SKU", "where", "what differs", "what to do", title=counted_noun(len(differences), "difference"))
    for difference in differences:
        table.add_row(*map(escape, (difference.sku, difference.where, difference.problem, difference.remedy)))
    console.print(table)


@contextmanager
def _progress(tables: Tables) -> Iterator[WatchItems]:
    names = (tables.adjustments, tables.counts, tables.inventory)
    # Counted every six hours or so, which is near enough for a bar.
    items = sum(aws.dynamodb().describe_table(TableName=name)["Table"].get("ItemCount", 0) for name in names)
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} items"))
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("Reading the tables", total=items or None)
        yield lambda more: bar.advance(task, more)
