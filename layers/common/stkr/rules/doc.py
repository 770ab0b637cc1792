"""The rules doc as a validated model, and the one decision it holds: which tolerance applies to a line.

The doc is YAML (``config/rules.yaml`` in the bucket). Every scalar is read as text and converted by its field, so that
``0.1`` is the exact decimal and ``20:00`` is a time of day, whatever YAML would make of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from stkr.errors import RulesError

MAX_DOC_CHARS = 200_000
"""A shop's doc is a few kilobytes; this bound only keeps a mistaken upload from being parsed."""

CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}

_EMAIL = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]+")


def _email(value: str) -> str:
    if not value.isascii() or not _EMAIL.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone name such as Europe/London")
    return value


Email = Annotated[str, AfterValidator(_email)]
Threshold = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Doc(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Doc):
    """Somebody the system writes to."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    email: Email


class Tolerance(_Doc):
    """A gap must *exceed* these to be material: units and percent together, or value (the seed's 2, 1 % and 20)."""

    units: Threshold = Decimal(2)
    percent: Threshold = Decimal(1)
    value: Threshold = Decimal(20)


class Override(_Doc):
    """Another tolerance for some lines. Every selector given must fit; thresholds left out are the default's."""

    sku: str | None = None
    category: str | None = None
    location: str | None = None
    units: Threshold | None = None
    percent: Threshold | None = None
    value: Threshold | None = None

    @model_validator(mode="after")
    def _selects_and_sets_something(self) -> Self:
        if not (self.sku or self.category or self.location):
            raise ValueError("an override needs a sku pattern, a category or a location")
        if self.units is None and self.percent is None and self.value is None:
            raise ValueError("an override needs at least one of units, percent and value")
        return self

    @property
    def label(self) -> str:
        """How a line names this rule, e.g. ``sku BOLT-*`` or ``category bulk, location yard``."""
        selectors = (("sku", self.sku), ("category", self.category), ("location", self.location))
        return ", ".join(f"{name} {value}" for name, value in selectors if value)

    @property
    def specificity(self) -> tuple[int, bool, bool]:
        """A SKU pattern beats a category, a category a location; among patterns the one with more letters."""
        literal = -1 if not self.sku else len(re.sub(r"[*?\[\]]", "", self.sku))
        return (literal, bool(self.category), bool(self.location))

    def fits(self, sku: str, category: str, location: str) -> bool:
        """Whether this override speaks about the line; SKU patterns use ``*`` and ``?`` and ignore case."""
        return (
            (not self.sku or fnmatchcase(sku.upper(), self.sku.upper()))
            and (not self.category or self.category.casefold() == category.casefold())
            and (not self.location or self.location.casefold() == location.casefold())
        )


class QuietHours(_Doc):
    """Local time of day during which nobody is mailed; ``from`` later than ``to`` spans midnight."""

    start: Annotated[time, Field(alias="from")]
    end: Annotated[time, Field(alias="to")]


class Location(_Doc):
    """A place that is counted, and the people behind it."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    approver: Person
    escalation: Person | None = None
    counters: tuple[Person, ...] = ()
    count_every_days: Annotated[int, Field(ge=1, le=730)] = 90


class Rules(_Doc):
    """The whole doc."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "GBP"
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Europe/London"
    tolerance: Tolerance = Tolerance()
    overrides: tuple[Override, ...] = ()
    quiet_hours: QuietHours | None = None
    due_days: Annotated[int, Field(ge=1, le=60)] = 2
    link_days: Annotated[int, Field(ge=1, le=60)] = 14
    close_days: Annotated[int, Field(ge=1, le=365)] = 14
    approver_may_count: bool = True
    max_missing_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(20)
    operations: Email | None = None
    locations: Mapping[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")], Location] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def currency_sign(self) -> str:
        """The sign before an amount, e.g. ``£``; the currency's code and a space where it has none here."""
        return CURRENCY_SIGNS.get(self.currency, f"{self.currency} ")


@dataclass(frozen=True, slots=True)
class Applied:
    """The tolerance that applies to a line and the name of the rule that set it."""

    units: Decimal
    percent: Decimal
    value: Decimal
    rule: str


def tolerance_for(rules: Rules, sku: str, category: str, location: str) -> Applied:
    """Resolve the most specific override that fits; equally specific ones are settled by their order in the doc."""
    default = rules.tolerance
    fitting = [override for override in rules.overrides if override.fits(sku, category, location)]
    if not fitting:
        return Applied(default.units, default.percent, default.value, "default")
    best = max(fitting, key=lambda override: override.specificity)
    return Applied(
        default.units if best.units is None else best.units,
        default.percent if best.percent is None else best.percent,
        default.value if best.value is None else best.value,
        best.label,
    )


def parse_rules(text: str) -> Rules:
    """Validate a rules doc.

    :raises RulesError: with every problem, one a line: where in the doc, and what is wrong.
    """
    if len(text) > MAX_DOC_CHARS:
        raise RulesError(f"the rules doc is longer than {MAX_DOC_CHARS:,} characters")
    try:
        # BaseLoader builds nothing but text, lists and mappings: safe, and numbers stay exact.
        content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - see above
    except yaml.YAMLError as error:
        # Not the error's own text: it quotes the doc, which holds addresses.
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise RulesError(
            f"the rules doc is not YAML: {getattr(error, 'problem', None) or 'unreadable'}{where}"
        ) from error
    try:
        return Rules.model_validate(content if content not in (None, "") else {})
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or 'doc'}: {item['msg']}" for item in error.errors()]
        raise RulesError("\n".join(problems)) from error


@cache
def default_rules() -> Rules:
    """The rules in force until a shop uploads its own: the seed's tolerance, and nobody to mail."""
    return parse_rules(resources.files("stkr.rules").joinpath("default.yaml").read_text("utf-8"))
