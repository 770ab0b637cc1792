"""Number formats of cells, and numbers as their format shows them where that changes what they say."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

from stkr.domain.exact import HUNDRED
from stkr.tabular.sheet import ExactNumber
from stkr.tabular.xlsx.package import Package

EXACT_DIGITS = 15
"""Beyond 15 digits a spreadsheet has rounded the number, so its digits are not those that were scanned."""

# Built-in number formats that are dates or times, and percentages.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset({9, 10})
# The pieces of a number format: literal text, room and fill, elapsed time, colours and currencies, digits.
_FORMAT_PIECE = re.compile(
    r"\"(?P<quoted>[^\"]*)\"?|\\(?P<escaped>.)|[_*].|\[(?P<elapsed>h+|m+|s+)\]|\[[^\]]*\]?"
    r"|(?P<digits>[0#?.,]+|general)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
# What some countries write for their money in a number format; it says nothing about a number.
_MONEY = frozenset("kr kr. kč zł ft lei fr. rs rs. r$ chf eur usd gbp sek nok dkk pln czk".split())
# No spreadsheet holds a number beyond; written out, one with a larger exponent would fill the memory.
_LARGEST_EXPONENT = 308
_SHOWN = Context(prec=EXACT_DIGITS)
_END_OF_DATES = 2_958_466


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a number format makes of a number: a date, a percentage, words around it, zeros up to so many digits."""

    date: bool = False
    percent: bool = False
    before: str = ""
    after: str = ""
    width: int = 0


GENERAL = NumberFormat()
"""A format that changes nothing about what a number says."""


def read_number_formats(package: Package, part: str) -> list[NumberFormat]:
    """The number format of each cell style, from the part with the workbook's styles."""
    custom: dict[int, NumberFormat] = {}
    formats: list[NumberFormat] = []
    in_cell_formats = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal in_cell_formats
        if name == "numFmt":
            custom[int(attributes["numFmtId"])] = _parsed(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs"):
            in_cell_formats = name == "cellXfs"
        elif name == "xf" and in_cell_formats:
            format_id = int(attributes.get("numFmtId", "0"))
            formats.append(custom.get(format_id) or _built_in(format_id))

    package.scan(part, start)
    return formats


def _built_in(format_id: int) -> NumberFormat:
    if format_id in _DATE_FORMATS:
        return NumberFormat(date=True)
    return NumberFormat(percent=True) if format_id in _PERCENT_FORMATS else GENERAL


def _parsed(code: str) -> NumberFormat:
    """What a format code does to a number that is not negative, which is what its first section says."""
    others = ""
    literals, digits = [""], []
    for piece in _FORMAT_PIECE.finditer(code):
        if piece["other"] == ";":
            break
        if piece["digits"]:
            digits.append(piece["digits"])
            literals.append("")
        literals[-1] += piece["quoted"] or piece["escaped"] or ""
        others += piece["other"] or piece["elapsed"] or ""
    if any(letter in others.casefold() for letter in "ymdhs"):
        return NumberFormat(date=True)
    if len(digits) != 1:
        # Digits in several groups, such as fractions and telephone numbers: the number is taken as it stands.
        return NumberFormat(percent=True) if "%" in others else GENERAL
    before, after = map(_words, literals)
    width = len(digits[0]) if set(digits[0]) == {"0"} else 0
    number_format = NumberFormat(percent="%" in others, before=before.lstrip(), after=after.rstrip(), width=width)
    # The very object, so that readers can tell it by identity.
    return GENERAL if number_format in (GENERAL, NumberFormat(width=1)) else number_format


def _words(literal: str) -> str:
    """A format's literal text if it says something beyond money, signs and space; else empty."""
    says_something = any(char.isalnum() for char in literal) and literal.strip().casefold() not in _MONEY
    return literal if says_something else ""


def shown_number(raw: str, number_format: NumberFormat, epoch: datetime) -> str:
    """A number as a person reads it in the sheet; ``raw`` itself where it is no number that a spreadsheet can hold.

    :param epoch: day 0 of the workbook's dates.
    """
    number = _decimal(raw)
    if number is None:
        return raw
    if number_format.date:
        return _as_date(number, raw, epoch)
    if number.adjusted() >= EXACT_DIGITS:
        return f"{number:.6E}"
    return _in_format(number, number_format)


def _decimal(raw: str) -> Decimal | None:
    """A number that a spreadsheet can hold; ``None`` for anything else."""
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def _as_date(days: Decimal, raw: str, epoch: datetime) -> str:
    if not 0 <= days < _END_OF_DATES:
        return raw
    moment = epoch + timedelta(seconds=int((days * 86_400).to_integral_value()))
    if days < 1:
        return moment.strftime("%H:%M:%S")
    return moment.date().isoformat() if days == days.to_integral_value() else moment.isoformat(sep=" ")


def _in_format(number: Decimal, number_format: NumberFormat) -> str:
    # Spreadsheets store binary fractions in 17 digits; people see at most 15 of them.
    number = _SHOWN.plus(number)
    if number_format.percent:
        return f"{_SHOWN.multiply(number, HUNDRED).normalize():f}%"
    text = f"{number.normalize():f}"
    if "." not in text and number >= 0:
        text = text.zfill(number_format.width)
    if number_format.before or number_format.after:
        return f"{number_format.before}{text}{number_format.after}"
    return ExactNumber(text) if "." in text else text
