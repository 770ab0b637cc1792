"""A year of a shop, day by day: its business, its counts, its people, and everything that fails meanwhile.

One queue of what happens when, one clock, and every function called through its handler with what it would be handed.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from itertools import count as counting
from random import Random
from typing import Any

import pytest

from stkr.domain import instants
from stkr.domain.names import SessionId
from stkr.links.tokens import read_count
from stkr.session.core import Opening
from stkr.store import keyspace
from stkr_cli.mark_booked import mark_booked
from tests.deployment import SIGNING, Context, Deployment, stack
from tests.handlers.faults import Killed
from tests.shop.files import STOCK_FILE
from tests.shop.messages import Message
from tests.shop.services import Letter
from tests.shop.shop import Button, Item, Spot
from tests.simulated_year.oracle import LONDON, Broken, ExpectedCount, Oracle, hold
from tests.simulated_year.people import CHANGES, FIRST_RULES, OPERATIONS, PEOPLE, Recipient, as_yaml
from tests.simulated_year.recount import check_trail, figures_of, months_until, recount
from tests.simulated_year.shelves import PLACES, Shelves, sums_of
from tests.simulated_year.timeline import Timeline

FIRST, LAST = date(2026, 1, 1), date(2027, 1, 5)
"""Through both nights on which the clocks change, and to the summary of December."""

NIGHTS = (date(2026, 3, 29), date(2026, 10, 25))
"""The clocks go forward and back: somebody counts then, at half past one."""

SHUT = {date(2026, 12, day) for day in (24, 25, 26, 27, 28)} | {date(2026, 4, day) for day in (3, 4, 5, 6)}
"""The shop's holidays: nobody sells, counts or decides."""

EVERYTHING = {(200, "approved"), (200, "rejected"), (409, "held"), (409, "nothing")}
"""What taps come to in any year; one in which they did not would prove less than it says.

In many years somebody also taps a link that has expired, or after others took over, which has tests of its own.
"""

_HIDDEN = 720
"""Seconds until a message that was not dealt with is received again, once, before it goes to the dead letters."""


