"""What a manager sees behind the two buttons of a mail. Pure: a line and its figures go in, a page comes out.

====  ==========================================================================
200   the variance with its one button; the decision, right after it was made
403   the link is not genuine or belongs to the other button; the person counted, or no longer decides here
404   the variance is no longer there
409   decided before, superseded by newer figures, or held because stock moved
410   the link's time is over
422   the form was not filled in as it has to be; nothing was decided
503   a service did not answer; nothing was decided
====  ==========================================================================

Nothing of a variance is shown unless the link that was followed is genuine and speaks of that very variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Final

from stkr.approval.core import Refusal, quantity_after
from stkr.approval.history import EarlierCount
from stkr.domain.cause import Cause
from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState, StillQueued
from stkr.links.tokens import TOKEN, LinkAction
from stkr.rules.doc import Rules
from stkr.tabular.text import one_line
from stkr.web.forms import MAX_NAME_CHARS, fields
from stkr.web.link_pages import LinkMessages
from stkr.web.page import Page, message_page, render
from stkr.web.wording import place

_NEWEST_MAIL = "If you still want to decide it, use the buttons in the newest mail about it."


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """What a manager posted. ``problem`` says what has to be put right before the rest may be acted on.

    ``name`` is one printable line of 1 to 80 characters, unless it is the problem.
    """

    token: str
    name: str = ""
    cause: Cause | None = None
    problem: str | None = None


def parse_decision_form(body: str) -> DecisionForm:
    """Read a decision's form post (urlencoded text); whatever it holds, the outcome is bounded and printable."""
    posted = fields(body)
    token, name, cause = posted.get(TOKEN, ""), one_line(posted.get("name", "")), posted.get("cause", "")
    if cause and cause not in list(Cause):
        return DecisionForm(token, name[:MAX_NAME_CHARS], problem="Choose a cause from the list.")
    chosen = Cause(cause) if cause else None
    if not name:
        return DecisionForm(token, cause=chosen, problem="Enter your name, so that the record shows who decided.")
    if len(name) > MAX_NAME_CHARS:
        problem = f"Enter a name of at most {MAX_NAME_CHARS} characters."
        return DecisionForm(token, name[:MAX_NAME_CHARS], chosen, problem)
    return DecisionForm(token, name, chosen)


@dataclass(frozen=True, slots=True)
class Shown:
    """A pending line and what a manager sees beside it.

    ``live_qty`` is what the system says right now, ``None`` where it does not stock the item here; ``counts`` are the
    item's counts, as ``approval.history`` has them.
    """

    line: Line
    live_qty: Decimal | None
    counts: Sequence[EarlierCount] = ()


def decision_page(shown: Shown, action: LinkAction, rules: Rules, form: DecisionForm) -> Page:
    """The variance beside live stock, and the one button that decides it.

    :param form: carries the token; with a problem it is shown again with what was entered.
    """
    line, live_qty = shown.line, shown.live_qty
    expected = None if line.kind is LineKind.UNRECORDED else line.system_qty
    html = render(
        "approval/decision.html",
        **_of(line, rules),
        approving=action is LinkAction.APPROVE,
        live_qty=live_qty,
        moved=live_qty != expected,
        counts=shown.counts,
        form=form,
        token_field=TOKEN,
        max_name=MAX_NAME_CHARS,
        causes=[(cause.value, _option(cause)) for cause in Cause],
        suggestion=line.cause not in {None, Cause.UNKNOWN},
        chosen=form.cause or line.cause or Cause.UNKNOWN,
    )
    return Page(HTTPStatus.UNPROCESSABLE_ENTITY if form.problem else HTTPStatus.OK, html)


def decided_page(
    line: Line, rules: Rules, *, fresh: bool, recount_url: str | None = None, waiting: StillQueued | None = None
) -> Page:
    """A decided line: by whom, when, what changed. ``fresh`` for the tap that decided it, else it says "already".

    :param recount_url: where to open a fresh blind count of the item; shown for a rejected line.
    :param waiting: what else of the count waits, in figures only: a link speaks of one variance.
    """
    suggested = None if line.cause is Cause.UNKNOWN else line.cause
    recorded = line.confirmed_cause or suggested or Cause.UNKNOWN
    html = render(
        "approval/decided.html",
        **_of(line, rules),
        fresh=fresh,
        approved=line.state is LineState.APPROVED,
        recount_url=recount_url,
        waiting=waiting,
        recorded=_option(recorded),
        overruled=suggested.label if suggested and suggested is not recorded else None,
    )
    return Page(HTTPStatus.OK if fresh else HTTPStatus.CONFLICT, html)


def held_page(line: Line, rules: Rules) -> Page:
    """Stock moved since the count, so nothing was posted; ``line`` is as it is queued now, against the live figures."""
    return Page(HTTPStatus.CONFLICT, render("approval/held.html", **_of(line, rules)))


def superseded_page() -> Page:
    """The link is genuine, but the variance has newer figures."""
    return message_page(
        HTTPStatus.CONFLICT,
        "This mail is out of date",
        "The figures of this variance have changed since the mail was sent: a newer count came in, or stock moved.",
        f"Nothing was changed. {_NEWEST_MAIL}",
    )


def gone_page() -> Page:
    """The variance the link speaks of is no longer there, or its whole count is not."""
    return message_page(
        HTTPStatus.NOT_FOUND,
        "There is nothing left to decide",
        "This variance no longer exists: a corrected count has settled it, or its count is gone. Nothing was changed.",
    )


def misused_page() -> Page:
    """The link is genuine, but belongs to the other button."""
    return message_page(
        HTTPStatus.FORBIDDEN,
        "This link belongs to another page",
        "Nothing was changed. Open the mail again and tap the button there.",
    )


def refusal_page(refusal: Refusal) -> Page:
    """The rules doc keeps this person from deciding."""
    return message_page(HTTPStatus.FORBIDDEN, *_REFUSALS[refusal])


_REFUSALS = {
    Refusal.REPLACED: (
        "Somebody else decides this now",
        "The rules of this shop name somebody else for this location since the mail was sent. Nothing was changed.",
    ),
    Refusal.OWN_COUNT: (
        "Somebody else has to decide this",
        "You counted this yourself, and the rules of this shop keep counting and approving apart. Nothing was changed.",
    ),
}
"""Title and text."""


MESSAGES: Final = LinkMessages(
    expired=f"Nothing was changed. Variances that are still open are mailed again. {_NEWEST_MAIL}",
    tampered=(
        "It is incomplete or was changed on its way, so nothing was changed.",
        "Open the mail again and tap the button there. If you copied the link, make sure that you copied all of it.",
    ),
    unknown_page=gone_page,
    trouble="Something did not answer in time. You can safely tap the button in the mail again: "
    "nothing is ever posted twice.",
    misused_page=misused_page,
)


def _of(line: Line, rules: Rules) -> dict[str, object]:
    """What every template about a line is given."""
    return {
        "line": line,
        "place": place(rules, line.location),
        "sign": rules.currency_sign,
        "zone": rules.zone,
        "after": quantity_after(line),
        "uncounted": line.kind is LineKind.UNCOUNTED,
        "unrecorded": line.kind is LineKind.UNRECORDED,
    }


def _option(cause: Cause) -> str:
    return "Not known" if cause is Cause.UNKNOWN else cause.label.capitalize()
