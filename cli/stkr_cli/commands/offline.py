"""``stkr check`` and ``stkr reconcile``: the same core as in the cloud, on two files and without a network."""

import shlex
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
from stkr.capture.questions import Answers, EqualRows
from stkr.capture.read_file import WatchBlocks
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.counted import FileProblem
from stkr.domain.errors import CountFileError, StkrError
from stkr.domain.question import Candidate, Question, QuestionKind
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

_LONGEST_TYPED = 40
"""Characters of a title that a person is asked to type; a longer one is easier said by its number."""

_MOST_OFFERED = 3

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
CountColumn = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The column that was counted, where it is not certain: its title, its number (column 3) or letter (C).",
    ),
]
UnitWord = Annotated[
    str, typer.Option("--unit", metavar="WORD", help="The unit that the count is in, where it is not certain: cases.")
]
EqualRowsOption = Annotated[
    EqualRows | None,
    typer.Option(
        help="Whether equal rows of one item in one place are counts that add up, or the same count, repeated."
    ),
]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="RULES", help="The rules doc (YAML); the default tolerance without it."),
]


@app.command()
def check(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    count_files: CountFiles,
    inventory: InventoryFile,
    location: LocationName = None,
    count_column: CountColumn = "",
    unit: UnitWord = "",
    equal_rows: EqualRowsOption = None,
    fix_sheet: FixSheetOption = None,
    as_json: AsJson = False,
) -> None:
    """Explain a count before it is uploaded: what would be counted, and what needs a person."""
    with _one_line_on_error():
        captured = _captured(count_files, _snapshot(inventory, location), Answers(count_column, unit, equal_rows))
        if fix_sheet:
            _write_fix_sheet(fix_sheet, captured)
    if as_json:
        json_output.write(json_output.of_capture(captured, of_several=len(count_files) > 1))
    else:
        tables.show_outcome(Console(), _named(count_files), captured, captured.parked)


@app.command()
def reconcile(  # noqa: PLR0913, PLR0917 - as above
    count_files: CountFiles,
    inventory: InventoryFile,
    rules: RulesFile = None,
    location: LocationName = None,
    count_column: CountColumn = "",
    unit: UnitWord = "",
    equal_rows: EqualRowsOption = None,
    as_json: AsJson = False,
) -> None:
    """Reconcile a count with the system's quantities: every variance, judged by the rules."""
    with _one_line_on_error():
        in_force = _rules(rules)
        snapshot = _snapshot(inventory, location)
        captured = _captured(count_files, snapshot, Answers(count_column, unit, equal_rows))
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


def _captured(count_files: list[Path], snapshot: Snapshot, answers: Answers) -> Capture:
    """Capture the files; ``answers`` are about each of them.

    :raises CountFileError: naming every file that cannot be read, and the option that answers what is not certain.
    """
    names = Counter(path.name for path in count_files)
    if max(names.values()) > 1:
        raise CountFileError("two files of one count cannot have the same name: the later would replace the earlier")
    files = [UploadedFile(path.name, _content(path), f"{order:06}") for order, path in enumerate(count_files)]
    with _progress(files) as watch:
        captured = capture(files, snapshot, watch=watch, answers={file.name: answers for file in files})
    path_of = {path.name: path for path in count_files}
    refused = [f"{path_of[whole.file]}: {_with_answer(whole)}" for whole in captured.problems if whole.row is None]
    if refused:
        raise CountFileError("\n".join(refused))
    return captured


def _with_answer(refusal: FileProblem) -> str:
    """Why a file is refused, and the option that settles it, ready to be copied."""
    question = refusal.question
    return f"{refusal.problem.removesuffix('.')}, {_option_for(question)}" if question else refusal.problem


def _option_for(question: Question) -> str:
    match question.kind:
        case QuestionKind.COUNT_COLUMN:
            # All of them are offered alike: an example would be taken for advice.
            offered = [_offered(candidate) for candidate in question.candidates[:_MOST_OFFERED]]
            which = "which one was counted" if len(question.candidates) > 1 else "that it was counted, in single units"
            return f"or say {which}: {' or '.join(offered)}"
        case QuestionKind.UNIT:
            return "or say which unit the count is in: --unit each or --unit cases"


def _offered(candidate: Candidate) -> str:
    """The option for a column, by its title where that can be typed; a second column may have the same."""
    title = candidate.title
    typed = title if title and title.isprintable() and len(title) <= _LONGEST_TYPED else f"column {candidate.column}"
    return f"--count-column {shlex.quote(typed)}"


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
