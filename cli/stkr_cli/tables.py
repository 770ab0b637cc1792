"""What people see: summaries and tables. Cells of a file are shown as text, never as markup or terminal codes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stkr.capture.quantities import plain
from stkr.capture.result import CaptureOutcome, ParkedRow
from stkr.domain.counted import CountedLine, LineKind
from stkr.domain.stock import StockRow
from stkr.domain.variance import Materiality, Variance
from stkr.rules.doc import Rules
from stkr.sync.connector import Reading
from stkr.tabular.text import folded, visible
from stkr_cli.json_output import money

MAX_SHOWN_ROWS = 200
"""Rows of a table; nobody reads on, and ``--json`` has them all."""

_SHOWN_CHARS = 600
"""Characters of a cell; advice on two troubles fits, and a file's own cells may be of any length."""

_NAMED_ROWS = 5
_SHOWN_PERCENT = Decimal("0.01")
_FIRST_ROWS = 10
_NUMBERS = frozenset({"Row", "Counted", "System", "Count", "Units", "Cost", "Pack"})
_WHOLE = frozenset({"SKU", "State", "Kind"})
_WARNING = "bold yellow"
_STYLES = {Materiality.MATERIAL: "bold red", Materiality.MINOR: "yellow", Materiality.IN_AGREEMENT: "green"}


def show_outcome(
    console: Console, name: str, captured: CaptureOutcome, parked: Sequence[ParkedRow], *, with_lines: bool = True
) -> None:
    """A count's totals, its parked rows (at most ``MAX_SHOWN_ROWS``) with what to do about each, and its lines.

    What is wrong with a whole file stands before everything else, because the figures below may be of no use then.
    """
    for problem in captured.problems:
        if problem.row is None:
            console.print(_text(f"{problem.file}: {problem.problem}"), style=_WARNING)
    totals = captured.totals
    console.print(
        _text(
            f"{name}: {totals.read:,} rows read = {totals.counted:,} counted + {totals.collapsed:,} collapsed "
            f"+ {totals.blank:,} blank + {totals.parked:,} parked"
        )
    )
    _show_how_it_was_read(console, captured)
    if parked:
        columns: tuple[str, ...] = ("Row", "Code", "Quantity", "Reason", "What to do")
        rows = [_parked_cells(row) for row in parked]
        if len({row.file for row in parked}) > 1:
            columns = ("File", *columns)
            rows = [(row.file, *cells) for row, cells in zip(parked, rows, strict=True)]
        _show(console, "Parked: correct these rows, or fill in a fix sheet", columns, rows, of=totals.parked)
    else:
        console.print(_text("Nothing is parked."))
    if with_lines and captured.lines:
        lines = [
            (
                line.sku,
                plain(line.counted_qty),
                line.kind,
                _rows(line, of_several=len(captured.tables) > 1),
                "a parked row names it too" if line.incomplete else "",
            )
            for line in captured.lines
        ]
        _show(console, "Counted", ("SKU", "Counted", "Kind", "Rows", "Note"), lines)


def _show_how_it_was_read(console: Console, captured: CaptureOutcome) -> None:
    for table in captured.tables:
        console.print(_text(f"{table.name}: {table.sentence}."))
        if table.left_aside:
            warning = f"{table.name}: not used: {table.left_aside}. These numbers may be counts, too: look at them"
            console.print(_text(f"{warning}."), style=_WARNING)
    for sheet in captured.passed_over:
        console.print(_text(f"{sheet} was passed over: it does not look like a count."))
    for gone in captured.replaced:
        console.print(_text(f"{gone.file} does not count: {gone.by} is a later count of the same area"))
    for problem in captured.problems:
        if problem.row is not None:
            console.print(_text(f"{problem.file} row {problem.row}: {problem.problem}"))
    if captured.corrections:
        console.print(_text(f"{len(captured.corrections):,} rows count as a fix sheet says."))


def _rows(line: CountedLine, *, of_several: bool) -> str:
    """Where a line was counted; the first rows of many do."""
    parts = []
    for table, rows in line.rows.items():
        shown = ", ".join(map(str, rows[:_NAMED_ROWS]))
        if len(rows) > _NAMED_ROWS:
            shown += f" and {len(rows) - _NAMED_ROWS} more"
        parts.append(f"{table} {shown}" if of_several else shown)
    return "; ".join(parts)


def _parked_cells(row: ParkedRow) -> tuple[str, ...]:
    reasons = "\n".join(dict.fromkeys(trouble.reason.replace("_", " ") for trouble in row.troubles))
    advice = "\n".join(f"{trouble.cell}: {trouble.detail}" for trouble in row.troubles)
    return (str(row.row), row.code, row.quantity, reasons, advice)


