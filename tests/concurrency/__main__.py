"""`python -m tests.concurrency SEED`: many people at once on a stack of its own; rewrites docs/proof/concurrency.md.

Returns 1 where a promise was broken, with what was found, and then leaves the page as it was.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from local import shop_floor
from local.deploy import PROJECT, build_and_deploy
from local.emulator import Emulator
from local.process import free_port
from local.stack import Stack
from stkr.links.tokens import LinkAction
from tests.concurrency.crowd import Crowd, environments, warm_up
from tests.concurrency.decisions import many_variances, one_variance
from tests.concurrency.shop import Links, aisles, count, count_all, furnish, gaps, waiting
from tests.concurrency.tables import ENDPOINT, Heat, Tables
from tests.concurrency.uploads import book_everything, counters_and_sync, spreadsheet_is_the_books
from tests.machine import machine

_PAGE = PROJECT / "docs" / "proof" / "concurrency.md"

HOLDS_MS = (10, 50)
"""About as long as DynamoDB takes for a transaction of four items, and a little longer on a bad day."""

PEOPLE, TAPS, TAPPED = 50, 200, 5
"""People who tap one variance, how often all together, and how many variances after another."""

AISLES, ITEMS, TWICE, FORWARDED = 25, 14, 5, 4
"""Aisles of two managers each, with ITEMS + 1 + TWICE variances: so many items are in a second count at the same time.
A manager is forwarded the mails of so many more aisles.
"""

SHELF, VERSIONS = 24, 5
"""Items of the aisle that is counted while sync runs, and sheets that a counter uploads of each of the two counts."""


@dataclass(frozen=True)
class Told:
    """What one scenario came to: its figures, how hot it was, and for how many seconds."""

    figures: Mapping[str, int]
    heat: Heat
    in_flight: int
    environments: int
    seconds: float


def main(seed: int) -> int:
    """Run the three scenarios one after the other, and write the page."""
    begun = time.monotonic()
    told: dict[str, Told] = {}
    with _stack(seed) as (stack, tables):
        random = Random(seed)
        shelf = aisles(random, "shelf", 1, SHELF)
        rack = aisles(random, "rack", 1, TAPPED)
        counted = aisles(random, "aisle", AISLES, ITEMS)
        furnish(stack, [*shelf, *rack, *counted])
        links = Links(stack)

        def tell(name: str, crowd: Crowd, figures: Mapping[str, int], heat: Heat, since: float) -> None:
            up = environments(stack, "approve")
            told[name] = Told(figures, heat, crowd.most_in_flight, up, time.monotonic() - since)
            print(f"{name}: {told[name]}", flush=True)

        print(f"counting, and starting {PEOPLE} execution environments", flush=True)
        session_id = count(stack, links, rack[0].location, gaps(random, rack[0].stock), TAPPED)
        variances = waiting(stack, [session_id])
        pages = [links.page(variances[0], action, rack[0].managers[0]) for action in LinkAction]
        warm_up(stack, Crowd(stack), pages, PEOPLE)
        tables.holds_ms = HOLDS_MS
        tables.heat()
        crowd, since, states = Crowd(stack), time.monotonic(), Counter[str]()
        for variance in variances:
            states[one_variance(stack, crowd, links, variance, rack[0], PEOPLE, TAPS)] += 1
            print(f"{states.total()} of {TAPPED} variances tapped by everybody", flush=True)
        heat = tables.heat()
        assert heat.conditions + heat.conflicts > 0, "nobody met anybody, so that this proves nothing"
        tell("one", crowd, {"taps": TAPPED * TAPS, "variances": TAPPED, **states}, heat, since)

        sessions = []
        for number, session_id in enumerate(count_all(stack, links, random, counted, TWICE), start=1):
            sessions.append(session_id)
            print(f"{number} of {2 * AISLES} counts wait for their managers", flush=True)
        tables.heat()
        crowd, since = Crowd(stack), time.monotonic()
        figures = many_variances(stack, crowd, links, random, counted, sessions, FORWARDED)
        tell("many", crowd, figures, tables.heat(), since)

        with spreadsheet_is_the_books(stack):
            book_everything(stack, [*rack, *counted])
            print("all of it is booked", flush=True)
            tables.heat()
            crowd, since = Crowd(stack), time.monotonic()
            done = counters_and_sync(stack, crowd, links, random, shelf[0], VERSIONS)
        tell("uploads", crowd, done, tables.heat(), since)

        verified = stack.command("verify")
        print(verified, flush=True)
    _PAGE.write_text(_page(told, seed, " ".join(verified.split()), time.monotonic() - begun), "utf-8")
    return 0


@contextmanager
def _stack(seed: int) -> Iterator[tuple[Stack, Tables]]:
    """A stack of its own whose functions reach their tables by a road of its own."""
    emulator = Emulator(PROJECT / ".local" / "concurrency", free_port(), free_port())
    emulator.stop()  # what an interrupted run may have left
    tables = Tables(emulator.port, seed)
    try:
        print("deploying", flush=True)
        emulator.start({ENDPOINT: tables.url})
        build_and_deploy(emulator)
        yield Stack(emulator), tables
    finally:
        emulator.stop()
        tables.close()


def _page(told: Mapping[str, Told], seed: int, verified: str, seconds: float) -> str:
    one, many, uploads = (told[name] for name in ("one", "many", "uploads"))
    return f"""# Everybody at once

