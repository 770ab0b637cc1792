"""The files that a shop's people and its own system make."""

import csv
import io
from collections.abc import Iterable

STOCK_FILE = "source/stock.csv"
"""Where the bucket keeps the export of the shop's own system."""


def csv_file(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file as spreadsheets write it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
