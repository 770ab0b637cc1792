"""Reading a quantity as it was typed; whatever could mean two things is refused. ``eaches`` converts it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from stkr.capture.result import Reason
from stkr.domain.exact import ONE, ZERO
from stkr.domain.units import CASE, EACH, ROLL, unit_named
from stkr.tabular.sheet import ExactNumber
from stkr.tabular.text import visible

MAX_DIGITS = 7
"""Ten million of anything is more likely a barcode scanned into the wrong field."""

MAX_PLACES = 6
"""Decimal places of a quantity; nothing is sold by the millionth."""

_LONGEST_CACHED = 40
_LONGEST_SHOWN = 40

# A headerless column of these may be one of sizes.
_SIZES = frozenset({"m", "l"})

_NUMBER = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<part>[0-9]+))?")
_TERM = re.compile(r"(?P<number>[0-9][0-9.,]*|[.,][0-9]+)\s*(?P<unit>m[23]|[^\W\d_][^\d+]*)?")
_NEGATIVE = re.compile(r"[-\u2010-\u2015\u2212]\s*[\d.,]+.*|\([\d.,]+\)|[\d.,]+\s*[-\u2212]")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019.,]\d{3})+(?:[.,]\d+)?")
_DOUBTFUL = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_THREE_PLACES = re.compile(r"-?(?P<whole>[0-9]+)(?P<mark>[.,])[0-9]{3}\s*(?:[^\W\d_]\D*)?")
_NOUGHT = re.compile(r"0\s*(?:[^\W\d_]\D*)?")
# What joins terms like a plus, but only behind a unit: "2 boxes and 5" adds up, "2 and 5" may not.
_JOINT = re.compile(r"\+|(?<=[^\W\d_])\.?\s+(?:and|&|und|et|y)\s+")
# Marks as East Asian keyboards type them, and the Arabic decimal mark.
_NARROW = {0xFF00 + offset: 0x20 + offset for offset in (0x0B, 0x0C, 0x0D, 0x0E)} | {0x066B: 0x2E}
_ADVICE = tuple(
    (re.compile(shape, re.IGNORECASE), advice)
    for shape, advice in (
        (rf"(?:{_GROUPED.pattern})\s*[^\W\d_]*", "the mark in it may group thousands: type the number without it"),
        (r"\d+", "that is too large for a count, more likely a barcode scanned into the wrong field: recount"),
        (
            r"[-\u2010-\u2015\u2212./]+|n\.?/?a\.?|none|nil|null|nothing|zero|empty|leer|keine?|nada|rien|niente",
            "type 0 if the shelf is empty, and leave the cell blank if nobody counted it",
        ),
        (
            r"(?:[~\u2248\u00b1<>]|about|around|approx|circa|ca?\b|etwa|env\b).*|.*\?|.*\dish|\d+\s*\+",
            "that is no exact number: count it and type the number alone",
        ),
        (r"\d+\s*[x\u00d7*]\s*\d+.*|.*\d.*\bof\b.*\d.*", "multiply it out, or give the number of boxes alone"),
        (r".*[\d\u00bc-\u00be]\s*/.*|.*[\u00bc-\u00be\u2150-\u215e].*", "type it as one plain number"),
        (r"\d+\s*[-\u2010-\u2015\u2212]\s*\d+", "that is a range: count it and type the number alone"),
        (r"[\d.,]+[^\d(]*\(.*", "type the number alone, and put remarks into a column of their own"),
        (r".*\d\s*[^\W\d]{2,}\W+\d.*", "join what adds up with a plus, such as 3 boxes + 7"),
    )
)
"""Shapes of what people type, the first that fits -> what to do."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell says: cases plus eaches; ``cases`` is ``None`` where no cases are named.

    ``eaches`` are of the named ``unit``, ``EACH`` or a measure, or where it is empty of the unit the item is held in.
    ``bare`` means that no unit is named at all, ``rolls`` that the cases are named as rolls. An ``Amount`` does not
    depend on the item, so that it can be cached.
    """

    eaches: Decimal
    cases: Decimal | None = None
    bare: bool = False
    unit: str = ""
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a quantity cannot be taken, and what to do.

    ``if_decimal`` is what a doubtful cell such as ``1,234`` says if the mark in it is a decimal one (see
    ``eaches.if_mark_is_decimal``).
    """

    reason: Reason
    detail: str
    if_decimal: Amount | None = None


SCANNED = Amount(ONE, bare=True)
"""A scan row without a quantity: one of whatever its code stands for."""


def read_amount(cell: str, unit: str = "") -> Amount | Unread | None:
    """Read a quantity cell and its row's unit cell; ``None`` is a blank, which means not counted."""
    # The same few quantities come again and again; long texts are rarely repeated and would only fill the cache.
    return _cached(cell, unit) if len(cell) + len(unit) <= _LONGEST_CACHED else _read(cell, unit)


def read_amount_counted_in(said: str, cell: str, unit: str) -> Amount | Unread | None:
    """The same where the count's title, or a line above it, says a unit; the row's own unit must not be another one.

    Single units that a title names are no more than what a bare number means.
    """
    word = visible(unit).casefold()
    same = word in ("", said) or (unit_named(word) is not None and unit_named(word) == unit_named(said))
    if not same:
        return contradicting_units(cell, f"{unit}, where the count is said to be in {said},")
    return read_amount(cell, unit or ("" if unit_named(said) == EACH else said))


def contradicting_units(cell: str, unit: str) -> Unread | None:
    """What comes of a number beside a unit that may be its own or not; ``None`` where there is no number."""
    if not visible(cell):
        return None
    return Unread(
        Reason.UNKNOWN_UNIT,
        f"{visible(cell)[:_LONGEST_SHOWN]} beside the unit {visible(unit)[: _LONGEST_SHOWN * 2]} can mean two things: "
        "give the unit in one place only",
    )


