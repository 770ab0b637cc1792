"""Time and memory of the contenders.

Nothing heavy is imported up here: what is measured is the process that runs these functions, and a child process
begins with the peak of the one it was started from.
"""

import gc
import resource
import sys
import time
from collections.abc import Iterable
from cProfile import Profile
from dataclasses import dataclass, replace
from functools import lru_cache
from gzip import compress, decompress
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

from bench.count.contract import Contender, CountResult
from bench.count.data import make_count, make_stock

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from stkr.domain.stock import Snapshot

CONTENDERS = ("stkr", "pandas", "polars")


@dataclass(frozen=True, slots=True)
class CountSize:
    """A count of so many lines: each SKU in so many bins."""

    lines: int
    bins: int

    def __str__(self) -> str:
        return f"{self.lines:,} lines" if self.bins == 1 else f"{self.lines:,} lines in {self.bins} bins each"


SIZES = (CountSize(2_000, 1), CountSize(20_000, 1), CountSize(200_000, 1))
"""Growth is told by these."""

WAREHOUSE = CountSize(20_000, 10)
"""As many rows as the largest, of a stock that a function is made for."""

Run = tuple[float, float]
"""Seconds of wall clock and of all cores together, for one count."""


class Disagreement(Exception):
    """Two contenders do not come to the same outcome, so that there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class TimedCount:
    """The rows of the file, the lines that are to be decided, and the times by contender."""

    rows: int
    material: int
    times: dict[str, "RunTimes"]


@dataclass(frozen=True, slots=True)
class RunTimes:
    """Seconds for one count: wall clock of the best and the median run, and the least of all cores together."""

    best: float
    median: float
    cpu: float

    @classmethod
    def of(cls, runs: Iterable[Run]) -> "RunTimes":
        """Those of several runs."""
        wall, cpu = zip(*runs, strict=True)
        return cls(min(wall), median(wall), min(cpu))


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """Peaks in MB of one process: after its imports, with the snapshot and the file read in, and after the job.

    ``cold`` is the seconds from the first import to the outcome.
    """

    imported: float
    loaded: float
    peak: float
    cold: float


def write_inputs(folder: Path) -> None:
    """Put the files and the snapshots, as the functions store them, into a folder.

    The table lists items by their SKUs; the count goes from shelf to shelf, which is another order.
    """
    stored = _stored_form()
    for size in (*SIZES, WAREHOUSE):
        stock = make_stock(size.lines)
        _count_file(folder, size).write_bytes(make_count(stock, size.bins))
        listed = replace(stock, rows=dict(sorted(stock.rows.items())), elsewhere=dict(sorted(stock.elsewhere.items())))
        _stock_file(folder, size).write_bytes(compress(stored.dump_json(listed), mtime=0))


def compare(folder: Path, size: CountSize) -> tuple[int, int]:
    """The rows of a count and the lines of it that are to be decided, which all contenders agree about.

    :raises Disagreement: when their outcomes differ.
    """
    content, snapshot = _inputs(folder, size, _stored_form())
    ours = _compared({name: _contender(name) for name in CONTENDERS}, content, snapshot)
    return ours.totals.read, sum(of[1] == "material" for of in ours.variances.values())


def measure_run(name: str, folder: Path, size: CountSize) -> Run:
    """Time one contender; to be called in a process that it has to itself, because what others leave behind, such as
    memory that their threads give back, would be in its time.

    A run is as many counts, one after the other, as have the rows of the largest: a single small one would find a
    moment at which the machine does nothing else, which no large one does.
    """
    contender, content, snapshot = _ready(name, folder, size)
    counts = SIZES[-1].lines // (size.lines * size.bins)
    gc.collect()
    begun, cpu_begun = time.perf_counter(), time.process_time()
    for _ in range(counts):
        contender.reconcile(content, snapshot)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
    return wall / counts, cpu / counts


@lru_cache(maxsize=1)
def _ready(name: str, folder: Path, size: CountSize) -> tuple[Contender, bytes, "Snapshot"]:
    """A contender and what it reads, for all its runs."""
    return _contender(name), *_inputs(folder, size, _stored_form())


def measure_work(folder: Path, size: CountSize) -> int:
    """How many calls, Python's own functions included, ours takes for a count: work that no machine makes slower."""
    content, snapshot = _inputs(folder, size, _stored_form())
    ours = _contender(CONTENDERS[0])
    profile = Profile()
    profile.runcall(ours.reconcile, content, snapshot)
    return sum(entry.callcount for entry in profile.getstats())


