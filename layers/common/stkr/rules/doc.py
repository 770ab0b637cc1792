"""The rules doc as a validated model, and the one decision it holds: which tolerance applies to a line.

The doc is YAML (``config/rules.yaml`` in the bucket). Every scalar is read as text and converted by its field, so that
``0.1`` is the exact decimal and ``20:00`` is a time of day, whatever YAML would make of them. A setting without a
value is one that is not given.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import combinations, islice
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stkr.domain.errors import RulesError, RulesProblem
from stkr.rules import patterns
from stkr.rules.values import (
    WHOLE,
    Code,
    Currency,
    Email,
    Number,
    Percent,
    ShownName,
    SkuPattern,
    Switch,
    TimeOfDay,
    TimeZone,
    did_you_mean,
)
from stkr.rules.wording import complaint
from stkr.rules.yamldoc import Content, Where, YamlDocument, read_yaml

MAX_DOC_BYTES = 100_000
"""A shop's doc is a few kilobytes; this bound only keeps a mistaken upload from being parsed."""

MAX_ENTRIES = 200
"""Overrides, and locations, in one doc."""

MAX_PROBLEMS = 100
"""As many as anybody mends in one go; what is wrong beyond them shows in the next check."""

CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


_Group = TypeVar("_Group", bound="Group")


