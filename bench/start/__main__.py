"""`python -m bench.start`: measures, prints the result and keeps it in docs/proof/start.md.

Takes the layer that `sam build` made for AWS for its size, and builds one for this interpreter to start from.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.start.measure import build_layer, size_of, start_with_the_layer, start_with_the_project
from bench.start.report import report
from tests.template.stack import ROOT

_RUNS: Final = 9
_PROOF: Final = ROOT / "docs" / "proof" / "start.md"
_BUILT: Final = ROOT / ".aws-sam" / "build" / "CommonLayer"


def main() -> int:
    """Measure everything. Returns 1 where a goal is missed."""
    print("  the project's packages", file=sys.stderr)
    project = start_with_the_project(_RUNS)
    with TemporaryDirectory() as folder:
        print("  the layer's packages", file=sys.stderr)
        build_layer(Path(folder))
        layer = start_with_the_layer(_RUNS, Path(folder))
    page = report(project, layer, size_of(_BUILT), _RUNS)
    print(page)
    _PROOF.write_text(page, "utf-8")
    return int("**missed**" in page)


if __name__ == "__main__":
    sys.exit(main())
