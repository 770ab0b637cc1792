"""What the summary says in sentences, and the check of what a model would say instead. Pure.

The model never writes a figure. It is given phrases such as ``2,140 lines counted``, each under a name, and writes
sentences with the names in braces; we put the phrases there. So a figure cannot be changed, and cannot be attached to
anything but what it is of, since the noun comes with it. What a model could still do is to make claims of size in words
of its own ("most", "doubled", "no location"), to speak of what it was not given, or to lead elsewhere: so its own words
are lower-case English without digits, and none of them says how much. Anything else, and our own plain sentences go
out. Each sentence holds a phrase, so that none is a claim of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from stkr.domain.cause import Cause
from stkr.summary.facts import MONTHS_BACK, Facts
from stkr.summary.figures import MonthFigures
from stkr.web.formatting import counted_noun, money, quantity

MAX_TOKENS: Final = 400
MAX_CHARS: Final = 1_200
"""Of the finished text, about two hundred words: what people read on a phone."""

_MIN_PHRASES = 3

INSTRUCTIONS: Final = """\
You write the opening of a monthly summary about a shop's stock counts, for its managers. You get one JSON object that \
maps names to phrases, which hold all figures of the month.

Write 3 to 6 plain sentences in one or two paragraphs: what was counted and how much of it agreed with the system, \
what was approved and what caused it, how that compares with the month before, and what needs attention. Wherever a \
figure belongs, write its name in braces, e.g. {lines_counted}: it is replaced by its phrase, so the words around it \
have to fit the phrase. Use each name at most once, at least three of them, and one or more in every sentence.

