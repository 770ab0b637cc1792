"""`python -m tests.crashes HISTORIES SEED`: so many histories on every core; rewrites docs/proof/crashes.md.

Returns 1 where a promise was broken, with the shortest history that breaks it, and then leaves the page as it was.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.machine import machine

_SHARE = 250
"""Histories of one process: a few hundred, so that its memory stays small. Hypothesis lives through some more."""

_GOAL = 10_000
"""Histories."""

_PAGE = Path(__file__).parents[2] / "docs" / "proof" / "crashes.md"


def main(histories: int, seed: int) -> int:
    """Run at least so many: every core has seeds of its own."""
    begun, cores = time.monotonic(), os.cpu_count() or 1
    share = min(_SHARE, -(-histories // cores))
    total: Counter[str] = Counter()
    following = seed
    with TemporaryDirectory() as folder:
        running: list[tuple[subprocess.Popen[bytes], Path]] = []
        while running or total["steps: histories"] < histories:
            while len(running) < cores and total["steps: histories"] + len(running) * share < histories:
                result = Path(folder) / f"{following}.json"
                running.append((_start(share, following, result), result))
                following += 1
            process, result = running.pop(0)
            if process.wait():
                for other, _ in running:
                    other.terminate()
                return 1
            total.update(_flat(json.loads(result.read_text("utf-8"))))
            print(f"{total['steps: histories']:,} histories", flush=True)
    _PAGE.write_text(_page(total, histories, range(seed, following), time.monotonic() - begun), "utf-8")
    return 0


def _start(histories: int, seed: int, result: Path) -> "subprocess.Popen[bytes]":
    variables = {
        "STKR_CRASHES_HISTORIES": str(histories),
        "STKR_CRASHES_SEED": str(seed),
        "STKR_CRASHES_RESULT": str(result),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--show-capture=no", "--tb=short", "-p", "no:cacheprovider"]
    test = "tests/crashes/test_crashes.py::test_whatever_fails_every_promise_is_kept"
    return subprocess.Popen([*command, test], env=os.environ | variables)


def _flat(result: dict[str, Any]) -> Counter[str]:
    flat: Counter[str] = Counter(calls=result["calls"])
    for group in ("steps", "checked", "faults"):
        flat.update({f"{group}: {name}": figure for name, figure in result[group].items()})
    return flat


def _page(total: Counter[str], asked: int, seeds: range, seconds: float) -> str:
    steps, faults, checked = (_of(total, group) for group in ("steps", "faults", "checked"))
    histories, decisions, amid = (steps.pop(name) for name in ("histories", "decisions", "decisions amid faults"))
    done, harm = sum(steps.values()), sum(faults.values())
    return f"""# Whatever fails

A small shop lives through {histories:,} histories: counts are opened, sheets uploaded and corrected, messages delivered
late, twice, in any order or not at all until an operator redrives them; things are sold and delivered, stock is synced
and booked, mails go out, links are looked at, and buttons are tapped once, twice, both, or long after their time.
Meanwhile calls fail below the SDK's own retries, and functions die before and after any of them. One function runs at a
time; [another page](concurrency.md) is about many at once. After every step all that was promised is checked against
what people really did; at the end the trouble is over, and everything must be delivered, mailed, decided and booked.
`make crashes HISTORIES={asked} SEED={seeds[0]}` wrote this page;
`tests/crashes/` says how.

{machine("hypothesis", "moto", "boto3")}

- {"met" if histories >= _GOAL else "**missed**"}: {histories:,} histories, at least {_GOAL:,}

**{histories:,} histories, {done:,} steps, {harm:,} faults among {total["calls"]:,} calls, no promise
broken.** {decisions:,} variances were decided, {amid:,} of them while calls could fail and the rest at the end;
{seconds / 60:.1f} minutes, seeds {seeds[0]} to {seeds[-1]}.

{_table("step", steps)}

An answer that is lost is one to a call that was done. *Partial* is an answer that is no error and says
that the queue or the bus did not take what it was sent, or that a table left the keys of a batch unprocessed. Failures
of the services without tables and objects (queues, bus, model, mail) are what is left once the SDK has given up.

{_table("fault", faults)}

{_table("checked", checked)}
"""


def _of(total: Counter[str], group: str) -> dict[str, int]:
    figures = {
        name.removeprefix(f"{group}: "): figure for name, figure in total.items() if name.startswith(f"{group}: ")
    }
    return dict(sorted(figures.items(), key=lambda named: -named[1]))


def _table(what: str, figures: dict[str, int]) -> str:
    return "\n".join([f"| {what} | times |", "|---|--:|", *(f"| {name} | {n:,} |" for name, n in figures.items())])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
