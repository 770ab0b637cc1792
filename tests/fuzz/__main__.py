"""`python -m tests.fuzz ROWS SEED`: damages files until so many rows were read; returns 1 at the first breach."""

import sys
import time
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.campaign import Breach, campaign
from tests.fuzz.inputs import make_case
from tests.fuzz.known_counts import make_known_count
from tests.fuzz.laws import FuzzTally

_KEPT = Path(__file__).parents[2] / ".local" / "fuzz"
_EVERY = 50_000

console = Console()


def main(rows: int, seed: int) -> int:
    """Run until so many rows were read, on every core."""
    begun = time.monotonic()
    total = FuzzTally()
    reported = 0
    try:
        with Pool() as pool:
            for total in campaign(rows, seed, partial(pool.imap_unordered, chunksize=8)):
                if total.read >= reported + _EVERY:
                    reported = total.read - total.read % _EVERY
                    console.print(f"{total.read:,} rows of {total.files:,} files", highlight=False)
    except Breach as breach:
        console.print(breach.trace, markup=False, highlight=False)
        console.print(f"The files are in {_keep(breach)}", soft_wrap=True, highlight=False)
        return 1
    _report(total, seed, time.monotonic() - begun)
    return 0


def _keep(breach: Breach) -> Path:
    """Write the files of a case where a person can look at them."""
    folder = _KEPT / f"{breach.seed}-{breach.number}"
    folder.mkdir(parents=True, exist_ok=True)
    case = make_case(breach.seed, breach.number)
    for file in case.files:
        (folder / file.name).write_bytes(file.content)
    known, file = make_known_count(breach.seed, breach.number)
    (folder / f"known-{file.name}").write_bytes(file.content)
    (folder / "known.txt").write_text(f"{known.kind}: {known.right}", "utf-8")
    (folder / "decided.txt").write_text(repr(case.decided), "utf-8")
    (folder / "trace.txt").write_text(breach.trace, "utf-8")
    return folder


def _report(total: FuzzTally, seed: int, seconds: float) -> None:
    table = Table("", "count", title=f"No breach (seed {seed})")
    table.columns[1].justify = "right"
    for name, figure in (
        ("files", total.files),
        ("rows read", total.read),
        ("clean lines", total.lines),
        ("seconds", round(seconds)),
    ):
        table.add_row(name, f"{figure:,}")
    for title, counter in (("parked", total.parked), ("refused", total.refused), ("figures known", total.known)):
        table.add_section()
        table.add_row(f"[bold]{title}[/]", f"[bold]{counter.total():,}[/]")
        for name, figure in counter.most_common():
            table.add_row(name, f"{figure:,}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
