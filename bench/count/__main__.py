"""`python -m bench.count`: compares, prints the result and keeps it in docs/proof/count-speed.md."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.context import SpawnContext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.count.measure import (
    CONTENDERS,
    SIZES,
    WAREHOUSE,
    CountSize,
    Disagreement,
    RunTimes,
    TimedCount,
    compare,
    function_mb,
    measure_function,
    measure_memory,
    measure_run,
    measure_work,
    write_inputs,
)
from bench.count.report import Measurements, missed, report

_PROOF = Path(__file__).parents[2] / "docs" / "proof" / "count-speed.md"
_ROUNDS = 5
_Result = TypeVar("_Result")


def main() -> int:
    """Measure everything, each part in a process of its own.

    Returns 1 where a goal is missed, or the contenders disagree.
    """
    spawn = get_context("spawn")
    with (
        TemporaryDirectory() as name,
        ProcessPoolExecutor(max_workers=1, mp_context=spawn, max_tasks_per_child=1) as fresh,
    ):
        folder = Path(name)

        def apart(job: Callable[..., _Result], *of: object) -> _Result:
            print(f"  {job.__name__} {' '.join(str(each) for each in of if each != folder)}", file=sys.stderr)
            return fresh.submit(job, *of).result()

        apart(write_inputs, folder)
        try:
            agreed = {size: apart(compare, folder, size) for size in (*SIZES, WAREHOUSE)}
        except Disagreement as error:
            print(error, file=sys.stderr)
            return 1
        timed = {size: TimedCount(*agreed[size], _timed(folder, size, spawn)) for size in agreed}
        memory = {
            size: {contender: apart(measure_memory, contender, folder, size) for contender in CONTENDERS}
            for size in timed
        }
        whole = {size: apart(measure_function, folder, size) for size in timed}
        work = {size: apart(measure_work, folder, size) for size in SIZES}
        measured = Measurements(timed, work, memory, whole, apart(function_mb))
    text = report(measured)
    print(text)
    _PROOF.write_text(text, "utf-8")
    return int(missed(measured))


def _timed(folder: Path, size: CountSize, spawn: SpawnContext) -> dict[str, RunTimes]:
    """The times of all contenders, who take turns, so that whatever else the machine does meets all of them."""
    print(f"  measure_run {size}", file=sys.stderr)
    with ExitStack() as running:
        processes = {
            name: running.enter_context(ProcessPoolExecutor(max_workers=1, mp_context=spawn)) for name in CONTENDERS
        }
        rounds = [
            {name: of.submit(measure_run, name, folder, size).result() for name, of in processes.items()}
            for _ in range(_ROUNDS)
        ]
    return {name: RunTimes.of(one[name] for one in rounds) for name in CONTENDERS}


if __name__ == "__main__":
    sys.exit(main())
