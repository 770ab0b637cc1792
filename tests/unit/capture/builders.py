"""A small shop and short ways to count it."""

from decimal import Decimal

from stkr.capture.core import capture
from stkr.capture.quantities import plain
from stkr.capture.questions import NO_ANSWERS, Answers
from stkr.capture.result import Capture, UploadedFile
from stkr.domain.stock import Snapshot, StockRow


def stock(
    sku: str,
    *aliases: str,
    pack: str | None = None,
    by_measure: bool = False,
    location: str = "Main",
    system_qty: str = "10",
) -> StockRow:
    """One SKU at a location."""
    return StockRow(
        sku=sku,
        name=f"Item {sku}",
        location=location,
        system_qty=Decimal(system_qty),
        unit_cost=Decimal("0.35"),
        pack_size=None if pack is None else Decimal(pack),
        aliases=aliases,
        by_measure=by_measure,
    )


SHOP = (
    stock("BOLT", "5012345678900", "15012345678907*24", "ACME-650", pack="24", system_qty="480"),
    stock("NUT", "4006381333931"),
    stock("ROPE", by_measure=True, pack="2.5"),
)
ELSEWHERE = (stock("TILE", location="Yard"), stock("GLUE", location="Main"))


def snapshot(*rows: StockRow) -> Snapshot:
    """A count of Main: these rows, or the small shop; TILE is stocked in the yard, GLUE here but out of scope."""
    return Snapshot(
        "Main",
        {row.sku: row for row in rows or SHOP},
        {row.sku: row for row in ELSEWHERE},
        frozenset({"GLUE"}),
    )


def count(
    *texts: str,
    against: Snapshot | None = None,
    decided: dict[str, Decimal] | None = None,
    answers: Answers = NO_ANSWERS,
) -> Capture:
    """Capture texts as files named ``1.csv``, ``2.csv`` and so on; ``answers`` are about all of them."""
    files = [UploadedFile(f"{number}.csv", text.encode()) for number, text in enumerate(texts, 1)]
    return capture(files, against or snapshot(), decided, answers={file.name: answers for file in files})


def lines(captured: Capture) -> dict[str, str]:
    """The clean counts as people write them."""
    return {line.sku: plain(line.counted_qty) for line in captured.lines}


def reasons(captured: Capture) -> list[tuple[int, str]]:
    """Row and reason of what is parked."""
    return [(row.row, row.reason.value) for row in captured.parked]


def totals(captured: Capture) -> tuple[int, int, int, int, int]:
    """Read, counted, collapsed, blank, parked."""
    rows = captured.totals
    return rows.read, rows.counted, rows.collapsed, rows.blank, rows.parked


def assert_conserved(captured: Capture) -> None:
    """Every row read is exactly one thing, and is where the totals say."""
    read, counted, collapsed, blank, parked = totals(captured)
    assert read == counted + collapsed + blank + parked
    assert parked == len(captured.parked)
    assert counted + collapsed == sum(len(rows) for line in captured.lines for rows in line.rows.values())
    rows_named = [(row.file, row.row) for row in captured.parked]
    rows_named += [(file, row) for line in captured.lines for file, rows in line.rows.items() for row in rows]
    assert len(rows_named) == len(set(rows_named))