def measure_memory(name: str, folder: Path, size: CountSize) -> PeakMemory:
    """Run one contender once; to be called in a fresh process."""
    begun = time.perf_counter()
    contender, stored = _contender(name), _stored_form()
    imported = _peak()
    content, snapshot = _inputs(folder, size, stored)
    loaded = _peak()
    contender.reconcile(content, snapshot)
    return PeakMemory(imported, loaded, _peak(), time.perf_counter() - begun)


def measure_function(folder: Path, size: CountSize) -> PeakMemory:
    """Run the capture function's use case once, on stored answers instead of AWS; to be called in a fresh process."""
    begun = time.perf_counter()
    from bench.count.function import run_capture  # noqa: PLC0415 - see the module's docstring

    imported = _peak()
    content, stock = _count_file(folder, size).read_bytes(), _stock_file(folder, size).read_bytes()
    loaded = _peak()
    run_capture(content, stock)
    return PeakMemory(imported, loaded, _peak(), time.perf_counter() - begun)


def function_mb() -> int:
    """The memory that the template gives the capture function."""
    from tests.deployment import stack  # noqa: PLC0415 - see the module's docstring

    return int(stack().function("capture")["MemorySize"])


def _contender(name: str) -> Contender:
    return cast("Contender", import_module(f"bench.count.with_{name}"))


def _compared(contenders: dict[str, Contender], content: bytes, snapshot: "Snapshot") -> CountResult:
    """The outcome that all come to; only two at a time are held."""
    ours: CountResult | None = None
    for name, contender in contenders.items():
        theirs = contender.outcome(contender.reconcile(content, snapshot))
        ours = ours or theirs
        for part in ("lines", "parked", "totals", "variances"):
            expected, found = getattr(ours, part), getattr(theirs, part)
            if expected != found:
                raise Disagreement(f"{name} has other {part}: {_difference(expected, found)}")
    if ours is None:
        raise ValueError("there is nobody to compare")
    return ours


def _difference(expected: object, found: object) -> str:
    if not (isinstance(expected, (dict, list)) and isinstance(found, (dict, list))):
        return f"{found} instead of {expected}"
    sides = [set(each.items() if isinstance(each, dict) else each) for each in (expected, found)]
    missing, extra = sides[0] - sides[1], sides[1] - sides[0]
    return f"{len(missing)} missing, such as {list(missing)[:3]}; {len(extra)} too many, such as {list(extra)[:3]}"


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, everybody else kilobytes.
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _stored_form() -> "TypeAdapter[Snapshot]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - see the module's docstring

    from stkr.domain.stock import Snapshot  # noqa: PLC0415 - as above

    return TypeAdapter(Snapshot)


def _inputs(folder: Path, size: CountSize, stored: "TypeAdapter[Snapshot]") -> tuple[bytes, "Snapshot"]:
    stock = decompress(_stock_file(folder, size).read_bytes())
    return _count_file(folder, size).read_bytes(), stored.validate_json(stock)


def _count_file(folder: Path, size: CountSize) -> Path:
    return folder / f"{size.lines}-{size.bins}.csv"


def _stock_file(folder: Path, size: CountSize) -> Path:
    return folder / f"{size.lines}-{size.bins}.json.gz"
