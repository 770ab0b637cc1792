"""The numbers in barcodes by GS1's rules: check digits, what a case barcode is the case of, and what labels add."""

import re
from collections.abc import Iterator

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_UPC_A = 12
_CASE = re.compile(r"[1-8]\d{13}", re.ASCII)
_SYSTEM_AND_CHECK = re.compile(r"[01]\d{7}", re.ASCII)
_BRACKETED = re.compile(r"\((\d{2,4})\)([^()]+)")
# Elements that describe the item or its batch (dates, variant, lot, serial, maker's own codes) and never how many or
# how much. Those of no fixed length end at a separator or with the label.
_DESCRIPTIONS = (
    r"(?:1[1-3567]\d{6}|20\d\d|(?:10|21|22)[^\x1d]{1,20}(?=\x1d|$)|(?:24[01]|25[01])[^\x1d]{1,30}(?=\x1d|$))"
)
# A GTIN that begins with 9 is of no fixed amount: it means nothing without its measure.
_ONE_ITEM = re.compile(rf"01([0-8]\d{{13}})(?:\x1d*{_DESCRIPTIONS})*", re.ASCII)
_LABEL = re.compile(r"0[12](\d{14})(.*)", re.ASCII | re.DOTALL)


def check_digit_fits(digits: str) -> bool:
    """Whether the last digit of a GTIN is the one that GS1's weights of 3 and 1 give."""
    return _weighted(digits) % 10 == 0


def is_gtin(digits: str) -> bool:
    """Whether plain digits are a GTIN-8, 12, 13 or 14 with the right check digit."""
    return len(digits) in _GTIN_LENGTHS and check_digit_fits(digits)


def is_misread(digits: str) -> bool:
    """Whether plain digits are as many as a GTIN has, but with a wrong check digit."""
    return len(digits) in _GTIN_LENGTHS and not check_digit_fits(digits)


def corrections(misread: str) -> Iterator[str]:
    """The GTINs that are one digit, or one swap of neighbours, from digits with a wrong check digit."""
    excess, last = _weighted(misread), len(misread) - 1
    for place, digit in enumerate(misread):
        before, after = misread[:place], misread[place + 1 :]
        weighs_three = (last - place) % 2 == 1
        # At each place exactly one other digit makes the sum right; 7 undoes a weight of 3 modulo 10.
        yield f"{before}{(int(digit) - excess * (7 if weighs_three else 1)) % 10}{after}"
        # Of two neighbours one weighs 3 and one 1, so that a swap moves the sum by twice their difference.
        if after and (excess + (2 if weighs_three else -2) * (int(after[0]) - int(digit))) % 10 == 0:
            yield f"{before}{after[0]}{digit}{after[1:]}"


def inside_case(digits: str) -> str | None:
    """The GTIN-13 of what the case with this GTIN-14 holds; ``None`` where the digits are not the GTIN of a case."""
    if not _CASE.fullmatch(digits) or not check_digit_fits(digits):
        return None
    return f"{digits[1:-1]}{-_weighted(f'{digits[1:-1]}0') % 10}"


def expanded(digits: str) -> str | None:
    """The UPC-A that eight digits are the short form (UPC-E) of; ``None`` where they are not one."""
    if not _SYSTEM_AND_CHECK.fullmatch(digits):
        return None
    maker, rule = digits[:6], digits[6]
    if rule in "012":
        payload = f"{maker[:3]}{rule}0000{maker[3:]}"
    else:
        kept = {"3": 4, "4": 5}.get(rule, 6)
        # With one more zero here, a shorter rule would have been the one to use.
        if maker[kept - 1] in ("012" if rule == "3" else "0"):
            return None
        item = maker[kept:] or rule
        payload = maker[:kept].ljust(_UPC_A - 1 - len(item), "0") + item
    upc = payload + digits[-1]
    return upc if check_digit_fits(upc) else None


def label_text(cell: str) -> str:
    """A label with GS1 elements in one notation: plain elements, each of no fixed length ended by ``\\x1d``.

    Takes what scanners send, without their leading symbology identifier, and what stands below the bars in brackets.
    """
    return _BRACKETED.sub(r"\1\2" + "\x1d", cell).strip("\x1d")


def one_item(label: str) -> str | None:
    """The GTIN-14 of a label that stands for a single item; ``None`` where it may say how many or how much."""
    elements = _ONE_ITEM.fullmatch(label)
    return elements[1] if elements and check_digit_fits(elements[1]) else None


def labelled(label: str) -> str | None:
    """The GTIN-14 that a label names, whatever else it says; ``None`` for what is no such label."""
    elements = _LABEL.fullmatch(label)
    return elements[1] if elements and elements[2] and check_digit_fits(elements[1]) else None


def _weighted(digits: str) -> int:
    return sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))
