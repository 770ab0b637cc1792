"""Corrections made on the device: what they correct is set aside with them.

A scanner's user takes a scan back with a minus row, or by scanning a code that says so. Which of the earlier rows is
meant is known to nobody but them. So all rows of the item are parked with the correction: the rest of them would be a
count that the person on the shelf had just called wrong.
"""

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stkr.capture.combine import Setback
from stkr.capture.counted_table import CountedTable
from stkr.capture.flags import FlagColumns, takes_back
from stkr.capture.layout.cells import is_count
from stkr.capture.observations import RowObservation, row_key
from stkr.capture.result import ParkedRow, Reason
from stkr.tabular.text import visible, words

_COMMAND = re.compile(r"([*%$~#]).+\1")
# How many of the code before or after it: x12, 12x, QTY 12.
_TIMES = re.compile(
    r"(?:[x*\u00d7=]|qty|quantity|menge|anzahl|cantidad|quantite|aantal)\W*\d+|\d+\s*[x*\u00d7]", re.IGNORECASE
)
_BARCODE_FROM = 8
_LONGEST = 12


def corrected_rows(
    observations: Mapping[str, Sequence[RowObservation]],
    parked: Iterable[ParkedRow],
    tables: Sequence[CountedTable],
    flags: Iterable[FlagColumns],
) -> dict[int, Setback]:
    """The rows of one file that a correction in it may mean, by row key.

    :param observations: what the file's rows say, by SKU.
    :param parked: its rows that were set aside already, the corrections among them.
    :param flags: the columns of its tables that may take rows back, all rows noted.
    """
    corrections = dict(_of_minus_rows(parked)) | dict(_of_commands(observations, parked, tables))
    for of_table in flags:
        corrections |= of_table.corrections(observations)
    setbacks: dict[int, Setback] = {}
    for sku, why in corrections.items():
        detail = f"{why}, and nobody can tell which rows of {sku} that leaves: recount it, or strike out what is wrong"
        setbacks |= {key: Setback(Reason.CONFLICTING_COUNTS, detail, sku) for _, _, key in observations.get(sku, ())}
    return setbacks


def _of_minus_rows(parked: Iterable[ParkedRow]) -> Iterator[tuple[str, str]]:
    for row in parked:
        if any(trouble.reason is Reason.NEGATIVE_QUANTITY for trouble in row.troubles):
            yield from ((sku, f"row {row.row} takes {row.quantity.strip()} back") for sku in row.skus)


def _of_commands(
    observations: Mapping[str, Sequence[RowObservation]], parked: Iterable[ParkedRow], tables: Sequence[CountedTable]
) -> Iterator[tuple[str, str]]:
    """A code that is none, such as one to delete the last scan, is about the scan before it; a quantity among scans may
    be of the one after it as well.
    """
    by_name = {table.name: table for table in tables}
    commands = [
        (row, about)
        for row in parked
        if row.reason is Reason.UNKNOWN_CODE and (about := _about(row.code, by_name[row.file]))
    ]
    if not commands:
        return
    sku_at = {key: sku for sku, seen in observations.items() for _, _, key in seen}
    keys = sorted(sku_at)
    earlier = -1
    in_a_row = 0
    for row, about in sorted(commands, key=lambda command: (by_name[command[0].file].index, command[0].row)):
        first_key = row_key(by_name[row.file].index, 0)
        at = bisect(keys, first_key + row.row)
        # Two commands in a row take two scans back.
        in_a_row = in_a_row + 1 if at == earlier else 1
        earlier = at
        for neighbour in (at - in_a_row, at)[:about]:
            if 0 <= neighbour < len(keys) and first_key < keys[neighbour] < row_key(by_name[row.file].index + 1, 0):
                yield sku_at[keys[neighbour]], f"row {row.row} says {row.code.strip()}"


def _about(code: str, table: CountedTable) -> int:
    """How many of the rows beside a line it may be about: the one before, both, or none."""
    if is_command(code):
        return 1
    return 2 if table.layout.quantity is None and is_keyed_quantity(code) else 0


def is_keyed_quantity(code: str) -> bool:
    """Whether what stands for a code is a quantity: 12, 4 boxes, x12, QTY 12."""
    text = visible(code)
    number = is_count(text) and len(text) < _LONGEST and not (text.isdecimal() and text.startswith("0"))
    return (number and not (text.isdecimal() and len(text) >= _BARCODE_FROM)) or _TIMES.fullmatch(text) is not None


def is_command(code: str) -> bool:
    """Whether what stands for a code is one of a scanner's own, such as one to take the last scan back."""
    return bool(_COMMAND.fullmatch(code.strip()) or any(map(takes_back, words(code))))
