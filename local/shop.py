"""The demo shop: about 2,000 SKUs in four locations, the same on every run, and the rules it works by.

What is written here comes from no part of the system under demonstration; `saturday` says on that ground what must
come of a count. Money is kept in pence, so that it is exact.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import yaml

TIME_ZONE = ZoneInfo("Europe/London")
SEED = 20260627
PRIYA = "priya@example.com"
"""The approver of the fixings aisle."""

COLUMNS = (
    "sku",
    "name",
    "location",
    "system_qty",
    "unit_cost",
    "pack_size",
    "aliases",
    "category",
    "bin",
    "sold_since_count",
    "last_received_at",
    "last_received_qty",
    "last_counted_at",
)

FIXINGS, PAINT, TIMBER, TOOLS = "fixings-aisle", "paint-aisle", "timber-yard", "tool-wall"

# The items that the Saturday count has a story about.
BOLT, WASHER, NUT, NAIL_GUN = "BOLT-M6-50", "WASHER-M6", "NUT-M6", "NAILGUN-18V"
SCREW, HOOK, PLUG, CHAIN = "SCREW-WOOD-40", "HOOK-BRASS", "PLUG-RED", "CHAIN-3MM"
HINGE, BRACKET, TAPE, GLUE = "HINGE-75", "BRACKET-90", "TAPE-MASK", "GLUE-PVA"
CABLE_TIE, LATCH, CASTOR, TESTER = "CABLE-TIE", "LATCH-GATE", "CASTOR-50", "PAINT-TEAL-TESTER"

# Each location's items are all combinations of its three lists.
KINDS = {
    FIXINGS: "BOLT SCREW COACH STUD ANCHOR RIVET",
    PAINT: "MATT SILK GLOSS PRIMER WOODSTAIN",
    TIMBER: "PINE OAK BIRCH LARCH MDF",
    TOOLS: "HAMMER CHISEL SPANNER PLIERS SAW BIT CLAMP FILE",
}
VARIANTS = {
    FIXINGS: "M4 M5 M6 M8 M10 M12",
    PAINT: "1L 2.5L 5L 10L",
    TIMBER: "PLANK BATTEN POST BOARD SLEEPER TRIM",
    TOOLS: "BASIC TRADE PRO",
}
SIZES = {
    FIXINGS: "16 20 25 30 35 40 45 50 55 60 70 80 90 100 120 140",
    PAINT: "WHITE IVORY CREAM STONE SAND OAK SLATE BLACK NAVY SKY TEAL SAGE MOSS LIME AMBER RUST RED PLUM ROSE LILAC",
    TIMBER: "60 90 120 150 180 210 240 270 300 330 360 390 420 450 480 510",
    TOOLS: "4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
}
PRICES = {FIXINGS: (4, 90), PAINT: (900, 4800), TIMBER: (250, 3900), TOOLS: (300, 2400)}  # pence
QUANTITIES = {FIXINGS: (120, 950), PAINT: (6, 60), TIMBER: (8, 90), TOOLS: (5, 40)}


@dataclass(frozen=True)
class DemoItem:
    """One row of the stock spreadsheet; `barcode` is its EAN-13, a pack size of 0 one that the record does not say."""

    sku: str
    name: str
    location: str
    system_qty: int
    pence: int
    barcode: str
    supplier_code: str
    pack_size: int = 0
    case_of: int = 0
    category: str = ""
    bin: str = ""
    sold: int | None = None
    received_at: date | None = None
    received_qty: int = 0
    counted_at: date | None = None

    @property
    def case_barcode(self) -> str:
        """The GTIN-14 on a case: the each's barcode under the packaging digit 1, with a check digit of its own."""
        body = "1" + self.barcode[:12]
        return body + check_digit(body)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every other code of the item, as the spreadsheet writes them."""
        case = (f"{self.case_barcode}*{self.case_of}",) if self.case_of else ()
        return (self.barcode, self.supplier_code, *case)

    def row(self) -> tuple[str, ...]:
        """The spreadsheet's row."""
        return (
            self.sku,
            self.name,
            self.location,
            str(self.system_qty),
            pounds(self.pence),
            str(self.pack_size or ""),
            "|".join(self.aliases),
            self.category,
            self.bin,
            "" if self.sold is None else str(self.sold),
            self.received_at.isoformat() if self.received_at else "",
            str(self.received_qty) if self.received_at else "",
            self.counted_at.isoformat() if self.counted_at else "",
        )


def check_digit(body: str) -> str:
    """The check digit of a GTIN without one: digits weighted 3 and 1 from the right make a multiple of ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def barcode(serial: int, prefix: str = "501234") -> str:
    """A valid EAN-13."""
    body = f"{prefix}{serial:06d}"
    return body + check_digit(body)


def pounds(pence: int) -> str:
    """Pence as the decimal string of an amount in pounds: -1680 gives -16.80."""
    whole, part = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{whole}.{part:02d}"


def stock(today: date) -> tuple[DemoItem, ...]:
    """The whole shop, as its system of record has it on `today`."""
    generated = {item.sku: item for item in _generated(today)}
    return tuple({**generated, **{item.sku: item for item in _written_out(today)}}.values())


def spreadsheet(items: tuple[DemoItem, ...]) -> str:
    """The stock spreadsheet (CSV) the shop keeps."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(item.row() for item in items)
    return text.getvalue()


