"""What has to be true of a shop after every step, whatever failed: worked out from what people did, and by the trail.

Nothing here asks the product what it would do: figures come from the sheets, the sales and the taps.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from stkr.domain import instants
from stkr.domain.line import Line
from stkr.domain.variance_ids import variance_id
from stkr.store.inventory import inventory_row
from stkr.store.trail import trail_row
from stkr_cli.audit.verify import StoredState, differences
from tests.crashes.shop_under_faults import START, ShopUnderFaults
from tests.shop.shop import Spot

Rows = list[dict[str, Any]]


class Truth:
    """Remembers the trail, which only grows, and when stock moved; ``checked`` counts what was looked at."""

    def __init__(self, shop: ShopUnderFaults, checked: Counter[str]) -> None:
        self._shop, self._checked = shop, checked
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self._stock = {spot: row["system_qty"] for spot, row in shop.rows().items()}
        self._moved: dict[Spot, list[str]] = defaultdict(list)

    def check(self) -> None:
        """After every step."""
        trail, lines = self._shop.trail_rows(), self._shop.lines()
        self._trail_only_grows(trail)
        self._nothing_is_decided_twice(trail)
        self._what_is_decided_was_tapped(trail)
        self._stock_is_explained(trail)
        self._nothing_overtaken_is_posted(trail)
        self._no_variance_is_lost(trail, lines)
        self._verify_finds_nothing(trail, lines)

    def _trail_only_grows(self, trail: Rows) -> None:
        now = {(row["PK"], row["SK"]): row for row in trail}
        for key, row in self._known.items():
            assert now.get(key) == row, f"{key} of the trail was changed or taken away"
        self._known = now
        self._checked["the trail only grows"] += 1

    def _nothing_is_decided_twice(self, trail: Rows) -> None:
        of = _by_variance(trail)
        decided_of: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name, rows in of.items():
            actions = Counter(row["action"] for row in rows)
            decision = {action: times for action, times in actions.items() if action not in {"queued", "withdrawn"}}
            right = decision in ({}, {"rejected": 1}, {"approved": 1, "posted": 1})
            assert right, f"{name} is decided twice or in part: {decision}"
            assert actions["queued"] == 1, f"{name} was queued {actions['queued']} times"
            if decision:
                decided_of[rows[0]["session_id"], rows[0]["sku"]].add(name)
        for item, names in decided_of.items():
            assert len(names) == 1, f"{item} was decided in two revisions: {names}"
        for name, times in self._shop.fresh.items():
            assert times == 1, f"{times} taps were told that they decided {name}"
        self._checked["nothing is decided twice, nothing in part"] += 1

    def _what_is_decided_was_tapped(self, trail: Rows) -> None:
        for row in trail:
            action = {"approved": "approve", "posted": "approve", "rejected": "reject"}.get(row["action"])
            if action is None:
                continue
            assert (row["variance_id"], action) in self._shop.tapped, f"nobody tapped {action} for {row['variance_id']}"
            if row["action"] == "posted":
                sheets = self._shop.counts[row["session_id"]].sheets
                counted = {sheet.get(row["sku"], 0) for sheet in sheets}
                assert row["qty_after"] in counted, (
                    f"{row['qty_after']} of {row['sku']} was posted, counted was {counted}"
                )
        self._checked["what is decided was tapped, what is posted was counted"] += 1

    def _stock_is_explained(self, trail: Rows) -> None:
        posted: Counter[tuple[str, str]] = Counter()
        for row in trail:
            if row["action"] == "posted":
                posted[row["location"], row["sku"]] += int(row["qty_after"] - row["qty_before"])
        for spot, stock in self._shop.rows().items():
            explained = {START + posted[spot] + moved for moved in self._shop.moved[spot]}
            assert int(stock["system_qty"]) in explained, f"{stock['system_qty']} of {spot} is none of {explained}"
            assert stock["system_qty"] == stock["source_qty"] + stock["unbooked_qty"], f"{spot} does not add up"
        self._checked["stock is what was there, what was sold and what was posted"] += 1

    def _nothing_overtaken_is_posted(self, trail: Rows) -> None:
        """A gap is posted on the stock it was measured against: none that moved since, not even there and back."""
        for spot, row in self._shop.rows().items():
            if row["system_qty"] != self._stock[spot]:
                self._moved[spot].append(instants.instant(self._shop.clock.now))
                self._stock[spot] = row["system_qty"]
        queued_rows = {row["variance_id"]: row for row in trail if row["action"] == "queued"}
        for row in trail:
            if row["action"] == "posted":
                queued = queued_rows[row["variance_id"]]
                # What was held is measured against live stock, everything else against that of the count's opening.
                is_held = queued["user"] == "approve"
                since = queued["at"] if is_held else self._shop.counts[row["session_id"]].opened
                between = [at for at in self._moved[row["location"], row["sku"]] if since < at < row["at"]]
                assert not between, f"{row['variance_id']} was posted although its stock moved at {between}"
        self._checked["what is posted, was not overtaken by a movement"] += 1

    def _no_variance_is_lost(self, trail: Rows, lines: dict[tuple[str, str], dict[str, Any]]) -> None:
        for name, rows in _by_variance(trail).items():
            line = lines.get((rows[0]["session_id"], rows[0]["sku"]))
            over = {row["action"] for row in rows} & {"withdrawn", "rejected", "posted"}
            if over:
                continue
            assert line, f"{name} is queued in the trail, and there is no line"
            stands = variance_id(line["session_id"], line["sku"], int(line["revision"]))
            held = f"{name.rpartition('.r')[0]}.r{int(name.rpartition('.r')[2]) + 1}" in self._known_names()
            assert stands == name or held, (
                f"{name} is queued in the trail; the line is {stands}, and nobody withdrew it"
            )
            assert held or (line["state"] == "queued" and "queue_pk" in line), f"{name} waits, and no sweep finds it"
        self._checked["what waits is in the queue"] += 1

    def _known_names(self) -> set[str]:
        return {row["variance_id"] for row in self._known.values()}

    def _verify_finds_nothing(self, trail: Rows, lines: dict[tuple[str, str], dict[str, Any]]) -> None:
        stock = self._shop.rows()
        for sku in {sku for _, sku in stock}:
            rows = sorted((trail_row(row) for row in trail if row["sku"] == sku), key=lambda row: row.position)
            variances = [Line.model_validate(line) for (_, line_sku), line in lines.items() if line_sku == sku]
            variances = [line for line in variances if line.state in {"queued", "approved", "rejected"}]
            stocked = [inventory_row(row) for (_, row_sku), row in stock.items() if row_sku == sku]
            reported = differences(StoredState(sku, tuple(rows), tuple(variances), tuple(stocked)))
            assert not reported, f"stkr verify finds {reported}"
        self._checked["stkr verify finds nothing"] += 1

    def settle(self) -> None:
        """The trouble is over: everything is delivered, mailed, decided and booked, and nothing is missing."""
        self._deliver_all()
        self._every_gap_is_there()
        for _ in range(4):
            self._shop.sweep({})
            self._deliver_all()
            waiting = self._waiting()
            newest = {button.variance: button for button in self._shop.mailed.values() if button.action == "approve"}
            missing = waiting - newest.keys()
            assert not missing, f"nobody was mailed {missing}"
            for name in sorted(waiting):
                self._shop.tap(newest[name], {})
                self.check()
        assert not self._waiting(), f"{self._waiting()} cannot be decided"
        for _ in range(3):
            self._shop.sync({})
            self.check()
        self._all_is_booked()

    def _deliver_all(self) -> None:
        self._shop.redrive()
        while self._shop.pending:
            self._shop.deliver(0, {}, again=False)
            assert not self._shop.dead, "a message is given up although nothing is wrong"
        self.check()

    def _waiting(self) -> set[str]:
        return {
            variance_id(line["session_id"], line["sku"], int(line["revision"]))
            for line in self._shop.lines().values()
            if line["state"] == "queued"
        }

    def _every_gap_is_there(self) -> None:
        """Each count's latest sheet is what its lines say; a gap of more than two is queued or was decided, and so is
        what was not counted.
        """
        lines = self._shop.lines()
        for session_id, count in self._shop.counts.items():
            if not count.sheets:
                continue
            for sku, expected in count.frozen.items():
                line, counted = lines.get((session_id, sku)), count.sheets[-1].get(sku)
                assert line, f"{sku} of {session_id} has no line"
                if line["state"] in {"approved", "rejected"}:
                    continue
                assert line.get("counted_qty") == counted, f"{sku} of {session_id} was counted {counted}: {line}"
                gap = None if counted is None else Decimal(counted) - expected
                # Where the books say nothing is there, not counting it asks nobody anything.
                exceeds = bool(expected) if gap is None else abs(gap) > 2
                is_material = exceeds or "held_from_qty" in line
                assert (line["state"] == "queued") == is_material, f"{sku} of {session_id} has a gap of {gap}: {line}"
                self._checked["every gap of every sheet is queued or decided"] += 1

    def _all_is_booked(self) -> None:
        posted: Counter[tuple[str, str]] = Counter()
        for row in self._shop.trail_rows():
            if row["action"] == "posted":
                posted[row["location"], row["sku"]] += int(row["qty_after"] - row["qty_before"])
        source = self._shop.source()
        for spot, stock in self._shop.rows().items():
            wanted = START + self._shop.moves[spot] + posted[spot]
            figures = (source[spot], int(stock["system_qty"]), list(stock.get("unbooked", ())))
            assert figures == (wanted, wanted, []), f"{spot}: {figures}, not {wanted}"
        self._checked["in the end everything is booked, once"] += 1


def _by_variance(trail: Rows) -> dict[str, Rows]:
    of: dict[str, Rows] = defaultdict(list)
    for row in trail:
        of[row["variance_id"]].append(row)
    return of
