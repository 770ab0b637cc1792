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

from bench.scale.demand import LOCATIONS, measured
from bench.scale.opening import mirrored, opened, read_back
from bench.scale.report import FunctionLimits, StockFigures, report
from tests.deployment import stack
from tests.template.stack import FUNCTIONS

_HERE = Path(__file__).parent
_ROWS: Final = (2_000, 20_000, 200_000)


def main() -> int:
    """Measure each thing in a process of its own."""
    limits = yaml.safe_load((_HERE / "limits.yaml").read_text("utf-8"))
    prices = yaml.safe_load((_HERE.parent / "cost" / "prices.yaml").read_text("utf-8"))
    functions = {name: _function(name) for name in FUNCTIONS}
    stocks: list[StockFigures] = []
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        for rows in _ROWS:
            print(f"  {rows:,} rows of stock: a count opened, its snapshot read, a source mirrored", file=sys.stderr)
            one = fresh.submit(opened, rows, LOCATIONS).result()
            read = fresh.submit(read_back, one.snapshot).result()
            mirror = fresh.submit(mirrored, rows, LOCATIONS).result()
            stocks.append(StockFigures(rows, one.took, len(one.snapshot), read, mirror))
        print("  a count, metered", file=sys.stderr)
        demand = fresh.submit(measured).result()
    page = report(demand, stocks, limits, functions, prices)
    print(page)
    (_HERE.parents[1] / "docs" / "proof" / "scale.md").write_text(page, "utf-8")
    return 0


def _function(name: str) -> FunctionLimits:
    declared = stack().function(name)
    return FunctionLimits(int(declared["MemorySize"]), int(declared["Timeout"]))


if __name__ == "__main__":
    sys.exit(main())
