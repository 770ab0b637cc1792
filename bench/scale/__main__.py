"""`python -m bench.scale`: measures a count, simulates a chain's night, prints both and keeps them in docs/proof."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import yaml

# Powertools reads these when it is imported, as in a function.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "stkr", "POWERTOOLS_METRICS_NAMESPACE": "stkr"}

from bench.scale.demand import measured
from bench.scale.opening import Opened, Taken, opened, read_back
from bench.scale.report import report
from tests.deployment import stack
from tests.template.stack import FUNCTIONS

_HERE = Path(__file__).parent
_ROWS: Final = (2_000, 20_000, 200_000)


def main() -> int:
    """Measure each thing in a process of its own."""
    limits = yaml.safe_load((_HERE / "limits.yaml").read_text("utf-8"))
    memory = {name: int(stack().function(name)["MemorySize"]) for name in FUNCTIONS}
    openings: list[tuple[Opened, Taken]] = []
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        for rows in _ROWS:
            print(f"  a count opened in {rows:,} rows of stock", file=sys.stderr)
            one = fresh.submit(opened, rows).result()
            openings.append((one, fresh.submit(read_back, one.snapshot).result()))
        print("  a count, metered", file=sys.stderr)
        demand = fresh.submit(measured).result()
    page = report(demand, openings, limits, memory, int(stack().function("session")["Timeout"]))
    print(page)
    (_HERE.parents[1] / "docs" / "proof" / "scale.md").write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
