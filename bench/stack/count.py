"""One dirty count on the emulated stack, from its upload until every variance is queued and every mail has gone out."""

import csv
import io
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import yaml

from bench.count.contract import CENTS, PERCENT_PLACES, PLACES, PREFIX, PREFIX_TOLERANCE, TOLERANCE, CountResult, Judged
from bench.count.with_stkr import scaled
from local import shop_floor
from local.stack import Stack
from stkr.domain.stock import Snapshot, StockRow
from stkr.sweep.digest import MAX_ITEMS

_PATIENCE: Final = 900
_LOOK_EVERY: Final = 0.25
_ROWS_A_SYNC: Final = 4_000
_COLUMNS: Final = ("sku", "name", "location", "system_qty", "unit_cost", "pack_size", "aliases", "sold_by_measure")

_ENTRY: Final = re.compile(r"^(\S+): ", re.MULTILINE)
"""How a variance begins in a mail's text."""

Tell = Callable[[str], None]
"""Shows how far it is."""


class WrongResult(Exception):
    """What the stack came to is not what the count says, so that its time means nothing."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Seconds from the upload to each stage, and how much there was of it."""

    captured: float
    queued: float
    labelled: float
    mailed: float
    lines: int
    rows: int
    parked: int
    variances: int
    chunks: int
    mails: int


def mirror(stack: Stack, stock: Snapshot, tell: Tell) -> None:
    """Have the stack mirror the stock from a spreadsheet, in parts that each stay far below sync's time-out."""
    _set_rules(stack, stock)
    rows = [*stock.rows.values(), *stock.elsewhere.values()]
    for until in range(_ROWS_A_SYNC, len(rows) + _ROWS_A_SYNC, _ROWS_A_SYNC):
        tell(f"{min(until, len(rows)):,} of {len(rows):,} rows of stock mirrored")
        _put(stack, shop_floor.STOCK_KEY, _spreadsheet(rows[:until]))
        stack.invoke("sync", {})


def _set_rules(stack: Stack, stock: Snapshot) -> None:
    """The tolerance that all contenders know, and quiet hours that begin six hours from now."""
    now = datetime.now(UTC)
    names = sorted({row.location for row in (*stock.rows.values(), *stock.elsewhere.values())})
    rules = {
        "time_zone": "UTC",
        "tolerance": dict(zip(("units", "percent", "value"), TOLERANCE, strict=True)),
        "overrides": [
            {"sku": f"{PREFIX}*", **dict(zip(("units", "percent", "value"), PREFIX_TOLERANCE, strict=True))},
        ],
        "quiet_hours": {
            "from": f"{now + timedelta(hours=6):%H:%M}",
            "to": f"{now + timedelta(hours=8):%H:%M}",
        },
        "locations": {
            name: {"name": name, "approver": {"name": "Priya", "email": "priya@example.com"}} for name in names
        },
    }
    _put(stack, "config/rules.yaml", yaml.safe_dump(rules).encode())


def count(stack: Stack, stock: Snapshot, content: bytes, expected: CountResult, tell: Tell) -> StageTimes:
    """Open a count, upload the file, and wait for all that comes of it.

    :raises WrongResult: where that is not as expected.
    :raises NothingHappenedError: when it does not come.
    """
    session_id = shop_floor.session_of(shop_floor.open_count(stack, stock.location, "Sam"))
    wanted = sum(judged[1] == "material" for judged in expected.variances.values())
    mails = math.ceil(wanted / MAX_ITEMS)
    begun = time.perf_counter()
    _put(stack, f"sessions/{session_id}/count.csv", content)
    passed = _watch(stack, session_id, mails, begun, tell)
    # Not within the time: it is no part of the count.
    header = shop_floor.header(stack, session_id)
    lines = {line["sku"]: line for line in shop_floor.lines(stack, session_id)}
    _check(stack, header, lines, expected)
    return StageTimes(
        **passed,
        lines=len(lines),
        rows=int(header["rows"]["read"]),
        parked=int(header["rows"]["parked"]),
        variances=wanted,
        chunks=int(header["label_chunks"]),
        mails=mails,
    )


