"""Columns that say of single rows that they do not count as they stand: deleted, void, missing, damaged."""

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter

from stkr.capture.counted_table import CountedTable
from stkr.capture.layout.captions import caption_or_number
from stkr.capture.observations import RowObservation, row_key
from stkr.tabular.sheet import Block
from stkr.tabular.text import words

# The beginnings of words that say that a row, or the one before, does not count as it stands.
_TAKES_BACK = re.compile(
    r"(?:delet|del$|undo|cancel|clear|clr$|void|remov|correct|minus|revers|storn|losch|geloscht|annul|borra|elimin|"
    r"anula|supprim|efface|exclu|verwijder|slett|radera|poistet|usun|skreslon|torol|zrus|smaz|subtract|deduct|abzug|"
    r"missing|absent|lost|manqu|mancant|falt|fehl|damag|besch|defe[ck]|broken|kaputt|danneg|danad|avari|scrap|waste|"
    r"expir|abgelauf|reject|invalid|ungult|quarant|duplic|doppel|uncount)"
)
_HARMLESS = frozenset("correct clear cleared".split())
_ADDS = frozenset("add added plus".split())
_YES = frozenset("yes y true 1 x ja j oui o si s sim tak t igen kylla evet da".split())
_NO = frozenset("no n false 0 nein nee nej non nao nie nem ei hayir ne".split())
_FEW = 6


def takes_back(word: str) -> bool:
    """Whether a word, folded, says that a row or a scan does not count as it stands."""
    return _TAKES_BACK.match(word) is not None


class FlagColumns:
    """The columns of a table that may take rows back, and all that their cells say."""

    def __init__(self, table: CountedTable) -> None:
        """They have few single words, of which later rows may be the first to take one back."""
        self._table = table
        self._by_title = _candidates(table)
        self._cells: dict[int, set[str]] = {index: set() for index in self._by_title}

    def note(self, block: Block) -> None:
        """Note the distinct cells of some rows; a row by itself is looked at only where one takes it back."""
        width = min(map(len, block.rows))
        for index, cells in self._cells.items():
            # Short rows are rare; in all others the cell is there.
            rows = block.rows if index < width else [row for row in block.rows if index < len(row)]
            cells.update(map(itemgetter(index), rows))

    def corrections(self, observations: Mapping[str, Sequence[RowObservation]]) -> dict[str, str]:
        """The items that have a row which was taken back, and why, once all rows are noted."""
        flagged = {
            index: {cell for cell in cells if _is_flag(cell, by_title=self._by_title[index])}
            for index, cells in self._cells.items()
        }
        corrections: dict[str, str] = {}
        if not any(flagged.values()):
            return corrections
        first_key = row_key(self._table.index, 0)
        sku_at = {key - first_key: sku for sku, seen in observations.items() for _, _, key in seen}
        for number, cells in self._table.sheet.rows():
            sku = sku_at.get(number)
            for index, flags in flagged.items():
                if sku and index < len(cells) and cells[index] in flags:
                    column = caption_or_number(self._table.layout.captions, index)
                    corrections[sku] = f"row {number} says {cells[index].strip()} in {column}"
        return corrections


def _candidates(table: CountedTable) -> dict[int, bool]:
    """The columns by index, and whether their title takes rows back, so that a cell says only yes or no."""
    layout = table.layout
    used = {*layout.codes, layout.quantity, layout.unit, layout.bin, layout.location}
    sample = [cells for number, cells in table.sheet.sample() if number > layout.header]
    columns: dict[int, bool] = {}
    for index, caption in enumerate(layout.captions):
        if index in used:
            continue
        said = {words(cells[index]) for cells in sample if index < len(cells)} - {()}
        if not said or len(said) > _FEW or any(len(cell) > 1 for cell in said):
            continue
        yes_or_no = all(cell[0] in _YES | _NO for cell in said)
        if yes_or_no and any(map(takes_back, words(caption))):
            columns[index] = True
        elif not yes_or_no and not any(cell[0].isdecimal() for cell in said):
            columns[index] = False
    return columns


def _is_flag(cell: str, *, by_title: bool) -> bool:
    said = words(cell)
    if by_title:
        return bool(said) and _YES.issuperset(said)
    # "Correct" and "clear" are commands of a scanner, and words for what is right and what can be seen through.
    return len(said) == 1 and said[0] not in _HARMLESS and (said[0] in _ADDS or takes_back(said[0]))