def rules(now: datetime) -> str:
    """The shop's rules doc (YAML). Quiet hours begin six hours from `now`, so that no mail waits for a morning."""
    quiet_from = now.astimezone(TIME_ZONE) + timedelta(hours=6)

    def person(name: str) -> dict[str, str]:
        return {"name": name, "email": f"{name.lower()}@example.com"}

    def place(name: str, approver: str, counter: str) -> dict[str, object]:
        return {
            "name": name,
            "approver": person(approver),
            "escalation": person("Morgan"),
            "counters": [person(counter)],
            "count_every_days": 90,
        }

    return yaml.safe_dump(
        {
            "currency": "GBP",
            "time_zone": TIME_ZONE.key,
            "tolerance": {"units": 2, "percent": 1, "value": 20},
            "quiet_hours": {"from": f"{quiet_from:%H:%M}", "to": f"{quiet_from + timedelta(hours=2):%H:%M}"},
            "due_days": 2,
            "locations": {
                FIXINGS: place("Fixings aisle", "Priya", "Sam"),
                PAINT: place("Paint aisle", "Tomasz", "Sam"),
                TIMBER: place("Timber yard", "Grace", "Ola"),
                TOOLS: place("Tool wall", "Grace", "Ola"),
            },
        },
        sort_keys=False,
    )


def _generated(today: date) -> Iterator[DemoItem]:
    random = Random(SEED)  # noqa: S311 - a demo shop, not a secret
    serial = 0
    for location, kinds in KINDS.items():
        for kind, variant, size in product(kinds.split(), VARIANTS[location].split(), SIZES[location].split()):
            serial += 1
            yield DemoItem(
                sku=f"{kind}-{variant}-{size}",
                name=f"{kind.capitalize()} {variant} {size}",
                location=location,
                system_qty=random.randint(*QUANTITIES[location]),
                pence=random.randint(*PRICES[location]),
                barcode=barcode(serial),
                supplier_code=f"{kind[:2]}{serial:05d}",
                pack_size=random.choice((0, 10, 12, 24, 25, 50)),
                category=kind.lower(),
                bin=f"{location[0].upper()}{serial % 40 + 1:02d}",
                sold=random.randint(20, 300),
                received_at=today - timedelta(days=random.randint(32, 120)),
                received_qty=random.choice((12, 24, 36, 60, 120)),
                counted_at=today - timedelta(weeks=8),
            )


def _written_out(today: date) -> Iterator[DemoItem]:
    """The items the Saturday count has a story about; all but the tin of paint are in the fixings aisle."""

    def item(sku: str, name: str, serial: int, system_qty: int, pence: int) -> DemoItem:
        return DemoItem(
            sku=sku,
            name=name,
            location=FIXINGS,
            system_qty=system_qty,
            pence=pence,
            barcode=barcode(serial, "509876"),
            supplier_code=f"NB-{serial:04d}",
            category="hardware",
            bin="F00",
            sold=214,
            received_at=today - timedelta(days=41),
            received_qty=200,
            counted_at=today - timedelta(weeks=8),
        )

    delivered = today - timedelta(days=3)
    yield replace(item(BOLT, "M6 bolts 50 mm", 1, 480, 35), pack_size=100, case_of=24)
    yield item(WASHER, "M6 washers", 2, 480, 35)
    yield replace(item(NUT, "M6 nuts", 3, 480, 35), pack_size=24, case_of=24)
    yield replace(item(NAIL_GUN, "Nail gun 18 V", 4, 10, 20000), sold=1, received_qty=4)
    yield replace(item(SCREW, "Wood screws 40 mm", 5, 500, 12), received_at=delivered, received_qty=100)
    yield replace(item(HOOK, "Brass hooks", 6, 324, 50), received_qty=60)
    yield replace(item(PLUG, "Wall plugs, red", 7, 120, 45), sold=400, received_qty=50)
    yield replace(item(CHAIN, "Chain 3 mm, cut piece", 8, 5, 380), sold=9, received_qty=40)
    yield replace(item(HINGE, "Hinges 75 mm", 9, 96, 190), pack_size=24)
    yield item(BRACKET, "Brackets 90 mm", 10, 150, 110)
    # A twelve-digit barcode under a leading zero, which spreadsheets drop.
    yield replace(item(TAPE, "Masking tape", 11, 64, 210), barcode=barcode(11, "071234"))
    yield item(GLUE, "Wood glue", 12, 33, 450)
    yield item(CABLE_TIE, "Cable ties", 13, 700, 3)
    yield item(LATCH, "Gate latch", 14, 18, 840)
    yield item(CASTOR, "Castors 50 mm", 15, 44, 320)
    yield replace(item(TESTER, "Teal tester pot", 16, 24, 249), location=PAINT, bin="P00", received_qty=12)
