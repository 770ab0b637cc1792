"""What the data says in plain English, the same in the mail as on the page."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from stkr.domain.cause import Cause, DatedFact, Evidence, Flag
from stkr.domain.instants import moment_of
from stkr.domain.line import Line
from stkr.domain.names import Instant
from stkr.domain.variance import Unrolled
from stkr.rules.doc import Rules
from stkr.web.formatting import calendar_day, counted_noun, day_and_time, quantity, signed

_FLAGS = {
    Flag.MULTIPLE_OF_PACK_SIZE: "The variance is a whole number of packs",
    Flag.EQUALS_LAST_RECEIPT: "The variance equals the last delivery",
    Flag.MULTIPLE_OF_LAST_RECEIPT: "The variance is a multiple of the last delivery",
    Flag.SWAPPED_DIGITS: "Count and system differ by two swapped digits",
}


_UNROLLED = {
    Unrolled.MIXED_TIMES: "some of its rows have no time",
    Unrolled.WRONG_CLOCK: "the scanner's clock was wrong",
    Unrolled.NOT_LISTED: "the system does not say when it moved",
    Unrolled.NOT_KNOWN_YET: "it is not known yet when it moved",
    Unrolled.MOVED_MEANWHILE: "it moved just when the shelf was counted",
    Unrolled.UNEXPLAINED: "the system does not list all that moved",
    Unrolled.CORRECTED: "somebody corrected the system after the shelf was counted",
    Unrolled.OVERSOLD: "more left after the count than was counted",
}


def in_time(line: Line, zone: ZoneInfo) -> str:
    """What moved while a line was counted and what became of it; empty where nothing did, or a hold says it all."""
    timing = line.timing
    if timing is None:
        return ""
    if timing.expected_qty is not None and timing.counted_from and timing.counted_to:
        if timing.expected_qty == line.system_qty == timing.snapshot_qty:
            return ""
        limit = f", as far as was known by {_clock(timing.known_until, zone)}" if timing.known_until else ""
        return (
            f"Counted {_span(timing.counted_from, timing.counted_to, zone)}, when {quantity(timing.expected_qty)} were "
            f"expected{limit} ({quantity(timing.snapshot_qty)} when the count began). The system says "
            f"{quantity(line.system_qty)} now; what moved since the shelf was counted stays as it is."
        )
    if not timing.moved_qty or line.held_from_qty is not None:
        return ""
    why = f": {_UNROLLED[timing.unrolled]}" if timing.unrolled else ""
    return (
        f"Stock moved by {signed(timing.moved_qty)} while it was counted, and which part of that came before the "
        f"shelf was counted is not known{why}."
    )


def _span(first: Instant, last: Instant, zone: ZoneInfo) -> str:
    if moment_of(first).astimezone(zone).date() != moment_of(last).astimezone(zone).date():
        return f"from {day_and_time(moment_of(first), zone)} to {day_and_time(moment_of(last), zone)}"
    begin, end = _clock(first, zone), _clock(last, zone)
    return f"at {begin}" if begin == end else f"from {begin} to {end}"


def _clock(instant: Instant, zone: ZoneInfo) -> str:
    return f"{moment_of(instant).astimezone(zone):%H:%M}"


def facts(evidence: Evidence) -> tuple[str, ...]:
    """The evidence as short statements without full stops; what is unknown is said to be unknown."""
    return tuple(_facts(evidence))


def likely(cause: Cause | None) -> str:
    """The suggestion in two words: ``likely shrinkage``; ``cause unknown`` where there is none."""
    return Cause.UNKNOWN.label if cause in (None, Cause.UNKNOWN) else f"likely {cause.label}"


def place(rules: Rules, location: str) -> str:
    """What people call a location; its key where the rules doc does not name it."""
    named = rules.locations.get(location)
    return named.name if named else location


def _facts(evidence: Evidence) -> Iterator[str]:
    receipt, count = evidence.last_receipt, evidence.last_count
    if receipt:
        amount = f"{quantity(receipt.quantity)}, " if receipt.quantity is not None else ""
        yield f"Last delivery: {amount}{_when(receipt)}"
    else:
        yield "No delivery on record"
    if evidence.moved_during_count is not None:
        yield f"Stock moved by {signed(evidence.moved_during_count)} while it was counted"
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


def _when(event: DatedFact) -> str:
    on = calendar_day(date.fromisoformat(event.day))
    if event.days_ago <= 0:
        return f"{on}, {'the day of the count' if event.days_ago == 0 else 'after the count'}"
    weeks, days = divmod(event.days_ago, 7)
    ago = counted_noun(weeks, "week") if weeks > 1 and not days else counted_noun(event.days_ago, "day")
    return f"{on}, {ago} before the count"
