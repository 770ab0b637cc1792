"""What was measured, as a page for people."""

from bench.stack.count import StageTimes
from bench.stack.peer import OdooTimes
from tests.machine import machine

_SECONDS = 60
_TIMES = 3

_PAGE = """\
# How fast a large count goes through the stack

A dirty count of a stock of {skus:,} SKUs is put into the bucket of the real template, deployed on an AWS emulator on
this machine with every function under its own role, as `make bench-stack` last measured it. Its {rows:,} rows come to
{lines:,} lines; {parked:,} rows are parked, and items that only such rows name have no line.

What is timed is the way from the upload until every one of its {variances:,} material variances is queued and labelled
and all {mails:,} mails have gone out. Every line, with its gap in units, percent and money, is then held against what
pandas makes of the same file, and every variance must be in exactly one mail; else there is no time.

{machine}

## Goals

{goals}

## Stages

| stage | seconds after the upload |
|-------|-------------------------:|
| clean lines and parked rows are stored | {captured:.1f} |
| every line is stored, every variance queued | {queued:.1f} |
| all {chunks:,} chunks are labelled (the model is a stand-in that answers at once) | {labelled:.1f} |
| every mail has gone out | {mailed:.1f} |

The emulator is one process of Python beside the functions on the same cores, so much of the time is its own: it is
a bound for what the code asks of AWS, no forecast of it.

## Beside Odoo

{peer}
"""

_ODOO = """\
Odoo 19 takes {skus:,} counted lines, {gaps:,} of them with a gap, in two writes and applies them in one call, on the
same machine in the same run, after the stack has ended: {written:.1f} s to write, {applied:.1f} s to apply,
**{seconds:.1f} s** together. It was given product and quantity without any dirt, and asks nobody before it books;
products and stock were made before. Which says that a shop need not fear the size of a count, not that one replaces the
other."""

_NO_ODOO = "Not measured: `make bench-stack STKR_ODOO_URL=http://127.0.0.1:8069` does so where an Odoo 19 runs."


def report(skus: int, taken: StageTimes, peer: OdooTimes | None) -> str:
    """The page."""
    return _PAGE.format(
        machine=machine("ministack", "boto3"),
        goals=_goals(taken, peer),
        peer=_NO_ODOO
        if peer is None
        else _ODOO.format(skus=skus, gaps=peer.gaps, written=peer.written, applied=peer.applied, seconds=peer.seconds),
        skus=skus,
        lines=taken.lines,
        rows=taken.rows,
        parked=taken.parked,
        variances=taken.variances,
        chunks=taken.chunks,
        mails=taken.mails,
        captured=taken.captured,
        queued=taken.queued,
        labelled=taken.labelled,
        mailed=taken.mailed,
    )


def missed(taken: StageTimes) -> bool:
    """Whether the count took longer than it may; being faster than Odoo is an aim."""
    return taken.mailed >= _SECONDS


def _goals(taken: StageTimes, peer: OdooTimes | None) -> str:
    goals = [_goal(f"{taken.mailed:.1f} s from upload to the last mail, under {_SECONDS}", met=not missed(taken))]
    if peer:
        times = peer.seconds / taken.mailed
        goals.append(_goal(f"{times:.1f} times as fast as Odoo, aiming at {_TIMES}", met=times >= _TIMES))
    return "\n".join(goals)


def _goal(what: str, *, met: bool) -> str:
    return f"- {'met' if met else '**missed**'}: {what}"
