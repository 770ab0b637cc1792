"""What was measured and simulated, as a page for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.scale.chain import (
    LAYOUTS,
    RESOURCES,
    SHOPS,
    WINDOW,
    ChainLayout,
    Limits,
    million_lines,
    night_cost,
    nights,
    room,
    stages,
    supply,
)
from bench.scale.demand import LINES, LOCATIONS, Demand
from bench.scale.model import Stage, StageNight, bound
from bench.scale.standin import BARE_MB, ProcessUse
from stkr.rules.doc import MAX_ENTRIES
from tests.machine import machine

_VCPU_MB: Final = 1769
"""The memory at which Lambda gives a function one whole vCPU."""

_VARIANCE_MB: Final = 0.0075
"""What a variance takes as an object; `template.yaml` sizes sweep and summary by it."""

_PAGE: Final = """\
# How far it goes

The figures behind [scale.md](../scale.md), as `make scale` last made them: a count of {lines:,} lines is metered on the
functions' own code as in `make cost`, counts are opened and sources mirrored in stocks of several sizes, and a chain's
night flows through the stages in a simulation (`bench/scale/`). Nothing ran on AWS; what AWS allows is in
`bench/scale/limits.yaml`. CPU seconds are this machine's, and more while it is busy with something else, as its load
tells.

{machine}

## Where one stack gives out

Whichever comes first of a function's time and its memory, worked out from the largest stock below; for a count's lines,
from the writes of one count; for undecided variances and decisions, from {variance_kb:g} KB of memory for each, which
is an estimate that is not measured here.

{ends}

## How large one stack's stock may be

A count is opened on the rows of all its locations, {locations} here; `sync` compares all of them with a source in which
one row in a hundred has changed. Seconds in a function are CPU seconds, stretched to its share of a vCPU; waiting for
DynamoDB comes on top, about a page of 1 MB at a time.

{openings}

## What one count of {lines:,} lines needs

{needs}

Of its lines {material} are material gaps, and {chunks} messages ask for their causes. Deciding one gap takes {decision}
write units and one of the month's index entries.

## A night of {shops:,} shops

{shops:,} shops of {locations} locations of {lines:,} lines are {total:g} million lines, uploaded within {hours:g} hours
with the most in the middle. Hours are from the first upload; *waiting* are the most counts that were held up, and
*by* what held them up longest. One account has no room for a stack a shop; that layout is for comparison only.

{nights}

At list price such a night costs **${cost:,.0f}**, ${model:,.0f} of it for the model, before anything is decided.

## What is used up first in one stack

The lines of a night of {hours:g} hours at which the busiest second takes all there is.

{bounds}

By the day, one account's mails are used up at {daily:,.1f} million lines.

## How many stacks an account has room for

{accounts}

## What AWS allows

