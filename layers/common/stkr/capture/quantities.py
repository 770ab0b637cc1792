"""From a quantity as it was typed to eaches; whatever could mean two things is refused."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from stkr.capture.codes import Match
from stkr.capture.result import Reason
from stkr.tabular.sheet import ExactNumber
from stkr.tabular.words import visible

MAX_DIGITS = 7
"""Ten million of anything is more likely a barcode scanned into the wrong field."""

MAX_PLACES = 6
"""Decimal places of a quantity; nothing is sold by the millionth."""

_LONGEST_CACHED = 40
ZERO = Decimal(0)
ONE = Decimal(1)

_EACH = frozenset(
    "ea ea. each eaches unit units unit(s) un un. uns no nos nr item items single singles "
    "pc pcs pcs. pce piece pieces piece(s) pièce pièces pieza piezas pz st st. stk stk. stuck stück "
    "u ud uds und unidad unidades".split()
)
_CASE = frozenset(
    "case cases case(s) cs box boxes box(es) bx bxs carton cartons carton(s) ctn ctns pack packs pack(s) pk pks "
    "pkt pkts packet packets package packages outer outers crate crates "
    "karton kartons caja cajas boite boites boîte boîtes scatola scatole doos".split()
)

_NUMBER = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<part>[0-9]+))?")
_TERM = re.compile(r"(?P<number>[0-9][0-9.,]*|[.,][0-9]+)\s*(?P<unit>[^\W\d_][^\d+]*)?")
_NEGATIVE = re.compile(r"[-\u2010-\u2015\u2212]\s*[\d.,]+.*|\([\d.,]+\)|[\d.,]+\s*[-\u2212]")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019.,]\d{3})+(?:[.,]\d+)?")
# Digits and marks as East Asian keyboards type them; only these, since other look-alikes (5² or ½) are no such digits.
_NARROW = {0xFF00 + offset: 0x20 + offset for offset in (0x0B, 0x0C, 0x0D, 0x0E, *range(0x10, 0x1A))}


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell says: cases plus eaches; ``cases`` is ``None`` where none are named.

    ``bare`` means that no unit is named at all, ``whole`` a bare number of digits only, which is what most cells are.
    An ``Amount`` does not depend on the item, so that it can be cached.
    """

    eaches: Decimal
    cases: Decimal | None = None
    bare: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a quantity cannot be taken, and what to do."""

    reason: Reason
    detail: str


SCANNED = Amount(ONE, bare=True, whole=True)
"""A scan row without a quantity: one of whatever its code stands for."""


def read_amount(cell: str, unit: str = "") -> Amount | Unread | None:
    """Read a quantity cell and its row's unit cell; ``None`` is a blank, which means not counted."""
    # The same few quantities come again and again; what is long is none of them and would only fill the cache.
    return _cached(cell, unit) if len(cell) + len(unit) <= _LONGEST_CACHED else _read(cell, unit)


def _read(cell: str, unit: str) -> Amount | Unread | None:
    if not unit and cell.isdecimal() and cell.isascii() and len(cell) <= MAX_DIGITS:
        return Amount(Decimal(cell), bare=True, whole=True)
    text = visible(cell).translate(_NARROW)
    if not text:
        return None
    if text.startswith(("#", "=")):
        return Unread(
            Reason.UNREADABLE_QUANTITY,
            f"{text[:40]} is a formula or its error, not a count: type the number",
        )
    if _NEGATIVE.fullmatch(text):
        return Unread(
            Reason.NEGATIVE_QUANTITY, f"{text[:40]} is negative, and a shelf cannot hold less than none: recount"
        )
    return _terms(text, visible(unit).casefold(), isinstance(cell, ExactNumber))


# By type as well: the text 1.234 can be read in two ways, the number 1.234 of a workbook cannot.
_cached = lru_cache(maxsize=16_384, typed=True)(_read)


