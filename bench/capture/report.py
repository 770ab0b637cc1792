"""What was measured, as a page for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.capture.measure import CONTENDERS, SIZES, Memory, Times
from bench.machine import machine

_OURS, _THEIRS = CONTENDERS[0], CONTENDERS[1]
_MOST_MB = 512
"""Half of what the function has; the other half is for the snapshot of a stock of many more rows."""

_GROWTH = 11

_PAGE = """\
# How fast capture is

The same dirty count file goes through capture and through the same job written with pandas and with polars
(`bench/capture/`), as `make bench-capture` last measured it. All three came to the same lines with the rows they are
from, the same parked rows with their raw cells, and the same totals before anything was timed. Capture also tells
encoding, delimiter, header and columns, and says in words what is wrong with each parked row and what to do about it;
the other two are told the columns and give the reason only.

{machine}

## Goals

{goals}

## Time

In one process, without imports, the contenders in turns; the stock is read into its codes each time. *Best* and
*median* are wall clock, *CPU* is the time of all cores together. Ratio and growth go by CPU, because capture and pandas
use one core each, and so it matters little what else the machine does; polars uses all cores.

{times}

## Memory

Peak of a fresh process that reads file and stored snapshot and does the job once; *cold* is its wall clock with the
imports.

{memory}

The last contender is the capture function's whole use case on stored answers of AWS: everything the handler imports,
clients, snapshot, the document it writes.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Times and memory by rows and contender, and the whole function's memory by rows."""

    times: dict[int, dict[str, Times]]
    memory: dict[int, dict[str, Memory]]
    whole: dict[int, Memory]


def report(measured: Measured) -> str:
    """The page."""
    return _PAGE.format(
        machine=machine("pandas", "polars", "numpy"),
        goals=_goals(measured),
        times=_times(measured.times),
        memory=_memory(measured),
    )


def _goals(measured: Measured) -> str:
    ratios = {rows: _ratio(times, _OURS) for rows, times in measured.times.items()}
    growth = _growth(measured.times, SIZES[-1].rows, _OURS)
    peak = measured.whole[SIZES[-1].rows].peak
    goals = [
        (
            ratio <= 1,
            f"{rows:,} rows: {ratio:.2f} of pandas' time, at most 1",
        )
        for rows, ratio in ratios.items()
    ]
    goals += [
        (
            growth <= _GROWTH,
            f"from {SIZES[-2].rows:,} to {SIZES[-1].rows:,} rows: {growth:.1f} times the time, at most {_GROWTH}",
        ),
        (
            peak <= _MOST_MB,
            f"{SIZES[-1].rows:,} rows in the function: {peak:.0f} MB, at most {_MOST_MB}",
        ),
    ]
    return "\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in goals)


def _ratio(times: dict[str, Times], contender: str) -> float:
    return times[contender].cpu / times[_THEIRS].cpu


def _growth(times: dict[int, dict[str, Times]], rows: int, contender: str) -> float:
    """How many times the time of the size before."""
    sizes = list(times)
    before = sizes[sizes.index(rows) - 1]
    return times[rows][contender].cpu / times[before][contender].cpu


def _times(times: dict[int, dict[str, Times]]) -> str:
    first = SIZES[0].rows
    return _table(
        ("rows", "SKUs", "contender", "best ms", "median ms", "CPU ms", "rows/s", "of pandas", "growth"),
        (
            (
                f"{size.rows:,}",
                f"{size.skus:,}",
                name,
                f"{of.best * 1000:,.1f}",
                f"{of.median * 1000:,.1f}",
                f"{of.cpu * 1000:,.1f}",
                f"{size.rows / of.best:,.0f}",
                f"{_ratio(times[size.rows], name):.2f}",
                "" if size.rows == first else f"{_growth(times, size.rows, name):.1f}",
            )
            for size in SIZES
            for name, of in times[size.rows].items()
        ),
    )


def _memory(measured: Measured) -> str:
    return _table(
        ("rows", "contender", "imports MB", "inputs MB", "peak MB", "cold s"),
        (
            (f"{rows:,}", name, f"{of.imported:.0f}", f"{of.loaded:.0f}", f"{of.peak:.0f}", f"{of.cold:.2f}")
            for rows, by_name in measured.memory.items()
            for name, of in (*by_name.items(), ("whole function", measured.whole[rows]))
        ),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Aligned, so that it reads as well in a terminal; all but names stand to the right."""
    cells = [columns, *rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    left = columns.index("contender")
    lines = [
        "| "
        + " | ".join(
            cell.ljust(width) if index == left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in cells
    ]
    rule = "|".join("-" * (width + 1) + ("-" if index == left else ":") for index, width in enumerate(widths))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])