def _read(cell: str, unit: str) -> Amount | Unread | None:
    if not unit and cell.isdecimal() and cell.isascii() and len(cell) <= MAX_DIGITS:
        return Amount(Decimal(cell), bare=True)
    text = _plain_digits(visible(cell))
    if not text:
        return None
    if text.startswith(("#", "=")):
        return Unread(
            Reason.UNREADABLE_QUANTITY,
            f"{text[:_LONGEST_SHOWN]} is a formula or its error, not a count: type the number",
        )
    if _NEGATIVE.fullmatch(text):
        return Unread(
            Reason.NEGATIVE_QUANTITY,
            f"{text[:_LONGEST_SHOWN]} is negative, and a shelf cannot hold less than none: recount",
        )
    return _terms(text, visible(unit).casefold(), isinstance(cell, ExactNumber))


# By type as well: the text 1.234 can be read in two ways, the number 1.234 of a workbook cannot.
_cached = lru_cache(maxsize=16_384, typed=True)(_read)


def _plain_digits(text: str) -> str:
    """The text with the digits of every script, which have one value each, as 0 to 9; unlike 5² or ½."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text.translate(_NARROW))


def _terms(text: str, unit: str, exact: bool) -> Amount | Unread:
    """A sum of terms such as ``3 boxes + 7``; the row's unit applies to a single number that names none itself."""
    eaches, cases = ZERO, None
    loose: set[str] = set()
    packed: set[str] = set()
    parts = _JOINT.split(text.casefold())
    for part in parts:
        term = _TERM.fullmatch(part.strip())
        number = _number(term["number"], exact) if term else None
        word = (term["unit"] or "").strip() if term else ""
        # A unit begins with a letter; "5²" does not name one.
        if term is None or not (word or "x")[0].isalpha():
            return _unreadable(text)
        if number is None:
            alone = len(parts) == 1 and unit_named(word or unit) == unit_named(unit or word)
            return _unreadable(text, _if_decimal(term["number"], word or unit) if alone else None)
        named = unit_named(word or unit)
        if named is None:
            return _unknown(word or unit)
        if unit and (len(parts) > 1 or named != unit_named(unit)):
            return Unread(
                Reason.UNKNOWN_UNIT,
                f"{text[:_LONGEST_SHOWN]} beside the unit {unit[:20]} can mean two things: "
                "give the unit in one place only",
            )
        if named in (CASE, ROLL):
            cases = (cases or ZERO) + number
            packed.add(named)
        else:
            eaches += number
            loose |= {named} - {""}
    if len(loose) > 1 or len(packed) > 1:
        return Unread(Reason.UNKNOWN_UNIT, f"{text[:_LONGEST_SHOWN]} does not add up: give the count in one unit")
    return Amount(eaches, cases, bare=not loose | packed, unit="".join(loose), rolls=ROLL in packed)


def _unknown(word: str) -> Unread:
    return Unread(
        Reason.UNKNOWN_UNIT,
        f"{word[:20]} is no unit we know: count in eaches (ea) or in boxes, cases, cartons or packs",
    )


def is_unit(cell: str) -> bool:
    """Whether a cell names a unit we know and nothing else."""
    word = visible(cell).casefold()
    return word not in _SIZES and bool(unit_named(word))


def _if_decimal(number: str, word: str) -> Amount | None:
    unit = unit_named(word)
    if unit is None or unit in (EACH, CASE, ROLL) or not _DOUBTFUL.fullmatch(number):
        return None
    return Amount(Decimal(number.replace(",", ".")), bare=not unit, unit=unit)


def writes_three_places(cells: Iterable[str]) -> bool:
    """Whether a table's quantity cells prove that its mark before three digits is a decimal one.

    So they do where every number but a plain 0 has the same mark and exactly three digits behind it, and one begins
    with ``0`` before the mark, which no grouped number does. Stops at the first cell that speaks against it.
    """
    mark, proven = "", False
    for cell in cells:
        text = _plain_digits(visible(cell))
        number = _THREE_PLACES.fullmatch(text)
        if number:
            if mark not in ("", number["mark"]):
                return False
            mark = number["mark"]
            proven = proven or number["whole"] == "0"
        elif any(map(str.isdecimal, text)) and not _NOUGHT.fullmatch(text):
            return False
    return proven


def _number(text: str, exact: bool) -> Decimal | None:
    """An unsigned number; ``None`` where a mark in it could group thousands, or where it is not a number."""
    if not exact and _GROUPED.fullmatch(text) and not text.startswith("0"):
        return None
    number = _NUMBER.fullmatch(text)
    part = ((number and number["part"]) or "").rstrip("0")
    if number is None or len(number["whole"].lstrip("0")) > MAX_DIGITS or len(part) > MAX_PLACES:
        return None
    return Decimal(f"{number['whole'] or 0}.{part}" if part else number["whole"] or 0)


def _unreadable(text: str, if_decimal: Amount | None = None) -> Unread:
    shown = text[:_LONGEST_SHOWN]
    fitting = (advice for shape, advice in _ADVICE if shape.fullmatch(shown))
    advice = next(fitting, "type a number, or a number and a unit such as 4 boxes")
    return Unread(Reason.UNREADABLE_QUANTITY, f"{shown} cannot be read as a quantity: {advice}", if_decimal)


def plain(number: Decimal) -> str:
    """A number as people write it: ``-48``, ``16.8``; no exponent, no needless zeros."""
    return f"{number.normalize():f}" if number else "0"
