"""Figures and moments as people read them, in pages and mails alike.

A negative figure has a hyphen-minus (``-48``): it can be copied into a sheet, searched for and sent in
a mail subject anywhere, which the typographic minus cannot. Where a figure must not be broken the templates forbid it.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from zoneinfo import ZoneInfo

_CENT = Decimal("0.01")
_TENTH = Decimal("0.1")
# Not strftime's: those follow the process's locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def quantity(value: Decimal) -> str:
    """Eaches or a measure, exactly: ``1,250``, ``2.5``, ``-48``; no exponent and no trailing zeros."""
    return _trimmed(value)


def signed(value: Decimal) -> str:
    """A change of a quantity, with its sign: ``-48``, ``+3``, ``0``."""
    return _plus(value) + _trimmed(value)


def money(value: Decimal, sign: str) -> str:
    """An amount with two decimals behind its currency sign: ``£1,234.50``, ``-£16.80``."""
    rounded = _rounded(value, _CENT)  # And copy_abs, which unlike abs() never rounds.
    return f"{'-' if rounded < 0 else ''}{sign}{rounded.copy_abs():,.2f}"


def signed_money(value: Decimal, sign: str) -> str:
    """A variance's value: as ``money``, with a plus where there is too much."""
    return _plus(_rounded(value, _CENT)) + money(value, sign)


def percent(value: Decimal) -> str:
    """A variance in percent with its sign and at most one decimal: ``-10%``, ``-0.8%``, ``+3%``.

    A variance is never shown as nothing: below a twentieth of a percent it has one significant digit, ``-0.004%``.
    """
    step = _TENTH if abs(value) >= Decimal("0.05") or not value else Decimal(1).scaleb(value.adjusted())
    rounded = _rounded(value, step)
    return f"{_plus(rounded)}{_trimmed(rounded)}%"


def short_or_over(units: Decimal) -> str:
    """A variance in words: ``short 48``, ``over 3``, ``no variance``."""
    if not units:
        return "no variance"
    return f"{'short' if units < 0 else 'over'} {_trimmed(units.copy_abs())}"


def counted_noun(number: Decimal | int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 variance``, ``3 variances``."""
    return f"{_trimmed(Decimal(number))} {one if number == 1 else many or one + 's'}"


def calendar_day(when: date) -> str:
    """A day: ``Sat 21 Nov 2026``."""
    return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]} {when.year}"


def day(moment: datetime, zone: ZoneInfo) -> str:
    """The day of an aware datetime in the shop's zone: ``Sat 21 Nov 2026``."""
    return calendar_day(moment.astimezone(zone).date())


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """Day and time in the shop's zone: ``Sat 21 Nov 2026, 14:05``."""
    return f"{day(moment, zone)}, {moment.astimezone(zone):%H:%M}"


def _trimmed(value: Decimal) -> str:
    text = f"{value:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _plus(value: Decimal) -> str:
    return "+" if value > 0 else ""


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    # Room enough for any stored number (DynamoDB holds 38 digits), so that rounding cannot fail.
    with localcontext(prec=60):
        return value.quantize(step, rounding=ROUND_HALF_UP)
