"""A Saturday count from shelf to books: the story the demo tells, with every figure checked against what it must be."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from local import shop, shop_floor
from local.browser import FetchedPage
from local.report import Report
from local.saturday import FILE_NAME, ExpectedVariance, Saturday, saturday
from local.shop import BOLT, HOOK, PRIYA, WASHER
from local.stack import CaughtMail, Stack


def tell(stack: Stack, report: Report) -> None:
    """Play the whole story on a freshly deployed stack."""
    expected = saturday(shop_floor.today())
    _the_shop(stack, report)
    session_id = _the_count(stack, report, expected)
    mail = _the_mail(stack, report)
    _the_variances(stack, report, session_id, expected)
    _the_scanner_of_the_mail_program(stack, report, mail, session_id)
    _the_decisions(stack, report, mail)
    _the_trail(stack, report)


def _the_shop(stack: Stack, report: Report) -> None:
    report.chapter("The shop, mirrored from its spreadsheet")
    with report.working("Upload rules and stock spreadsheet, and sync"):
        items = shop_floor.stock_the_shop(stack)
    for location, expected in Counter(item.location for item in items).items():
        rows = stack.partition("Inventory", f"LOC#{location}")
        report.check(f"{location}, items", len(rows), expected)
    bolt = _inventory(stack, shop.FIXINGS, BOLT)
    report.check(f"{BOLT}, system quantity", bolt["system_qty"], Decimal(480))
    report.check(f"{BOLT}, unit cost", bolt["unit_cost"], Decimal("0.35"))


def _the_count(stack: Stack, report: Report, expected: Saturday) -> str:
    report.chapter("Saturday: Sam opens a count of the fixings aisle and uploads the scanner's file")
    page = shop_floor.open_count(stack, shop.FIXINGS, "Sam")
    session_id = shop_floor.session_of(page)
    report.say(f"Count {session_id} is open.")
    with report.working(f"Upload {FILE_NAME} ({expected.read} rows), capture and reconcile"):
        shop_floor.upload(stack, page, FILE_NAME, expected.file())
        shop_floor.wait_until(lambda: "reconciled_at" in shop_floor.header(stack, session_id), "the reconciled count")
    rows = shop_floor.header(stack, session_id)["rows"]
    wanted = {
        "read": expected.read,
        "counted": expected.counted,
        "collapsed": expected.collapsed,
        "blank": expected.blank,
        "parked": len(expected.parked),
    }
    for name, number in wanted.items():
        report.check(f"rows {name}", rows[name], number)
    shown = stack.browser.get(page.url).body
    for row, code, reason in expected.parked:
        report.say(f"parked: row {row}, {code or 'no code'}: {reason.replace('_', ' ')}")
        report.check_quietly(f"parked row {row} is on the count's page", f"row {row}:" in shown, True)
    return session_id


def _the_mail(stack: Stack, report: Report) -> CaughtMail:
    report.chapter("The manager's mail")
    with report.working("Have the causes suggested, and wait for the mail"):
        mail = shop_floor.wait_for_mail(stack, PRIYA)
    report.say(f"To {', '.join(mail.to)}: {mail.subject}", style="bold")
    start = mail.text.find(BOLT)
    for line in mail.text[max(start - 60, 0) : start + 400].splitlines()[:8]:
        report.say(line, style="dim")
    report.check("mails so far", len(stack.mailbox()), 1)
    return mail


def _the_variances(stack: Stack, report: Report, session_id: str, expected: Saturday) -> None:
    report.chapter("What the count comes to")
    lines = {line["sku"]: line for line in shop_floor.lines(stack, session_id)}
    states = Counter(line["state"] for line in lines.values())
    for state, number in expected.states().items():
        report.check(f"lines {state.replace('_', ' ')}", states[state], number)
    report.table(
        ("SKU", "counted", "system", "units", "%", "£", "state", "cause"),
        [_shown(sku, lines.get(sku, {})) for sku in expected.variances],
    )
    for sku, wanted in expected.variances.items():
        _compare(report, sku, lines.get(sku, {}), wanted)
    washer = lines[WASHER]
    report.check(f"{WASHER}, 479 of 480", (washer["gap_units"], washer["state"]), (Decimal(-1), "in_agreement"))


def _compare(report: Report, sku: str, line: Mapping[str, Any], wanted: ExpectedVariance) -> None:
    figures = {
        "kind": (line.get("kind"), wanted.kind),
        "state": (line.get("state"), wanted.state),
        "counted": (line.get("counted_qty"), _number(wanted.counted)),
        "variance in units": (line.get("gap_units"), _number(wanted.units)),
        "variance in percent": (line.get("gap_pct"), _number(wanted.percent)),
        "variance in money": (line.get("gap_value"), _number(wanted.value)),
        "likely cause": (line.get("cause"), wanted.cause),
    }
    if wanted.kind == "counted":
        figures["system"] = (line.get("system_qty"), Decimal(wanted.system))
    for name, (stored, right) in figures.items():
        report.check_quietly(f"{sku}, {name}", stored, right)


def _the_scanner_of_the_mail_program(stack: Stack, report: Report, mail: CaughtMail, session_id: str) -> None:
    report.chapter("A mail scanner opens every link, and nothing changes")
    before = shop_floor.lines(stack, session_id)
    for sku in (BOLT, HOOK):
        for label in ("Approve", "Reject"):
            report.check_quietly(f"{label} {sku} opens", stack.browser.get(mail.link(sku, label)).status, HTTPStatus.OK)
    report.check("lines unchanged", shop_floor.lines(stack, session_id) == before, True)


def _the_decisions(stack: Stack, report: Report, mail: CaughtMail) -> None:
    report.chapter("Priya recounts the rack and decides")
    approve, reject = mail.link(BOLT, "Approve"), mail.link(HOOK, "Reject")
    tampered = stack.browser.get(shop_floor.tampered(approve))
    report.check("a tampered link gets", tampered.status, HTTPStatus.FORBIDDEN)
    report.check(f"{BOLT} before", _quantities(stack, BOLT), (480, 480, 0))
    opened = stack.browser.get(approve)
    report.check("Approve", _press(stack, opened), HTTPStatus.OK)
    report.check("Approve tapped again", _press(stack, opened), HTTPStatus.CONFLICT)
    report.check(f"{BOLT} after: system, source, unbooked", _quantities(stack, BOLT), (432, 480, -48))
    report.check("Reject", shop_floor.decide(stack, reject, "Priya").status, HTTPStatus.OK)
    report.check(f"{HOOK} after", _quantities(stack, HOOK), (324, 324, 0))
    stack.invoke("sync", {})
    report.check(f"{BOLT} after the next sync", _quantities(stack, BOLT), (432, 480, -48))


def _press(stack: Stack, page: FetchedPage) -> int:
    return stack.browser.submit(page.forms[0], name="Priya").status


def _the_trail(stack: Stack, report: Report) -> None:
    report.chapter("The audit trail")
    for sku, actions in ((BOLT, ["queued", "approved", "posted"]), (HOOK, ["queued", "rejected"])):
        trail = stack.partition("Adjustments", f"SKU#{sku}")
        report.table(
            (sku, "when", "who", "before", "after", "cause"),
            [[row.get(name) for name in ("action", "at", "user", "qty_before", "qty_after", "cause")] for row in trail],
        )
        report.check(f"{sku}, trail", [row["action"] for row in trail], actions)
    posted = stack.partition("Adjustments", f"SKU#{BOLT}")[-1]
    figures = (posted["qty_before"], posted["qty_after"], posted["user"], posted["cause"])
    report.check("posted: before, after, by, cause", figures, (Decimal(480), Decimal(432), "Priya", "shrinkage"))


def _inventory(stack: Stack, location: str, sku: str) -> dict[str, Any]:
    return next(row for row in stack.partition("Inventory", f"LOC#{location}") if row["SK"] == f"SKU#{sku}")


def _quantities(stack: Stack, sku: str) -> tuple[Decimal, Decimal, Decimal]:
    row = _inventory(stack, shop.FIXINGS, sku)
    return row["system_qty"], row["source_qty"], row["unbooked_qty"]


def _number(figure: str | int | None) -> Decimal | None:
    return None if figure is None else Decimal(figure)


def _shown(sku: str, line: Mapping[str, Any]) -> list[object]:
    percent, value = line.get("gap_pct"), line.get("gap_value")
    return [
        sku,
        *(line.get(name) for name in ("counted_qty", "system_qty", "gap_units")),
        None if percent is None else f"{percent:.1f}",
        None if value is None else f"{value:.2f}",
        line.get("state"),
        line.get("cause"),
    ]
