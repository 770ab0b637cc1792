"""Time and memory of the contenders.

Nothing heavy is imported up here: what is measured is the process that runs these functions, and a child process
begins with the peak of the one it was started from.
"""

import gc
import resource
import sys
import time
from dataclasses import dataclass
from gzip import compress, decompress
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import cast

from bench.capture.contract import Contender, Outcome
from bench.capture.data import make_count, make_stock

CONTENDERS = ("stkr", "pandas", "polars")


@dataclass(frozen=True, slots=True)
class Size:
    """A count of so many rows of a shop of so many SKUs. ``repeats`` is how often it is timed."""

    rows: int
    skus: int
    repeats: int


# Small shops have some thousand items, and 200,000 rows are a warehouse's; so the larger sizes are ten bins an item.
SIZES = (Size(2_000, 2_000, 30), Size(20_000, 2_000, 15), Size(200_000, 20_000, 7))


class Disagreement(Exception):
    """Two contenders do not come to the same outcome, so that there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: of wall clock in the best and the median run, and of all cores together in the best run."""

    best: float
    median: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Peaks in MB of one process: after its imports, with the snapshot and the file read in, and after the job.

    ``cold`` is the seconds from the first import to the outcome.
    """

    imported: float
    loaded: float
    peak: float
    cold: float


def write_inputs(folder: Path) -> None:
    """Put the files and the snapshots, as the functions store them, into a folder."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - see the module's docstring

    from stkr.stock import Snapshot  # noqa: PLC0415 - as above

    for size in SIZES:
        snapshot = make_stock(size.skus)
        _count_file(folder, size.rows).write_bytes(make_count(snapshot, size.rows))
        _stock_file(folder, size.rows).write_bytes(compress(TypeAdapter(Snapshot).dump_json(snapshot), mtime=0))


def measure_times(size: Size) -> dict[str, Times]:
    """Time the contenders in turns, so that whatever else the machine does meets all of them.

    :raises Disagreement: when their outcomes differ.
    """
    snapshot = make_stock(size.skus)
    content = make_count(snapshot, size.rows)
    contenders = {name: _contender(name) for name in CONTENDERS}
    _compare({name: contender(content, snapshot) for name, contender in contenders.items()})
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(size.repeats):
        for name, contender in contenders.items():
            gc.collect()
            begun, cpu_begun = time.perf_counter(), time.process_time()
            contender(content, snapshot)
            runs[name].append((time.perf_counter() - begun, time.process_time() - cpu_begun))
    taken = {name: tuple(zip(*each, strict=True)) for name, each in runs.items()}
    return {name: Times(min(wall), median(wall), min(cpu)) for name, (wall, cpu) in taken.items()}


def measure_memory(name: str, folder: Path, rows: int) -> Memory:
    """Run one contender once; to be called in a fresh process."""
    begun = time.perf_counter()
    contender = _contender(name)
    from pydantic import TypeAdapter  # noqa: PLC0415 - see the module's docstring

    from stkr.stock import Snapshot  # noqa: PLC0415 - as above

    imported = _peak()
    content = _count_file(folder, rows).read_bytes()
    snapshot = TypeAdapter(Snapshot).validate_json(decompress(_stock_file(folder, rows).read_bytes()))
    loaded = _peak()
    contender(content, snapshot)
    return Memory(imported, loaded, _peak(), time.perf_counter() - begun)


def measure_function(folder: Path, rows: int) -> Memory:
    """Run the capture function's use case once, on stored answers instead of AWS; to be called in a fresh process."""
    begun = time.perf_counter()
    from bench.capture.function import run_capture  # noqa: PLC0415 - see the module's docstring

    imported = _peak()
    content, stock = _count_file(folder, rows).read_bytes(), _stock_file(folder, rows).read_bytes()
    loaded = _peak()
    run_capture(content, stock)
    return Memory(imported, loaded, _peak(), time.perf_counter() - begun)


def _contender(name: str) -> Contender:
    return cast("Contender", import_module(f"bench.capture.with_{name}").count)


def _compare(outcomes: dict[str, Outcome]) -> None:
    ours = outcomes[CONTENDERS[0]]
    for name, theirs in outcomes.items():
        for part in ("lines", "parked", "totals"):
            expected, found = getattr(ours, part), getattr(theirs, part)
            if expected != found:
                raise Disagreement(f"{name} has other {part}: {_difference(expected, found)}")


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


def _count_file(folder: Path, rows: int) -> Path:
    return folder / f"{rows}.csv"


def _stock_file(folder: Path, rows: int) -> Path:
    return folder / f"{rows}.json.gz"
