"""The JSON documents of ``check`` and ``reconcile``: their keys are a contract; numbers are exact decimal strings."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import typer

from stkr.capture.quantities import plain
from stkr.capture.result import Capture
from stkr.domain.variance import Variance

JsonDocument = dict[str, Any]

_PENCE = Decimal("0.01")


def of_capture(captured: Capture, *, of_several: bool = False) -> JsonDocument:
    """What a file holds: row totals, clean lines and parked rows; ``of_several`` files, each row names its own."""
    totals = captured.totals
    return {
        "rows": {
            "read": totals.read,
            "counted": totals.counted,
            "collapsed": totals.collapsed,
            "blank": totals.blank,
            "parked": totals.parked,
        },
        "lines": [
            {"sku": line.sku, "counted_qty": plain(line.counted_qty), "kind": line.kind} for line in captured.lines
        ],
        "parked": [
            ({"file": row.file} if of_several else {})
            | {"row": row.row, "code": row.code, "quantity": row.quantity, "reason": row.reason}
            for row in captured.parked
        ],
    }


def of_reconciliation(captured: Capture, variances: Iterable[Variance], *, of_several: bool = False) -> JsonDocument:
    """The same, and every line's variance; what does not exist is null."""
    return of_capture(captured, of_several=of_several) | {"variances": [_variance(variance) for variance in variances]}


def _variance(variance: Variance) -> JsonDocument:
    gap = variance.gap
    return {
        "sku": variance.sku,
        "kind": variance.kind,
        "state": variance.materiality,
        "counted_qty": None if variance.counted_qty is None else plain(variance.counted_qty),
        "system_qty": plain(variance.system_qty),
        "gap_units": None if gap is None else plain(gap.units),
        "gap_pct": None if gap is None or gap.percent is None else plain(gap.percent),
        "gap_value": None if gap is None or gap.value is None else money(gap.value),
    }


def money(amount: Decimal) -> str:
    """An exact amount with at least two decimal places: ``-16.80``, ``0.0625``."""
    padded = amount.quantize(_PENCE)
    return f"{padded:f}" if padded == amount else plain(amount)


def write(document: JsonDocument) -> None:
    """Print a document as the only thing on stdout."""
    # In ASCII, which every terminal, pipe and code page passes on unharmed.
    typer.echo(json.dumps(document, indent=2))
