"""Managers who decide at the same moment: one variance, and hundreds."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any

from local import shop_floor
from local.browser import Form
from local.stack import Stack
from stkr.links.tokens import LinkAction
from tests.concurrency.crowd import Answer, Crowd
from tests.concurrency.shop import Aisle, Links, Variance, rows, trail, waiting

ROUNDS = 12
"""How often variances that were held may be asked for again; each item is in two counts, so that few are needed."""

DECISIONS = ("approved", "rejected")
ANSWERS = {HTTPStatus.OK, HTTPStatus.CONFLICT}
"""What a tap with a genuine link on a variance that exists may be answered."""


def one_variance(
    stack: Stack, crowd: Crowd, links: Links, variance: Variance, aisle: Aisle, people: int, taps: int
) -> str:
    """So many people tap Approve and Reject of one variance so often; returns what was decided.

    Every second one has the links that reject, and each taps the links of both addressees in turn.
    """
    before = rows(stack, aisle.location)[variance.sku]
    line = _lines(stack, [variance.session_id])[variance.session_id, variance.sku]
    buttons = {
        (action, addressee): _form_of(stack, links.page(variance, action, addressee))
        for action in LinkAction
        for addressee in aisle.managers
    }

    def person(number: int) -> list[Answer]:
        action = list(LinkAction)[number % 2]
        return [
            crowd.tap(buttons[action, aisle.managers[tap % 2]], f"Manager {number:02d}")
            for tap in range(taps // people)
        ]

    answers = [
        answer for told in crowd.all_at_once([partial(person, number) for number in range(people)]) for answer in told
    ]
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {HTTPStatus.OK: 1, HTTPStatus.CONFLICT: len(answers) - 1}, statuses
    [decision] = [answer for answer in answers if answer.fresh]
    state = decision.heading.lower()
    assert state in DECISIONS
    assert {answer.heading for answer in answers if not answer.fresh} == {f"Already {state}"}
    # Everybody is told who decided, and when.
    assert {(answer.decided_by, answer.decided_at) for answer in answers} == {(decision.tapped_by, decision.decided_at)}
    after = _lines(stack, [variance.session_id])[variance.session_id, variance.sku]
    assert (after["state"], after["decided_by"]) == (state, decision.tapped_by)
    assert _actions(stack, variance) == ["queued", *(("approved", "posted") if state == "approved" else ("rejected",))]
    moved = line["gap_units"] if state == "approved" else 0
    row = rows(stack, aisle.location)[variance.sku]
    assert row["system_qty"] - before["system_qty"] == moved
    assert row["unbooked_qty"] - before["unbooked_qty"] == moved
    assert row["source_qty"] == before["source_qty"]
    assert row["snapshot_version"] - before["snapshot_version"] == (1 if state == "approved" else 0)
    return state


def many_variances(
    stack: Stack,
    crowd: Crowd,
    links: Links,
    random: Random,
    counted: Sequence[Aisle],
    sessions: Sequence[str],
    forwarded: int,
) -> Counter[str]:
    """Both managers of every aisle decide by their own minds, and have so many aisles' mails forwarded to them too.

    ``sessions`` are the counts of the aisles.

    Returns how many variances there were and taps, what the taps came to, and the eaches that were posted.
    """
    before = {aisle.location: rows(stack, aisle.location) for aisle in counted}
    found = waiting(stack, sessions)
    aisle_of = {aisle.location: aisle for aisle in counted}
    of_aisle: dict[str, list[Variance]] = defaultdict(list)
    for variance in found:
        of_aisle[variance.location].append(variance)

    def person(name: str, taps: Sequence[tuple[Variance, Form]]) -> list[tuple[Variance, Answer]]:
        return [(variance, crowd.tap(form, name)) for variance, form in taps]

    people = []
    for number, aisle in enumerate(counted):
        for name in aisle.managers:
            taps = []
            for step in range(forwarded + 1):
                other = counted[(number + step) % len(counted)]
                addressee = other.managers[0] if step else name
                taps += [
                    (variance, links.button(variance, random.choice(list(LinkAction)), addressee))
                    for variance in of_aisle[other.location]
                ]
            random.shuffle(taps)
            people.append(partial(person, name.partition("@")[0], taps))
    answers = [answer for told in crowd.all_at_once(people) for answer in told]
    for _ in range(ROUNDS):
        again = waiting(stack, sessions)
        if not again:
            break
        # The mail after a hold has a link of its own; both managers tap theirs.
        people = [
            partial(
                person,
                name.partition("@")[0],
                [(variance, links.button(variance, random.choice(list(LinkAction)), name))],
            )
            for variance in again
            for name in aisle_of[variance.location].managers
        ]
        for start in range(0, len(people), 50):
            answers += [answer for told in crowd.all_at_once(people[start : start + 50]) for answer in told]
    assert waiting(stack, sessions) == []
    statuses = Counter(answer.status for _, answer in answers)
    assert statuses.keys() <= ANSWERS, statuses
    _decided_once(stack, sessions, answers, len(found))
    posted = {aisle.location: posts(stack, aisle.location, sessions) for aisle in counted}
    for aisle in counted:
        moved = changes(before[aisle.location], rows(stack, aisle.location))
        assert moved == posted[aisle.location], aisle.location
    told = Counter(_outcome(answer) for _, answer in answers)
    units = [each for of_location in posted.values() for each in of_location.values()]
    return Counter(
        {
            "variances": len(found),
            "taps": len(answers),
            **told,
            "eaches posted": int(sum(units)),
            "eaches moved up or down": int(sum(map(abs, units))),
        }
    )


def posts(stack: Stack, location: str, sessions: Sequence[str]) -> dict[str, Decimal]:
    """What the trail says was posted at a location by these counts, in eaches by SKU, where that is not nothing."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for sku in {line["sku"] for line in _lines(stack, sessions).values() if line["location"] == location}:
        for row in trail(stack, sku):
            if row["action"] == "posted" and row["session_id"] in sessions and row["location"] == location:
                total[sku] += row["qty_after"] - row["qty_before"]
    return {sku: units for sku, units in total.items() if units}