Your own words must hold no digit, no number in words, no name, no month, no currency or percent sign and no \
abbreviation, and no capital letter except at the beginning of a sentence. They must not negate, estimate, compare or \
say how much (not "no", "most", "main", "about", "rose", "better"): the phrases do that. A sentence must not \
begin with a name in braces. No headings, lists or links, no advice about people."""


def phrases(facts: Facts, sign: str) -> Mapping[str, str]:
    """What the model may say, by name: a figure together with what it is of. ``sign`` goes before an amount.

    No SKU, no location and nothing else that anybody could have typed is in them.
    """
    return {name: phrase for name, phrase in _phrases(facts, sign) if phrase}


def _phrases(facts: Facts, sign: str) -> Iterator[tuple[str, str]]:
    figures = facts.figures
    yield "month", figures.month.label
    yield "counts", counted_noun(figures.sessions, "count")
    yield "lines_counted", f"{counted_noun(figures.lines_counted, 'line')} counted"
    if figures.accuracy_by_lines is not None:
        yield "accuracy_by_lines", f"an accuracy by lines of {_percent(figures.accuracy_by_lines)}"
    if figures.accuracy_by_value is not None:
        yield "accuracy_by_value", f"an accuracy by value of {_percent(figures.accuracy_by_value)}"
    if figures.uncounted:
        yield "uncounted", f"{counted_noun(figures.uncounted, 'line')} expected but not counted"
    if figures.unrecorded:
        yield "unrecorded", f"{counted_noun(figures.unrecorded, 'line')} found but not on the books"
    yield "material_variances", f"{counted_noun(figures.material, 'variance')} sent to a manager"
    yield "minor_variances", counted_noun(figures.minor, "minor variance")
    yield "approved", f"{counted_noun(figures.approved, 'variance')} approved"
    yield "rejected", f"{counted_noun(figures.rejected, 'variance')} rejected"
    yield "value_caught", f"variances worth {money(figures.caught_value, sign)} caught"
    yield "net_value", f"stock worth {_change(figures.net_value, sign)} on the books"
    for share in facts.causes:
        label = "of unknown cause" if share.cause is Cause.UNKNOWN else f"labelled {share.cause.label}"
        yield (
            f"cause_{share.cause}",
            f"{counted_noun(share.lines, 'variance')} worth {money(share.value, sign)} {label}",
        )
    if facts.labels_judged:
        judged = counted_noun(facts.labels_judged, "judged suggestion")
        yield "labels_confirmed", f"{quantity(Decimal(facts.labels_confirmed))} of {judged} confirmed"
    if facts.repeats:
        yield "short_again", f"{counted_noun(len(facts.repeats), 'item')} short again within {MONTHS_BACK + 1} months"
    if facts.overdue:
        yield "overdue", f"{counted_noun(len(facts.overdue), 'location')} not counted as a whole in time"
    yield "waiting", f"{counted_noun(facts.waiting.lines, 'variance')} waiting for a decision"
    if facts.unbooked.adjustments:
        yield "unbooked", f"{counted_noun(facts.unbooked.adjustments, 'approved adjustment')} not booked yet"
    yield from _compared(facts, sign)


def _compared(facts: Facts, sign: str) -> Iterator[tuple[str, str]]:
    """Against the month before, where that had a count."""
    month = facts.figures.month.back(1)
    for before in facts.before:
        if before.month == month and before.sessions:
            yield "accuracy_change", _accuracy_change(facts.figures, before)
            change = facts.figures.caught_value - before.caught_value
            yield "value_caught_change", f"{_change(change, sign)} caught than in {month.label}"


def _accuracy_change(now: MonthFigures, before: MonthFigures) -> str:
    if now.accuracy_by_lines is None or before.accuracy_by_lines is None:
        return ""
    change = now.accuracy_by_lines - before.accuracy_by_lines
    if not change:
        return f"the same accuracy by lines as in {before.month.label}"
    better = "better" if change > 0 else "worse"
    points = counted_noun(abs(change), "percentage point")
    return f"an accuracy by lines {points} {better} than in {before.month.label}"


def _change(change: Decimal, sign: str) -> str:
    return f"{money(abs(change), sign)} {'less' if change < 0 else 'more'}"


def _percent(value: Decimal) -> str:
    return f"{quantity(value)}%"


def prompt(facts: Facts, sign: str) -> str:
    """The phrases as the JSON object that the model is given."""
    return json.dumps(phrases(facts, sign), ensure_ascii=False, indent=0)


_PLACE = re.compile(r"\{([a-z_]+)\}")
_OWN_WORDS = re.compile(r"[A-Za-z ,.;:'()\u2019\u2013-]*")
"""Letters and the punctuation of prose: no digit of any script, no mark-up, no brace, no slash or at-sign of a link."""

_DOTTED = re.compile(r"[A-Za-z]\.[A-Za-z]")
"""A bare host name, which mail programs turn into a link."""

_STRAY_CAPITAL = re.compile(r"(?<!^)(?<![.] )[A-Z]")
"""A name, an abbreviation or a Roman numeral: a capital belongs only at the beginning of a sentence."""

_TOUCHED = re.compile(r"[\w'\u2019-]\{|\}[\w'\u2019-]|\}\s*\{|(?:^|[.] )\{")
"""A phrase that becomes part of a word or meets the next one, or begins a sentence, which its words do not fit."""

_CLAIMS = re.compile(
    r"\b(?:"
    # Numbers, ordinals and parts in words; a Roman numeral at the beginning of a sentence.
    r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|"
    r"nine)ty|\w*hundreds?|thousands?|[mbtr]+illions?|dozens?|scores?|pairs?|couple|single|first|second|\w*thirds?|"
    r"fourth|fifth|sixth|seventh|eighth|ninth|tenth|\w+tieth|\w+teenth|half|halves|halved|halving|quarters?|quarterly|"
    r"percent|percentage|per|cents?|pounds?|pence|euros?|dollars?|once|twice|thrice|\w*doubl\w+|trebl\w+|tripl\w+|"
    r"quadrupl\w+|\w+fold|"
    r"(?=[ivxlcdm]{2,}\b)m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})(?<=\w)|"
    # How much or how many, how it changed, and what of it weighs most.
    r"bulk|lots?|plenty|numerous|countless|myriad|handful|nil|nought|naught|gross|tons?|both|either|sole|solely|"
    r"entire\w*|whole|complete\w*|fully?|totals?|tiny|small|little|large|big|huge|great|significant\w*|substantial\w*|"
    r"minimal\w*|negligible|unchanged|steady|stable|flat|surg\w+|spik\w+|jump\w*|plung\w+|soar\w*|climb\w*|"
    r"considerabl\w+|siz(?:e)?able|modest\w*|moderate\w*|slight\w*|sharp\w*|massive\w*|enormous\w*|vast\w*|drastic\w*|"
    r"dramatic\w*|marked\w*|noticeabl\w*|extensive\w*|excess\w*|ample|sufficient\w*|enough|scant\w*|scarce\w*|mere|"
    r"merely|limited|heavy|heavily|high|highly|low|strong\w*|weak\w*|average\w*|maxim\w+|minimum|peak\w*|perfect\w*|"
    r"flawless\w*|usual\w*|unusual\w*|typical\w*|rare|rarely|seldom|frequent\w*|often|always|repeated\w*|"
    r"consistent\w*|regular\w*|worsen\w*|recover\w*|slipp\w+|slid\w*|eased|easing|accelerat\w+|slow\w*|reduc\w+|"
    r"expan\w+|stagna\w+|plateau\w*|tumbl\w+|"
    r"shr[au]nk|shrinks|shrinking|wider|widen\w*|narrow\w*|lead\w*|dominat\w+|outweigh\w*|"
    r"most|mostly|majority|minority|mainly|largely|all|every|everything|everybody|everyone|each|any|many|much|few|"
    r"fewer|fewest|several|some|more|less|lesser|least|higher|highest|lower|lowest|larger|largest|smaller|smallest|"
    r"bigger|biggest|greater|greatest|better|best|worse|worst|same|equal|equally|rose|risen|rise|rises|rising|fell|"
    r"fallen|falls?|falling|grew|grown|grows?|growing|drop\w*|increas\w+|decreas\w+|improv\w+|declin\w+|deteriorat\w+|"
    r"main|chief|primary|principal|top|up|down|gain\w*|record|only|just|already|"
    # Denials and estimates, which would turn a figure round or blur it.
    r"no|not|none|nor|never|nothing|nobody|neither|cannot|without|non|hardly|barely|almost|nearly|about|around|roughly|"
    r"approximately|over|under|above|below|beyond|exceed\w*|except|minus|plus|false|wrong\w*|"
    # Whose fault it was: a label is a guess about goods, and nobody has judged a person.
    r"theft\w*|thief|thieves|thieving|stole|stolen|steal\w*|fraud\w*|dishonest\w*|careless\w*|negligen\w+|blame\w*|"
    # Months and days, which are figures too.
    r"january|february|april|june|july|august|september|october|november|december|\w*days?|weeks?|weekly|fortnight\w*|decades?|centur\w+|years?|yearly|"
    r"annual\w*"
    r")\b|n['\u2019]t\b|\b(?-i:May|March)\b",
    re.IGNORECASE,
)


def check_narrative(text: str, facts: Facts, sign: str) -> tuple[str, ...] | None:
    """A model's text as finished paragraphs, or ``None`` where it must not be sent."""
    by_name = phrases(facts, sign)
    drafts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    used = _PLACE.findall(text)
    if len(used) < _MIN_PHRASES or len(set(used)) < len(used) or not by_name.keys() >= set(used):
        return None
    if not all(map(_holds_words_only, drafts)):
        return None
    paragraphs = tuple(_PLACE.sub(lambda place: by_name[place[1]], draft) for draft in drafts)
    return paragraphs if sum(map(len, paragraphs)) <= MAX_CHARS else None


