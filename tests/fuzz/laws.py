"""What must hold for whatever is uploaded."""

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from pydantic import TypeAdapter

from stkr.capture.core import capture
from stkr.capture.result import Capture, Reason, UploadedFile
from tests.fuzz.inputs import SNAPSHOT, Case
from tests.fuzz.known_counts import KnownCount
from tests.unit.capture.builders import assert_conserved

_DOCUMENT = TypeAdapter(Capture)
_NUMBER = re.compile(r"\d[\d,]*")
_QUOTED = re.compile(r"['\":(]| column \d")
_SKUS = {*SNAPSHOT.rows, *SNAPSHOT.elsewhere}


@dataclass(slots=True)
class FuzzTally:
    """The outcomes of one case, or of many: files, rows read, parked rows by reason, refused files by message, clean
    lines, and counts whose figures are known by kind and outcome.
    """

    files: int = 0
    read: int = 0
    parked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    known: Counter[str] = field(default_factory=Counter)

    def add(self, other: "FuzzTally") -> None:
        """Add the figures of another."""
        self.files += other.files
        self.read += other.read
        self.lines += other.lines
        self.parked += other.parked
        self.refused += other.refused
        self.known += other.known


def hold(case: Case) -> FuzzTally:
    """Capture a case and hold the outcome to every law.

    :raises AssertionError: at the law that is broken. Any other error is one that capture must not raise.
    """
    captured = capture(case.files, SNAPSHOT, case.decided)
    assert_conserved(captured)
    _hold_lines(captured)
    _hold_parked(captured)
    assert all(problem.problem.strip() for problem in captured.problems)
    names = {file.name for file in case.files}
    assert {problem.file for problem in captured.problems} <= names
    assert _DOCUMENT.validate_json(_DOCUMENT.dump_json(captured)) == captured, "the stored document reads otherwise"
    assert capture(case.files, SNAPSHOT, case.decided) == captured, "a second run comes to another outcome"
    copies = [UploadedFile(f"again {file.name}", file.content) for file in case.files]
    twice = capture([*case.files, *copies], SNAPSHOT, case.decided)
    assert _counts(twice) == _counts(captured), "copies of the files change a count"
    return FuzzTally(
        len(case.files),
        captured.totals.read,
        Counter(row.reason.value for row in captured.parked),
        Counter(_kind(problem.problem) for problem in captured.problems),
        len(captured.lines),
    )


def hold_known(count: KnownCount, file: UploadedFile) -> FuzzTally:
    """Capture a count of which the right figures are known, and find none that is another.

    :raises AssertionError: at a figure that is wrong, or an item that is lost without a word.
    """
    captured = capture([file], SNAPSHOT)
    assert_conserved(captured)
    for line in captured.lines:
        said = f"{count.kind}: {line.sku} is counted as {line.counted_qty}"
        assert line.sku not in count.unsure, f"{said}, of which nobody can be sure"
        assert line.counted_qty == count.right.get(line.sku), f"{said}, right is {count.right.get(line.sku)}"
    if not captured.problems:
        counted = {line.sku for line in captured.lines}
        told = "\n".join(cell for row in captured.parked for cell in (*row.cells, *row.skus)).casefold()
        lost = [sku for sku in count.right if sku not in counted and sku.casefold() not in told]
        assert not lost, f"{count.kind}: {lost} are lost without a word"
    whole = len(captured.lines) == len(count.right) and not captured.problems and not captured.parked
    outcome = "right" if whole else "refused" if captured.problems else "parked"
    return FuzzTally(1, captured.totals.read, lines=len(captured.lines), known=Counter({f"{count.kind}: {outcome}": 1}))


def _hold_lines(captured: Capture) -> None:
    assert all(before.sku < after.sku for before, after in pairwise(captured.lines)), "lines are not sorted and unique"
    short = {sku for row in captured.parked for sku in row.skus}
    for line in captured.lines:
        assert line.sku in _SKUS, f"{line.sku} is not in the stock"
        assert line.counted_qty.is_finite(), f"{line.sku} is counted as {line.counted_qty}"
        assert line.counted_qty >= 0, f"{line.sku} is counted as {line.counted_qty}"
        assert line.rows, f"{line.sku} was seen nowhere"
        assert line.incomplete == (line.sku in short), f"{line.sku} is said to be complete, or short, and is not"


def _hold_parked(captured: Capture) -> None:
    places = [(row.file, row.row) for row in captured.parked]
    assert places == sorted(places), "parked rows are not in the order of their files"
    for row in captured.parked:
        assert isinstance(row.reason, Reason), f"{row.reason} is no reason of the list"
        assert row.detail.strip(), f"{row.file} row {row.row} does not say what is wrong"
        assert row.row > 0, f"{row.file} has no row {row.row}"
        assert any(cell.strip() for cell in row.cells), f"{row.file} row {row.row} is empty"
        assert set(row.skus) <= _SKUS, f"{row.file} row {row.row} names what is not in the stock"


def _counts(captured: Capture) -> dict[str, str]:
    return {line.sku: str(line.counted_qty) for line in captured.lines}


def _kind(problem: str) -> str:
    """The beginning of a message without what it quotes, so that the same problem of two files is one."""
    general = _NUMBER.sub("N", _QUOTED.split(problem)[0])
    return " ".join(general.split()[:8])
