"""Corrections made on the device: what they correct is set aside with them.

A scanner's user takes a scan back with a minus row, or by scanning a code that says so. Which of the earlier rows is
meant is known to nobody but them. So all rows of the item are parked with the correction: the rest of them would be a
count that the person on the shelf had just called wrong.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stkr.capture.combine import Setback
from stkr.capture.counted_table import CountedTable
from stkr.capture.layout.captions import caption_or_number
from stkr.capture.observations import RowObservation, row_key
from stkr.capture.result import ParkedRow, Reason
from stkr.tabular.text import words

_TAKES_BACK = frozenset(
    "delete deleted del undo cancel cancelled canceled clear void voided remove removed correct correction corrected "
    "minus reverse reversed storno stornieren loschen geloscht annuler annule annulla annullato borrar eliminar anular "
    "verwijder verwijderd subtract missing absent lost".split()
)
_ADDS = frozenset("add added plus".split())
_YES = frozenset("yes y true 1 x ja oui si".split())
_COMMAND = re.compile(r"([*%$~]).+\1")


def corrected_rows(
    observations: Mapping[str, Sequence[RowObservation]], parked: Iterable[ParkedRow], tables: Sequence[CountedTable]
) -> dict[int, Setback]:
    """The rows of one file that a correction in it may mean, by row key.

    :param observations: what the file's rows say, by SKU.
    :param parked: its rows that were set aside already, the corrections among them.
    """
    corrections = dict(_of_minus_rows(parked)) | dict(_of_commands(observations, parked, tables))
    corrections |= _of_flags(observations, tables)
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
    """A code that is none, such as one to delete the last scan, is about the scan before it."""
    commands = [row for row in parked if row.reason is Reason.UNKNOWN_CODE and _is_command(row.code)]
    if not commands:
        return
    sku_at = {key: sku for sku, seen in observations.items() for _, _, key in seen}
    for row in commands:
        table = next(table for table in tables if table.name == row.file)
        first_key = row_key(table.index, 0)
        before = max((key for key in sku_at if first_key < key < first_key + row.row), default=None)
        if before is not None:
            yield sku_at[before], f"row {row.row} says {row.code.strip()}"


def _is_command(code: str) -> bool:
    return bool(_COMMAND.fullmatch(code.strip()) or _TAKES_BACK & set(words(code)))


def _of_flags(observations: Mapping[str, Sequence[RowObservation]], tables: Sequence[CountedTable]) -> dict[str, str]:
    """A column may say of single rows that they were deleted or taken off."""
    corrections: dict[str, str] = {}
    for table in tables:
        columns = _flag_columns(table)
        if not columns:
            continue
        first_key = row_key(table.index, 0)
        sku_at = {key - first_key: sku for sku, seen in observations.items() for _, _, key in seen}
        for number, cells in table.sheet.rows():
            sku = sku_at.get(number)
            for index, by_title in columns.items():
                if sku and index < len(cells) and _is_flag(by_title, cells[index]):
                    column = caption_or_number(table.layout.captions, index)
                    corrections[sku] = f"row {number} says {cells[index].strip()} in {column}"
    return corrections


def _flag_columns(table: CountedTable) -> dict[int, bool]:
    """The columns whose cells take rows back, and whether their title says so and a cell only yes or no."""
    layout = table.layout
    used = {*layout.codes, layout.quantity, layout.unit, layout.bin, layout.location}
    sample = [cells for number, cells in table.sheet.sample() if number > layout.header]
    columns: dict[int, bool] = {}
    for index, caption in enumerate(layout.captions):
        if index in used:
            continue
        said = {frozenset(words(cells[index])) for cells in sample if index < len(cells)}
        by_title = bool(_TAKES_BACK & set(words(caption))) and any(cell and cell <= _YES for cell in said)
        by_cells = any(cell and cell <= _TAKES_BACK | _ADDS for cell in said) and len(said) > 1
        if by_title or by_cells:
            columns[index] = by_title
    return columns


def _is_flag(by_title: bool, cell: str) -> bool:
    said = frozenset(words(cell))
    return bool(said) and (said <= _YES if by_title else said <= _TAKES_BACK | _ADDS)
