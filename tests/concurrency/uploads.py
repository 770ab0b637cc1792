"""Two counters upload parts and corrections, while things are sold, synced and booked, and managers decide."""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from random import Random
from urllib.parse import urlencode

from local import shop_floor
from local.browser import FetchedPage
from local.stack import Stack
from stkr.domain.names import SessionId
from stkr.links.tokens import LinkAction
from stkr.store import keyspace
from tests.concurrency.crowd import Answer, Crowd
from tests.concurrency.decisions import ANSWERS, DECISIONS, posts
from tests.concurrency.shop import Aisle, Books, Links, Variance, open_count, rows, sheet, trail, waiting

QUIET_SECONDS = 240
"""How long the last events of a count may take to be worked off."""

ROUNDS = 12
"""How often what waits may be decided, and how often the source may be synced, until nothing is left of either."""


@contextmanager
def spreadsheet_is_the_books(stack: Stack) -> Iterator[None]:
    """Have the source be one that sync books into; as before after."""
    secrets, name = stack.client("secretsmanager"), stack.outputs["SyncCredentialName"]
    before = secrets.get_secret_value(SecretId=name)["SecretString"]
    books = {"connector": "spreadsheet", "key": shop_floor.STOCK_KEY, "booking": "file"}

    def describe(source: str) -> None:
        secrets.put_secret_value(SecretId=name, SecretString=source)
        # A warm environment would keep the old description for five minutes.
        functions = stack.client("lambda")
        variables = functions.get_function_configuration(FunctionName="stkr-sync")["Environment"]
        functions.update_function_configuration(FunctionName="stkr-sync", Environment=variables)

    describe(json.dumps(books))
    try:
        yield
    finally:
        describe(before)


def book_everything(stack: Stack, aisles: Sequence[Aisle]) -> None:
    """Have sync book what was approved in these aisles; then the shop's books say what ours say."""
    for _ in range(ROUNDS):
        stack.invoke("sync", {})
        if not any(row.get("unbooked") for aisle in aisles for row in rows(stack, aisle.location).values()):
            break
    for aisle in aisles:
        stored = rows(stack, aisle.location)
        assert not any(row["unbooked_qty"] or row.get("unbooked") for row in stored.values()), aisle.location
        assert all(row["system_qty"] == row["source_qty"] for row in stored.values()), aisle.location
        said = Books(stack).quantities(aisle.location)
        assert {sku: row["source_qty"] for sku, row in stored.items()} == said, aisle.location


@dataclass
class _Count:
    """One count of the aisle: its page, and for each counter the file that they upload last."""

    page: FetchedPage
    by_area: bool
    last: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        return shop_floor.session_of(self.page)

    @property
    def counted(self) -> dict[str, int]:
        """What the last sheets say together."""
        return {sku: quantity for part in self.last.values() for sku, quantity in part.items()}


def counters_and_sync(
    stack: Stack, crowd: Crowd, links: Links, random: Random, aisle: Aisle, versions: int
) -> Counter[str]:
    """Ann and Ben count one aisle twice, in one count by area and in one without, and correct each so many times.

    Meanwhile a till sells and both managers decide what they find, until the two are done; sync runs twice at a time.
    Returns how often what was done.
    """
    start = Books(stack).quantities(aisle.location)
    counts = [_Count(open_count(stack, links, "Ann", aisle.location), by_area) for by_area in (True, False)]
    sessions = [count.session_id for count in counts]
    shop = _Shop(stack, crowd, links, aisle, start, counts, sessions)
    halves = {"Ann": aisle.skus[::2], "Ben": aisle.skus[1::2]}
    managers = [partial(shop.manager, name) for name in aisle.managers]
    others: list[Callable[[Random], None]] = [shop.till, shop.syncs, shop.syncs, *managers]
    with ThreadPoolExecutor(len(others) + len(halves)) as people:
        counting = [
            people.submit(shop.counter, name, half, versions, Random(random.random())) for name, half in halves.items()
        ]
        rest = [people.submit(other, Random(random.random())) for other in others]
        try:
            for at_work in counting:
                at_work.result()
        finally:
            shop.closing.set()
        for other_work in rest:
            other_work.result()
    _finish(shop, random)
    _check(shop)
    _check_stock(shop)
    states = Counter(line["state"] for session_id in sessions for line in shop_floor.lines(stack, session_id))
    return Counter(
        {
            **shop.done,
            "eaches sold": sum(shop.sold.values()),
            "taps": len(shop.answers),
            "taps that posts were held for": sum(answer.held for _, answer in shop.answers),
            **{f"lines {state.replace('_', ' ')}": number for state, number in states.items()},
        }
    )


