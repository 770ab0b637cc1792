"""``stkr check`` and ``stkr reconcile``: the same core as in the cloud, on two files and without a network."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from stkr.capture.core import capture
from stkr.capture.read_file import WatchBlocks
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.errors import CountFileError, StkrError
from stkr.domain.stock import Snapshot
from stkr.rules.doc import Rules, default_rules, read_rules
from stkr.stockfile.read import read_stock, snapshot_of
from stkr.tabular.sheet import MAX_FILE_BYTES, Block
from stkr.variance.core import find_variances
from stkr_cli import json_output, tables

app = typer.Typer()

UNREADABLE = 2
"""Exit status when a file cannot be read."""

_LONG = 1_000_000
"""Bytes from which reading takes long enough to show how far it is."""

CountFiles = Annotated[
    list[Path],
    typer.Argument(
        metavar="COUNT_FILE", help="The count: CSV, TXT, TSV or XLSX; several files, and fix sheets, of one count."
    ),
]
InventoryFile = Annotated[
    Path,
    typer.Option("--inventory", metavar="INVENTORY_FILE", help="The system of record's stock: CSV or XLSX."),
]
LocationName = Annotated[
    str | None,
    typer.Option("--location", metavar="NAME", help="The location that was counted; the others are elsewhere."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
FixSheetOption = Annotated[
    Path | None,
    typer.Option("--fix-sheet", metavar="XLSX", help="Also write the parked rows to this workbook, to be filled in."),
]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="RULES", help="The rules doc (YAML); the default tolerance without it."),
]


@app.command()
def check(
    count_files: CountFiles,
    inventory: InventoryFile,
    location: LocationName = None,
    fix_sheet: FixSheetOption = None,
    as_json: AsJson = False,
) -> None:
    """Explain a count before it is uploaded: what would be counted, and what needs a person."""
    with _one_line_on_error():
        captured = _captured(count_files, _snapshot(inventory, location))
        if fix_sheet:
            _write_fix_sheet(fix_sheet, captured)
    if as_json:
        json_output.write(json_output.of_capture(captured, of_several=len(count_files) > 1))
    else:
        tables.show_outcome(Console(), _named(count_files), captured, captured.parked)


@app.command()
def reconcile(
    count_files: CountFiles,
    inventory: InventoryFile,
    rules: RulesFile = None,
    location: LocationName = None,
    as_json: AsJson = False,
) -> None:
    """Reconcile a count with the system's quantities: every variance, judged by the rules."""
    with _one_line_on_error():
        in_force = _rules(rules)
        snapshot = _snapshot(inventory, location)
        captured = _captured(count_files, snapshot)
    variances = find_variances(captured, snapshot, in_force)
    if as_json:
        json_output.write(json_output.of_reconciliation(captured, variances, of_several=len(count_files) > 1))
    else:
        console = Console()
        tables.show_outcome(console, _named(count_files), captured, captured.parked, with_lines=False)
        tables.show_variances(console, variances, in_force)


@contextmanager
def _one_line_on_error() -> Iterator[None]:
    try:
        yield
    except StkrError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}")


def _refuse(problem: str) -> NoReturn:
    typer.echo(f"stkr: {'; '.join(problem.splitlines())}", err=True)
    raise typer.Exit(UNREADABLE)


def _content(path: Path) -> bytes:
    # Before it is read: a mistaken path may name something huge.
    if path.stat().st_size > MAX_FILE_BYTES:
        raise CountFileError(f"{path}: the file is larger than {MAX_FILE_BYTES // 1_000_000} MB: split it")
    return path.read_bytes()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which of the files it is that cannot be read."""
    try:
        yield
    except StkrError as error:
        raise CountFileError(f"{path}: {error}") from error


def _snapshot(inventory: Path, location: str | None) -> Snapshot:
    content = _content(inventory)
    with _naming(inventory):
        return snapshot_of(read_stock(inventory.name, content), location)


def _write_fix_sheet(path: Path, captured: Capture) -> None:
    from stkr.capture.write_fix_sheet import xlsx_fixes  # noqa: PLC0415 - its library takes longer to load than most checks

    path.write_bytes(xlsx_fixes(captured.parked, datetime.now(UTC)))


def _named(count_files: list[Path]) -> str:
    return ", ".join(path.name for path in count_files)


def _captured(count_files: list[Path], snapshot: Snapshot) -> Capture:
    names = Counter(path.name for path in count_files)
    if max(names.values()) > 1:
        raise CountFileError("two files of one count cannot have the same name: the later would replace the earlier")
    files = [UploadedFile(path.name, _content(path), f"{order:06}") for order, path in enumerate(count_files)]
    with _progress(files) as watch:
        captured = capture(files, snapshot, watch=watch)
    path_of = {path.name: path for path in count_files}
    refused = [f"{path_of[whole.file]}: {whole.problem}" for whole in captured.problems if whole.row is None]
    if refused:
        raise CountFileError("\n".join(refused))
    return captured


def _rules(path: Path | None) -> Rules:
    if path is None:
        return default_rules()
    content = _content(path)
    with _naming(path):
        return read_rules(content)


@contextmanager
def _progress(files: list[UploadedFile]) -> Iterator[WatchBlocks]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    # To stderr, so that --json and pipes get nothing but the result; where nobody watches, it would only leave blanks.
    console = Console(stderr=True)
    unseen = sum(len(file.content) for file in files) < _LONG or not console.is_terminal
    lines = sum(file.content.count(b"\n") for file in files)
    with Progress(*columns, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task("Reading the count", total=lines or None)

        def watch(blocks: Iterable[Block]) -> Iterator[Block]:
            for block in blocks:
                yield block
                bar.advance(task, len(block.rows))

        yield watch
