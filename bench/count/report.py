"""What was measured, as a page for people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.count.measure import CONTENDERS, SIZES, WAREHOUSE, CountSize, PeakMemory, TimedCount
from tests.machine import machine

_OURS, _THEIRS = CONTENDERS[0], CONTENDERS[1]
_GROWTH = 1.15

_PAGE = """\
# How fast a count is worked out

The same dirty count file goes through capture and variance and through the same job written with pandas and with polars
(`bench/count/`), as `make bench-count` last measured it. All three came to the same lines with the rows they are from,
the same parked rows with their raw cells, the same totals, and the same variances (kind, state, and the gap in units,
percent and money) before anything was timed. Ours works in decimals, tells encoding, delimiter, header and columns, and
says in words what is wrong with each parked row and what to do about it; the other two are told the columns, work in
integers and give the reason only.

{machine}

## Goals

{goals}

## Lines per second

Without start-up and imports, each contender in a process of its own, in turns; the stock is read into its codes each
time. A line is a SKU of the stock; its file has a quarter more rows, and the last size as many rows as the one above
it. A run is of one large count or of many small ones, one after the other, so that no small one gets a moment at which
the machine does nothing else; what is told is the time for one count. *Best* and *median* run are wall clock, *CPU* is
the least time of all cores together, from the first byte to the last variance. Lines per second and ratio go by CPU,
because ours and pandas use one core each; polars uses all cores.

{times}

Ours compared with pandas is a comparison, no goal: pandas judges whole columns of integers.

## Growth

CPU time for one line, and how many times that of the smaller counts it is. Linear is 1.00.

{growth}

Calls that ours makes for a line, Python's own functions included: {work}. Where they do not grow, no step looks at
more than the line it is about, and what takes longer is the memory: of a small count all of it is in the processor's
cache, of a large one nearly nothing.

## Memory

Peak of a fresh process that reads file and stored snapshot and does the job once; *cold* is its wall clock with the
imports.

{memory}

The last contender is the capture function's whole use case on stored answers of AWS: everything the handler imports,
clients, snapshot, the document it writes.
"""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Times, the calls that ours makes, and memory, by size and contender; the whole function's memory by size, and
    the MB that it is given.
    """

    timed: dict[CountSize, TimedCount]
    work: dict[CountSize, int]
    memory: dict[CountSize, dict[str, PeakMemory]]
    whole: dict[CountSize, PeakMemory]
    function_mb: int


def report(measured: Measurements) -> str:
    """The page."""
    return _PAGE.format(
        machine=machine("pandas", "polars", "numpy"),
        goals="\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in _goals(measured)),
        times=_times(measured.timed),
        growth=_growth_table(measured.timed),
        work=", ".join(f"{calls / size.lines:.0f} of {size}" for size, calls in measured.work.items()),
        memory=_memory(measured),
    )


def missed(measured: Measurements) -> bool:
    """Whether any goal is."""
    return not all(met for met, _ in _goals(measured))


def _goals(measured: Measurements) -> Iterator[tuple[bool, str]]:
    for before, after in combinations(SIZES, 2):
        times = _growth(measured.timed, _OURS, before, after)
        yield (
            times <= _GROWTH,
            f"from {before} to {after}: {times:.2f} times the time a line, at most {_GROWTH}",
        )
    peak = measured.whole[WAREHOUSE].peak
    yield peak <= measured.function_mb, f"{WAREHOUSE} in capture: {peak:.0f} MB, at most {measured.function_mb}"


def _growth(timed: dict[CountSize, TimedCount], contender: str, before: CountSize, after: CountSize) -> float:
    """How many times the time a line takes."""
    return _per_line(timed, contender, after) / _per_line(timed, contender, before)


def _per_line(timed: dict[CountSize, TimedCount], contender: str, size: CountSize) -> float:
    return timed[size].times[contender].cpu / size.lines


def _times(timed: dict[CountSize, TimedCount]) -> str:
    return _table(
        ("lines", "rows", "to decide", "contender", "best ms", "median ms", "CPU ms", "lines/s", "of pandas"),
        (
            (
                f"{size.lines:,}",
                f"{timed[size].rows:,}",
                f"{timed[size].material:,}",
                name,
                f"{of.best * 1000:,.1f}",
                f"{of.median * 1000:,.1f}",
                f"{of.cpu * 1000:,.1f}",
                f"{size.lines / of.cpu:,.0f}",
                f"{of.cpu / timed[size].times[_THEIRS].cpu:.2f}",
            )
            for size in timed
            for name, of in timed[size].times.items()
        ),
    )


def _growth_table(timed: dict[CountSize, TimedCount]) -> str:
    return _table(
        (
            "contender",
            *(f"µs at {size.lines:,}" for size in SIZES),
            *(f"{before.lines:,} to {after.lines:,}" for before, after in combinations(SIZES, 2)),
        ),
        (
            (
                name,
                *(f"{_per_line(timed, name, size) * 1e6:.1f}" for size in SIZES),
                *(f"{_growth(timed, name, before, after):.2f}" for before, after in combinations(SIZES, 2)),
            )
            for name in CONTENDERS
        ),
    )


def _memory(measured: Measurements) -> str:
    return _table(
        ("lines", "rows", "contender", "imports MB", "inputs MB", "peak MB", "cold s"),
        (
            (
                f"{size.lines:,}",
                f"{measured.timed[size].rows:,}",
                name,
                f"{of.imported:.0f}",
                f"{of.loaded:.0f}",
                f"{of.peak:.0f}",
                f"{of.cold:.2f}",
            )
            for size, by_name in measured.memory.items()
            for name, of in (*by_name.items(), ("capture function", measured.whole[size]))
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