@dataclass
class _Shop:
    """Who is at work in the aisle, each in a thread of their own until the shop is ``closing``."""

    stack: Stack
    crowd: Crowd
    links: Links
    aisle: Aisle
    start: Mapping[str, int]
    counts: list[_Count]
    sessions: list[str]
    closing: threading.Event = field(default_factory=threading.Event)
    done: Counter[str] = field(default_factory=Counter)
    sold: Counter[str] = field(default_factory=Counter)
    answers: list[tuple[Variance, Answer]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def counter(self, name: str, skus: list[str], versions: int, random: Random) -> None:
        """Upload the count of these SKUs, and then corrections of a third of it."""

        def look(sku: str) -> int:
            return self.start[sku] + random.randint(-60, 60)

        found = {count.session_id: {sku: look(sku) for sku in skus} for count in self.counts}
        for version in range(versions):
            for count in self.counts:
                mine = found[count.session_id]
                if version:
                    mine.update({sku: look(sku) for sku in random.sample(skus, len(skus) // 3)})
                # By area a later file replaces the earlier ones; without, only a file of the same name does.
                file = f"{version}.csv" if count.by_area else f"{name}.csv"
                area = f"&{urlencode({'area': f'shelf of {name}'})}" if count.by_area else ""
                page = self.stack.browser.get(f"{count.page.url}{area}")
                status = shop_floor.upload(self.stack, page, file, sheet(mine)).status
                assert status == HTTPStatus.OK, status
                count.last[name] = dict(mine)
                self._note("files uploaded")

    def till(self, random: Random) -> None:
        """Sell a little of two items, again and again."""
        books = Books(self.stack)
        while not self.closing.is_set():
            units = {sku: random.randint(1, 4) for sku in random.sample(self.aisle.skus, 2)}
            books.sell(units)
            self.sold.update(units)
            self._note("sales")
            # Whoever wrote the books anew all the time would leave sync no moment to book into them.
            self.closing.wait(random.uniform(1, 4))

    def syncs(self, _: Random) -> None:
        """Sync, again and again."""
        while not self.closing.is_set():
            told = self.stack.invoke("sync", {})
            assert not told["refused"], told
            if told["skipped"]:
                self._note(f"syncs skipped: {told['skipped']}")
            else:
                self._note("syncs that booked or mirrored")

    def manager(self, name: str, random: Random) -> None:
        """Decide a few of the gaps that are there, again and again; what is uncounted yet may still come."""
        while not self.closing.is_set():
            found = waiting(self.stack, self.sessions, "counted")
            for variance in random.sample(found, min(3, len(found))):
                self.tap(name, variance, random)

    def tap(self, name: str, variance: Variance, random: Random) -> None:
        """Decide by one's own mind."""
        answer = self.crowd.tap(
            self.links.button(variance, random.choice(list(LinkAction)), name), name.partition("@")[0]
        )
        self.answers.append((variance, answer))

    def _note(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1


def _finish(shop: _Shop, random: Random) -> None:
    """Work off what is left: events, then decisions, then bookings."""
    for _ in range(ROUNDS):
        _wait_until_quiet(shop.stack, shop.sessions)
        shop.stack.invoke("sync", {})
        left = waiting(shop.stack, shop.sessions)
        if not left:
            break
        for variance in left:
            shop.tap(shop.aisle.managers[0], variance, random)
    book_everything(shop.stack, [shop.aisle])


def _wait_until_quiet(stack: Stack, sessions: list[str]) -> None:
    """Wait until all that was uploaded is in the lines."""

    def quiet() -> bool:
        headers = [shop_floor.header(stack, session_id) for session_id in sessions]
        return all(
            max(header["captured_seq"], header.get("idle_seq", 0)) == header["capture_seq"]
            and header["reconciled_seq"] == header["captured_seq"]
            for header in headers
        ) and not _queued(stack)

    seen = 0
    deadline = time.monotonic() + QUIET_SECONDS
    # An event may be on its way from the bucket to the queue: only what stays quiet is.
    while seen < 3:
        if time.monotonic() > deadline:
            raise shop_floor.NothingHappenedError(f"the counts were not worked off within {QUIET_SECONDS} s")
        time.sleep(1)
        seen = seen + 1 if quiet() else 0


def _queued(stack: Stack) -> bool:
    """Whether a message waits for capture or is being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = stack.outputs["CaptureQueueUrl"]
    found = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return any(int(found[name]) for name in names)


def _check(shop: _Shop) -> None:
    """Lines are what the last sheets say, or were decided before and the row is parked; each is decided once."""
    # What a correction settled is gone, and whoever taps it then is told so.
    statuses = Counter(answer.status for _, answer in shop.answers)
    assert statuses.keys() <= {*ANSWERS, HTTPStatus.NOT_FOUND}, statuses
    fresh = Counter((variance.session_id, variance.sku) for variance, answer in shop.answers if answer.fresh)
    for count in shop.counts:
        lines = {line["sku"]: line for line in shop_floor.lines(shop.stack, count.session_id)}
        assert lines.keys() == set(shop.aisle.skus)
        parked = _parked(shop.stack, count.session_id)
        for sku, wanted in count.counted.items():
            line, where = lines[sku], f"{sku} of {count.session_id}"
            decided = line["state"] in DECISIONS
            if decided and line["counted_qty"] != wanted:
                assert parked[sku] == "already_decided", where
            else:
                assert line["counted_qty"] == wanted, where
                assert sku not in parked, where
            assert fresh[count.session_id, sku] == int(decided), where
            found = [row["action"] for row in trail(shop.stack, sku) if row["session_id"] == count.session_id]
            ends = [action for action in found if action in {*DECISIONS, "posted"}]
            wanted_ends = {"approved": ["approved", "posted"], "rejected": ["rejected"]}.get(line["state"], [])
            assert ends == wanted_ends, where


def _parked(stack: Stack, session_id: str) -> dict[str, str]:
    """Why the latest capture parked rows, by code."""
    key = keyspace.parked_object(SessionId(session_id), int(shop_floor.header(stack, session_id)["captured_seq"]))
    packed = stack.client("s3").get_object(Bucket=stack.outputs["BucketName"], Key=key)["Body"].read()
    parked = [json.loads(row) for row in gzip.decompress(packed).splitlines()]
    return {row["code"]: row["reason"] for row in parked}


def _check_stock(shop: _Shop) -> None:
    """The books, ours and the source's, are what they were, less what was sold, plus what was posted."""
    posted = posts(shop.stack, shop.aisle.location, shop.sessions)
    wanted = {sku: was - shop.sold[sku] + posted.get(sku, 0) for sku, was in shop.start.items()}
    assert {sku: row["system_qty"] for sku, row in rows(shop.stack, shop.aisle.location).items()} == wanted
    assert Books(shop.stack).quantities(shop.aisle.location) == wanted
