"""What the evidence says in plain English."""

from decimal import Decimal

import pytest

from stkr.domain.cause import Cause, DatedFact, Flag
from stkr.domain.variance import Unrolled
from stkr.web.wording import facts, in_time, likely, place
from tests.unit.web.samples import EVIDENCE, RULES, line, rolled

pytestmark = pytest.mark.unit


def test_the_evidence_in_sentences() -> None:
    assert facts(EVIDENCE) == (
        "Last delivery: 200, Sat 17 Oct 2026, 5 weeks before the count",
        "96 sold since the last count",
        "Last counted Sat 26 Sep 2026, 8 weeks before the count",
        "The variance is a whole number of packs",
    )


def in_time_with(**changed: object) -> str:
    timing = rolled().timing
    assert timing is not None
    return in_time(rolled(timing=timing.model_copy(update=changed)), RULES.zone)


def test_a_line_that_was_counted_over_a_while_says_from_when_to_when() -> None:
    assert in_time_with(counted_to="2026-11-21T10:40:00.000000Z").startswith("Counted from 10:14 to 10:40, when 480")
    days = in_time_with(counted_from="2026-11-20T10:14:00.000000Z")
    assert days.startswith("Counted from Fri 20 Nov 2026, 10:14 to Sat 21 Nov 2026, 10:14, when 480 were expected")


def test_what_is_known_only_until_before_the_count_is_said_to_be() -> None:
    assert "480 were expected, as far as was known by 10:00 (482" in in_time_with(
        known_until="2026-11-21T10:00:00.000000Z"
    )


@pytest.mark.parametrize("why", list(Unrolled))
def test_every_doubt_about_the_moment_of_counting_has_its_words(why: Unrolled) -> None:
    told = in_time_with(expected_qty=None, unrolled=why)
    assert told.startswith("Stock moved by -11 while it was counted, and which part of that came before")
    assert " is not known: " in told
    assert in_time_with(expected_qty=None, unrolled=why, moved_qty=Decimal(0)) == ""


def test_where_nothing_moved_there_is_nothing_to_say() -> None:
    assert in_time(line(), RULES.zone) == ""
    assert in_time_with(expected_qty=Decimal(471), snapshot_qty=Decimal(471)) == ""


def test_what_moved_during_the_count_is_a_fact() -> None:
    moved = EVIDENCE.model_copy(update={"moved_during_count": Decimal(-3)})
    assert "Stock moved by -3 while it was counted" in facts(moved)


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    nothing = {"sold_since_count": None, "last_receipt": None, "last_count": None, "flags": ()}
    assert facts(EVIDENCE.model_copy(update=nothing)) == (
        "No delivery on record",
        "Sales since the last count not known",
        "No earlier count on record",
    )


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-2, "Sat 21 Nov 2026, after the count"),
        (0, "Sat 21 Nov 2026, the day of the count"),
        (1, "Sat 21 Nov 2026, 1 day before the count"),
        (7, "Sat 21 Nov 2026, 7 days before the count"),
        (15, "Sat 21 Nov 2026, 15 days before the count"),
    ],
)
def test_how_long_ago(days: int, told: str) -> None:
    event = DatedFact(day="2026-11-21", days_ago=days)
    evidence = EVIDENCE.model_copy(update={"last_receipt": event})
    assert facts(evidence)[0] == f"Last delivery: {told}"


@pytest.mark.parametrize(
    ("offset_by", "told"),
    [
        ("BOLT-M8", "BOLT-M8 is off by the same amount the other way"),
        (None, "Several items of this count are off by the same amount the other way"),
    ],
)
def test_every_pattern_is_told(offset_by: str | None, told: str) -> None:
    evidence = EVIDENCE.model_copy(update={"flags": tuple(Flag), "offset_by": offset_by})
    assert facts(evidence)[3:] == (
        "The variance is a whole number of packs",
        "The variance equals the last delivery",
        "The variance is a multiple of the last delivery",
        "Count and system differ by two swapped digits",
        told,
    )


def test_a_delivery_without_a_quantity() -> None:
    event = DatedFact(day="2026-10-17", days_ago=35, quantity=Decimal("2.50"))
    assert facts(EVIDENCE.model_copy(update={"last_receipt": event}))[0].startswith("Last delivery: 2.5, Sat 17 Oct")


def test_a_cause_in_words() -> None:
    assert [likely(cause) for cause in (Cause.UNRECORDED_SALE, Cause.UNKNOWN, None)] == [
        "likely unrecorded sale",
        "cause unknown",
        "cause unknown",
    ]


def test_a_location_is_called_as_the_rules_doc_calls_it() -> None:
    assert place(RULES, "fixings-aisle") == "Fixings aisle"
    assert place(RULES, "attic") == "attic"
