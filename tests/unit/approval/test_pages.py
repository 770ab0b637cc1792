"""What a manager sees behind the buttons, and what their form post is taken for."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.approval import pages
from stkr.approval.core import Refusal, Verdict, decided, held
from stkr.approval.history import EarlierCount, history
from stkr.approval.pages import DecisionForm, Shown, decided_page, decision_page, held_page, parse_decision_form
from stkr.domain.cause import Cause
from stkr.domain.line import Line, StillQueued
from stkr.domain.movement import OnHand
from stkr.domain.names import Instant
from stkr.links.tokens import LinkAction
from stkr.rules.doc import Rules
from stkr.web.page import Page
from tests.unit.web.samples import HOSTILE, RULES, Read, line, rolled, uncounted, unrecorded

pytestmark = pytest.mark.unit

FORM = DecisionForm("the-token")
VERDICT = Verdict(
    approves=True,
    name="Priya Shah",
    addressee="priya@example.com",
    cause=Cause.SHRINKAGE,
    at=Instant("2026-11-23T09:15:00.000000Z"),
)
REJECTION = Verdict(
    approves=False,
    name="Priya Shah",
    addressee="priya@example.com",
    cause=Cause.MISCOUNT,
    at=Instant("2026-11-23T09:15:00.000000Z"),
)


def on_hand(quantity: int, version: int) -> OnHand:
    return OnHand(Decimal(quantity), Decimal(quantity), version)


def read(page: Page) -> Read:
    found = Read(page.html)
    found.check()
    return found


def ask(
    shown: Line, action: LinkAction = LinkAction.APPROVE, live: str | None = "480", form: DecisionForm = FORM
) -> Read:
    return read(decision_page(Shown(shown, None if live is None else Decimal(live)), action, RULES, form))


def test_the_variance_is_shown_with_everything_a_decision_needs() -> None:
    shown = ask(line())
    for told in (
        "Approve this adjustment?",
        "M6 bolts 50 mm BOLT-M6-50 · Fixings aisle",
        "Short 48 units (-10%, -£16.80)",
        "Counted 432",
        "System, when the count began 480",
        "System, right now 480",
        "Unit cost £0.35",
        "Likely shrinkage A sustained shortage with no recent receiving and normal sales points to loss.",
        "96 sold since the last count",
        "Approve: change stock from 480 to 432",
        "Nothing changes until you press the button.",
    ):
        assert told in shown.text


def test_the_page_has_one_form_with_one_button_that_posts_the_token_to_the_page_itself() -> None:
    for action in LinkAction:
        shown = ask(line(), action)
        assert [(each["method"], each["action"]) for each in shown.all("form")] == [("post", "/")]
        assert [each["type"] for each in shown.all("button")] == ["submit"]
        assert shown.fields() == {"t": "the-token", "name": ""}
        assert shown.links() == []


def test_a_rejection_leaves_stock_alone_and_says_so() -> None:
    shown = ask(line(), LinkAction.REJECT)
    assert "Reject this adjustment?" in shown.text
    assert "Reject: leave stock as it is" in shown.text
    assert "you are offered a fresh count of this item" in shown.text


@pytest.mark.parametrize(
    ("cause", "chosen"), [(Cause.RECEIVING_ERROR, "receiving_error"), (None, "unknown"), (Cause.UNKNOWN, "unknown")]
)
def test_the_suggested_cause_is_chosen_already_and_can_be_corrected(cause: Cause | None, chosen: str) -> None:
    options = ask(line(cause=cause)).all("option")
    assert [each["value"] for each in options] == [each.value for each in Cause]
    assert [each["value"] for each in options if "selected" in each] == [chosen]


def test_moved_stock_is_told_before_anybody_taps() -> None:
    shown = ask(line(), live="470")
    assert "Stock has moved since the count. The system said 480 then, and says 470 now." in shown.text
    assert "Send me the current figures" in shown.text
    assert "Approve: change" not in shown.text
    assert "Stock has moved" not in ask(line(), LinkAction.REJECT, live="470").text


def test_an_uncounted_item_asks_for_a_true_zero() -> None:
    shown = ask(uncounted(), live="12")
    assert "Confirm a true zero?" in shown.text
    assert "confirm it only if you have looked and the shelf is empty" in shown.text
    assert "Change if you confirm -12 (-£15.00)" in shown.text
    assert "Confirm zero: change stock from 12 to 0" in shown.text
    assert "Counted 0" not in shown.text
    assert "it may simply have been missed" in ask(uncounted(), LinkAction.REJECT, live="12").text


def test_an_unrecorded_item_is_added() -> None:
    shown = ask(unrecorded(), live=None)
    assert "Add this item to stock?" in shown.text
    assert "Over 3 units (+£37.50)" in shown.text
    assert "System, right now not stocked here" in shown.text
    assert "Approve: add the item with 3 in stock" in shown.text
    assert "The system said that the item is not stocked here then, and says 5 now." in ask(unrecorded(), live="5").text


def test_what_makes_the_count_doubtful_is_told() -> None:
    shown = ask(line(incomplete=True, held_from_qty=Decimal(500)))
    assert "The count may be incomplete." in shown.text
    assert "The system said 500 when the count began and 480 when it was first to be adjusted." in shown.text


def test_a_line_without_cost_percentage_or_evidence_has_none_on_its_page() -> None:
    bare = line(unit_cost=None, gap_value=None, gap_pct=None, evidence=None, cause=None)
    shown = ask(bare)
    assert "Short 48 units Counted" in shown.text
    assert "Unit cost" not in shown.text
    assert "ikely" not in shown.text
    assert "(-10%)" in ask(line(gap_value=None)).text


def test_a_form_with_a_problem_comes_back_as_it_was_filled_in() -> None:
    form = parse_decision_form("t=the-token&name=&cause=miscount")
    page = decision_page(Shown(line(), Decimal(480)), LinkAction.APPROVE, RULES, form)
    assert page.status == 422
    shown = read(page)
    assert "Nothing was decided yet. Enter your name" in shown.text
    assert shown.fields() == {"t": "the-token", "name": ""}
    assert [each["value"] for each in shown.all("option") if "selected" in each] == ["miscount"]
    assert "<title>Error: " in page.html


def test_an_approval_tells_what_changed_by_whom_and_when() -> None:
    page = decided_page(decided(line(), VERDICT), RULES, fresh=True, recount_url=None)
    assert page.status == 200
    told = read(page).text
    assert "Stock was changed from 480 to 432." in told
    assert "Stock before 480 Change -48 Stock after 432" in told
    assert "Cause Shrinkage Approved by Priya Shah When Mon 23 Nov 2026, 09:15" in told


def test_a_second_tap_learns_who_decided_and_that_nothing_changed_now() -> None:
    page = decided_page(decided(line(), VERDICT), RULES, fresh=False, recount_url=None)
    assert page.status == 409
    told = read(page).text
    assert "Already approved" in told
    assert "This was approved before; nothing has changed just now." in told
    assert "Approved by Priya Shah" in told


def test_a_rejection_offers_a_fresh_count_and_keeps_both_causes() -> None:
    shown = read(decided_page(decided(line(), REJECTION), RULES, fresh=True, recount_url="https://c.example.com/?t=r"))
    assert "Stock was left at 480." in shown.text
    assert "Cause Miscount (suggested: shrinkage)" in shown.text
    assert shown.links() == ["https://c.example.com/?t=r"]
    assert "Count BOLT-M6-50 again" in shown.text


def test_decisions_about_zero_and_added_items() -> None:
    told = read(decided_page(decided(uncounted(), VERDICT), RULES, fresh=True, recount_url=None)).text
    assert "Stock was changed from 12 to 0." in told
    told = read(decided_page(decided(unrecorded(), VERDICT), RULES, fresh=True, recount_url=None)).text
    assert "The item was added with 3 in stock." in told
    assert "Stock before not stocked here Change +3 Stock after 3" in told
    told = read(decided_page(decided(unrecorded(), REJECTION), RULES, fresh=True, recount_url=None)).text
    assert "Stock was left at nothing, as the item is not stocked here." in told


IN_TIME = (
    "Counted at 10:14, when 480 were expected (482 when the count began). The system says 471 now; "
    "what moved since the shelf was counted stays as it is."
)


def test_a_variance_at_the_moment_of_counting_is_approved_onto_live_stock() -> None:
    shown = ask(rolled(), live="471").text
    assert "Short 48 units (-10%, -£16.80)" in shown
    assert IN_TIME in shown
    assert "Counted 432 Expected, when it was counted 480 System, as last checked 471 System, right now 471" in shown
    assert "Approve: change stock from 471 to 423" in shown
    assert "Stock has moved" not in shown
    assert "Stock has moved since this was mailed." in ask(rolled(), live="470").text


def test_a_variance_that_was_approved_onto_live_stock_says_what_stock_was_changed_to() -> None:
    told = read(decided_page(decided(rolled(), VERDICT), RULES, fresh=True, recount_url=None)).text
    assert "Stock was changed from 471 to 423." in told
    assert "Stock before 471 Change -48 Stock after 423" in told


def test_a_held_variance_at_the_moment_of_counting_shows_what_would_become_of_stock() -> None:
    told = read(held_page(rolled(held_from_qty=Decimal(482)), RULES)).text
    assert "Not adjusted: stock has moved since the mail" in told
    assert (
        "System, when the count began 482 System, right now 471 Expected, when it was counted 480 Counted 432 "
        "Variance, when it was counted short 48 (-£16.80) System, if you approve 423" in told
    )
    assert IN_TIME in told
    assert "reject and count afresh" not in told


def test_a_held_post_shows_both_figures_and_what_to_do() -> None:
    page = held_page(held(line(), on_hand(470, 4), None, VERDICT.at), RULES)
    assert page.status == 409
    told = read(page).text
    assert "Not adjusted: stock has moved since the count" in told
    assert (
        "System, when the count began 480 System, right now 470 Counted 432 Variance, right now short 38 (-£13.30)"
        in told
    )
    assert "reject and count afresh" in told
    told = read(held_page(held(uncounted(), on_hand(9, 4), None, VERDICT.at), RULES)).text
    assert "System, when the count began 12 System, right now 9" in told


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (pages.superseded_page, 409),
        (pages.gone_page, 404),
        (pages.misused_page, 403),
        (partial(pages.refusal_page, Refusal.REPLACED), 403),
        (partial(pages.refusal_page, Refusal.OWN_COUNT), 403),
    ],
)
def test_every_refusal_has_its_own_page_that_tells_nothing_of_any_variance(
    page: Callable[[], Page], status: int
) -> None:
    assert page().status == status
    shown = read(page())
    assert not shown.all("form")
    assert shown.links() == []
    assert "@" not in shown.text


def test_whatever_was_typed_anywhere_is_escaped() -> None:
    hostile = {"sku": HOSTILE, "name": HOSTILE, "rationale": HOSTILE, "location": HOSTILE}
    verdict = Verdict(approves=False, name=HOSTILE, addressee=HOSTILE, cause=None, at=VERDICT.at)
    form = DecisionForm(HOSTILE, HOSTILE, problem=HOSTILE)
    for page in (
        decision_page(Shown(line(**hostile), Decimal(1)), LinkAction.APPROVE, RULES, form),
        decided_page(decided(line(**hostile), verdict), RULES, fresh=True, recount_url="https://c.example.com/?t=r"),
        held_page(held(line(**hostile), on_hand(1, 4), None, VERDICT.at), RULES),
    ):
        shown = read(page)
        assert HOSTILE in shown.text
        assert "<script" not in page.html


def counted(*quantities: tuple[str, str | None, str]) -> tuple[EarlierCount, ...]:
    lines = [
        (
            Instant(f"{day}T09:00:00.000000Z"),
            line(session_id=day, counted_qty=qty and Decimal(qty), system_qty=Decimal(system)),
        )
        for day, qty, system in quantities
    ]
    own = (Instant("2026-11-21T09:00:00.000000Z"), line())
    return history(line(), [*lines, own])


def test_the_items_other_counts_are_told_in_words_and_drawn_beside_them() -> None:
    counts = counted(("2026-09-26", "500", "500"), ("2026-10-24", None, "490"))
    shown = read(decision_page(Shown(line(), Decimal(480), counts), LinkAction.APPROVE, RULES, FORM))
    for told in (
        "Sat 26 Sep 2026 500 of 500, no variance",
        "Sat 24 Oct 2026 not counted, 490 expected",
        "Sat 21 Nov 2026, this count 432 of 480, short 48",
    ):
        assert told in shown.text
    widths = [(each["class"], each["width"]) for each in shown.all("rect")]
    assert widths[:2] == [("expected", "100.0"), ("counted", "100.0")]
    assert widths[2:4] == [("expected", "98.0"), ("counted", "0")]
    assert widths[4:] == [("expected", "96.0"), ("counted", "86.4")]
    assert all(each["aria-hidden"] == "true" for each in shown.all("svg"))


def test_an_item_that_was_never_counted_before_has_no_chart() -> None:
    assert counted() == ()
    assert "Counts of this item" not in ask(line()).text


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (StillQueued(3, Decimal("-54.20"), more=False), "Still waiting in this count: 3 variances, -£54.20 in all."),
        (StillQueued(1, None, more=False), "Still waiting in this count: 1 variance. Go back"),
        (StillQueued(40, Decimal(2), more=True), "at least 40 variances, +£2.00 in all."),
        (StillQueued(0, None, more=False), "Nothing else waits in this count."),
        (StillQueued(0, None, more=True), "You can close this page."),
        (None, "You can close this page."),
    ],
)
def test_whoever_decided_is_told_what_still_waits_in_figures_only(waiting: StillQueued | None, told: str) -> None:
    shown = read(decided_page(decided(line(), VERDICT), RULES, fresh=True, waiting=waiting))
    assert told in shown.text
    assert shown.links() == []


def test_money_has_the_rules_sign() -> None:
    euros = Rules(currency="EUR")
    assert "-€16.80" in read(decision_page(Shown(line(), Decimal(480)), LinkAction.APPROVE, euros, FORM)).text


def test_a_decision_form_is_read() -> None:
    body = urlencode({"t": "token", "name": "  Priya\tShah ", "cause": "unrecorded_sale"})
    assert parse_decision_form(body) == DecisionForm("token", "Priya Shah", Cause.UNRECORDED_SALE)
    assert parse_decision_form("t=token&name=P").cause is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("t=token", "Enter your name, so that the record shows who decided."),
        ("t=token&name=%00%20%e2%80%ae", "Enter your name, so that the record shows who decided."),
        ("t=token&name=" + "x" * 81, "Enter a name of at most 80 characters."),
        ("t=token&name=Priya&cause=theft", "Choose a cause from the list."),
    ],
)
def test_what_is_wrong_with_a_form_is_said_and_the_token_kept(body: str, problem: str) -> None:
    form = parse_decision_form(body)
    assert (form.problem, form.token) == (problem, "token")


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_form_gets_an_unbounded_or_unprintable_name_in(name: str, cause: str) -> None:
    form = parse_decision_form(urlencode({"t": "t", "name": name, "cause": cause}, errors="replace"))
    assert len(form.name) <= 80
    assert form.problem or form.name == form.name.strip() != ""