def _holds_words_only(draft: str) -> bool:
    """Whether a paragraph, but for its places, is plain prose that says nothing of how much."""
    if _TOUCHED.search(draft):
        return False
    own = _PLACE.sub("()", draft)
    return bool(
        _OWN_WORDS.fullmatch(own)
        and own.endswith(".")
        and all(map(_PLACE.search, draft.split(". ")))
        and not _DOTTED.search(own)
        and not _STRAY_CAPITAL.search(own)
        and not _CLAIMS.search(own)
    )


def plain_narrative(facts: Facts, sign: str) -> tuple[str, ...]:
    """Our own paragraphs: true, and dull. ``sign`` goes before an amount."""
    phrase_of = phrases(facts, sign)
    paragraphs = (_what_was_counted(facts, phrase_of), _what_was_decided(facts, phrase_of), _what_is_left(phrase_of))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _what_was_counted(facts: Facts, phrase_of: Mapping[str, str]) -> str:
    if not facts.figures.sessions:
        return "Nothing was counted this month."
    text = f"{phrase_of['counts']}, {phrase_of['lines_counted']}"
    accuracy = [phrase_of[name] for name in ("accuracy_by_lines", "accuracy_by_value") if name in phrase_of]
    text += f", with {' and '.join(accuracy)}." if accuracy else "."
    if "accuracy_change" in phrase_of:
        text += f" That is {phrase_of['accuracy_change']}."
    return f"{text} There were {phrase_of['material_variances']} and {phrase_of['minor_variances']}."


def _what_was_decided(facts: Facts, phrase_of: Mapping[str, str]) -> str:
    figures = facts.figures
    if not figures.approved and not figures.rejected:
        return ""
    text = f"{phrase_of['approved']}, {phrase_of['rejected']}: {phrase_of['value_caught']}, {phrase_of['net_value']}."
    causes = [phrase_of[f"cause_{share.cause}"] for share in facts.causes]
    return f"{text} The causes: {'; '.join(causes)}." if causes else text


def _what_is_left(phrase_of: Mapping[str, str]) -> str:
    attention = [phrase_of[name] for name in ("short_again", "overdue", "unbooked") if name in phrase_of]
    if not phrase_of["waiting"].startswith("0 "):
        attention.append(phrase_of["waiting"])
    return f"To look at: {'; '.join(attention)}." if attention else ""
