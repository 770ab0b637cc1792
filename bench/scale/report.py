"""What was measured and simulated, as a page for people."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from bench.scale.chain import LAYOUTS, RESOURCES, SHOPS, WINDOW, Layout, Limits, million_lines, nights, stages, supply
from bench.scale.demand import LINES, LOCATIONS, Demand
from bench.scale.model import Passed, Stage, bound
from bench.scale.opening import Opened, Taken

_VCPU_MB: Final = 1769
"""The memory at which Lambda gives a function one whole vCPU."""

_PAGE: Final = """\
# How far it goes

The figures behind [scale.md](../scale.md), as `make scale` last made them: a count of {lines:,} lines is metered on the
functions' own code as in `make cost`, a count is opened in stocks of several sizes, and a chain's night flows through
the stages in a simulation (`bench/scale/`). Nothing ran on AWS; what AWS allows is in `bench/scale/limits.yaml`.

{machine}

## What one count of {lines:,} lines needs

{needs}

Of its lines {material} are material gaps, and {chunks} messages ask for their causes. Deciding one gap takes {decision}
write units and one of the month's index entries.

## How large one stack's stock may be

A count is opened on the rows of all its locations, {locations} here. `session` has {session_mb} MB, so {share} of a
vCPU, and {session_timeout} seconds; `capture` and `variance` read the snapshot in {capture_mb} MB.

{openings}

From the largest, opening takes all of its seconds at about **{by_time:,} rows**, and reading the snapshot all of
the memory at about **{by_memory:,} rows**, with nothing left for the file.

## A night of {shops:,} shops

{shops:,} shops of {locations} locations of {lines:,} lines are {total:g} million lines, uploaded within {hours:g} hours
with the most in the middle. Hours are from the first upload; *waiting* are the most counts that were held up, and
*by* what held them up longest.

{nights}

## What is used up first in one stack

The lines of a night of {hours:g} hours at which the busiest second takes all there is.

{bounds}

## What AWS allows

{limits}
"""


def report(
    demand: Demand,
    openings: Sequence[tuple[Opened, Taken]],
    limits: Limits,
    memory_mb: Mapping[str, int],
    timeout: int,
) -> str:
    """The page.

    :param openings: counts opened in stocks of rising size, and what reading each snapshot took.
    :param memory_mb: of each function.
    :param timeout: seconds that opening a count may take.
    """
    of = stages(demand, memory_mb, limits["bedrock_output_weight"]["amount"])
    share = memory_mb["session"] / _VCPU_MB
    largest, read = openings[-1]
    smallest, read_small = openings[0]
    a_row = (read.peak_mb - read_small.peak_mb) / (largest.rows - smallest.rows)
    return _PAGE.format(
        lines=LINES,
        machine=_machine(),
        needs=_needs(of),
        material=demand.material,
        chunks=demand.chunks,
        decision=demand.decided.usage["dynamodb_write_unit"],
        locations=LOCATIONS,
        session_mb=memory_mb["session"],
        session_timeout=timeout,
        capture_mb=memory_mb["capture"],
        share=f"{share:.2f}",
        openings=_openings(openings, share),
        by_time=_round(timeout * share / largest.took.cpu * largest.rows),
        by_memory=_round(smallest.rows + (memory_mb["capture"] - read_small.peak_mb) / a_row),
        shops=SHOPS,
        total=million_lines(SHOPS * LOCATIONS),
        hours=WINDOW / 3600,
        nights=_nights(nights(of, limits)),
        bounds=_bounds(of, limits),
        limits=_table(
            ("limit", "amount", "shared by", "from"),
            [(name, f"{each['amount']:,}", each["scope"], each["source"]) for name, each in limits.items()],
        ),
    )


def _round(rows: float) -> int:
    return round(rows / 1000) * 1000


def _needs(of: Sequence[Stage]) -> str:
    rows = [(stage.name, *(f"{stage.needs.get(name, 0):,.1f}" for name in RESOURCES)) for stage in of]
    return _table(("stage", *map(_unit, RESOURCES)), rows)


def _unit(resource: str) -> str:
    units = {
        "capture workers": "capture worker, s",
        "label workers": "label worker, s",
        "functions": "functions, s",
        "table": "write units",
        "month key": "writes to `MONTH#`",
        "open key": "writes to `OPEN`",
    }
    return units.get(resource, resource)


def _openings(openings: Sequence[tuple[Opened, Taken]], share: float) -> str:
    rows = [
        (
            f"{opened.rows:,}",
            f"{opened.took.cpu:.1f} s",
            f"{opened.took.cpu / share:.0f} s",
            f"{opened.took.peak_mb} MB",
            f"{len(opened.snapshot) / 1e6:.2f} MB",
            f"{read.cpu:.1f} s",
            f"{read.peak_mb} MB",
        )
        for opened, read in openings
    ]
    return _table(
        ("rows", "CPU to open", "in `session`", "its memory", "snapshot, packed", "CPU to read it", "its memory"), rows
    )


def _nights(of: Iterable[tuple[Layout, Sequence[Passed]]]) -> str:
    rows = [
        (layout.name, one.stage, f"{one.done_at / 3600:.1f} h", f"{one.waiting:,.0f}", one.scarce or "")
        for layout, passed in of
        for one in passed
    ]
    return _table(("layout", "stage", "all through", "waiting", "by"), rows)


def _bounds(of: Sequence[Stage], limits: Limits) -> str:
    [one_stack, *_] = LAYOUTS
    there_is = supply(one_stack, limits)
    lines = {name: million_lines(bound(of, name, amount, WINDOW)) for name, amount in there_is.items()}
    rows = [
        (name, RESOURCES[name][0], f"{there_is[name]:,.0f}", f"{lines[name]:,.1f} million")
        for name in sorted(lines, key=lambda name: lines[name])
    ]
    return _table(("resource", "shared by", "there is, a second", "lines a night"), rows)


def _machine() -> str:
    return (
        f"{datetime.now(UTC).date()} · {os.cpu_count()} cores · {platform.system()} · "
        f"{platform.python_implementation()} {platform.python_version()} · moto {version('moto')} · "
        f"boto3 {version('boto3')} · load {os.getloadavg()[0]:.1f}"
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
