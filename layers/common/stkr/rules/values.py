"""The kinds of value in the rules doc: each is made from text exactly as it is written, or says how to write it.

No message repeats a name or an address. Beside every kind stands what the JSON schema says of it.
"""

import re
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from stkr.rules.patterns import WILDCARDS
from stkr.tabular.text import one_line

CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY "
    "COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK "
    "MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF "
    "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS "
    "VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
).split()
"""The money people pay with, by ISO 4217 (2026); its metals, funds and test codes are left out."""

EMAIL_PATTERN = (
    r"(?!\.)(?!.*\.\.)(?!.*\.@)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
"""An address as browsers check it (WHATWG HTML, "valid e-mail address"), with a domain of two parts or more."""

_MAX_EMAIL_CHARS = 254
"""The longest address that mail servers pass on (RFC 5321, with its angle brackets 256)."""

_TIME_PATTERN = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"

_EMAIL, _TIME = re.compile(EMAIL_PATTERN), re.compile(_TIME_PATTERN)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_WHOLE = re.compile(r"[0-9]{1,9}")


def did_you_mean(written: str, words: list[str]) -> str:
    """The question after a misspelt word: ``; did you mean `approver`?``, or nothing where no word is near."""
    by_folded = {word.casefold(): word for word in words}
    near = get_close_matches(written.casefold(), by_folded, n=1)
    return f"; did you mean `{by_folded[near[0]]}`?" if near else ""


def is_email(text: str) -> bool:
    """Whether a text can be an address that mail is sent to."""
    return len(text) <= _MAX_EMAIL_CHARS and bool(_EMAIL.fullmatch(text))


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("is not an e-mail address such as priya@example.com")
    return text


def _time_zone(text: str) -> str:
    zones = available_timezones()
    if text not in zones:
        cities = [zone for zone in sorted(zones) if zone.rpartition("/")[2].casefold() == text.casefold()]
        near = f"; did you mean `{cities[0]}`?" if cities else did_you_mean(text, sorted(zones))
        raise ValueError(f"is not a time zone name such as Europe/London{near}")
    return text


def _shown(text: str) -> str:
    kept = one_line(text)
    if not kept:
        raise ValueError("has no character that can be seen")
    return kept


def _sku_pattern(text: str) -> str:
    if not text.strip(f"{WILDCARDS} "):
        raise ValueError("fits every SKU: that is what `tolerance` is for")
    return text


def _currency(text: str) -> str:
    if text not in CURRENCIES:
        # Another code of three letters is always near; only the same letters are likely to be meant.
        meant = [code for code in CURRENCIES if sorted(code) == sorted(text.upper())]
        near = f"; did you mean `{meant[0]}`?" if meant else ""
        raise ValueError(f"is not the code of a currency such as GBP, EUR or USD{near}")
    return text


def _exact(value: object) -> object:
    """A number exactly as written: never by way of a float, and with nothing to be guessed."""
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value):
        return Decimal(value)
    if _NUMBER.fullmatch(value.removeprefix("-")):
        raise ValueError("is below zero")
    if "," in value:
        raise ValueError("is to be written with a point and without separators, such as 1250.50")
    raise ValueError("is to be a number alone, without a sign or unit, such as 2 or 0.5")


def _whole(value: object) -> object:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("is to be a whole number such as 14")
    return value


def _switch(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.casefold() not in {"true", "false"}:
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.casefold())
        raise ValueError(f"is to be true or false{f': write {meant}' if meant else ''}")
    return value.casefold() == "true"


def _time_of_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _TIME.fullmatch(value):
        hour, _, minute = value.partition(":")
        return time(int(hour), int(minute))
    if value.isdecimal():
        # YAML 1.1 reads 20:00 without quotes as 20 x 60; editors and scripts that rewrite a doc then store 1200.
        raise ValueError('is a plain number; write the time in quotes, such as "20:00"')
    raise ValueError('is not a time of day from "00:00" to "23:59"')


Email = Annotated[
    str,
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "pattern": f"^{EMAIL_PATTERN}$", "maxLength": _MAX_EMAIL_CHARS}),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "enum": CURRENCIES})]
Number = Annotated[
    Decimal,
    Field(ge=0, allow_inf_nan=False),
    BeforeValidator(_exact),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 10**9}),
]
Percent = Annotated[
    Decimal,
    Field(ge=0, le=100, allow_inf_nan=False),
    BeforeValidator(_exact),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
WHOLE = BeforeValidator(_whole)
"""Beside the bounds of a whole number."""

Switch = Annotated[bool, BeforeValidator(_switch), WithJsonSchema({"type": "boolean"})]
TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": f"^{_TIME_PATTERN}$"})
]
Name = Annotated[str, Field(pattern=r"\S", max_length=80)]
ShownName = Annotated[Name, AfterValidator(_shown)]
"""On one line and without marks that turn the text around: whatever it is shown on need not see to it again."""
# A code of digits needs no quotes: it is read as it is written, leading zeros included.
_CODE: dict[str, Any] = {"type": ["string", "integer"], "pattern": r"\S", "maxLength": 80}
Code = Annotated[Name, WithJsonSchema(_CODE)]
SkuPattern = Annotated[Code, AfterValidator(_sku_pattern), WithJsonSchema({**_CODE, "pattern": rf"[^{WILDCARDS}\s]"})]
