"""Who is mailed, what goes into which mail, and what is closed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain import instants
from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.instants import months_back
from stkr.domain.line import Line, LineState
from stkr.domain.session import LastCount, Session, SessionStatus
from stkr.domain.variance import Materiality
from stkr.mail.compose import MAX_ITEMS
from stkr.rules.doc import Person, Rules
from stkr.sweep.core import Digest, Due, digests, due_again, finished, overdue, ready, recipients, taken_in

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def line(sku: str = "A", value: str | None = "-10", **more: object) -> Line:
    stored = {
        "session_id": "s1", "sku": sku, "name": sku, "location": "aisle", "kind": LineKind.COUNTED,
        "materiality": Materiality.MATERIAL, "state": LineState.QUEUED, "system_qty": 10, "snapshot_version": 1,
        "revision": 100, "rule": "default", "capture_seq": 1, "gap_value": value, "cause": Cause.SHRINKAGE,
    }  # fmt: skip
    return Line.model_validate({**stored, **more})


def session(counter: str = "Sam") -> Session:
    return Session(session_id="s1", location="aisle", counter=counter, opened_at="", status=SessionStatus.RECONCILED)


def rules(**more: object) -> Rules:
    location = {
        "name": "Aisle",
        "approver": {"name": "Priya", "email": "priya@example.com"},
        "escalation": {"name": "Morgan", "email": "morgan@example.com"},
    }
    return Rules.model_validate({"locations": {"aisle": location}, **more})


def test_a_variance_waits_for_its_label_but_not_for_ever() -> None:
    evidence = {
        "gap_units": -1, "gap_pct": None, "gap_value": None, "counted_qty": 9, "system_qty": 10,
        "sold_since_count": None, "last_receipt": None, "last_count": None, "flags": (),
    }  # fmt: skip
    fresh = line("A", cause=None, evidence=evidence, queued_at="2026-11-21T13:50:00.000000Z")
    stale = line("B", cause=None, evidence=evidence, queued_at="2026-11-21T13:40:00.000000Z")
    uncounted = line("C", cause=None, kind=LineKind.UNCOUNTED, queued_at="2026-11-21T13:59:00.000000Z")
    assert [found.sku for found in ready([fresh, stale, uncounted, line("D")], NOW, LONDON)] == ["B", "C", "D"]


def test_the_approver_of_the_location_decides() -> None:
    found = recipients(rules(), rules().locations["aisle"], session(), line())
    assert [person.name for person in found] == ["Priya"]


def test_mails_that_went_unanswered_reach_the_escalation_contact_too() -> None:
    found = recipients(rules(), rules().locations["aisle"], session(), line(mails=2))
    assert [person.name for person in found] == ["Priya", "Morgan"]


@pytest.mark.parametrize("counter", ["Priya", " priya ", "PRIYA@example.com"])
def test_where_the_rules_say_so_nobody_approves_their_own_count(counter: str) -> None:
    strict = rules(approver_may_count="false")
    found = recipients(strict, strict.locations["aisle"], session(counter), line())
    assert [person.name for person in found] == ["Morgan"]


def test_what_is_not_due_yet_or_was_mailed_today_is_left_alone() -> None:
    lines = [
        line("A", due_at="2026-11-21T14:00:00.000000Z", mailed_at="2026-11-20T23:59:00.000000Z"),
        line("B", due_at="2026-11-21T14:00:00.000001Z"),
        line("C", due_at="2026-11-21T13:00:00.000000Z", mailed_at="2026-11-21T00:10:00.000000Z"),
    ]
    assert [found.sku for found in ready(lines, NOW, LONDON)] == ["A"]


def test_a_daily_sweep_that_begins_a_second_earlier_than_the_last_one_mails_again_all_the_same() -> None:
    sent_at = datetime(2026, 11, 19, 7, 0, 5, tzinfo=UTC)
    due_at = instants.instant(due_again(sent_at, 2, LONDON))
    mailed = line(mails=1, mailed_at=instants.instant(sent_at), due_at=due_at)
    a_second_early = datetime(2026, 11, 21, 7, 0, 4, tzinfo=UTC)
    assert ready([mailed], a_second_early, LONDON) == [mailed]
    assert ready([mailed], datetime(2026, 11, 20, 7, 0, 4, tzinfo=UTC), LONDON) == []


def test_a_day_of_the_shop_is_not_one_of_utc() -> None:
    mailed = line(due_at="2026-07-01T23:00:00.000000Z", mailed_at="2026-06-30T23:10:00.000000Z")
    late, next_day = datetime(2026, 7, 1, 22, 59, tzinfo=UTC), datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    assert ready([mailed], late, LONDON) == []
    assert ready([mailed], next_day, LONDON) == [mailed]


PRIYA = Person(name="Priya", email="priya@example.com")
MORGAN = Person(name="Morgan", email="morgan@example.com")
DAY = "2026-11-21"


def due(lines: Sequence[Line], *people: Person) -> list[Due]:
    return [Due(each, people or (PRIYA,)) for each in lines]


def shown(planned: Sequence[Digest]) -> list[tuple[str, list[str]]]:
    return [(each.to.name, [found.sku for found in each.lines]) for each in planned]


def test_the_most_valuable_gap_comes_first_and_uncounted_lines_last() -> None:
    lines = [line("A", "-10"), line("B", None, kind=LineKind.UNCOUNTED), line("C", "300"), line("D", "-400")]
    assert shown(digests(due(lines), DAY)) == [("Priya", ["D", "C", "A", "B"])]


def test_a_first_notice_is_of_one_session_and_what_waits_is_one_mail_of_all_sessions() -> None:
    new = [line("A", session_id="s1"), line("B", session_id="s2")]
    waiting = [line("C", session_id=f"s{number}", location=f"aisle-{number}", mails=1) for number in range(3)]
    planned = digests(due([*new, *waiting]), DAY)
    assert sorted(shown(planned)) == [("Priya", ["A"]), ("Priya", ["B"]), ("Priya", ["C", "C", "C"])]


def test_everybody_gets_one_mail_of_what_waits_for_them_whoever_else_gets_a_part_of_it() -> None:
    planned = digests([*due([line("A", mails=1)]), *due([line("B", mails=2)], PRIYA, MORGAN)], DAY)
    assert sorted(shown(planned)) == [("Morgan", ["B"]), ("Priya", ["A", "B"])]


def test_one_address_is_one_person_however_it_is_written() -> None:
    again = Person(name="P.", email="Priya@Example.com")
    assert shown(digests([*due([line("A", mails=1)]), *due([line("B", mails=1)], again)], DAY)) == [
        ("Priya", ["A", "B"])
    ]


def test_a_long_list_is_split_and_loses_nothing() -> None:
    lines = [line(f"S{number:03}", str(Decimal(number))) for number in range(MAX_ITEMS * 2 + 1)]
    planned = digests(due(lines), DAY)
    assert [len(each.lines) for each in planned] == [MAX_ITEMS, MAX_ITEMS, 1]
    assert [(each.part, each.parts) for each in planned] == [(1, 3), (2, 3), (3, 3)]
    assert {found.sku for each in planned for found in each.lines} == {found.sku for found in lines}


NUMBERS = st.integers(0, MAX_ITEMS * 3)
MAILS = st.integers(0, 3)


@given(st.lists(MAILS, max_size=MAX_ITEMS * 3), st.sets(NUMBERS), st.lists(MAILS, max_size=MAX_ITEMS))
def test_whatever_is_decided_or_comes_in_between_no_line_changes_its_mail_within_a_day(
    mails: list[int], decided: set[int], later: list[int]
) -> None:
    def some(count: list[int], prefix: str) -> list[Due]:
        people = (PRIYA, MORGAN)
        return [
            Due(
                line(f"{prefix}{number}", str(number), session_id=f"s{number % 3}", mails=times),
                people[: 1 + times // 2],
            )
            for number, times in enumerate(count)
        ]

    def named(planned: Sequence[Digest]) -> dict[tuple[str, str], str]:
        return {(each.to.name, found.variance_id): each.name for each in planned for found in each.lines}

    before = some(mails, "A")
    first = digests(before, DAY)
    noted = taken_in(first)
    left = [
        Due(one.line.model_copy(update={"digests": noted[one.line.variance_id]}), one.people)
        for number, one in enumerate(before)
        if number not in decided
    ]
    second = digests([*left, *some(later, "B")], DAY)
    was, is_now = named(first), named(second)
    for one in left:
        for person in one.people:
            key = (person.name, one.line.variance_id)
            assert was[key] == is_now[key]
    fresh = {name for (_, variance), name in is_now.items() if ".B" in variance}
    assert not fresh & set(was.values())
    assert len(is_now) == sum(len(each.lines) for each in second)  # nothing is in two mails to one person
    assert all(len(each.lines) <= MAX_ITEMS for each in second)


def test_the_next_day_is_another_mail() -> None:
    mailed = line("A", mails=1, digests={"priya@example.com": "2026-11-20 abc"})
    [planned] = digests(due([mailed]), DAY)
    assert planned.name.startswith(DAY)


def test_a_changed_figure_is_another_mail() -> None:
    [first], [held] = digests(due([line("A")]), DAY), digests(due([line("A", revision=101)]), DAY)
    assert first.name != held.name


STORED = "2026-10-{}T10:00:00.000000Z"


@pytest.mark.parametrize(
    ("stands", "closes"),
    [
        ({"opened_at": STORED.format("22")}, True),
        ({"opened_at": STORED.format("23")}, False),
        ({"capture_seq": 1}, False),
        ({"capture_seq": 1, "captured_seq": 1, "rows": {"counted": 0, "parked": 3}}, True),
        ({"capture_seq": 1, "captured_seq": 1, "rows": {"counted": 3}}, False),
        ({"capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-07T10:00:00Z"}, True),
        ({"capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-08T10:00:00Z"}, False),
        ({"capture_seq": 2, "captured_seq": 1, "reconciled_seq": 1, "reconciled_at": "2026-11-01T10:00:00Z"}, False),
        ({"session_id": "waiting", "capture_seq": 1, "captured_seq": 1, "reconciled_seq": 1}, False),
    ],
    ids=[
        "never used", "opened lately", "upload not read", "nothing counted", "not reconciled", "reconciled",
        "reconciled lately", "correction not read", "variances wait",
    ],
)  # fmt: skip
def test_a_count_is_closed_when_nothing_is_left_to_be_done_in_it(stands: dict[str, object], closes: bool) -> None:
    opened = {
        "session_id": "s1", "location": "aisle", "counter": "Sam", "status": SessionStatus.OPEN,
        "opened_at": STORED.format("01"),
    }  # fmt: skip
    assert finished(Session.model_validate({**opened, **stands}), {"waiting"}, 14, NOW) is closes


@pytest.mark.parametrize(
    ("last", "late"),
    [
        (LastCount(counted_at="2026-08-01T10:00:00.000000Z"), True),
        (LastCount(counted_at="2026-11-20T10:00:00.000000Z"), False),
        (LastCount(), True),
        (LastCount(reminded_at="2026-11-20T10:00:00.000000Z"), False),
        (LastCount(reminded_at="2026-11-14T14:00:01.000000Z"), True),
        (LastCount(reminded_at="2026-11-15T00:00:00.000000Z"), False),
        (LastCount(reminded_at="2026-11-21T07:00:00.000000Z"), True),
    ],
    ids=[
        "long ago",
        "yesterday",
        "never",
        "reminded yesterday",
        "reminded a week ago",
        "reminded six days ago",
        "reminded today",
    ],
)
def test_a_location_is_called_for_when_its_interval_is_over(last: LastCount, late: bool) -> None:
    assert overdue(90, last, NOW, LONDON) is late


def test_months_are_counted_back_over_the_turn_of_the_year() -> None:
    assert months_back(datetime(2026, 2, 28, 23, tzinfo=UTC), 4) == ["2026-02", "2026-01", "2025-12", "2025-11"]
