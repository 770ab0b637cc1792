"""The Saturday count of the fixings aisle: a scanner file as scanner files are, and what must come of it.

The expectation is written down beside the rows that cause it, row by row; nothing of it is computed by the system
under demonstration.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date

from local import shop
from local.shop import DemoItem, barcode, pounds, stock

FILE_NAME = "scan.csv"
HEADER = ("Barcode", "Qty", "Bin")


@dataclass(frozen=True)
class ExpectedVariance:
    """What must be stored for a line; figures are decimal strings. `cause` is None where no model is asked."""

    kind: str
    state: str
    counted: int | None
    system: int
    units: str | None
    percent: str | None
    value: str | None
    cause: str | None = None


@dataclass
class Saturday:
    """The scanner file's rows and what must come of them, filled in together.

    `variances` holds every line that is not in agreement; `agreeing` counts the others. `parked` is (row number,
    code, reason).
    """

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    counted: int = 0
    collapsed: int = 0
    blank: int = 0
    parked: list[tuple[int, str, str]] = field(default_factory=list)
    variances: dict[str, ExpectedVariance] = field(default_factory=dict)
    agreeing: int = 0

    @property
    def read(self) -> int:
        """Every data row is counted, collapsed, blank or parked."""
        return self.counted + self.collapsed + self.blank + len(self.parked)

    def states(self) -> dict[str, int]:
        """How many lines there must be of each state."""
        lines = {"in_agreement": self.agreeing, "minor": 0, "queued": 0}
        for variance in self.variances.values():
            lines[variance.state] += 1
        return lines

    def file(self) -> bytes:
        """The file as the scanner's app exports it: a byte-order mark, semicolons and CRLF."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(self.rows)
        return text.getvalue().encode("utf-8-sig")

    def scan(self, code: str, quantity: object, bin_name: str = "", *, repeats: int = 0) -> None:
        """Rows that are counted once, with `repeats` of it that collapse."""
        self.rows += [(code, str(quantity), bin_name)] * (1 + repeats)
        self.counted += 1
        self.collapsed += repeats

    def leave_blank(self, code: str) -> None:
        """A row nobody filled in."""
        self.rows.append((code, "", ""))
        self.blank += 1

    def park(self, code: str, quantity: str, reason: str) -> None:
        """A row that no one can resolve."""
        self.rows.append((code, quantity, ""))
        self.parked.append((len(self.rows) + 1, code, reason))  # the header is row 1

    def expect(
        self, item: DemoItem, counted: int, state: str, cause: str | None = None, *, percent: str | None
    ) -> None:
        """The item's line must have a variance, in `state`; its percentage is given, not computed."""
        units = counted - item.system_qty
        self.variances[item.sku] = ExpectedVariance(
            kind="counted",
            state=state,
            counted=counted,
            system=item.system_qty,
            units=str(units),
            percent=percent,
            value=pounds(units * item.pence),
            cause=cause,
        )


def saturday(today: date) -> Saturday:
    """Build the count for the shop as it is on `today`."""
    items = {item.sku: item for item in stock(today)}
    count = Saturday()
    storied = _add_stories(count, items)
    ordinary = [item for item in items.values() if item.location == shop.FIXINGS and item.sku not in storied]
    for number, item in enumerate(ordinary):
        _as_the_system_says(count, item, number)
    return count


def _as_the_system_says(count: Saturday, item: DemoItem, number: int) -> None:
    """An ordinary line: it agrees, however its code was typed; now and then one unit is missing, within tolerance."""
    spaced = f"{item.barcode[:7]} {item.barcode[7:]}"
    code = (item.barcode, item.sku, item.supplier_code, f"  {item.sku.lower()} ", spaced)[number % 5]
    missing = 0 if number % 25 else 1  # one of at least 120 units worth less than £1: below 2 units, 1 % and £20
    count.scan(code, item.system_qty - missing, item.bin, repeats=0 if number % 40 else 1)
    count.agreeing += 1


