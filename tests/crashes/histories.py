"""Histories of a shop: what people do, what is delivered, and what fails, in any order that hypothesis thinks of."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.crashes.shop_under_faults import PLACES, START, Plan, ShopUnderFaults
from tests.crashes.truth import Truth
from tests.crashes.wire import KINDS, Fault
from tests.shop.shop import Button

_fault = st.builds(Fault, st.sampled_from(KINDS), st.sampled_from((1, 3)))


def _plans(calls: int) -> st.SearchStrategy[Plan]:
    """Nothing fails, or up to three of a function's first so many calls do."""
    return st.one_of(st.just({}), st.dictionaries(st.integers(1, calls), _fault, min_size=1, max_size=3))


plans = _plans(24)
# A tap makes few calls: most of what is planned for later ones would never happen.
of_a_tap = _plans(5)
places = st.sampled_from(sorted(PLACES))
_sizes = st.sampled_from((None, -30, -7, -3, -2, 0, 1, 3, 12))


class Histories(RuleBasedStateMachine):
    """One history of a shop; what it comes to is counted in ``steps`` and ``checked``."""

    def __init__(self, shop: ShopUnderFaults, steps: Counter[str], checked: Counter[str]) -> None:
        super().__init__()
        self.shop, self.steps = shop, steps
        shop.begin()
        self.truth = Truth(shop, checked)
        steps["histories"] += 1

    @initialize(place=places, gaps=st.tuples(_sizes, _sizes), plan=plans, mailed=st.booleans())
    def first_count(self, place: str, gaps: tuple[int | None, int | None], plan: Plan, mailed: bool) -> None:
        """Nothing can happen without a count, and nothing can be tapped before its mail."""
        self.shop.open(place, plan)
        self.upload(0, gaps, twice=False)
        if mailed and self.shop.pending:
            self.deliver_what_waits(plan)

    @rule(place=places, plan=plans)
    def open(self, place: str, plan: Plan) -> None:
        """Another count, maybe of the same shelf."""
        self.steps["opens"] += 1
        self.shop.open(place, plan)

    @precondition(lambda self: self.shop.counts)
    @rule(which=st.integers(0, 3), gaps=st.tuples(_sizes, _sizes), twice=st.booleans())
    def upload(self, which: int, gaps: tuple[int | None, int | None], twice: bool) -> None:
        """A sheet, or a corrected one; somebody has counted one item at least."""
        if not self.shop.counts:
            return
        session_id = sorted(self.shop.counts)[which % len(self.shop.counts)]
        skus = PLACES[self.shop.counts[session_id].place]
        sheet = {sku: START + gap for sku, gap in zip(skus, gaps, strict=True) if gap is not None}
        self.steps["uploads"] += 1
        self.shop.upload_sheet(session_id, sheet or {skus[0]: START}, twice=twice)

    @precondition(lambda self: self.shop.pending)
    @rule(which=st.integers(0, 9), plan=plans, again=st.booleans())
    def deliver(self, which: int, plan: Plan, again: bool) -> None:
        """Some message, in no order, and maybe not for the last time."""
        self.steps["deliveries"] += 1
        self.shop.deliver(which, plan, again=again)

    @precondition(lambda self: self.shop.pending)
    @rule(plan=plans)
    def deliver_what_waits(self, plan: Plan) -> None:
        """All that waits and all that comes of it, a few times: the first one with faults."""
        for number in range(8):
            if self.shop.pending:
                self.steps["deliveries"] += 1
                self.shop.deliver(0, {} if number else plan, again=False)

    @rule(place=places, which=st.integers(0, 1), units=st.sampled_from((-5, -1, 4, 20)))
    def trade(self, place: str, which: int, units: int) -> None:
        """A sale or a delivery."""
        self.steps["sales and deliveries"] += 1
        self.shop.trade(place, PLACES[place][which], units)

    @rule(place=places, which=st.integers(0, 1))
    def there_and_back(self, place: str, which: int) -> None:
        """Stock leaves and comes back, and each time sync sees it: the quantity tells nothing of it."""
        for units in (-4, 4):
            self.trade(place, which, units)
            self.sync({})
            self.truth.check()

    @rule(plan=plans)
    def sync(self, plan: Plan) -> None:
        """A sync."""
        self.steps["syncs"] += 1
        self.shop.sync(plan)

    @rule(plan=plans)
    def sweep(self, plan: Plan) -> None:
        """A day's mails."""
        self.steps["sweeps"] += 1
        self.shop.sweep(plan)

    @precondition(lambda self: self.shop.mailed)
    @rule(which=st.integers(0, 3), plan=of_a_tap, twice=st.booleans())
    def tap(self, which: int, plan: Plan, twice: bool) -> None:
        """A button of some mail, the newest or an old one, once or twice."""
        button = self._button(which)
        for _ in range(1 + twice):
            self.steps["taps"] += 1
            self.shop.tap(button, plan)

    @precondition(lambda self: self.shop.mailed)
    @rule(which=st.integers(0, 9), plan=of_a_tap)
    def tap_both(self, which: int, plan: Plan) -> None:
        """Approve and reject of one variance, right after each other."""
        first = self._button(which)
        same = [button for button in self.shop.mailed.values() if button.variance == first.variance]
        for button in [first, *same]:
            self.steps["taps"] += 1
            self.shop.tap(button, plan)

    @precondition(lambda self: self.shop.mailed)
    @rule(which=st.integers(0, 9), plan=plans)
    def look(self, which: int, plan: Plan) -> None:
        """A link, opened."""
        self.steps["looks"] += 1
        self.shop.look(self._button(which), plan)

    @precondition(lambda self: self.shop.dead)
    @rule()
    def redrive(self) -> None:
        """An operator's work."""
        self.steps["redrives"] += 1
        self.shop.redrive()

    @invariant()
    def all_is_true(self) -> None:
        """After every step."""
        self.truth.check()

    def teardown(self) -> None:
        """The trouble is over."""
        self.steps["decisions amid faults"] += len(self.shop.fresh)
        self.truth.settle()
        self.steps["decisions"] += len(self.shop.fresh)

    def _button(self, which: int) -> Button:
        """What nobody was told to have decided comes first, and of that the newest."""
        newest = reversed(self.shop.mailed.values())
        ordered = sorted(newest, key=lambda button: button.variance in self.shop.fresh)
        return ordered[which % len(ordered)]
