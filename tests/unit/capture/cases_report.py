"""What comes of each file in ``cases``, beside what a careful person would count.

A folder of ``cases`` holds a file as some system or shop makes it and ``expected.json``, which was written before the
file was ever read by the program:

- ``right``: SKU -> eaches that a careful person reading the file would count; nothing else may be counted.
- ``refuse``: ``safe`` where refusing the file or parking a row is fine, too; ``wrong`` where the file must be read in
  full; ``right`` where there is nothing to count in it.
- ``inventory``: the stock it is read against, relative to the folder; ``location``: where it was counted.
- ``kind``, ``source``, ``note``, ``parked``: for people. ``bad_advice``: telling people to rename a column to
  ``counted_qty`` would lead to a wrong figure here.

``PYTHONPATH=.:layers/common:cli python -m tests.unit.capture.cases_report`` prints the table of all of them.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from stkr_cli.app import app

CASES = Path(__file__).parent / "cases"
_UNREADABLE = 2
_BAD_ADVICE = re.compile(r"\bname\b[^.;:]*\bcounted_qty\b")


class Verdict(StrEnum):
    """What an outcome is worth. ``WRONG`` and ``TOO_STRICT`` are faults."""

    RIGHT = "right"
    SAFE = "safe"
    WRONG = "wrong"
    TOO_STRICT = "too strict"


@dataclass(frozen=True)
class Case:
    """A file with what should come of it."""

    folder: Path
    expected: Mapping[str, Any]

    @property
    def file(self) -> Path:
        """The count."""
        return self.folder / str(self.expected["input"])

    @property
    def inventory(self) -> Path:
        """The stock it is read against."""
        return self.folder / str(self.expected["inventory"])

    @cached_property
    def right(self) -> dict[str, Decimal]:
        """What a careful person would count."""
        return {sku: Decimal(quantity) for sku, quantity in self.expected["right"].items()}


@dataclass(frozen=True)
class Outcome:
    """What the program made of a file: it refused it, or counted and parked."""

    refusal: str = ""
    counted: Mapping[str, Decimal] | None = None
    parked: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Judgement:
    """The verdict on an outcome and, for people, why."""

    verdict: Verdict
    why: str = ""


def all_cases() -> list[Case]:
    """Every case there is, by name."""
    files = sorted(CASES.glob("*/expected.json"))
    return [Case(file.parent, json.loads(file.read_text("utf-8"))) for file in files]


def outcome_of(case: Case) -> Outcome:
    """Read the file as ``stkr check`` does."""
    inventory, location = str(case.inventory), str(case.expected["location"])
    arguments = ["check", str(case.file), "--inventory", inventory, "--location", location, "--json"]
    result = CliRunner().invoke(app, arguments)
    if result.exit_code == _UNREADABLE:
        return Outcome(refusal=result.stderr.partition(f"{case.file}: ")[2].strip() or result.stderr.strip())
    assert result.exit_code == 0, (case.folder.name, result.output, result.exception)
    found = json.loads(result.stdout)
    counted = {line["sku"]: Decimal(line["counted_qty"]) for line in found["lines"]}
    return Outcome(counted=counted, parked=found["parked"])


def judge(case: Case, outcome: Outcome) -> Judgement:
    """Compare an outcome with what a careful person would count."""
    if case.expected.get("bad_advice") and _BAD_ADVICE.search(outcome.refusal):
        return Judgement(Verdict.WRONG, f"advice that leads to a wrong figure: {outcome.refusal}")
    counted = outcome.counted or {}
    amiss = [
        f"{sku} {quantity} counted, right is {case.right.get(sku, 'none')}"
        for sku, quantity in counted.items()
        if case.right.get(sku) != quantity
    ]
    missing = [sku for sku in case.right if sku not in counted]
    if not outcome.refusal:
        told = _told_of(case, outcome.parked)
        amiss += [f"{sku} {case.right[sku]} lost without a word" for sku in missing if not _names(case, sku, told)]
    if amiss:
        return Judgement(Verdict.WRONG, "; ".join(amiss))
    if case.expected["refuse"] == "right" or (case.right and not missing):
        return Judgement(Verdict.RIGHT)
    why = outcome.refusal or f"parked: {', '.join(sorted({row['reason'] for row in outcome.parked}))}"
    return Judgement(Verdict.TOO_STRICT if case.expected["refuse"] == "wrong" else Verdict.SAFE, why)


def _told_of(case: Case, parked: Sequence[Mapping[str, Any]]) -> str:
    """All that stands in the rows that were parked, and so was said."""
    numbers = {row["row"] for row in parked}
    return "\n".join(text for number, text in enumerate(_rows(case.file), 1) if number in numbers).casefold()


def _rows(file: Path) -> Iterable[str]:
    if file.suffix == ".xlsx":
        rows = load_workbook(file).worksheets[0].iter_rows(values_only=True)
        return [" ".join(str(cell) for cell in row if cell is not None) for row in rows]
    return file.read_text("utf-8-sig", errors="replace").splitlines()


def _names(case: Case, sku: str, text: str) -> bool:
    """Whether a text names an item by its SKU or one of its other codes."""
    return any(code.casefold() in text for code in _codes(case.inventory)[sku])


def _codes(inventory: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    header, *rows = inventory.read_text("utf-8").splitlines()
    aliases = header.split(",").index("aliases")
    for row in rows:
        cells = row.split(",")
        found[cells[0]] = [cells[0], *(code.partition("*")[0] for code in cells[aliases].split("|") if code)]
    return found


def main() -> None:
    """Print how many cases of each kind came out how, and all that are wrong or too strict."""
    console = Console(width=200)
    judged = [(case, judge(case, outcome_of(case))) for case in all_cases()]
    by_kind: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for case, judgement in judged:
        by_kind[case.expected["kind"]][judgement.verdict] += 1
    table = Table("kind", "cases", *Verdict)
    for kind, of in sorted(by_kind.items()):
        table.add_row(kind, str(of.total()), *(str(of[verdict]) for verdict in Verdict))
    total = sum(by_kind.values(), Counter[Verdict]())
    table.add_row("all", str(total.total()), *(str(total[verdict]) for verdict in Verdict))
    console.print(table)
    for verdict in (Verdict.WRONG, Verdict.TOO_STRICT):
        table = Table("kind", "case", verdict)
        rows = [(case.expected["kind"], case.folder.name, of.why) for case, of in judged if of.verdict is verdict]
        for row in sorted(rows):
            table.add_row(*row)
        console.print(table, markup=False)


if __name__ == "__main__":
    main()