def _terms(text: str, unit: str, exact: bool) -> Amount | Unread:
    """A sum of terms such as ``3 boxes + 7``; the row's unit applies to a single number that names none itself."""
    eaches, cases, bare = ZERO, None, not unit
    parts = text.casefold().split("+")
    for part in parts:
        term = _TERM.fullmatch(part.strip())
        number = _number(term["number"], exact) if term else None
        named = (term["unit"] or "").strip() if term else ""
        # A unit begins with a letter; "5²" does not name one.
        if number is None or not (named or "x")[0].isalpha():
            return _unreadable(text)
        if unit and (len(parts) > 1 or (named and not _same_unit(named, unit))):
            return Unread(
                Reason.UNKNOWN_UNIT,
                f"{text[:40]} beside the unit {unit[:20]} can mean two things: give the unit in one place only",
            )
        named = named or unit
        bare = bare and not named
        if named in _CASE:
            cases = (cases or ZERO) + number
        elif named in _EACH or not named:
            eaches += number
        else:
            return Unread(
                Reason.UNKNOWN_UNIT,
                f"{named[:20]} is no unit we know: count in eaches (ea) or in boxes, cases, cartons or packs",
            )
    return Amount(eaches, cases, bare)


def is_unit(cell: str) -> bool:
    """Whether a cell names a unit we know and nothing else."""
    return visible(cell).casefold() in _EACH | _CASE


def _same_unit(one: str, other: str) -> bool:
    return any(one in units and other in units for units in (_EACH, _CASE))


def _number(text: str, exact: bool) -> Decimal | None:
    """An unsigned number; ``None`` where a mark in it could group thousands, or where it is no number at all."""
    if not exact and _GROUPED.fullmatch(text) and not text.startswith("0"):
        return None
    found = _NUMBER.fullmatch(text)
    part = ((found and found["part"]) or "").rstrip("0")
    if found is None or len(found["whole"].lstrip("0")) > MAX_DIGITS or len(part) > MAX_PLACES:
        return None
    return Decimal(f"{found['whole'] or 0}.{part}" if part else found["whole"] or 0)


def _unreadable(text: str) -> Unread:
    if _GROUPED.fullmatch(text):
        advice = "the mark in it may group thousands: type the number without it"
    elif text.isdecimal():
        advice = "that is too large for a count, more likely a barcode scanned into the wrong field: recount"
    else:
        advice = "type a number, or a number and a unit such as 4 boxes"
    return Unread(Reason.UNREADABLE_QUANTITY, f"{text[:40]} cannot be read as a quantity: {advice}")


def in_eaches(amount: Amount, match: Match) -> Decimal | Unread:
    """Convert to eaches of the item, exactly. A case barcode multiplies a bare number, and sets what a case holds."""
    stock = match.stock
    eaches, cases = amount.eaches, amount.cases
    if match.pack is not None and amount.bare:
        eaches, cases = ZERO, amount.eaches
    if cases is None:
        total = eaches
    else:
        pack = match.pack if match.pack is not None else stock.pack_size
        if cases % 1:
            return Unread(
                Reason.FRACTIONAL_QUANTITY,
                f"{plain(cases)} is not a whole number of cases: give cases and loose eaches, such as 3 boxes + 7",
            )
        if pack is None or pack <= 0:
            return Unread(
                Reason.MISSING_PACK_SIZE,
                f"the system does not say how many of {stock.sku} are in a case: count in eaches, or add the pack size",
            )
        total = eaches + cases * pack
    if total % 1 and not stock.by_measure:
        return Unread(
            Reason.FRACTIONAL_QUANTITY,
            f"{plain(total)} is not a whole number, and {stock.sku} is not sold by measure: recount",
        )
    return total


def plain(number: Decimal) -> str:
    """A number as people write it: ``-48``, ``16.8``; no exponent, no needless zeros."""
    return f"{number.normalize():f}" if number else "0"
