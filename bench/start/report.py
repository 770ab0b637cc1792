"""What the starts took, as a page for people."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.start.measure import BARE, FLOOR, LayerSize, ProcessStart
from tests.machine import machine

MAX_RATIO: Final = 1.5
MAX_ZIP: Final = 20 * 1024 * 1024

_PAGE: Final = """\
# How fast a function starts

A fresh process imports a function's handler, which is what Lambda does before the first request (`bench/start/`), as
`make bench-start` last measured it: *ready* is the processor time from nothing to there, start of Python included. A
*bare client* is a process that imports boto3 and makes one client of DynamoDB. All take turns, {runs} rounds, and
medians are told. Everything finds its modules compiled, as in a layer that has compiled code.

{machine}

## Goals

{goals}

{beside}

## With the project's packages

The goals are judged here, by *ready*.

{project}

## With the layer's packages alone

This is what Lambda runs, and it has no goal of its own. Here a bare client is so much cheaper because botocore loads a
C runtime and a cryptography library where it finds them, as in the project's environment, and the layer has neither.
What the functions load is the same in both, so the ratios are larger here.

{layer}

*With a client* is the same after the first client that the function's first request needs; further ones cost less, and
the rest of the first request is not in it. The second row is what no function can do without.

## The layer

{size}
"""


def report(project: Mapping[str, ProcessStart], layer: Mapping[str, ProcessStart], size: LayerSize, runs: int) -> str:
    """The page."""
    return _PAGE.format(
        runs=runs,
        machine=machine("boto3", "pydantic", "aws-lambda-powertools"),
        goals=goals(project, size),
        beside=_beside(project, layer),
        project=_table(project),
        layer=_table(layer),
        size=_size(size),
    )


def goals(project: Mapping[str, ProcessStart], size: LayerSize) -> str:
    """A line for each goal: met, or missed."""
    bare = project[BARE].ready
    ratios = {name: start.ready / bare for name, start in project.items() if name not in (BARE, FLOOR)}
    checks = [
        (ratio <= MAX_RATIO, f"{name}: {ratio:.2f} times a bare client, at most {MAX_RATIO}")
        for name, ratio in ratios.items()
    ]
    checks.append((size.zipped <= MAX_ZIP, f"the layer's zip: {_mb(size.zipped)}, at most {_mb(MAX_ZIP)}"))
    return "\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in checks)


def _beside(project: Mapping[str, ProcessStart], layer: Mapping[str, ProcessStart]) -> str:
    """How far from the goal are the figures that it is not judged by."""
    with_client = max(_then_ratio(start, project) for name, start in project.items() if name not in (BARE, FLOOR))
    in_layer = max(start.ready / layer[BARE].ready for name, start in layer.items() if name not in (BARE, FLOOR))
    return (
        "The bare client's one client is in its time, and a function's first one is not: with it the slowest takes "
        f"{with_client:.2f} times a bare client. With the layer's packages alone the slowest is ready in "
        f"{in_layer:.2f} times a bare client of these. No goal is judged by either."
    )


def _then_ratio(start: ProcessStart, starts: Mapping[str, ProcessStart]) -> float:
    return start.with_client / starts[BARE].ready


def _table(starts: Mapping[str, ProcessStart]) -> str:
    bare = starts[BARE].ready
    rows = [
        [
            name,
            f"{start.ready * 1000:.0f} ms",
            f"{start.ready / bare:.2f}",
            *(["", ""] if name in (BARE, FLOOR) else _then(start, bare)),
        ]
        for name, start in starts.items()
    ]
    columns: Sequence[str] = ("", "ready", "times a bare client", "with a client", "times a bare client")
    lines = ["| " + " | ".join(columns) + " |", "|---" + "|--:" * (len(columns) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _then(start: ProcessStart, bare: float) -> list[str]:
    return [f"{start.with_client * 1000:.0f} ms", f"{start.with_client / bare:.2f}"]


def _size(size: LayerSize) -> str:
    if size.compiled:
        how = "with its code compiled, because Lambda keeps nothing that it compiles and would do so at every start"
    else:
        how = "without compiled code, as there was no Python 3.14 to make it: every start then compiles what it loads"
    return f"{_mb(size.zipped)} zipped and {_mb(size.unzipped)} unzipped, {how}."


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
