"""A summary's figures in the order they are read: the mail, the page and the CSV all show these and no others. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from stkr.summary.facts import MONTHS_BACK, CauseShare, Facts, LocationFacts, RepeatedShortage, Summary
from stkr.summary.figures import MonthFigures
from stkr.tabular.csv_out import csv_file
from stkr.web.formatting import counted_noun, money, quantity, signed_money

PERCENT: Final = "percent"
MONEY: Final = "money"
CHANGE: Final = "change in money"

_CENT = Decimal("0.01")
_HEADER = ("month", "section", "item", "measure", "value", "unit")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: ``value`` is ``None`` where it is not known.

    ``unit`` is ``PERCENT``, ``MONEY``, ``CHANGE`` (money with its sign), or the noun for one of what is counted, empty
    where the name says it. ``form`` is how it reads among others, with the figure for ``{}``.
    """

    name: str
    value: Decimal | int | None
    unit: str = ""
    form: str = "{}"


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A line of a section: ``text`` is its measures as people read them, ``bar`` 0 to 100 or ``None`` for no bar."""

    label: str
    measures: tuple[Measure, ...]
    text: str
    bar: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title, with a ``note`` that says how they are meant, which may be empty."""

    title: str
    rows: tuple[SectionRow, ...]
    note: str = ""


def sections(summary: Summary) -> tuple[Section, ...]:
    """The figures of a summary; a section with nothing in it is left out."""
    facts, sign = summary.facts, summary.sign

    def section(title: str, rows: Iterable[tuple[str, tuple[Measure, ...], Decimal | None]], note: str = "") -> Section:
        section_rows = (SectionRow(label, measures, _text(measures, sign), bar) for label, measures, bar in rows)
        return Section(title, tuple(section_rows), note)

    every_section = (
        section("Counted", _single(_counted(facts.figures)), _ACCURACY_NOTE),
        section("Month by month", _months(facts), "The bar is the accuracy by lines."),
        section("Decided", _single(_decided(facts))),
        section("Causes of what was approved", _causes(facts), "The bar is the share of the value."),
        section(f"Short again within {MONTHS_BACK + 1} months", _repeats(facts)),
        section("Waiting for a decision", _waiting(facts), f"As of {summary.as_of}."),
        section("Not booked yet", _unbooked(facts), _UNBOOKED_NOTE),
        section("Locations not counted as a whole in time", _overdue(facts), _OVERDUE_NOTE),
        section("By location", _places(facts)),
    )
    return tuple(each for each in every_section if each.rows)


_ACCURACY_NOTE = (
    "Accuracy by lines is the share of the expected lines that were counted and agreed with the system within "
    "tolerance. By value it is what is left of the books' value of those lines when all variances, over and short, are "
    "taken off."
)
_OVERDUE_NOTE = "Counts of single zones may have covered them all the same; reminders leave out what those covered."
_UNBOOKED_NOTE = "These were approved, but the stock system does not show them yet."


def csv_of(summary: Summary) -> bytes:
    """The same figures as a file, one a line; money is in the currency's code, an unknown figure is empty."""
    month = summary.month.key
    rows = (
        (month, section.title, row.label, measure.name, _exact(measure), _unit(measure, summary.currency))
        for section in sections(summary)
        for row in section.rows
        for measure in row.measures
    )
    return csv_file(_HEADER, rows)


def _exact(measure: Measure) -> Decimal | str:
    if measure.value is None:
        return ""
    value = Decimal(measure.value)
    return value.quantize(_CENT, ROUND_HALF_UP) if measure.unit in {MONEY, CHANGE} else value


def _unit(measure: Measure, currency: str) -> str:
    if measure.unit in {MONEY, CHANGE}:
        return currency
    return measure.unit if measure.unit in {"", PERCENT} else f"{measure.unit}s"


def _text(measures: Iterable[Measure], sign: str) -> str:
    return ", ".join(measure.form.format(said(measure, sign)) for measure in measures)


def said(measure: Measure, sign: str) -> str:
    """A figure as people read it: ``93.4%``, ``£1,216.81``, ``3 variances``, ``not known``."""
    if measure.value is None:
        return "not known"
    value = Decimal(measure.value)
    if measure.unit == PERCENT:
        return f"{quantity(value)}%"
    if measure.unit == MONEY:
        return money(value, sign)
    if measure.unit == CHANGE:
        return signed_money(value, sign)
    return counted_noun(value, measure.unit) if measure.unit else quantity(value)


_Rows = Iterator[tuple[str, tuple[Measure, ...], Decimal | None]]


def _single(figures: Iterable[tuple[str, Measure]]) -> _Rows:
    return ((label, (measure,), None) for label, measure in figures)


