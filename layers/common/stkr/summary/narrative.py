"""What the summary says in words and tables, and the check of what a model would say instead. Pure.

The model is given figures only: no SKU, no name, nothing a stranger could have typed. Its text is taken only if every
number in it is one of those figures; otherwise our own plain sentences go out.
"""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from stkr.mail.compose import Table
from stkr.summary.core import MONTHS_BACK, Facts, Figures, Repeat
from stkr.web.figures import counted_noun, money, quantity, signed_money

MAX_TOKENS: Final = 400
MAX_CHARS: Final = 1_200
"""About two hundred words: what people read on a phone."""

_CENT = Decimal("0.01")
_MIN_CHARS = 60
_SHOWN_REPEATS = 10

INSTRUCTIONS: Final = """\
You write the opening of a monthly summary about a shop's stock counts, for its managers. You get one JSON object with \
the month's facts; null means unknown, and money is in the currency that is named.

Write 3 to 6 plain sentences in one or two paragraphs: what was counted and how much of it agreed with the system, \
what the approved gaps were worth and what mostly caused them, what changed against the months before, and what needs \
attention. Write every number in digits, exactly as given or rounded to a whole number, and use no number that is not \
among the facts: do not add, subtract or compare by how much. No headings, lists or links, no advice about people."""


def prompt(facts: Facts, currency: str) -> str:
    """The facts as the JSON object the model is given; ``currency`` is its code, e.g. ``GBP``."""
    return json.dumps(
        {
            "month": facts.figures.month.label,
            "currency": currency,
            **_told(facts.figures),
            "causes_of_approved_gaps": [
                {"cause": share.cause.label, "gaps": share.lines, "value": _plain(share.value)}
                for share in facts.causes
            ],
            "suggested_causes_judged_by_managers": facts.labels_judged,
            "of_which_confirmed": facts.labels_confirmed,
            "percent_confirmed": _plain(facts.label_accuracy),
            "items_short_again_within_months": {"months": MONTHS_BACK + 1, "items": len(facts.repeats)},
            "gaps_still_waiting_for_a_decision": facts.waiting,
            "months_before": [{"month": before.month.label, **_told(before)} for before in facts.before],
        }
    )


def _told(figures: Figures) -> dict[str, Any]:
    return {
        "counts": figures.sessions,
        "lines_counted": figures.counted,
        "lines_not_counted": figures.uncounted,
        "lines_in_agreement": figures.in_agreement,
        "percent_in_agreement": _plain(figures.accuracy),
        "minor_gaps": figures.minor,
        "material_gaps": figures.material,
        "items_found_that_were_not_on_the_books": figures.unrecorded,
        "value_of_all_gaps": _plain(figures.gaps_value),
        "gaps_approved": figures.approved,
        "gaps_rejected": figures.rejected,
        "value_of_approved_gaps": _plain(figures.caught_value),
        "net_value_of_approved_gaps": _plain(figures.net_value),
    }


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.quantize(_CENT, ROUND_HALF_UP):f}"


_ALLOWED = re.compile(r"[A-Za-z0-9 .,;:'()%£$€+\u2013\u2014\u2019-]*")
"""Letters, figures and punctuation of plain prose: no mark-up, and no slash or at-sign that an address would need."""