def show_variances(console: Console, variances: Sequence[Variance], rules: Rules) -> None:
    """How the lines were judged, and every line that is not in agreement."""
    states = Counter(variance.materiality for variance in variances)
    console.print(_text(", ".join(f"{states[state]:,} {state.replace('_', ' ')}" for state in reversed(Materiality))))
    shown = [variance for variance in variances if variance.materiality is not Materiality.IN_AGREEMENT]
    if not shown:
        return
    columns = (
        "SKU",
        "Name",
        "State",
        "Counted",
        "System",
        "Units",
        "In %",
        f"In {rules.currency_sign.strip()}",
        "Rule",
    )
    shown.sort(key=lambda variance: (variance.materiality is not Materiality.MATERIAL, variance.sku))
    rows = [_cells(variance) for variance in shown]
    styles = [_STYLES[variance.materiality] for variance in shown]
    _show(console, "Variances", columns, rows, styles)


def show_reading(console: Console, reading: Reading) -> None:
    """What was understood of a system of record: rows by location, the first of them, movements, and doubts."""
    as_of = f", as of {reading.as_of}" if reading.as_of else ""
    console.print(_text(f"{len(reading.rows):,} rows of stock{as_of}"))
    by_location = Counter(row.location for row in reading.rows)
    locations = [(location, f"{count:,}") for location, count in sorted(by_location.items())]
    _show(console, "Rows by location", ("Location", "Count"), locations)
    columns = ("SKU", "Name", "Location", "System", "Unit", "Cost", "Pack", "Other codes")
    _show(console, "The first rows", columns, [_stock_cells(row) for row in reading.rows[:_FIRST_ROWS]])
    if reading.movements is None:
        console.print(_text("The source keeps no movements."))
    else:
        by_kind = Counter(movement.kind for movement in reading.movements)
        units = {
            kind: sum(movement.units for movement in reading.movements if movement.kind is kind) for kind in by_kind
        }
        kinds = [(kind, f"{by_kind[kind]:,}", plain(Decimal(units[kind]))) for kind in sorted(by_kind)]
        _show(console, "Movements", ("Kind", "Count", "Units"), kinds)
    for doubt in doubts(reading):
        console.print(_text(f"Look at this: {doubt}."))


def _stock_cells(row: StockRow) -> tuple[str, ...]:
    return (
        row.sku,
        row.name,
        row.location,
        plain(row.system_qty),
        row.unit or ("measure" if row.by_measure else ""),
        "" if row.unit_cost is None else plain(row.unit_cost),
        "" if row.pack_size is None else plain(row.pack_size),
        ", ".join(row.aliases),
    )


def doubts(reading: Reading) -> list[str]:
    """What a source may well mean, but a mistaken description of it would look like, too."""
    rows = reading.rows
    counts = [
        (sum(not row.name for row in rows), "have no name"),
        (sum(row.unit_cost is None for row in rows), "have no cost, so that their variances have no value"),
        (sum(row.system_qty < 0 for row in rows), "have less than nothing in stock"),
    ]
    sentences = [f"{count:,} of {len(rows):,} rows {what}" for count, what in counts if count]
    if not any(row.aliases for row in rows):
        sentences.append("no row has a code beside its SKU, so that scanned barcodes are not found")
    spellings: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for row in rows:
        spellings.setdefault(folded(row.location), set()).add(row.location)
        for code in row.aliases:
            owners.setdefault(folded(code), set()).add(row.sku)
    sentences += [f"{' and '.join(sorted(names))} are two locations" for names in spellings.values() if len(names) > 1]
    shared = sorted(code for code, skus in owners.items() if len(skus) > 1)
    if shared:
        sentences.append(
            f"{len(shared):,} codes stand for several SKUs, such as {shared[0]}, and are parked when scanned"
        )
    stocked = {(row.location, row.sku) for row in rows}
    strange = sum((movement.location, movement.sku) not in stocked for movement in reading.movements or ())
    if strange:
        sentences.append(f"{strange:,} movements are of SKUs that the stock does not list at their location")
    return sentences


def _cells(variance: Variance) -> tuple[str, ...]:
    gap = variance.gap
    return (
        variance.sku,
        variance.name,
        variance.materiality,
        "not counted" if variance.counted_qty is None else plain(variance.counted_qty),
        "not stocked" if variance.kind is LineKind.UNRECORDED else plain(variance.system_qty),
        plain(gap.units) if gap else "",
        plain(gap.percent.quantize(_SHOWN_PERCENT)) if gap and gap.percent is not None else "",
        money(gap.value) if gap and gap.value is not None else "",
        # For the other kinds the two quantities already say it.
        variance.rule if variance.kind is LineKind.COUNTED else "",
    )


def _show(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Iterable[str] = (),
    of: int = 0,
) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column in _NUMBERS or column.startswith("In ")
        table.add_column(
            column, justify="right" if number else "left", no_wrap=column in _WHOLE or number, overflow="fold"
        )
    of_row = iter(styles)
    for row in rows[:MAX_SHOWN_ROWS]:
        table.add_row(*(_text(_cut(cell)) for cell in row), style=next(of_row, ""))
    console.print(table)
    more = max(of, len(rows)) - MAX_SHOWN_ROWS
    if more > 0:
        console.print(
            _text(f"... and {more:,} more" + (": --json lists them all" if len(rows) > MAX_SHOWN_ROWS else ""))
        )


def _cut(cell: str) -> str:
    return cell if len(cell) <= _SHOWN_CHARS else f"{cell[:_SHOWN_CHARS]} ..."


def _text(content: str) -> Text:
    return Text(visible(content))
