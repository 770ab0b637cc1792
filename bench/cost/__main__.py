"""`python -m bench.cost`: runs three months, prints what they cost and keeps it in docs/proof/cost.md and cost.svg."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

# Powertools reads these when it is imported, as in a function.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "stkr", "POWERTOOLS_METRICS_NAMESPACE": "stkr"}

from bench.cost.month import SIZES, simulate
from bench.cost.report import chart, report
from tests.template.stack import FUNCTIONS

_HERE = Path(__file__).parent
_PROOF = _HERE.parents[1] / "docs" / "proof"


def main() -> int:
    """Run a month of each size, each in a process of its own, one after the other: their CPU time is what is billed.

    Returns 1 where a goal is missed.
    """
    prices = yaml.safe_load((_HERE / "prices.yaml").read_text("utf-8"))
    cold = {function: _cold_seconds(function) for function in FUNCTIONS}
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        months = [fresh.submit(simulate, size, cold).result() for size in SIZES]
    page = report(months, prices)
    print(page)
    (_PROOF / "cost.md").write_text(page, "utf-8")
    (_PROOF / "cost.svg").write_text(chart(months, prices), "utf-8")
    return int("**missed**" in page)


def _cold_seconds(function: str) -> float:
    """CPU seconds from a fresh process to a ready handler."""
    code = f"import time, functions.{function}.handler; print(time.process_time())"
    path = os.pathsep.join(sys.path)
    told = subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return float(told.stdout)


if __name__ == "__main__":
    sys.exit(main())