def _watch(stack: Stack, session_id: str, mails: int, begun: float, tell: Tell) -> dict[str, float]:
    """The seconds from ``begun`` on at which each stage was over."""
    passed: dict[str, float] = {}
    table, key = stack.client("dynamodb"), {"PK": {"S": f"SESSION#{session_id}"}, "SK": {"S": "META"}}
    mailbox = stack.client("sesv2")
    before = mailbox.get_account()["SendQuota"]["SentLast24Hours"]
    while "mailed" not in passed:
        header = table.get_item(TableName=stack.outputs["CountsTableName"], Key=key, ConsistentRead=True)["Item"]
        # Asked for after the header, so that no stage is over before the one in front of it.
        sent = mailbox.get_account()["SendQuota"]["SentLast24Hours"] - before
        chunks, labelled = _number(header, "label_chunks"), len(header.get("labelled_chunks", {}).get("NS", ()))
        over = {
            "captured": _number(header, "captured_seq") > 0,
            "queued": _number(header, "reconciled_seq") > 0,
            "labelled": 0 < chunks <= labelled,
            "mailed": sent >= mails,
        }
        taken = time.perf_counter() - begun
        for stage in (stage for stage, is_over in over.items() if is_over and stage not in passed):
            passed[stage] = taken
        told = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in passed.items())
        tell(f"{taken:.0f} s: {told or 'uploaded'}; {labelled} of {chunks} chunks, {sent:.0f} of {mails} mails")
        if taken > _PATIENCE:
            raise shop_floor.NothingHappenedError(f"the count did not come to an end within {_PATIENCE} s ({told})")
        time.sleep(_LOOK_EVERY)
    return passed


def _number(header: Mapping[str, Any], name: str) -> int:
    return int(header.get(name, {}).get("N", 0))


def _check(
    stack: Stack, header: Mapping[str, Any], lines: Mapping[str, Mapping[str, Any]], expected: CountResult
) -> None:
    """Hold every line, the totals and the mails against what must come of the count."""
    totals = {name: int(number) for name, number in header["rows"].items()}
    if totals != asdict(expected.totals):
        raise WrongResult(f"the rows are {totals} instead of {asdict(expected.totals)}")
    found = {sku: _judged(line) for sku, line in lines.items()}
    wrong = [sku for sku in {*found, *expected.variances} if found.get(sku) != expected.variances.get(sku)]
    if wrong:
        sku = min(wrong)
        raise WrongResult(
            f"{len(wrong)} lines are wrong, such as {sku}: {found.get(sku)} instead of {expected.variances.get(sku)}"
        )
    queued = {sku for sku, line in lines.items() if line["state"] == "queued"}
    if queued != {sku for sku, judged in expected.variances.items() if judged[1] == "material"}:
        raise WrongResult(f"{len(queued)} variances are queued")
    unlabelled = [sku for sku in queued if lines[sku]["kind"] != "uncounted" and not lines[sku].get("cause")]
    unmailed = [sku for sku in queued if lines[sku]["mails"] != 1]
    if unlabelled or unmailed:
        raise WrongResult(f"{len(unlabelled)} variances have no cause, {len(unmailed)} were not mailed once")
    named = Counter(sku for mail in stack.mailbox() for sku in _ENTRY.findall(mail.text) if sku in queued)
    if set(named) != queued or set(named.values()) != {1}:
        twice = sum(times > 1 for times in named.values())
        raise WrongResult(f"the mails name {len(named)} of {len(queued)} variances, {twice} of them more than once")


def _judged(line: Mapping[str, Any]) -> Judged:
    counted, units, percent, value = (line.get(name) for name in ("counted_qty", "gap_units", "gap_pct", "gap_value"))
    return (
        line["kind"],
        line["materiality"],
        None if counted is None else scaled(counted, PLACES),
        scaled(line["system_qty"], PLACES),
        None if units is None else scaled(units, PLACES),
        None if percent is None else scaled(percent, PERCENT_PLACES),
        None if value is None else scaled(value, PLACES + CENTS),
    )


def _spreadsheet(rows: Iterable[StockRow]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in rows:
        pack = "" if row.pack_size is None else f"{row.pack_size:f}"
        measured = "yes" if row.by_measure else "no"
        codes = "|".join(row.aliases)
        writer.writerow(
            [row.sku, row.name, row.location, f"{row.system_qty:f}", f"{row.unit_cost:f}", pack, codes, measured]
        )
    return text.getvalue().encode()


def _put(stack: Stack, key: str, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["BucketName"], Key=key, Body=content)
