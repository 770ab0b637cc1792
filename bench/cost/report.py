"""What a month costs, as a page for people and a chart."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

from bench.cost.bill import COMPONENTS, SEED, Cost, by_component, costs, total
from bench.cost.month import MonthUsage
from stkr.sweep.digest import MAX_ITEMS
from tests.machine import machine

_PAGE: Final = """\
# What a month costs

The functions' own code runs on an emulation of AWS's interfaces while every request, unit, byte and second of it is
metered (`bench/cost/`), as `make cost` last did. Prices are AWS's list prices for London (`bench/cost/prices.yaml`).

{machine}

![Dollars a month by component, for three sizes of shop](cost.svg)

## Goals

{goals}

## By component

{components}

*After free* counts what AWS gives every account for good. The design's own estimate is for 2,000 lines. Taxes, a chosen
stock system's own costs and a dashboard beyond the account's three free ones are not in it.

## What drives each line

{drivers}

## Where the requests of a count go

{requests}

The goal is about reading the uploads and finding the variances, without the person's own upload, which is among the
requests of reading; opening, labels and mails are beside it. Some requests come with a count of any size; beyond them
one writes some hundred lines, and each call of the model is one. Nothing is read from DynamoDB for a line of a first
upload: capture and variance read the snapshot from the bucket. What is read is the session's header and its partition,
which is empty then; a corrected upload reads the lines that are stored.

## What is assumed

