"""What decisions took, as a page for people."""

from collections.abc import Mapping
from typing import Final

from bench.decision.measure import APPROVE, LOOK, REJECT, RequestFigures
from tests.machine import machine

MAX_CALLS: Final = 3

_PAGE: Final = """\
# One decision

A manager opens a link of the mail, looks, and taps. `bench/decision/` makes {decisions} such decisions one after the
other with the function's own code on an emulation of AWS's interfaces, as `make bench-decision` last did, and hears of
every call.

{machine}

## Goals

{goals}

## Calls of a warm function

{calls}

A warm function keeps the rules for a minute and the keys of links for five. {renewing} of all these requests came when
one of them was over and made the calls that fetch it, too; they are in no figure of this page. Nothing interferes with
these decisions: one whose stock has moved makes more calls.

## Time until the answer

{times}

*Own time* is measured: processor time of the function's code without the emulation's, scaled to the share of a
processor that {memory} MB have in Lambda. An answer to a decision tells how much else waits, which is much here: all
that is yet to be decided, {decisions} variances at first. *Waiting* is assumed: `WAIT_MS` in `bench/cost/meter.py` says
how long each call takes inside the region, on the slow side of what is commonly measured. The way between the phone and
AWS is not in it. How long a function takes that is not warm is on [its own page](start.md).
"""


def report(requests: Mapping[str, RequestFigures], memory: int) -> str:
    """The page; ``memory`` is the function's, in MB."""
    return _PAGE.format(
        decisions=sum(requests[kind].number + requests[kind].renewing for kind in (APPROVE, REJECT)),
        machine=machine("moto", "boto3"),
        goals=goals(requests),
        calls=_calls(requests),
        renewing=sum(of.renewing for of in requests.values()),
        times=_times(requests),
        memory=memory,
    )


def goals(requests: Mapping[str, RequestFigures]) -> str:
    """A line for each goal: met, or missed."""
    checks = [
        (
            requests[kind].most_calls <= MAX_CALLS,
            f"{kind}, in a warm function: {requests[kind].most_calls} calls of AWS, at most {MAX_CALLS}",
        )
        for kind in (APPROVE, REJECT)
    ]
    return "\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in checks)


def _calls(requests: Mapping[str, RequestFigures]) -> str:
    rows = [
        f"| {kind} | {requests[kind].number} | {len(requests[kind].calls)} | {', '.join(requests[kind].calls)} |"
        for kind in (LOOK, APPROVE, REJECT)
    ]
    return "\n".join(["| request | times | calls | which |", "|---|--:|--:|---|", *rows])


def _times(requests: Mapping[str, RequestFigures]) -> str:
    rows = [
        f"| {kind} | {of.median - of.waits:.0f} ms | {of.waits} ms | {of.median:.0f} ms | {of.p99:.0f} ms |"
        for kind, of in ((kind, requests[kind]) for kind in (LOOK, APPROVE, REJECT))
    ]
    return "\n".join(["| request | own time | waiting | together, median | p99 |", "|---|--:|--:|--:|--:|", *rows])