def _counted(figures: MonthFigures) -> Iterator[tuple[str, Measure]]:
    yield "Counts", Measure("counts", figures.sessions)
    yield "Lines counted", Measure("lines counted", figures.lines_counted)
    if figures.counted:
        yield "Accuracy by lines", Measure("accuracy by lines", figures.accuracy_by_lines, PERCENT)
        yield "Accuracy by value", Measure("accuracy by value", figures.accuracy_by_value, PERCENT)
        yield "Agreed with the system", Measure("lines in agreement", figures.in_agreement)
    yield "Minor variances", Measure("minor variances", figures.minor)
    yield "Sent to a manager", Measure("material variances", figures.material)
    if figures.uncounted:
        yield "Expected but not counted", Measure("uncounted lines", figures.uncounted)
    if figures.unrecorded:
        yield "Found but not on the books", Measure("unrecorded lines", figures.unrecorded)
    if figures.unpriced:
        yield "Counted without a unit cost, so in no value", Measure("unpriced lines", figures.unpriced)


def _months(facts: Facts) -> _Rows:
    months = [figures for figures in (facts.figures, *facts.before) if figures.happened]
    for figures in months if len(months) > 1 else ():
        measures = (
            Measure("accuracy by lines", figures.accuracy_by_lines, PERCENT, "{} by lines"),
            Measure("accuracy by value", figures.accuracy_by_value, PERCENT, "{} by value"),
            Measure("lines counted", figures.lines_counted, "line"),
            Measure("value caught", figures.caught_value, MONEY, "{} caught"),
        )
        # A month without a count had decisions only, and no accuracy that could be known.
        yield figures.month.label, measures if figures.counted else measures[2:], figures.accuracy_by_lines


def _decided(facts: Facts) -> Iterator[tuple[str, Measure]]:
    figures = facts.figures
    yield "Approved", Measure("variances approved", figures.approved)
    yield "Rejected", Measure("variances rejected", figures.rejected)
    yield "Value caught", Measure("value caught", figures.caught_value, MONEY)
    yield "Net change of the stock's value", Measure("net value", figures.net_value, CHANGE)
    if figures.approved_unpriced:
        yield "Approved without a unit cost, so in no value", Measure("unpriced variances", figures.approved_unpriced)
    if facts.labels_judged:
        yield "Suggested causes that a manager judged", Measure("labels judged", facts.labels_judged)
        yield "of which confirmed", Measure("labels confirmed", facts.labels_confirmed)
        yield "Suggestions that were right", Measure("label accuracy", facts.label_accuracy, PERCENT)


def _causes(facts: Facts) -> _Rows:
    whole = facts.figures.caught_value
    for share in facts.causes:
        bar = share.value * 100 / whole if whole else None
        yield share.cause.label.capitalize(), _part(share), bar


def _part(share: CauseShare) -> tuple[Measure, ...]:
    return Measure("variances", share.lines, "variance"), Measure("value", share.value, MONEY)


def _repeats(facts: Facts) -> _Rows:
    names = {place.location: place.name for place in facts.places}
    for repeat in facts.repeats:
        yield f"{repeat.sku}, {names.get(repeat.location, repeat.location)}", _short(repeat), None


def _short(repeat: RepeatedShortage) -> tuple[Measure, ...]:
    return (
        Measure("times short", repeat.times, "time"),
        Measure("units short", repeat.units, "unit", "{} short"),
        Measure("value short", repeat.value, MONEY),
    )


def _waiting(facts: Facts) -> _Rows:
    for place in facts.places:
        waiting = place.waiting
        if waiting.lines:
            measures = [
                Measure("variances", waiting.lines, "variance"),
                Measure("value", waiting.value, MONEY),
                Measure("oldest", waiting.days, "day", "oldest {}"),
            ]
            if waiting.unvalued:
                measures.insert(2, Measure("variances without a value", waiting.unvalued, "", "{} without a value"))
            yield place.name, tuple(measures), None


def _unbooked(facts: Facts) -> _Rows:
    unbooked = facts.unbooked
    if unbooked.adjustments:
        measures = (
            Measure("adjustments", unbooked.adjustments, "adjustment"),
            Measure("oldest", unbooked.days, "day", "oldest {}"),
        )
        yield "All locations", measures, None


def _overdue(facts: Facts) -> _Rows:
    for place in facts.overdue:
        due = Measure("counted every", place.every_days, "day", "to be counted every {}")
        if place.days is None:
            yield place.name, (Measure("counts", 0, "", "never counted as a whole"), due), None
        else:
            yield place.name, (Measure("last counted", place.days, "day", "last counted as a whole {} ago"), due), None


def _places(facts: Facts) -> _Rows:
    for place in facts.places:
        if place.figures.happened:
            yield place.name, _of_place(place), None


def _of_place(place: LocationFacts) -> tuple[Measure, ...]:
    figures = place.figures
    measures = (
        Measure("accuracy by lines", figures.accuracy_by_lines, PERCENT, "{} by lines"),
        Measure("lines counted", figures.lines_counted, "line"),
        Measure("value caught", figures.caught_value, MONEY, "{} caught"),
    )
    return measures if figures.counted else measures[1:]
