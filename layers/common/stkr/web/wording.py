"""What the data says in plain English, the same in the mail as on the page."""

from collections.abc import Iterator
from datetime import date

from stkr.cause.evidence import Cause, Event, Evidence, Flag
from stkr.rules.doc import Rules
from stkr.web.figures import calendar_day, counted_noun, quantity

_FLAGS = {
    Flag.MULTIPLE_OF_PACK_SIZE: "The gap is a whole number of packs",
    Flag.EQUALS_LAST_RECEIPT: "The gap equals the last delivery",
    Flag.MULTIPLE_OF_LAST_RECEIPT: "The gap is a multiple of the last delivery",
    Flag.SWAPPED_DIGITS: "Count and system differ by two swapped digits",
}


def facts(evidence: Evidence) -> tuple[str, ...]:
    """The evidence as short statements without full stops; what is unknown is said to be unknown."""
    return tuple(_facts(evidence))


def likely(cause: Cause | None) -> str:
    """The suggestion in two words: ``likely shrinkage``; ``cause unknown`` where there is none."""
    return Cause.UNKNOWN.label if cause in (None, Cause.UNKNOWN) else f"likely {cause.label}"


def place(rules: Rules, location: str) -> str:
    """What people call a location; its key where the rules doc does not name it."""
    known = rules.locations.get(location)
    return known.name if known else location


def _facts(evidence: Evidence) -> Iterator[str]:
    receipt, count = evidence.last_receipt, evidence.last_count
    if receipt:
        amount = f"{quantity(receipt.quantity)}, " if receipt.quantity is not None else ""
        yield f"Last delivery: {amount}{_when(receipt)}"
    else:
        yield "No delivery on record"
    if evidence.sold_since_count is None:
        yield "Sales since the last count not known"
    else:
        yield f"{quantity(evidence.sold_since_count)} sold since the last count"
    yield f"Last counted {_when(count)}" if count else "No earlier count on record"
    for flag in evidence.flags:
        if flag is not Flag.OFFSETTING_GAP:
            yield _FLAGS[flag]
        elif evidence.offset_by:
            yield f"{evidence.offset_by} is off by the same amount the other way"
        else:
            yield "Several items of this count are off by the same amount the other way"


def _when(event: Event) -> str:
    on = calendar_day(date.fromisoformat(event.day))
    if event.days_ago <= 0:
        return f"{on}, {'the day of the count' if event.days_ago == 0 else 'after the count'}"
    weeks, days = divmod(event.days_ago, 7)
    ago = counted_noun(weeks, "week") if weeks > 1 and not days else counted_noun(event.days_ago, "day")
    return f"{on}, {ago} before the count"