class Group(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _a_setting_without_a_value_is_left_out(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        settings = cls.settings()
        return {name: value for name, value in content.items() if value is not None or name not in settings}

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        """The names of the settings as they are written."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class Person(Group):
    """A person the system writes to."""

    name: Annotated[ShownName, Field(description="What mails call this person.", examples=["Priya"])]
    email: Annotated[Email, Field(description="Where mails go.", examples=["priya@example.com"])]


class Tolerance(Group):
    """A variance must exceed these to be material: units and percent together, or value."""

    units: Annotated[Number, Field(description="Units, or what the item is measured in.", examples=[5])] = Decimal(2)
    percent: Annotated[Number, Field(description="Percent of the system's quantity.", examples=[0.5])] = Decimal(1)
    value: Annotated[Number, Field(description="Money, in the doc's currency.", examples=[99.5])] = Decimal(20)


def _one_of(*names: str) -> dict[str, Any]:
    """For the JSON schema: at least one of these settings has a value."""
    valued = ({"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names)
    return {"anyOf": list(valued)}


class Override(Group):
    """Another tolerance for some lines. Every selector given must fit; thresholds left out are the default's."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": [_one_of("sku", "category", "location"), _one_of("units", "percent", "value")]}
    )

    sku: Annotated[
        SkuPattern | None,
        Field(
            description="A SKU or a pattern: `*` is any characters, `?` is one; case does not matter.",
            examples=["DRILL-*"],
        ),
    ] = None
    category: Annotated[
        Code | None, Field(description="The category of the items, as the stock file has it.", examples=["consumables"])
    ] = None
    location: Annotated[Code | None, Field(description="The key of a location.", examples=["timber-yard"])] = None
    units: Annotated[Number | None, Field(description="Units; those of `tolerance` if left out.", examples=[0])] = None
    percent: Annotated[
        Number | None, Field(description="Percent; that of `tolerance` if left out.", examples=[0.5])
    ] = None
    value: Annotated[Number | None, Field(description="Money; that of `tolerance` if left out.", examples=[100])] = None

    @model_validator(mode="after")
    def _selects_and_sets_something(self) -> Self:
        if not (self.sku or self.category or self.location):
            raise ValueError("needs a sku pattern, a category or a location to say which lines it is for")
        if self.units is None and self.percent is None and self.value is None:
            raise ValueError("needs at least one of units, percent and value to say what it changes")
        return self

    @property
    def label(self) -> str:
        """How a line names this rule, e.g. ``sku BOLT-*`` or ``category bulk, location yard``."""
        selectors = (("sku", self.sku), ("category", self.category), ("location", self.location))
        return ", ".join(f"{name} {value}" for name, value in selectors if value)

    @property
    def specificity(self) -> tuple[bool, tuple[bool, int], bool, bool]:
        """Sorts overrides: a SKU pattern beats a category, a category beats a location.

        Among patterns a SKU written out beats wildcards, and more letters beat fewer; patterns that are alike in this
        are told apart by whether there is a category, then a location, beside them.
        """
        return (
            bool(self.sku),
            patterns.specificity(self.sku) if self.sku else (False, 0),
            bool(self.category),
            bool(self.location),
        )

    def fits(self, sku: str, category: str, location: str) -> bool:
        """Whether this override speaks about the line; case does not matter."""
        return (
            (not self.sku or patterns.fits(self.sku, sku))
            and (not self.category or self.category.casefold() == category.casefold())
            and (not self.location or self.location.casefold() == location.casefold())
        )

    def rivals(self, other: "Override") -> bool:
        """Whether some line fits both overrides and neither is the more specific: no order in the doc settles that."""
        return (
            self.specificity == other.specificity
            and (self.category or "").casefold() == (other.category or "").casefold()
            and (self.location or "").casefold() == (other.location or "").casefold()
            and (self.sku is None or other.sku is None or patterns.overlap(self.sku, other.sku))
        )


class QuietHours(Group):
    """Local times of day between which no mail is sent; they may span midnight."""

    start: Annotated[TimeOfDay, Field(alias="from", description="When they begin.", examples=["20:00"])]
    end: Annotated[TimeOfDay, Field(alias="to", description="When they end.", examples=["07:00"])]


class Location(Group):
    """A place that is counted, and the people behind it."""

    name: Annotated[ShownName, Field(description="What pages and mails call it.", examples=["Fixings aisle"])]
    approver: Annotated[Person, Field(description="Who decides about its variances.")]
    escalation: Annotated[Person | None, Field(description="Who is mailed, too, once two mails went unanswered.")] = (
        None
    )
    counters: Annotated[
        tuple[Person, ...], Field(max_length=50, description="Who is reminded when a count is overdue.")
    ] = ()
    count_every_days: Annotated[
        int, Field(ge=1, le=730), WHOLE, Field(description="Days after which a count is overdue.", examples=[60])
    ] = 90


class Rules(Group):
    """The rules doc of a stock count reconciler: what counts as material, who approves, when people are mailed."""

    author: Annotated[
        Email | None,
        Field(
            description="Who is told when an uploaded version of this doc is not valid; `operations` if left out.",
            examples=["robin@example.com"],
        ),
    ] = None
    currency: Annotated[
        Currency, Field(description="The money of all costs and values (ISO 4217).", examples=["EUR"])
    ] = "GBP"
    time_zone: Annotated[
        TimeZone, Field(description="Where the shop is, by the IANA database.", examples=["America/New_York"])
    ] = "Europe/London"
    tolerance: Annotated[
        Tolerance,
        Field(
            description="A variance is material beyond `units` and `percent` together, or beyond `value`. Beyond only "
            "one of units and percent it is minor: logged, and nobody is asked."
        ),
    ] = Tolerance()
    overrides: Annotated[
        tuple[Override, ...],
        Field(
            max_length=MAX_ENTRIES, description="Other tolerances for some lines; the most specific one that fits wins."
        ),
    ] = ()
    quiet_hours: Annotated[
        QuietHours | None,
        Field(description="Nobody is mailed between these local times; what is found then is mailed when they end."),
    ] = None
    due_days: Annotated[
        int,
        Field(ge=1, le=60),
        WHOLE,
        Field(description="Days after which an undecided variance is mailed again.", examples=[3]),
    ] = 2
    link_days: Annotated[
        int, Field(ge=1, le=60), WHOLE, Field(description="Days for which the buttons in a mail work.", examples=[7])
    ] = 14
    close_days: Annotated[
        int,
        Field(ge=1, le=365),
        WHOLE,
        Field(description="Days for which a count with nothing left to decide still takes corrections.", examples=[30]),
    ] = 14
    approver_may_count: Annotated[
        Switch,
        Field(description="If false, whoever counted a session may not approve its variances.", examples=[False]),
    ] = True
    max_missing_percent: Annotated[
        Percent, Field(description="A sync that has lost more of its rows than this is refused.", examples=[5])
    ] = Decimal(20)
    operations: Annotated[
        Email | None,
        Field(
            description="Who is told of what needs mending, and has the summary.", examples=["operations@example.com"]
        ),
    ] = None
    locations: Annotated[
        Mapping[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")], Location],
        Field(
            max_length=MAX_ENTRIES,
            description="The places that are counted, by the key that stock files and links know.",
            json_schema_extra={"additionalProperties": False},
        ),
    ] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def currency_sign(self) -> str:
        """The sign before an amount, e.g. ``£``; the currency's code and a space where it has none here."""
        return CURRENCY_SIGNS.get(self.currency, f"{self.currency} ")


@dataclass(frozen=True, slots=True)
class AppliedTolerance:
    """The tolerance that applies to a line and the name of the rule that set it."""

    units: Decimal
    percent: Decimal
    value: Decimal
    rule: str


def tolerance_for(rules: Rules, sku: str, category: str, location: str) -> AppliedTolerance:
    """Resolve the most specific override that fits a line; a valid doc has no two that are equally specific."""
    default = rules.tolerance
    fitting = [override for override in rules.overrides if override.fits(sku, category, location)]
    if not fitting:
        return AppliedTolerance(default.units, default.percent, default.value, "default")
    best = max(fitting, key=lambda override: override.specificity)
    return AppliedTolerance(
        default.units if best.units is None else best.units,
        default.percent if best.percent is None else best.percent,
        default.value if best.value is None else best.value,
        best.label,
    )


def read_rules(content: bytes) -> Rules:
    """Validate a rules doc as it is stored.

    :raises RulesError: with every problem, in the order of the doc: where it stands, what is wrong, what to write.
    """
    if len(content) > MAX_DOC_BYTES:
        raise RulesError(
            RulesProblem(f"the rules doc is larger than {MAX_DOC_BYTES // 1000} kB; is this the right file?")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RulesError(RulesProblem("the rules doc is not UTF-8 text; save it as UTF-8", line, 1)) from None
    return parse_rules(text)


def parse_rules(text: str) -> Rules:
    """Validate a rules doc.

    :raises RulesError: as :func:`read_rules`.
    """
    document = read_yaml(text)
    problems = [*document.problems, *_across(document)]
    try:
        rules = Rules.model_validate({} if document.content is None else document.content)
    except ValidationError as error:
        problems += (complaint(detail, document, Rules) for detail in error.errors()[:MAX_PROBLEMS])
    else:
        if not problems:
            return rules
    problems.sort(key=lambda problem: (problem.line, problem.column))
    raise RulesError(*problems[:MAX_PROBLEMS])


def _across(document: YamlDocument) -> Iterator[RulesProblem]:
    """Problems between settings that are each valid by themselves; they are found whatever else is wrong."""
    if not isinstance(document.content, dict):
        return
    location_keys = list(_entries(document, "locations"))
    with suppress(ValidationError):
        quiet = QuietHours.model_validate(document.content.get("quiet_hours"))
        if quiet.start == quiet.end:
            text = "quiet_hours begin and end at the same time; leave them out if mails may go at any hour"
            yield document.problem(("quiet_hours",), text)
    yield from _rivals(document)
    yield from _unknown_locations(document, location_keys)
    spelt: dict[str, str] = {}
    for name in location_keys:
        first = spelt.setdefault(str(name).casefold(), str(name))
        if first != name:
            text = f"this location differs from `{first}` only in upper and lower case"
            yield document.problem(("locations", name), text, of_name=True)
    for where, location in _valid(document, Location, "locations"):
        yield from _same_people(document, where, location)


def _rivals(document: YamlDocument) -> Iterator[RulesProblem]:
    for (earlier, first), (later, second) in combinations(_valid(document, Override, "overrides"), 2):
        if first.rivals(second):
            text = f"this override and the one in line {document.place(earlier).line} fit some of the same lines, and "
            yield document.problem(later, text + "neither is more specific: narrow one down, or take it out")


def _unknown_locations(document: YamlDocument, location_keys: Sequence[str | int]) -> Iterator[RulesProblem]:
    """Overrides for a location that the doc does not have; one without any, to check files with, may name others."""
    names = {str(name).casefold(): str(name) for name in location_keys}
    for where, override in _valid(document, Override, "overrides"):
        if names and override.location and override.location.casefold() not in names:
            near = did_you_mean(override.location, list(names.values()))
            yield document.problem((*where, "location"), f"there is no location of this name{near}")


def _same_people(document: YamlDocument, where: Where, location: Location) -> Iterator[RulesProblem]:
    """The same address where two people are needed, or among the counters twice."""
    if location.escalation and location.escalation.email.casefold() == location.approver.email.casefold():
        text = "the escalation contact has the approver's address: name somebody else, or leave it out"
        yield document.problem((*where, "escalation", "email"), text)
    lines: dict[str, int] = {}
    for number, person in enumerate(location.counters):
        at = (*where, "counters", number, "email")
        address = person.email.casefold()
        if address in lines:
            yield document.problem(at, f"this address is among the counters already, in line {lines[address]}")
        lines.setdefault(address, document.place(at).line)


def _entries(document: YamlDocument, setting: str) -> dict[str | int, Content]:
    """The entries of a list or mapping, as far as they are allowed to go."""
    content = document.content
    entries = content.get(setting) if isinstance(content, dict) else None
    if isinstance(entries, dict):
        return dict(islice(entries.items(), MAX_ENTRIES))
    return dict(islice(enumerate(entries), MAX_ENTRIES)) if isinstance(entries, list) else {}


def _valid(document: YamlDocument, group: type[_Group], setting: str) -> Iterator[tuple[Where, _Group]]:
    """The entries that are right by themselves, each with where it stands."""
    for key, entry in _entries(document, setting).items():
        with suppress(ValidationError):
            yield (setting, key), group.model_validate(entry)


@cache
def default_rules() -> Rules:
    """The rules in force until a shop uploads its own: a cautious tolerance, and nobody to mail."""
    return read_rules(resources.files("stkr.rules").joinpath("default.yaml").read_bytes())