class Year(Timeline):
    """What happens to a shop in a year, and what must come of that."""

    def __init__(
        self,
        deployment: Deployment,
        invocation: Callable[[str], Context],
        monkeypatch: pytest.MonkeyPatch,
        seed: int,
    ) -> None:
        super().__init__(deployment, invocation, monkeypatch, seed, _local(FIRST, 0))
        self.shelves = Shelves(Random(seed + 2))
        self.oracle = Oracle(self.shelves, FIRST_RULES)
        self.summed_up: set[str] = set()
        self.came_to: set[tuple[int, str]] = set()
        self.blocked_until = self.died_at = self.clock.now
        self.in_flight: set[str] = set()
        self.scheduled: set[str] = set()
        self.exported: bytes | None = None
        self.counted_at: dict[str, datetime] = {}
        self.whole_at: dict[str, datetime] = {}
        self.reminded: dict[tuple[str, str], datetime] = {}

    # Time.

    def live(self) -> None:
        """Let the year pass.

        :raises Broken: a promise was not kept; with the diary of the days before.
        """
        self.put(keyspace.RULES_KEY, as_yaml(FIRST_RULES))
        self.sync()
        for day in _days():
            self.at(_local(day, 0), partial(self._plan, day))
        try:
            self.run()
            self._check_books()
            check_trail(self.trail_rows(), self.oracle, self.shelves)
            self._check_nothing_is_left()
            missing = EVERYTHING - self.came_to
            hold(not missing, "the year has seen all that a tap can come to", missing)
            hold(len(self.summed_up) == 12, "every month is summed up", sorted(self.summed_up))
        except Broken as broken:
            raise Broken("\n".join([str(broken), "", "The diary until then:", *self.diary[-60:]])) from broken

    def _plan(self, day: date) -> None:
        """What a day will bring."""
        chance = self.chance
        self._moods(day)
        for number, doc in CHANGES:
            if FIRST + timedelta(days=number) == day:
                self.at(_local(day, 10), partial(self._change_rules, doc))
        sweep_hour, summary_hour = _hours("SweepSchedule"), _hours("SummarySchedule")
        self.at(_local(day, sweep_hour) + timedelta(seconds=chance.randint(0, 40)), lambda: self._sweep({"detail": {}}))
        if day.day == 1 and day > FIRST:
            self.at(_local(day, summary_hour), lambda: self._sum_up({"time": self.clock.now.isoformat()}))
        if day.weekday() == 6:
            self.at(_local(day, 23), self._check_books)
        self.at(_local(day, 10, 30), self._redrive)
        if day not in SHUT:
            self._plan_business(day)
            self._plan_counts(day)

    def _plan_business(self, day: date) -> None:
        chance = self.chance
        for place in PLACES:
            if chance.random() < 0.6:
                opens = _local(day, chance.randint(9, 17), chance.randint(0, 59))
                self.at(opens, partial(self.shelves.trade, place))
            if chance.random() < 0.03:
                self.shelves.misplace(place)
        self.at(_local(day, 15, 40), self.sync)
        if chance.random() < 0.25:
            self.at(_local(day, 16, 5), self._book_by_hand)

    def _moods(self, day: date) -> None:
        chance = self.chance
        self.model.mood = chance.choices(("well", "down", "odd", "slow"), (84, 6, 5, 5))[0]
        self.functions.broken = chance.random() < 0.02
        self.post.down = chance.random() < 0.03
        self.post.refused = {chance.choice(sorted(PEOPLE))} if chance.random() < 0.05 else set()
        moods = [f"the model is {self.model.mood}"] if self.model.mood != "well" else []
        moods += ["cause fails"] if self.functions.broken else []
        moods += ["SES is down"] if self.post.down else []
        moods += [f"SES refuses {one}" for one in self.post.refused]
        if moods:
            self.note(f"Today {', '.join(moods)}.")

    def _plan_counts(self, day: date) -> None:
        number = (day - FIRST).days
        for index, place in enumerate(PLACES):
            if place == "yard" and 100 <= number < 170:
                continue  # Whoever counts the yard is ill.
            opens = _local(day, self.chance.randint(9, 15), self.chance.randint(0, 59))
            if (number - 3 - 9 * index) % 28 == 0:
                self.at(opens, partial(self._open_count, place))
            elif (number - 6 - 2 * index) % 9 == 0:
                zone = "ABC"[number // 9 % 3]
                self.at(opens, partial(self._open_count, place, zone=zone))
        if day in NIGHTS:
            opens = datetime.combine(day, time(0, 20), tzinfo=UTC)
            self.at(opens, lambda: self._open_count("fixings", zone="B", at_night=True))

    def _change_rules(self, doc: Any) -> None:
        if isinstance(doc, bytes):
            self.note("Somebody uploads a rules doc that is not valid.")
            self.put(keyspace.RULES_KEY, doc)
            return
        self.note(f"The rules change: {doc}")
        self.put(keyspace.RULES_KEY, as_yaml(doc))
        self.oracle.rules = doc

    # Functions.

    def _deliver(self) -> None:
        """Have what the functions and people left in bucket, bus, queues and scheduler delivered."""
        for message in self.left_behind():
            self._deliver_message(message)
        for name, (moment, payload) in self.scheduler.waiting.items():
            if name not in self.scheduled:
                self.scheduled.add(name)
                self.at(moment, partial(self._come_back, name, payload))

    def _deliver_message(self, message: Message) -> None:
        match message.kind:
            case "upload":
                self._deliver_twice_at_times(partial(self._capture, message), 3)
            case "rules uploaded":
                self._deliver_twice_at_times(partial(self._rules_uploaded, message.payload), 3)
            case "captured":
                self._note_capture(message.about)
                late = self.chance.choice((2, 2, 2, 2, 2, 1500))
                self._deliver_twice_at_times(partial(self._reconcile, message), late)
            case "variances due" if self.chance.random() < 0.06:
                self.note(f"An announcement of {message.about} is lost.")
            case "variances due":
                self._deliver_twice_at_times(partial(self._sweep, message.payload), 5)
            case "capture again":
                self.after(5, partial(self._capture, message))
            case "labels":
                slow = self.chance.randint(1800, 20_000) if self.model.mood == "slow" else 4
                self.after(slow, partial(self._label, message))

    def _note_capture(self, key: str) -> None:
        """A capture was stored just now, so what it has read is what is in the folder."""
        session_id, seq = _captured(key)
        count = self.oracle.counts[session_id]
        count.captured[seq] = (dict(count.sheets), self.clock.now)

    def _capture(self, message: Message, received: int = 1) -> None:
        session_id = keyspace.session_of(message.about, keyspace.UPLOADS)
        try:
            answer = self._invoke("capture", message.payload, killable=0.04, last_write=4)
        except Killed:
            answer = {"batchItemFailures": [1]}
            self.note(f"Capture of {session_id} dies.")
        if answer["batchItemFailures"]:
            if received < message.tries:
                self.after(_HIDDEN, partial(self._capture, message, received + 1))
            else:
                self.note(f"A message about {session_id} goes to the dead letters.")
                self.dead_letters += 1
                self.to_redrive.append(partial(self._capture, message))

    def _reconcile(self, message: Message, attempt: int = 1) -> None:
        session_id, seq = _captured(message.about)
        self.in_flight.add(session_id)
        try:
            self._invoke("variance", message.payload, killable=0.04)
        except Killed:
            self.note(f"Variance of {session_id} dies.")
            self._retry(partial(self._reconcile, message), attempt, "variance", message.payload)
            if any(line["capture_seq"] == seq for line in self.lines_of(session_id).values()):
                self._follow(session_id, seq)  # Its lines were written, and may be mailed before it is called again.
            return
        self.in_flight.discard(session_id)
        self._follow(session_id, seq)

    def _follow(self, session_id: str, seq: int) -> None:
        """The lines of a capture were made: they are what the oracle says."""
        if not self.oracle.reconciled(session_id, seq, self.clock.now):
            return
        count = self.oracle.counts[session_id]
        captured_at = count.captured[seq][1]
        if not count.recount:
            self.counted_at[count.place] = max(captured_at, self.counted_at.get(count.place, captured_at))
        if count.whole:
            self.whole_at[count.place] = max(captured_at, self.whole_at.get(count.place, captured_at))
        queued = sum(line.state == "queued" for line in count.lines.values())
        self.note(f"Capture {seq} of {session_id} is reconciled: {len(count.lines)} lines, {queued} waiting.")
        self._check_lines(count)

    def _label(self, message: Message, received: int = 1) -> None:
        try:
            answer = self._invoke("variance", message.payload, killable=0.03)
        except Killed:
            answer = {"batchItemFailures": [1]}
        stored = self.lines_of(message.about)
        for sku, line in self.oracle.counts[message.about].lines.items():
            line.labelled = line.labelled or bool(stored.get(sku, {}).get("cause"))
        if answer["batchItemFailures"]:
            if received < message.tries:
                self.after(_HIDDEN, partial(self._label, message, received + 1))
            else:
                self.note(f"The labels of {message.about} never come.")
                self.dead_letters += 1

    def _rules_uploaded(self, payload: dict[str, Any], attempt: int = 1) -> None:
        before = len(self.post.letters)
        try:
            self._invoke("sweep", payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda calls again
            self.note(f"The look at the rules doc fails: {type(error).__name__}")
            self._retry(partial(self._rules_uploaded, payload), attempt, "rules", payload)
        for letter in self.post.letters[before:]:
            hold(letter.to == OPERATIONS, "who looks after the rules doc hears that it is not valid", letter.to)
            self.note(f"{letter.to} gets: {letter.subject}")

    def _come_back(self, name: str, payload: dict[str, Any]) -> None:
        self.scheduled.discard(name)
        del self.scheduler.waiting[name]
        self._sweep(payload)

    def _unreachable(self, to: str) -> bool:
        return self.post.down or to in self.post.refused or self.clock.now < self.blocked_until

    def _sweep(self, payload: dict[str, Any], attempt: int = 1) -> None:
        now, place = self.clock.now, payload["detail"].get("location")
        before, failed, died = len(self.post.letters), False, False
        try:
            self._invoke("sweep", payload, killable=0.02)
        except Killed:
            died = True
            self.note(f"The sweep of {place or 'all'} dies.")
            self.blocked_until = now + timedelta(minutes=20)
            self.died_at = now
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda calls again
            failed = True
            self.note(f"The sweep of {place or 'all'} fails: {type(error).__name__}")
        letters = self.post.letters[before:]
        for letter in letters:
            self._read(letter, died=died)
        if self.oracle.rules.is_quiet(now):
            hold(not letters, "nobody is mailed in quiet hours", now.astimezone(LONDON))
            ends = self.oracle.rules.quiet_ends(now)
            comes_back = any(
                moment == ends and one["detail"]["location"] in {place, None}
                for moment, one in self.scheduler.waiting.values()
            )
            hold(died or comes_back, "a sweep in quiet hours comes back the minute they end", place, ends)
        elif not died:
            self.oracle.swept(now, place, self._unreachable)
            if place is None:
                self._check_reminders()
                self._check_reports(letters)
        if failed or died:
            self._retry(partial(self._sweep, payload), attempt, "sweep", payload)

    def _sum_up(self, payload: dict[str, Any], attempt: int = 1) -> None:
        before = len(self.post.letters)
        try:
            self._invoke("summary", payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda calls again
            self.note(f"The summary fails: {type(error).__name__}")
            self._retry(partial(self._sum_up, payload), attempt, "summary", payload)
        month = months_until(f"{datetime.fromisoformat(payload['time']).astimezone(LONDON):%Y-%m}", 2)[1]
        if self.holds(keyspace.summary_object(month)) and month not in self.summed_up:
            self.summed_up.add(month)
            self._check_summary(month)
        for letter in self.post.letters[before:]:
            self._read(letter, died=False)

    def _check_summary(self, month: str) -> None:
        """A month's summary says what comes out when the trail is counted again."""
        figures = figures_of(json.loads(gzip.decompress(self.content(keyspace.summary_object(month)))))
        expected = recount(month, self.trail_rows(), self.oracle, self.shelves)
        differing = {name: (figures.get(name), value) for name, value in expected.items() if figures.get(name) != value}
        hold(figures.keys() == expected.keys() and not differing, "a summary says what happened", month, differing)
        self.note(
            f"The summary of {month} is right: {expected['counted']} lines, {expected['approved']} gaps approved."
        )

    def _check_nothing_is_left(self) -> None:
        """Nothing is tried for ever, and what is still open at the end of the year has a reason to be."""
        waiting = {count.session_id for count, _, _ in self.oracle.waiting()}
        for session in self.items(self.counts_table):
            if session.get("queue_pk") != keyspace.OPEN_SESSIONS:
                continue
            latest = max(filter(None, (session.get(name) for name in ("opened_at", "captured_at", "reconciled_at"))))
            # The last uploads come after the last sweep, which can close nothing any more.
            idle = _local(LAST, 23) - datetime.fromisoformat(latest)
            kept = session["session_id"] in waiting or idle < timedelta(days=32)
            progress = {name: value for name, value in session.items() if name.endswith(("_seq", "status"))}
            hold(kept, "a count with nothing left to do is closed", session["session_id"], idle, progress)
        hold(not self.in_flight, "what died is made good", self.in_flight)
        hold(self.dead_letters < 20, "only what went wrong twice is given up", self.dead_letters)
        # The last sweep asks; what is queued after it, nobody can be asked about any more.
        old = [
            (count.session_id, sku, line.round_on)
            for count, sku, line in self.oracle.waiting()
            if line.queued_at and _local(LAST, 7) - line.queued_at > timedelta(days=3) and line.rounds == 0
        ]
        hold(not old, "nobody is left unasked for days", old)

    def _redrive(self) -> None:
        """Operators repeat what was given up once the trouble is over; a sweep's is found by the next one anyway.

        Nobody repeats labels, so that there are variances that never get one.
        """
        messages, self.to_redrive = self.to_redrive, []
        for capture in messages:
            capture()
        if self.post.down or self.post.refused:
            return
        again, self.given_up = self.given_up, []
        for what, payload in again:
            if what == "summary":
                self._sum_up(payload)

    def sync(self, intended: dict[Spot, set[str]] | None = None) -> None:
        """The shop's own system exports its stock, and the product reads it.

        :param intended: what people have booked since the last export, by item.
        """
        for spot, mirror in self.oracle.mirror.items():
            stock = self.shelves.stock[spot]
            while (
                spot not in (intended or {})
                and stock.books is not None
                and self._passes_for_booking(stock.books, mirror)
            ):
                self.shelves.move(stock, -1)  # Another sale: nobody could tell one of that size from a booking.
        content = self.shelves.export()
        if content != self.exported:
            self.put(STOCK_FILE, content)
        answer = self._invoke("sync", {})
        hold(answer["refused"] is None, "a good source is not refused", answer)
        if answer["skipped"] is None:
            self.oracle.synced(intended or {})
        else:
            hold(content == self.exported, "a source that changed is read", answer)
        self.exported = content

    @staticmethod
    def _passes_for_booking(books: int, mirror: Any) -> bool:
        moved = books - mirror.source
        return bool(moved) and moved in sums_of(mirror.unbooked.values())

    def _book_by_hand(self) -> None:
        """Somebody books in the shop's own system what was approved some days ago."""
        self.sync()
        intended: dict[Spot, set[str]] = {}
        for spot, mirror in self.oracle.mirror.items():
            patience = timedelta(days=self.chance.randint(0, 14))
            old = [
                name
                for name, at in mirror.approved_at.items()
                if name in mirror.unbooked and self.clock.now - at > patience
            ]
            if not old or not sum(mirror.unbooked.values()):
                continue
            stock = self.shelves.stock[spot]
            if len(mirror.unbooked) > 1 and self.chance.random() < 0.5:
                self._say_booked(spot, old[0])
                continue
            stock.books = (stock.books or 0) + sum(mirror.unbooked.values())
            intended[spot] = set(mirror.unbooked)
        if intended:
            self.note(f"People book {sum(map(len, intended.values()))} adjustments by hand.")
        self.sync(intended)

    def _say_booked(self, spot: Spot, adjustment: str) -> None:
        """Somebody books one of several adjustments and says so, because the sum would not tell."""
        mark_booked(self.inventory, adjustment, instants.instant(self.clock.now))
        mirror, stock = self.oracle.mirror[spot], self.shelves.stock[spot]
        units = mirror.unbooked.pop(adjustment)
        stock.books = (stock.books or 0) + units
        mirror.source += units
        self.exported = None

    # Counts.

    def _open_count(
        self, place: str, *, zone: str | None = None, skus: tuple[str, ...] | None = None, at_night: bool = False
    ) -> None:
        nonce = f"{self.chance.getrandbits(32):08x}"
        session = self.open_count(Opening(place, "Sam", zone, skus), nonce)
        count = self.oracle.opened(session.session_id, place, self.clock.now, zone=zone, skus=skus)
        self._deliver()
        self.note(f"Count {count.session_id} is opened{f' of zone {zone}' if zone else ''}: {len(count.skus)} items.")
        if self.chance.random() < 0.03:
            self.note("Nobody uploads anything to it.")
            return
        wait = timedelta(minutes=80) if at_night else timedelta(minutes=self.chance.randint(20, 200))
        self.after(wait, lambda: self._count_shelves(count, care=0.96, with_times=at_night))
        if self.chance.random() < 0.4:
            self.after(
                wait + timedelta(minutes=self.chance.randint(5, 2500)), lambda: self._count_shelves(count, care=0.99)
            )
        if self.chance.random() < 0.05:
            self.after(timedelta(days=20), lambda: self._count_shelves(count, care=0.99))

    def _count_shelves(self, count: ExpectedCount, *, care: float, with_times: bool = False) -> None:
        """Somebody uploads what was counted, in one file or by areas; the same names once more are a correction."""
        unlisted = [
            sku for sku, stock in self.shelves.at(count.place)
            if count.whole and sku not in count.skus and stock.shelf > 0 and self._listed_elsewhere(count, sku)
        ]  # fmt: skip
        skus = [*count.skus, *unlisted]
        names = list(count.sheets) or self.chance.choice((["count.csv"], ["count.csv"], ["north/a.csv", "south/b.csv"]))
        status = self.partition(self.counts_table, keyspace.session(SessionId(count.session_id)))[keyspace.META].get(
            "status"
        )
        for number, name in enumerate(names):
            part = skus[number :: len(names)]
            times = _times(self.clock.now) if with_times else None
            sheet = self.shelves.count(count.place, part, care=care, times=times)
            if status != "closed":
                count.sheets[name] = sheet
            self.upload(count.session_id, name, sheet.content)
        self.note(
            f"{', '.join(names)} uploaded to {count.session_id}{', which is closed' if status == 'closed' else ''}."
        )
        self._deliver()

    def _listed_elsewhere(self, count: ExpectedCount, sku: str) -> bool:
        return any(
            place != count.place and mirror.active
            for (place, listed), mirror in self.oracle.mirror.items()
            if listed == sku
        )

    def _check_lines(self, count: ExpectedCount) -> None:
        """Every line of a count says what the oracle says."""
        stored = self.lines_of(count.session_id)
        hold(
            stored.keys() == count.lines.keys(),
            "every item has a line",
            count.session_id,
            stored.keys() ^ count.lines.keys(),
        )
        for sku, line in count.lines.items():
            item = stored[sku]
            figures = (item["kind"], item.get("counted_qty"), item["system_qty"], item["materiality"], item["state"])
            expected = (line.kind, line.counted, line.system, line.materiality, line.state)
            hold(
                figures == expected,
                "a line is what was counted against what was expected",
                count.session_id,
                sku,
                figures,
                expected,
            )
            if line.gap is not None:
                worth = line.cost * line.gap
                hold(
                    (item["gap_units"], item["gap_value"]) == (line.gap, worth),
                    "a gap has its size and its price",
                    sku,
                    item,
                    worth,
                )

    # People.

    def _read(self, letter: Letter, *, died: bool) -> None:
        """A mail has arrived: hold it to the promises, and have whoever got it act upon it."""
        links: dict[tuple[str, str, int], dict[str, Button]] = {}
        for button in self.buttons(letter):
            link = button.link
            hold(link.addressee == letter.to, "a link is of whom the mail is to", letter.to, link.addressee)
            links.setdefault((link.session_id, link.sku, link.revision), {})[button.action] = button
        if links:
            self.oracle.mailed(letter.at, letter.to, set(links), died=died)
            hold(all(len(both) == 2 for both in links.values()), "every variance has two buttons", letter.subject)
            self.note(f"{letter.to} gets {len(links)} variances: {letter.subject}")
            self._have_decided(PEOPLE[letter.to], links)
            return
        hold(not self.oracle.rules.is_quiet(letter.at), "nobody is mailed in quiet hours", letter.to, letter.subject)
        self.note(f"{letter.to} gets: {letter.subject}")
        for token in self.tokens(letter.html, "session"):
            self._note_reminder(letter, token)

    def _note_reminder(self, letter: Letter, token: str) -> None:
        link = read_count(token, SIGNING, now=0)
        assert link.location
        place, counter = link.location, self.oracle.rules.counters.get(link.location)
        hold(letter.to == counter, "who counts a location is reminded of it", letter.to, place)
        last = self.reminded.get((place, letter.to))
        in_time = last is None or last == letter.at or letter.at - last > timedelta(days=6, hours=12)
        # Nobody can know whom a sweep that died has reminded.
        hold(in_time or letter.at - self.died_at < timedelta(days=2), "a reminder comes once a week", place, letter.at)
        self.reminded[place, letter.to] = letter.at
        counted = self.whole_at.get(place)
        long_ago = counted is None or letter.at - counted > timedelta(days=self.oracle.rules.every_days[place])
        hold(long_ago, "who has counted in time is not reminded", place, counted, letter.at)

    def _check_reminders(self) -> None:
        """After a daily sweep, every location that was not counted in time has been called for within the week."""
        now = self.clock.now
        for place, counter in self.oracle.rules.counters.items():
            counted = self.counted_at.get(place)
            days = timedelta(days=self.oracle.rules.every_days[place] + 1, hours=2)
            if (counted is None or now - counted > days) and not self._unreachable(counter):
                last = self.reminded.get((place, counter))
                hold(
                    last and now - last < timedelta(days=7, hours=2),
                    "a location nobody counts is called for",
                    place,
                    counted,
                    last,
                )

    def _check_reports(self, letters: list[Letter]) -> None:
        """On Mondays operations are told what is still not booked after a week."""
        now = self.clock.now
        late = [
            name
            for mirror in self.oracle.mirror.values()
            for name in mirror.unbooked
            if now - mirror.approved_at[name] > timedelta(days=7, hours=2)
        ]
        if now.astimezone(LONDON).weekday() == 0 and late and not self._unreachable(OPERATIONS):
            today = now.astimezone(LONDON).date()
            reports = [
                letter
                for letter in self.post.letters
                if letter.to == OPERATIONS and letter.at.astimezone(LONDON).date() == today
            ]
            hold(reports, "operations hear on Mondays of what is not booked", late)

    def _have_decided(self, person: Recipient, links: dict[tuple[str, str, int], dict[str, Button]]) -> None:
        """Somebody reads a mail when they are there, and taps some of its buttons."""
        chance = self.chance
        if chance.random() < 0.1:
            for button in next(iter(links.values())).values():
                self.after(20, partial(self._look, button))
        for both in links.values():
            if chance.random() < person.forgetful:
                continue
            moment = self.clock.now + timedelta(minutes=chance.randint(1, int(person.slow_hours * 60)))
            while person.is_away(moment.astimezone(LONDON).date()):
                moment += timedelta(hours=chance.randint(12, 30))
            action = "reject" if chance.random() < 0.15 else "approve"
            self.at(moment, partial(self._tap, person, both[action]))
            if chance.random() < 0.08:
                other = chance.choice(("approve", "reject"))
                self.at(moment + timedelta(seconds=2), partial(self._tap, person, both[other]))

    def _look(self, button: Button) -> None:
        """A mail filter opens a link; whatever it is shown, nothing changes, which the days to come would tell."""
        status = self._invoke("approve", self.look_of(button))["statusCode"]
        hold(status in {200, 403, 404, 409, 410}, "a link is answered", status, button.link.sku)

    def _tap(self, person: Recipient, button: Button) -> None:
        """Somebody posts the form behind a button."""
        link = button.link
        if link.session_id in self.in_flight:
            self.after(300, partial(self._tap, person, button))
            return
        cause = self.chance.choices(("shrinkage", "miscount", "unrecorded_sale", ""), (5, 2, 1, 2))[0]
        payload = self.tap_of(button, {"name": person.name} | ({"cause": cause} if cause else {}))
        try:
            answer = self._invoke("approve", payload, killable=0.03)
        except Killed:
            self.note(f"{person.name} gets no answer for {link.sku} and taps again.")
            self._tap_after_death(person, button)
            return
        status, done = self.oracle.tapped(link, self.clock.now, button.variance)
        self.note(
            f"{person.name} taps {button.action} for {link.session_id} {link.sku}: {answer['statusCode']}, {done}."
        )
        self.came_to.add((status, done))
        hold(answer["statusCode"] == status, "a tap comes to what it must", answer["statusCode"], status, link)
        if done == "nothing":
            return
        if done in {"approved", "held"}:
            self._check_item(self.oracle.counts[link.session_id].place, link.sku)
        if done == "rejected" and self.chance.random() < 0.6:
            [again] = self.tokens(answer["body"], "session")
            self.after(timedelta(hours=20), lambda: self._recount(again))

    def _tap_after_death(self, person: Recipient, button: Button) -> None:
        """A tap whose function died has been carried out or not: the next one tells, and the oracle follows."""
        link = button.link
        stored = self.lines_of(link.session_id).get(link.sku, {})
        if stored.get("state") in {"approved", "rejected"} or stored.get("revision") != link.revision:
            self.oracle.tapped(link, self.clock.now, button.variance)
            self._check_lines(self.oracle.counts[link.session_id])
        self.after(1, partial(self._tap, person, button))

    def _recount(self, token: str) -> None:
        link = read_count(token, SIGNING, int(self.clock.now.timestamp()))
        assert link.location
        if self.clock.now.astimezone(LONDON).date() in SHUT:
            self.after(timedelta(days=1), lambda: self._recount(token))
            return
        self._open_count(link.location, skus=link.skus)

    # Books.

    def _check_item(self, place: str, sku: str) -> None:
        item = self.partition(self.inventory, keyspace.location(place)).get(keyspace.sku(sku))
        hold(item, "an item that was decided about is on the books", place, sku)
        assert item
        self._compare(item, place, sku)

    def _check_books(self) -> None:
        """The product's books are what the oracle's are, item by item."""
        for place in PLACES:
            for key, item in self.partition(self.inventory, keyspace.location(place)).items():
                self._compare(item, place, key.removeprefix(keyspace.sku("")))

    def _compare(self, item: Item, place: str, sku: str) -> None:
        mirror = self.oracle.mirror[place, sku]
        figures = (
            item["source_qty"],
            item["unbooked_qty"],
            item["system_qty"],
            item["snapshot_version"],
            item["active"],
        )
        expected = (mirror.source, sum(mirror.unbooked.values()), mirror.system, mirror.version, mirror.active)
        hold(figures == expected, "the books say what was sold, delivered and approved", place, sku, figures, expected)
        waiting = {booking["id"]: booking["units"] for booking in item.get("unbooked", ())}
        hold(
            waiting == mirror.unbooked,
            "what waits to be booked is what was approved",
            place,
            sku,
            waiting,
            mirror.unbooked,
        )


def _days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


def _local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=LONDON).astimezone(UTC)


@cache
def _hours(schedule: str) -> int:
    """At which hour of the shop's day a schedule of the template fires."""
    expression = stack().properties(schedule)["ScheduleExpression"]
    fires = re.fullmatch(r"cron\(0 (\d+) (?:\*|1) \* \? \*\)", expression)
    assert fires, expression
    return int(fires[1])


def _times(uploaded_at: datetime) -> Iterator[str]:
    """When the rows of a night's count were scanned, by the clock on the wall: around half past one."""
    for minute in counting():
        moment = uploaded_at - timedelta(minutes=70) + timedelta(minutes=minute * 3)
        yield f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M:%S}"


def _captured(key: str) -> tuple[str, int]:
    """The session of a capture's object, and the capture's number."""
    captured = keyspace.capture_of(key)
    assert captured, key
    return captured
