"""`python -m bench.capture`: compares, prints the result and keeps it in docs/proof/capture-speed.md."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.capture.measure import (
    CONTENDERS,
    SIZES,
    Disagreement,
    measure_function,
    measure_memory,
    measure_times,
    write_inputs,
)
from bench.capture.report import Measured, report

_PROOF = Path(__file__).parents[2] / "docs" / "proof" / "capture-speed.md"
_Result = TypeVar("_Result")


def main() -> int:
    """Measure everything, each part in a process of its own. Returns 1 where the contenders disagree."""
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
            times = {size.rows: apart(measure_times, size) for size in SIZES}
        except Disagreement as error:
            print(error, file=sys.stderr)
            return 1
        memory = {
            size.rows: {contender: apart(measure_memory, contender, folder, size.rows) for contender in CONTENDERS}
            for size in SIZES
        }
        whole = {size.rows: apart(measure_function, folder, size.rows) for size in SIZES}
    text = report(Measured(times, memory, whole))
    print(text)
    _PROOF.parent.mkdir(exist_ok=True)
    _PROOF.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
