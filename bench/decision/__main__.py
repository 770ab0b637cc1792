"""`python -m bench.decision`: makes decisions, prints what they took and keeps it in docs/proof/decision.md."""

import os
import sys
from typing import Final

# Powertools reads these when it is imported, as in a function.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "stkr", "POWERTOOLS_METRICS_NAMESPACE": "stkr"}

from bench.decision.measure import decide, summed_up
from bench.decision.report import report
from tests.deployment import stack
from tests.template.stack import ROOT

_PROOF: Final = ROOT / "docs" / "proof" / "decision.md"


def main() -> int:
    """Decide, and tell. Returns 1 where a goal is missed."""
    page = report(summed_up(decide()), int(stack().function("approve")["MemorySize"]))
    print(page)
    _PROOF.write_text(page, "utf-8")
    return int("**missed**" in page)


if __name__ == "__main__":
    sys.exit(main())