def changes(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, Decimal]:
    """By how many eaches the stock of each SKU of a location changed, where it did."""
    none = {"system_qty": Decimal(0)}
    moved = {
        sku: after.get(sku, none)["system_qty"] - before.get(sku, none)["system_qty"]
        for sku in before.keys() | after.keys()
    }
    return {sku: units for sku, units in moved.items() if units}


def _decided_once(
    stack: Stack, sessions: Sequence[str], answers: Sequence[tuple[Variance, Answer]], number: int
) -> None:
    """Every line has one decision, which one tap was told of, with its rows in the trail."""
    lines = _lines(stack, sessions)
    assert len(lines) == number
    fresh: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    holds: Counter[tuple[str, str]] = Counter()
    for variance, answer in answers:
        if answer.fresh:
            fresh[variance.session_id, variance.sku].append(answer)
        holds[variance.session_id, variance.sku] += answer.held
    for key, line in lines.items():
        [decision] = fresh[key]
        assert (line["state"], line["decided_by"]) == (decision.heading.lower(), decision.tapped_by), key
        variance = Variance(*key, line["location"], int(line["revision"]))
        ends = ["approved", "posted"] if line["state"] == "approved" else ["rejected"]
        assert _actions(stack, variance) == ["queued"] * (1 + holds[key]) + ends, key


def _outcome(answer: Answer) -> str:
    if answer.fresh:
        return answer.heading.lower()
    if answer.held:
        return "held, because stock had moved"
    return "told that it was decided" if answer.decided_by else "told that the mail is out of date"


def _lines(stack: Stack, sessions: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (line["session_id"], line["sku"]): line for session in sessions for line in shop_floor.lines(stack, session)
    }


def _actions(stack: Stack, variance: Variance) -> list[str]:
    """What the trail tells of an item in one count, in order."""
    return [row["action"] for row in trail(stack, variance.sku) if row["session_id"] == variance.session_id]


def _form_of(stack: Stack, url: str) -> Form:
    [form] = stack.browser.get(url).forms
    return form