{limits}
"""


@dataclass(frozen=True, slots=True)
class StockFigures:
    """What a stock of so many ``rows`` takes: opening a count in it, reading the snapshot, mirroring a changed source;
    the snapshot's size is in bytes.
    """

    rows: int
    opened: ProcessUse
    snapshot: int
    read: ProcessUse
    mirrored: ProcessUse


@dataclass(frozen=True, slots=True)
class FunctionLimits:
    """What a function has: MB and seconds."""

    memory: int
    timeout: int

    @property
    def share(self) -> float:
        """Its share of a vCPU, at most the one that our code uses."""
        return min(1.0, self.memory / _VCPU_MB)


def report(
    demand: Demand,
    stocks: Sequence[StockFigures],
    limits: Limits,
    functions: Mapping[str, FunctionLimits],
    prices: Mapping[str, Mapping[str, Any]],
) -> str:
    """The page.

    :param stocks: of rising size.
    """
    of = stages(
        demand, {name: one.memory for name, one in functions.items()}, limits["bedrock_output_weight"]["amount"]
    )
    whole, model = night_cost(demand, prices)
    mails_a_day = limits["ses_mails_day"]["amount"] / float(demand.mailed.usage["ses_mail"])
    return _PAGE.format(
        lines=LINES,
        variance_kb=_VARIANCE_MB * 1000,
        machine=machine("moto", "boto3"),
        ends=_ends(demand, stocks, limits, functions),
        needs=_needs(of),
        material=demand.material,
        chunks=demand.chunks,
        decision=demand.decided.usage["dynamodb_write_unit"],
        locations=LOCATIONS,
        openings=_openings(stocks, functions),
        shops=SHOPS,
        total=million_lines(SHOPS * LOCATIONS),
        hours=WINDOW / 3600,
        nights=_nights(nights(of, limits)),
        cost=whole,
        model=model,
        bounds=_bounds(of, limits),
        daily=million_lines(mails_a_day),
        accounts=_table(
            ("an account has", "a stack takes", "stacks"),
            [(f"{has:,} {what}", str(takes), f"{has // takes:,}") for what, has, takes in room(limits)],
        ),
        limits=_table(
            ("limit", "amount", "shared by", "from"),
            [(name, f"{each['amount']:,}", each["scope"], each["source"]) for name, each in limits.items()],
        ),
    )


def _ends(
    demand: Demand, stocks: Sequence[StockFigures], limits: Limits, functions: Mapping[str, FunctionLimits]
) -> str:
    reading = min(functions["capture"], functions["variance"], key=lambda one: one.memory)
    waiting = [
        (f"`{name}`, {what}", "memory", thousands((functions[name].memory - BARE_MB) / _VARIANCE_MB))
        for name, what in (("sweep", "undecided variances"), ("summary", "decisions in three months"))
    ]
    units = float(demand.compared.usage["dynamodb_write_unit"]) / LINES
    lines = limits["dynamodb_partition_writes"]["amount"] * functions["variance"].timeout / units
    rows = [
        ("`session` opens a count, rows of stock", *end(functions["session"], stocks, "opened")),
        ("`capture` and `variance` read the snapshot, rows of stock", *end(reading, stocks, "read")),
        ("`sync` mirrors a changed source, rows of stock", *end(functions["sync"], stocks, "mirrored")),
        ("locations of the rules doc", "its schema", MAX_ENTRIES),
        *waiting,
        ("`variance` writes one count, lines", "writes to one key", thousands(lines)),
    ]
    return _table(("what", "limit", "holds until about"), [(what, why, f"**{most:,}**") for what, why, most in rows])


def end(function: FunctionLimits, stocks: Sequence[StockFigures], what: str) -> tuple[str, int]:
    """What a function runs out of first as a stock grows, and at about how many rows.

    :param what: the field of ``StockFigures``.
    """
    small, large = (getattr(stock, what) for stock in (stocks[0], stocks[-1]))
    rows = stocks[-1].rows
    by_time = function.timeout * function.share / large.cpu * rows
    a_row = (large.peak_mb - small.peak_mb) / (rows - stocks[0].rows)
    by_memory = rows + (function.memory - large.peak_mb) / a_row
    return ("time", thousands(by_time)) if by_time < by_memory else ("memory", thousands(by_memory))


def thousands(amount: float) -> int:
    """Rounded to what such an estimate is good for."""
    return round(amount / 1000) * 1000


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


def _openings(stocks: Sequence[StockFigures], functions: Mapping[str, FunctionLimits]) -> str:
    rows = [
        (
            f"{stock.rows:,}",
            *_told(stock.opened, functions["session"]),
            f"{stock.snapshot / 1e6:.2f} MB",
            *_told(stock.read, functions["capture"]),
            *_told(stock.mirrored, functions["sync"]),
        )
        for stock in stocks
    ]
    parts = [("open", "session"), ("read", "capture"), ("mirror", "sync")]
    [opening, reading, mirroring] = [
        (f"CPU to {what}", f"in `{name}`", f"its {functions[name].memory:,} MB") for what, name in parts
    ]
    return _table(("rows", *opening, "snapshot, packed", *reading, *mirroring), rows)


def _told(taken: ProcessUse, function: FunctionLimits) -> tuple[str, str, str]:
    return f"{taken.cpu:.1f} s", f"{taken.cpu / function.share:.1f} s", f"{taken.peak_mb:,} MB"


def _nights(of: Iterable[tuple[ChainLayout, Sequence[StageNight]]]) -> str:
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


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