The whole stack runs on the emulator with IAM enforced, and people press its buttons through the real function URLs,
each in a thread of their own that waits for all others before the first tap. The emulator runs every invocation in a
process of its own, as Lambda does, and starts one only while all others are at work. It carries out one call to a table
after the other, though, and in it no two transactions ever meet. So the functions reach their tables by a road on which
a transaction holds its items for {HOLDS_MS[0]} to {HOLDS_MS[1]} ms, as DynamoDB does, and whoever wants
one of them meanwhile is refused in DynamoDB's words. `make concurrency SEED={seed}` wrote this page;
`tests/concurrency/` says how.

{machine("ministack", "boto3")}

**One decision for every variance, no answer but "done" and "already decided" (or "stock has moved"), and stock that
changed by exactly what was posted.** {seconds / 60:.0f} minutes in all. At the end, `stkr verify`: {verified}

## How hot it was

| | one variance | {many.figures["variances"]} variances | uploads and sync |
|---|--:|--:|--:|
{_heat(told)}

*Invocations in flight* are taps without an answer yet. A transaction is cancelled by a condition when the line had been
decided or the stock had moved since it was read, and by a conflict when another one was under way on the same item.

## {TAPS} taps on one variance from {PEOPLE} threads, {TAPPED} times

Every second person holds the links that approve, the others those that reject; each uses the links of both addressees,
several times over. Each time one tap was answered that it decided; each of the other {TAPS - 1:,} got the
status 409 with the name of whoever did and when. The trail has the one decision, and stock changed by the whole gap or
not at all.

{_table("what", one.figures)}

## {2 * AISLES} managers on {many.figures["variances"]} variances

{AISLES} aisles with two managers each, who tap Approve or Reject by their own minds and in an order of their own, in
their own aisle and in the {FORWARDED} next ones whose mails they were forwarded. {TWICE} items of each aisle are in two
counts at once, one was not counted, and one was found that the books have elsewhere. What was held, because the other
count of the item was posted first, is decided with the links of the next mail. Every variance has one decision and its
rows in the trail; the stock of every item changed by the sum of what was posted, and once sync has booked it, so did
the shop's own books.

{_table("what", many.figures)}

## Two counters, a till, sync twice at a time, and two managers

Two people count one aisle of {SHELF} items in two counts at once, each half of it, in one count by area and in the
other without, and upload {VERSIONS} sheets each for each count, the later ones correcting a third of the rows.
Meanwhile a till sells from the spreadsheet that is the shop's books, two syncs at a time mirror it and book into it,
and two managers decide whatever they find. At the end every line is what the last sheet says, or was decided before
that sheet came, and then its row is parked as decided already. The quantity of every item, in the tables and in the
shop's books, is what it was at first, less what was sold, plus what was posted; nothing waits to be booked.

{_table("what", uploads.figures)}
"""


def _heat(told: Mapping[str, Told]) -> str:
    figures = {
        "invocations of `approve` in flight at once, at most": [one.in_flight for one in told.values()],
        "execution environments of `approve`": [one.environments for one in told.values()],
        "transactions sent": [one.heat.transactions for one in told.values()],
        "transactions under way at once, at most": [one.heat.most_at_once for one in told.values()],
        "went through": [one.heat.done for one in told.values()],
        "cancelled by a condition": [one.heat.conditions for one in told.values()],
        "cancelled by a conflict": [one.heat.conflicts for one in told.values()],
        "writes of one item refused by a conflict": [one.heat.single_conflicts for one in told.values()],
        "seconds": [round(one.seconds) for one in told.values()],
    }
    return "\n".join(f"| {name} | {' | '.join(f'{each:,}' for each in row)} |" for name, row in figures.items())


def _table(what: str, figures: Mapping[str, int]) -> str:
    rows = [f"| {name} | {figure:,} |" for name, figure in figures.items()]
    return "\n".join([f"| {what} | times |", "|---|--:|", *rows])


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1])))
    except (AssertionError, shop_floor.NothingHappenedError) as error:
        sys.exit(f"A promise was broken: {error}")
