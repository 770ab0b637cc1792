"""Which lines go into which mail, and to whom."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.counted import LineKind
from stkr.domain.line import Line
from stkr.rules.doc import Person
from stkr.sweep.digest import MAX_ITEMS, PlannedDigest, digest_names, plan_digests
from stkr.sweep.due import DueLine
from tests.unit.sweep.builders import line

pytestmark = pytest.mark.unit

PRIYA = Person(name="Priya", email="priya@example.com")
MORGAN = Person(name="Morgan", email="morgan@example.com")
DAY = "2026-11-21"


def due(lines: Sequence[Line], *people: Person) -> list[DueLine]:
    return [DueLine(each, people or (PRIYA,)) for each in lines]


def shown(planned: Sequence[PlannedDigest]) -> list[tuple[str, list[str]]]:
    return [(digest.to.name, [each.sku for each in digest.lines]) for digest in planned]


def test_the_most_valuable_variance_comes_first_and_uncounted_lines_last() -> None:
    lines = [line("A", "-10"), line("B", None, kind=LineKind.UNCOUNTED), line("C", "300"), line("D", "-400")]
    assert shown(plan_digests(due(lines), DAY)) == [("Priya", ["D", "C", "A", "B"])]


def test_a_first_notice_is_of_one_session_and_what_waits_is_one_mail_of_all_sessions() -> None:
    new = [line("A", session_id="s1"), line("B", session_id="s2")]
    waiting = [line("C", session_id=f"s{number}", location=f"aisle-{number}", mails=1) for number in range(3)]
    planned = plan_digests(due([*new, *waiting]), DAY)
    assert sorted(shown(planned)) == [("Priya", ["A"]), ("Priya", ["B"]), ("Priya", ["C", "C", "C"])]


def test_everybody_gets_one_mail_of_what_waits_for_them_whoever_else_gets_a_part_of_it() -> None:
    planned = plan_digests([*due([line("A", mails=1)]), *due([line("B", mails=2)], PRIYA, MORGAN)], DAY)
    assert sorted(shown(planned)) == [("Morgan", ["B"]), ("Priya", ["A", "B"])]


def test_one_address_is_one_person_however_it_is_written() -> None:
    again = Person(name="P.", email="Priya@Example.com")
    assert shown(plan_digests([*due([line("A", mails=1)]), *due([line("B", mails=1)], again)], DAY)) == [
        ("Priya", ["A", "B"])
    ]


def test_a_long_list_is_split_and_loses_nothing() -> None:
    lines = [line(f"S{number:03}", str(Decimal(number))) for number in range(MAX_ITEMS * 2 + 1)]
    planned = plan_digests(due(lines), DAY)
    assert [len(each.lines) for each in planned] == [MAX_ITEMS, MAX_ITEMS, 1]
    assert [(each.part, each.parts) for each in planned] == [(1, 3), (2, 3), (3, 3)]
    assert {each.sku for digest in planned for each in digest.lines} == {each.sku for each in lines}


NUMBERS = st.integers(0, MAX_ITEMS * 3)
MAILS = st.integers(0, 3)


@given(st.lists(MAILS, max_size=MAX_ITEMS * 3), st.sets(NUMBERS), st.lists(MAILS, max_size=MAX_ITEMS))
def test_whatever_is_decided_or_comes_in_between_no_line_changes_its_mail_within_a_day(
    mails: list[int], decided: set[int], later: list[int]
) -> None:
    def some(count: list[int], prefix: str) -> list[DueLine]:
        people = (PRIYA, MORGAN)
        return [
            DueLine(
                line(f"{prefix}{number}", str(number), session_id=f"s{number % 3}", mails=times),
                people[: 1 + times // 2],
            )
            for number, times in enumerate(count)
        ]

    def named(planned: Sequence[PlannedDigest]) -> dict[tuple[str, str], str]:
        return {(digest.to.name, each.variance_id): digest.name for digest in planned for each in digest.lines}

    before = some(mails, "A")
    first = plan_digests(before, DAY)
    names = digest_names(first)
    left = [
        DueLine(each.line.model_copy(update={"digests": names[each.line.variance_id]}), each.people)
        for number, each in enumerate(before)
        if number not in decided
    ]
    second = plan_digests([*left, *some(later, "B")], DAY)
    was, is_now = named(first), named(second)
    for each in left:
        for person in each.people:
            key = (person.name, each.line.variance_id)
            assert was[key] == is_now[key]
    fresh = {name for (_, variance), name in is_now.items() if ".B" in variance}
    assert not fresh & set(was.values())
    assert len(is_now) == sum(len(each.lines) for each in second)  # nothing is in two mails to one person
    assert all(len(each.lines) <= MAX_ITEMS for each in second)


def test_the_next_day_is_another_mail() -> None:
    mailed = line("A", mails=1, digests={"priya@example.com": "2026-11-20 abc"})
    [planned] = plan_digests(due([mailed]), DAY)
    assert planned.name.startswith(DAY)


def test_a_changed_figure_is_another_mail() -> None:
    [first], [held] = plan_digests(due([line("A")]), DAY), plan_digests(due([line("A", revision=101)]), DAY)
    assert first.name != held.name
