"""The job as the function does it."""

from bench.capture.contract import PLACES, Outcome
from stkr.capture.core import capture
from stkr.capture.result import UploadedFile
from stkr.stock import Snapshot

_NAME = "count.csv"


def count(content: bytes, snapshot: Snapshot) -> Outcome:
    """The lines, parked rows and totals of a count."""
    captured = capture([UploadedFile(_NAME, content)], snapshot)
    return Outcome(
        {line.sku: (int(line.counted_qty.scaleb(PLACES)), line.rows[_NAME]) for line in captured.lines},
        [(row.row, row.reason, row.cells) for row in captured.parked],
        captured.totals,
    )