{assumptions}
"""

_DRIVERS: Final = {
    "Secrets Manager": "two secrets, the source's credential and the key that signs links, whatever the volume",
    "Bedrock (Haiku 4.5)": "material variances: one short call for each, and one call for the summary",
    "Lambda": "the sync every quarter of an hour; then pages and mail scanners that open links",
    "DynamoDB": "one write for each counted line, three for a variance and its decision; reading stock to open a count",
    "SES": f"one mail for each count and approver, in parts of {MAX_ITEMS} variances; the daily sweep's digests",
    "S3": "syncs that find movements; uploads, snapshots and captures are a few objects a count",
    "SQS, EventBridge, CloudWatch": "Lambda asking two idle queues for messages all month",
}

_ASSUMED: Final = (
    "A month has 30 days, 26 of them working days; the stock is exported ten times a working day with one row in a "
    "hundred changed, and sync looks every quarter of an hour.",
    "Of the counted lines 6 % are material gaps, as in the design; three in four are approved. A mail scanner opens "
    "both links of each variance, the manager one.",
    "Each kind of event runs once at full size and counts as often as the month has it. An invocation starts cold "
    "unless it follows another at once.",
    "A function's time is its CPU time on this machine, stretched to its share of a vCPU (1,769 MB are a whole one), "
    "plus a typical time for each call to AWS (`WAIT_MS` in `bench/cost/meter.py`) and its start, measured here. On "
    "a machine that is busy with something else, as its load tells, that time is a little longer.",
    "Lambda polls a queue with five pollers, each waiting twenty seconds at a time.",
    "A token is three and a half characters. Storage is that of a year of such months.",
    "Ten alarms and ten metrics are free in every account and cost nothing here.",
)

_COLOURS: Final = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948", "#76b7b2", "#9c755f")


def report(months: Sequence[MonthUsage], prices: Mapping[str, Mapping[str, Any]]) -> str:
    """The page."""
    bills = [by_component(costs(month.usage, prices)) for month in months]
    return _PAGE.format(
        machine=machine("moto", "boto3"),
        goals=_goals(months, bills),
        components=_components(months, bills),
        drivers="\n".join(f"- **{name}**: {_DRIVERS[name]}." for name in COMPONENTS),
        requests=_requests(months),
        assumptions="\n".join(f"- {one}" for one in _ASSUMED),
    )


def chart(months: Sequence[MonthUsage], prices: Mapping[str, Mapping[str, Any]]) -> str:
    """The bills as stacked bars, an SVG. The bars have a scale each, as the sizes are a decade apart."""
    width, row = 720, 74
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {row * len(months) + 70}" '
        'font-family="Arial, sans-serif" font-size="14" role="img">',
        "<title>Dollars a month by component</title>",
        f'<rect width="{width}" height="{row * len(months) + 70}" fill="#ffffff"/>',
    ]
    for number, month in enumerate(months):
        bill = by_component(costs(month.usage, prices))
        whole, left, top = total(bill.values()).listed, Decimal(10), number * row + 10
        title = f"{month.size.lines:,} counted lines a month: ${whole:.2f}"
        parts.append(f'<text x="10" y="{top + 14}" fill="#15181d">{title}</text>')
        for colour, cost in zip(_COLOURS, bill.values(), strict=True):
            span = cost.listed / whole * (width - 20)
            parts.append(
                f'<rect x="{left:.1f}" y="{top + 22}" width="{span:.1f}" height="28" fill="{colour}" stroke="#ffffff"/>'
            )
            left += span
    for number, (colour, name) in enumerate(zip(_COLOURS, COMPONENTS, strict=True)):
        column, line = number % 4, number // 4
        x, y = 10 + column * 178, row * len(months) + 22 + line * 22
        parts.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 17}" y="{y}" font-size="12" fill="#15181d">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _goals(months: Sequence[MonthUsage], bills: Sequence[Mapping[str, Cost]]) -> str:
    dollars = [total(bill.values()).listed for bill in bills]
    biggest = months[-1]
    checks = [
        (dollars[0] <= Decimal("2.20"), f"{months[0].size.lines:,} lines: ${dollars[0]:.2f}, at most $2.20"),
        (
            round(dollars[0], 2) <= Decimal("1.50"),
            f"{months[0].size.lines:,} lines: ${dollars[0]:.2f}, aiming at $1.50",
        ),
        (dollars[1] <= Decimal(13), f"{months[1].size.lines:,} lines: ${dollars[1]:.2f}, at most $13"),
        (dollars[1] <= Decimal(5), f"{months[1].size.lines:,} lines: ${dollars[1]:.2f}, aiming at $5"),
        *(
            (
                month.requests_per_line <= Decimal("0.1"),
                f"requests for each counted line, from the upload to the queue: {month.requests_per_line:.3f} in a "
                f"count of {month.size.skus:,} lines, at most 0.1",
            )
            for month in months
        ),
        (
            biggest.reconcile_reads == months[0].reconcile_reads,
            f"read units of DynamoDB to reconcile a first upload: {months[0].reconcile_reads} at "
            f"{months[0].size.skus:,} lines, {biggest.reconcile_reads} at {biggest.size.skus:,}; none may be a line's",
        ),
    ]
    return "\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in checks)


def _components(months: Sequence[MonthUsage], bills: Sequence[Mapping[str, Cost]]) -> str:
    heads = [f"{month.size.lines:,} lines" for month in months]
    columns = ["component", "the design's", *(part for head in heads for part in (head, "after free"))]
    rows = [
        [name, f"${SEED[name]}", *(f"${figure:.2f}" for bill in bills for figure in _both(bill[name]))]
        for name in COMPONENTS
    ]
    sums = [total(bill.values()) for bill in bills]
    rows.append(
        [
            "**Total**",
            f"${sum(SEED.values(), Decimal(0))}",
            *(f"${figure:.2f}" for cost in sums for figure in _both(cost)),
        ]
    )
    return _table(columns, rows)


def _both(cost: Cost) -> tuple[Decimal, Decimal]:
    return cost.listed, cost.after_free


def _requests(months: Sequence[MonthUsage]) -> str:
    columns = ["requests", *(f"a count of {month.size.skus:,} lines" for month in months)]
    stages = list(months[0].requests)
    rows = [[stage, *(f"{month.requests[stage]:,}" for month in months)] for stage in stages]
    return _table(columns, rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|---" + "|--:" * (len(columns) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
