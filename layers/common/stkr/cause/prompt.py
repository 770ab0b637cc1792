"""The question put to the model, and the check of its reply. Pure: the call itself is in ``stkr.cause.shell``.

The model sees the evidence only: no item name, no SKU, nothing a stranger could have typed. The reply is a label from
a closed list and one sentence; there is no field in which it could express an action.
"""

import json
import re
from collections.abc import Iterator
from decimal import Context, Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stkr.domain.cause import Cause, DatedFact, Evidence, SuggestedCause
from stkr.domain.names import SessionId

MAX_RATIONALE = 240
MAX_TOKENS = 200
"""A label and a sentence are about sixty tokens."""

INSTRUCTIONS = """\
You help a shop explain a variance: the difference between a physical stock count and its stock system. The variance \
itself is certain; you only suggest its likeliest cause. You get one JSON object with the evidence. A null means that \
the fact is unknown, not zero.

Pick exactly one cause:
- shrinkage: stock left unrecorded (theft, breakage, spoilage). Typical: a sustained shortage, normal sales, \
no recent delivery.
- miscount: the count is wrong. Typical: a suspiciously round variance, a multiple of the pack size, swapped digits, \
an offsetting variance on another item, a variance like what the system moved during the count, or an overage that \
nothing explains.
- unrecorded_sale: stock was sold but not rung up. Typical: a small shortage on an item that sells fast.
- receiving_error: a delivery was booked wrongly. Typical: a variance soon after a delivery, or equal to one.

Answer with a JSON object only: {"cause": "<one of the four>", "rationale": "<one sentence>"}.
The rationale is one plain sentence of at most 30 words for the shop's manager. \
Use no number that is not in the evidence."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cause": {"type": "string", "enum": [cause.value for cause in Cause if cause is not Cause.UNKNOWN]},
        "rationale": {"type": "string"},
    },
    "required": ["cause", "rationale"],
    "additionalProperties": False,
}


class VarianceToLabel(BaseModel):
    """One gap to be labelled. ``ref`` is the caller's own and comes back with the answer; the model never sees it."""

    model_config = ConfigDict(frozen=True)

    ref: str
    evidence: Evidence


class LabelQuestion(BaseModel):
    """A request to ``cause``: up to a chunk of gaps, each of which becomes a model call of its own.

    ``session_id`` is for the log; the model never sees it.
    """

    model_config = ConfigDict(frozen=True)

    session_id: SessionId
    gaps: Annotated[tuple[VarianceToLabel, ...], Field(max_length=25)]


class LabelAnswer(BaseModel):
    """The reply of ``cause``: one label for each gap asked about."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[SuggestedCause, ...]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cause: Cause
    rationale: Annotated[str, Field(min_length=8, max_length=MAX_RATIONALE)]


def prompt(evidence: Evidence) -> str:
    """The evidence as the JSON object the model is given."""

    def event(happened: DatedFact | None) -> dict[str, Any] | None:
        return happened.model_dump(mode="json", exclude_none=True) if happened else None

    def number(value: Decimal | None) -> str | None:
        return None if value is None else f"{value.normalize():f}"

    return json.dumps(
        {
            "direction": "shortage" if evidence.gap_units < 0 else "overage",
            "gap_units": number(evidence.gap_units),
            "gap_pct": number(evidence.gap_pct),
            "gap_value": number(evidence.gap_value),
            "counted": number(evidence.counted_qty),
            "system": number(evidence.system_qty),
            "system_moved_during_count": number(evidence.moved_during_count),
            "units_sold_since_last_count": number(evidence.sold_since_count),
            "last_receipt": event(evidence.last_receipt),
            "last_count": event(evidence.last_count),
            "flags": list(evidence.flags),
        }
    )


def check(ref: str, text: str, evidence: Evidence) -> SuggestedCause:
    """The model's text as a label; anything that is not clearly right is ``unknown``."""
    unknown = SuggestedCause(ref=ref, cause=Cause.UNKNOWN, rationale="")
    try:
        # Some models put the object into a code fence or a sentence around it.
        reply = _Reply.model_validate_json(text[text.index("{") : text.rindex("}") + 1])
    except (ValueError, ValidationError):
        return unknown
    rationale = " ".join(reply.rationale.split())
    if reply.cause is Cause.UNKNOWN or not _plain_sentence(rationale) or not _figures_known(rationale, evidence):
        return unknown
    return SuggestedCause(ref=ref, cause=reply.cause, rationale=rationale)


_LINK = re.compile(r"https?:|www\.|://|@|[<>\[\]{}]|\b[a-z0-9-]+\.(?:com|net|org|io|uk|co)\b", re.IGNORECASE)
_SECOND_SENTENCE = re.compile(r"[.!?]\s+\S")
_ROOMY = Context(prec=60)  # DynamoDB holds 38 digits: rounding any stored number cannot fail.
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def _plain_sentence(text: str) -> bool:
    return text.isprintable() and not _LINK.search(text) and not _SECOND_SENTENCE.search(text)


def _figures_known(text: str, evidence: Evidence) -> bool:
    allowed = set(_figures(evidence))
    for figure in _NUMBER.findall(text):
        try:
            if abs(Decimal(figure.replace(",", ""))) not in allowed:
                return False
        except InvalidOperation:  # Such as 1.2.3: not a figure of ours.
            return False
    return True


def _figures(evidence: Evidence) -> Iterator[Decimal]:
    """Every number a sentence about the evidence may use: its figures, rounded percentages, whole weeks."""
    quantities = (evidence.gap_units, evidence.gap_pct, evidence.gap_value, evidence.counted_qty, evidence.system_qty)
    for value in (*quantities, evidence.moved_during_count, evidence.sold_since_count):
        if value is not None:
            size = value.copy_abs()
            yield size
            yield size.quantize(Decimal(1), context=_ROOMY)
            yield size.quantize(Decimal("0.1"), context=_ROOMY)
    for event in (evidence.last_receipt, evidence.last_count):
        if event:
            yield Decimal(event.days_ago)
            yield Decimal(event.days_ago // 7)
            yield from (Decimal(part) for part in event.day.split("-"))
            if event.quantity is not None:
                yield event.quantity
