"""The job as the functions do it."""

from decimal import Decimal

from bench.count.contract import CENTS, PERCENT_PLACES, PLACES, PREFIX, PREFIX_TOLERANCE, TOLERANCE, CountResult, Judged
from stkr.capture.core import capture
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.stock import Snapshot
from stkr.domain.variance import Variance
from stkr.rules.doc import Override, Rules, Tolerance
from stkr.variance.core import find_variances

_NAME = "count.csv"
_UNITS, _PERCENT, _VALUE = map(Decimal, TOLERANCE)
_OTHER_UNITS, _OTHER_PERCENT, _OTHER_VALUE = map(Decimal, PREFIX_TOLERANCE)
RULES = Rules(
    tolerance=Tolerance(units=_UNITS, percent=_PERCENT, value=_VALUE),
    overrides=(Override(sku=f"{PREFIX}*", units=_OTHER_UNITS, percent=_OTHER_PERCENT, value=_OTHER_VALUE),),
)

Result = tuple[Capture, tuple[Variance, ...]]


def reconcile(content: bytes, snapshot: Snapshot) -> Result:
    """The capture of a count and its variances."""
    captured = capture([UploadedFile(_NAME, content)], snapshot)
    return captured, find_variances(captured, snapshot, RULES)


def outcome(result: Result) -> CountResult:
    """The same in integers."""
    captured, variances = result
    return CountResult(
        {line.sku: (scaled(line.counted_qty, PLACES), line.rows[_NAME]) for line in captured.lines},
        [(row.row, row.reason, row.cells) for row in captured.parked],
        captured.totals,
        {variance.sku: _judged(variance) for variance in variances},
    )


def _judged(variance: Variance) -> Judged:
    gap = variance.gap
    return (
        variance.kind,
        variance.materiality,
        None if variance.counted_qty is None else scaled(variance.counted_qty, PLACES),
        scaled(variance.system_qty, PLACES),
        None if gap is None else scaled(gap.units, PLACES),
        None if gap is None or gap.percent is None else scaled(gap.percent, PERCENT_PLACES),
        None if gap is None or gap.value is None else scaled(gap.value, PLACES + CENTS),
    )


def scaled(figure: Decimal, places: int) -> int:
    """A figure as the contract has it: without a decimal point.

    :raises ValueError: where that would cut something off.
    """
    moved = figure.scaleb(places)
    if moved != int(moved):
        raise ValueError(f"{figure} has more than {places} decimal places")
    return int(moved)