def _add_stories(count: Saturday, items: dict[str, DemoItem]) -> set[str]:
    """The lines with a story; returns their SKUs."""
    bolt, washer, nut, gun = items[shop.BOLT], items[shop.WASHER], items[shop.NUT], items[shop.NAIL_GUN]
    screw, hook, plug, chain = items[shop.SCREW], items[shop.HOOK], items[shop.PLUG], items[shop.CHAIN]
    hinge, bracket, tape, glue = items[shop.HINGE], items[shop.BRACKET], items[shop.TAPE], items[shop.GLUE]
    tie, latch, castor = items[shop.CABLE_TIE], items[shop.LATCH], items[shop.CASTOR]
    tester = items[shop.TESTER]  # stocked in the paint aisle only

    # A clear shortage, one within tolerance, a minor one in cases and loose pieces, and a valuable one.
    count.scan(bolt.barcode, 432, bolt.bin, repeats=2)  # a tricky label, scanned three times
    count.expect(bolt, 432, "queued", "shrinkage", percent="-10")
    count.scan(washer.sku, 479, washer.bin)
    count.agreeing += 1  # one unit, 0.2 %, 35p
    count.scan(nut.case_barcode, 19, "F00")  # 19 cases of 24 in one bin ...
    count.scan(nut.barcode, 20, "F17")  # ... and 20 loose in another: 476
    count.expect(nut, 476, "minor", percent="-0.8333")
    count.scan(gun.barcode, 8, gun.bin)
    count.expect(gun, 8, "queued", "shrinkage", percent="-20")

    # One line for each of the other causes, a true zero, and an item that is not stocked here.
    count.scan(screw.supplier_code, 400, screw.bin)
    count.expect(screw, 400, "queued", "receiving_error", percent="-20")
    count.scan(hook.barcode, 342, hook.bin)
    count.expect(hook, 342, "queued", "miscount", percent="5.5556")
    count.scan(plug.barcode, 114, plug.bin)
    count.expect(plug, 114, "queued", "unrecorded_sale", percent="-5")
    count.scan(chain.sku, 0, chain.bin)
    count.expect(chain, 0, "queued", "shrinkage", percent="-100")
    count.scan(tester.barcode, 3, "F00")
    worth = pounds(3 * tester.pence)
    count.variances[tester.sku] = ExpectedVariance(
        kind="unrecorded",
        state="queued",
        counted=3,
        system=0,
        units="3",
        percent=None,
        value=worth,
        cause="miscount",
    )

    # Boxes, and a barcode that lost its leading zero in a spreadsheet.
    count.scan(hinge.sku, "4 boxes", hinge.bin)
    count.scan(tape.barcode.removeprefix("0"), tape.system_qty, tape.bin)
    count.agreeing += 2

    # Not counted: a row left empty, and no row at all. Neither becomes a zero.
    count.leave_blank(castor.barcode)
    for item in (castor, latch):
        count.variances[item.sku] = ExpectedVariance(
            kind="uncounted",
            state="queued",
            counted=None,
            system=item.system_qty,
            units=None,
            percent=None,
            value=None,
        )

    # What no one can resolve is parked; the three items among it get no line at all.
    count.park(barcode(404, "599999"), "7", "unknown_code")
    count.park("5,01235E+12", "12", "mangled_barcode")
    count.park("", "5", "missing_code")
    count.park(glue.sku, "3 boxes", "missing_pack_size")
    count.park(tie.sku, "lots", "unreadable_quantity")
    count.park(bracket.barcode, "150", "conflicting_counts")
    count.park(bracket.barcode, "105", "conflicting_counts")
    count.park(glue.supplier_code, "-3", "negative_quantity")
    shelf = (bolt, washer, nut, gun, screw, hook, plug, chain, hinge, bracket, tape, glue, tie, latch, castor)
    return {item.sku for item in shelf}