_DOTTED = re.compile(r"[A-Za-z]\.[A-Za-z]")
"""A bare host name, which mail programs turn into a link."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPELLED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|halved|thirds?|quarters?|twice|doubled?|tripled?|"
    r"threefold|twofold)\b",
    re.IGNORECASE,
)
"""Numbers in words, which cannot be looked up among the facts."""


def check_narrative(text: str, facts: Facts, currency: str) -> tuple[str, ...] | None:
    """A model's text as paragraphs, or ``None`` where it must not be sent.

    It has to be plain prose of bounded length without a link, and every number in it has to be one of the figures the
    model was given, as they are or rounded to a whole number.
    """
    paragraphs = tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    prose = " ".join(paragraphs)
    if not _MIN_CHARS <= len(prose) <= MAX_CHARS or not _ALLOWED.fullmatch(prose):
        return None
    if _DOTTED.search(prose) or _SPELLED.search(prose):
        return None
    known = set(_known(_NUMBER.findall(prompt(facts, currency))))
    return paragraphs if all(figure in known for figure in _figures(prose)) else None


def _figures(prose: str) -> Iterator[Decimal | None]:
    """Every number; ``None`` for what only looks like one, such as 1.2.3."""
    for found in _NUMBER.findall(prose):
        try:
            yield Decimal(found.replace(",", ""))
        except InvalidOperation:
            yield None


def _known(given: Iterable[str]) -> Iterator[Decimal]:
    for figure in given:
        yield Decimal(figure)
        yield Decimal(figure).quantize(Decimal(1), ROUND_HALF_UP)


def plain_narrative(facts: Facts, sign: str) -> tuple[str, ...]:
    """Our own paragraphs: true, and dull. ``sign`` goes before an amount."""
    paragraphs = (_what_was_counted(facts.figures), _what_was_decided(facts, sign), _what_is_left(facts))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _what_was_counted(figures: Figures) -> str:
    if not figures.sessions:
        return "Nothing was counted this month."
    return (
        f"{counted_noun(figures.sessions, 'count')} covered {counted_noun(figures.lines, 'line')}, of which "
        f"{quantity(Decimal(figures.in_agreement))} agreed with the system ({_share(figures.accuracy)}). "
        f"{counted_noun(figures.material, 'line')} went to a manager; "
        f"{counted_noun(figures.minor, 'minor gap')} did not."
    )


def _what_was_decided(facts: Facts, sign: str) -> str:
    figures = facts.figures
    if not figures.approved and not figures.rejected:
        return ""
    text = (
        f"{counted_noun(figures.approved, 'gap')} worth {money(figures.caught_value, sign)} in all "
        f"({signed_money(figures.net_value, sign)} net) {'was' if figures.approved == 1 else 'were'} approved, "
        f"{quantity(Decimal(figures.rejected))} rejected."
    )
    if facts.causes:
        parts = (f"{share.cause.label} ({quantity(Decimal(share.lines))})" for share in facts.causes)
        text += f" The causes: {', '.join(parts)}."
    return text


def _what_is_left(facts: Facts) -> str:
    sentences = []
    if facts.repeats:
        noun = counted_noun(len(facts.repeats), "item")
        verb = "keeps" if len(facts.repeats) == 1 else "keep"
        sentences.append(f"{noun} {verb} coming back short.")
    if facts.waiting:
        verb = "waits" if facts.waiting == 1 else "wait"
        sentences.append(f"{counted_noun(facts.waiting, 'gap')} still {verb} for a decision.")
    return " ".join(sentences)


def tables(facts: Facts, sign: str) -> tuple[Table, ...]:
    """The figures behind the words; a table with nothing in it is left out."""
    found = (
        Table("Counted", tuple(_counted_rows(facts.figures))),
        Table("Decided", tuple(_decided_rows(facts, sign))),
        Table(
            "Causes of what was approved",
            tuple(
                (share.cause.label, f"{counted_noun(share.lines, 'gap')}, {money(share.value, sign)}")
                for share in facts.causes
            ),
        ),
        Table(
            f"Short again within {MONTHS_BACK + 1} months",
            tuple(_repeat_row(repeat, sign) for repeat in facts.repeats[:_SHOWN_REPEATS]),
        ),
        Table(
            "The months before",
            tuple((before.month.label, _compared(before, sign)) for before in facts.before if before.sessions),
        ),
    )
    return tuple(table for table in found if table.rows)


def _counted_rows(figures: Figures) -> Iterator[tuple[str, str]]:
    yield "Counts", quantity(Decimal(figures.sessions))
    yield "Lines counted", quantity(Decimal(figures.counted))
    yield "Agreed with the system", f"{quantity(Decimal(figures.in_agreement))} ({_share(figures.accuracy)})"
    yield "Minor gaps", quantity(Decimal(figures.minor))
    yield "Sent to a manager", quantity(Decimal(figures.material))
    if figures.uncounted:
        yield "Expected but not counted", quantity(Decimal(figures.uncounted))
    if figures.unrecorded:
        yield "Found but not on the books", quantity(Decimal(figures.unrecorded))


def _decided_rows(facts: Facts, sign: str) -> Iterator[tuple[str, str]]:
    figures = facts.figures
    yield "Approved", quantity(Decimal(figures.approved))
    yield "Rejected", quantity(Decimal(figures.rejected))
    yield "Value caught", money(figures.caught_value, sign)
    yield "Net change of the stock's value", signed_money(figures.net_value, sign)
    if facts.labels_judged:
        judged = f"{quantity(Decimal(facts.labels_confirmed))} of {quantity(Decimal(facts.labels_judged))}"
        yield "Suggested causes that were right", f"{judged} ({_share(facts.label_accuracy)})"
    yield "Still waiting for a decision", quantity(Decimal(facts.waiting))


def _repeat_row(repeat: Repeat, sign: str) -> tuple[str, str]:
    figures = f"{counted_noun(repeat.times, 'time')}, {quantity(repeat.units)} short, {money(repeat.value, sign)}"
    return f"{repeat.sku}, {repeat.location}", figures


def _compared(figures: Figures, sign: str) -> str:
    return (
        f"{counted_noun(figures.lines, 'line')}, {_share(figures.accuracy)} in agreement, "
        f"{money(figures.caught_value, sign)} caught"
    )


def _share(percent: Decimal | None) -> str:
    return "none" if percent is None else f"{quantity(percent)}%"
