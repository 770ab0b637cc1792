"""A month recounted: its decisions from the trail's rows as they are stored, its counts from what the oracle knows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.shop.shop import Spot
from tests.simulated_year.oracle import LONDON, Oracle, hold
from tests.simulated_year.shelves import Shelves

ZERO = Decimal(0)


def month_of(at: str) -> str:
    """The month of the shop's calendar that a stored instant is in: ``2026-11``."""
    return f"{datetime.fromisoformat(at).astimezone(LONDON):%Y-%m}"


def months_until(month: str, many: int) -> list[str]:
    """A month and those before it, ``many`` in all."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(number, number - many, -1)]


def recount(month: str, trail: Iterable[Mapping[str, Any]], oracle: Oracle, shelves: Shelves) -> dict[str, Any]:
    """The figures of a month under the names that the summary has for them."""
    rows = list(trail)
    return (
        _counted(month, oracle)
        | _decided(month, rows, shelves)
        | {
            "waiting": len(oracle.waiting()),
            "waiting_value": sum(
                (abs(line.gap) * line.cost for _, _, line in oracle.waiting() if line.gap is not None), ZERO
            ),
            "repeats": _repeats(month, rows, shelves),
        }
    )


def _counted(month: str, oracle: Oracle) -> dict[str, Any]:
    counts = [
        one for one in oracle.counts.values() if one.applied and f"{one.opened_at.astimezone(LONDON):%Y-%m}" == month
    ]
    lines = [line for count in counts for line in count.reconciled.values()]
    counted = [line for line in lines if line.kind == "counted"]
    return {
        "sessions": len(counts),
        "counted": len(counted),
        "uncounted": sum(line.kind == "uncounted" for line in lines),
        "unrecorded": sum(line.kind == "unrecorded" for line in lines),
        "minor": sum(line.materiality == "minor" for line in lines),
        "material": sum(line.materiality == "material" for line in lines),
        "in_agreement": sum(line.materiality == "in_agreement" for line in counted),
        "gap_value": sum((abs(line.gap or 0) * line.cost for line in counted), ZERO),
        "system_value": sum((abs(line.system) * line.cost for line in counted), ZERO),
    }


def _decided(month: str, rows: Iterable[Mapping[str, Any]], shelves: Shelves) -> dict[str, Any]:
    of_month = [row for row in rows if month_of(row["at"]) == month]
    posted = [row for row in of_month if row["action"] == "posted"]
    judged = [
        row
        for row in of_month
        if row["action"] in {"approved", "rejected"}
        and row.get("confirmed_cause")
        and row.get("cause") not in {None, "unknown"}
    ]
    causes: dict[str, list[Decimal]] = defaultdict(list)
    for row in posted:
        causes[row.get("confirmed_cause") or row.get("cause") or "unknown"].append(abs(_worth(row, shelves)))
    return {
        "approved": len(posted),
        "rejected": sum(row["action"] == "rejected" for row in of_month),
        "caught_value": sum((abs(_worth(row, shelves)) for row in posted), ZERO),
        "net_value": sum((_worth(row, shelves) for row in posted), ZERO),
        "causes": {cause: (len(values), sum(values, ZERO)) for cause, values in causes.items()},
        "labels_judged": len(judged),
        "labels_confirmed": sum(row["cause"] == row["confirmed_cause"] for row in judged),
    }


def _repeats(
    month: str, rows: Iterable[Mapping[str, Any]], shelves: Shelves
) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """Items that came back short at least twice in three months: how often, by how many eaches, and worth how much."""
    lately = set(months_until(month, 3))
    short: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["action"] == "posted" and month_of(row["at"]) in lately and row["qty_after"] < row["qty_before"]:
            short[row["location"], row["sku"]].append(row)
    return {
        spot: (len(losses), -sum(map(_units, losses), ZERO), -sum((_worth(row, shelves) for row in losses), ZERO))
        for spot, losses in short.items()
        if len(losses) > 1
    }


def _units(row: Mapping[str, Any]) -> Decimal:
    return Decimal(row["qty_after"] - row["qty_before"])


def _worth(row: Mapping[str, Any], shelves: Shelves) -> Decimal:
    return _units(row) * shelves.stock[row["location"], row["sku"]].cost


def figures_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The same figures as the summary has them, from the document as it is stored."""
    facts = summary["facts"]
    figures = {
        name: value if isinstance(value, int) else Decimal(value)
        for name, value in facts["figures"].items()
        if name != "month"
    }
    for name in ("unpriced", "approved_unpriced"):
        assert figures.pop(name) == 0, name
    return figures | {
        "causes": {one["cause"]: (one["lines"], Decimal(one["value"])) for one in facts["causes"]},
        "labels_judged": facts["labels_judged"],
        "labels_confirmed": facts["labels_confirmed"],
        "waiting": facts["waiting"]["lines"],
        "waiting_value": Decimal(facts["waiting"]["value"]),
        "repeats": {
            (one["location"], one["sku"]): (one["times"], Decimal(one["units"]), Decimal(one["value"]))
            for one in facts["repeats"]
        },
    }


def check_trail(rows: Iterable[Mapping[str, Any]], oracle: Oracle, shelves: Shelves) -> None:
    """Every action has left exactly one row, and the rows explain how the stock came to be what it is."""
    actions_of: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    posted: Counter[Spot] = Counter()
    for row in rows:
        actions_of[row["session_id"], row["sku"]][row["action"]] += 1
        if row["action"] == "posted":
            posted[row["location"], row["sku"]] += int(_units(row))
    expected = _actions(oracle)
    for variance in actions_of.keys() | expected.keys():
        actions, due = +actions_of[variance], +expected[variance]
        hold(actions == due, "every action leaves one row", variance, actions, due)
    for spot, mirror in oracle.mirror.items():
        stock = shelves.stock[spot]
        unread = (stock.books or 0) - mirror.source
        explained = stock.began_with + stock.moved + posted[spot] - unread
        hold(
            not mirror.active or mirror.system == explained,
            "sales, deliveries and posts explain the stock",
            spot,
            mirror,
        )


def _actions(oracle: Oracle) -> dict[tuple[str, str], Counter[str]]:
    """How often each action was taken, by session and SKU."""
    expected: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for session_id, sku, queued, withdrawn in oracle.dropped:
        expected[session_id, sku].update(queued=queued, withdrawn=withdrawn)
    for count in oracle.counts.values():
        for sku, line in count.lines.items():
            approved, rejected = line.state == "approved", line.state == "rejected"
            expected[count.session_id, sku].update(
                queued=line.queues, withdrawn=line.withdrawals, approved=approved, posted=approved, rejected=rejected
            )
    return expected
