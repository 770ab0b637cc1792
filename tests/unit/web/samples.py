"""A Saturday count as the pages and mails see it, and a reader that finds their parts."""

from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

from stkr.domain.cause import Cause, DatedFact, Evidence, Flag
from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState
from stkr.domain.session import Session, SessionStatus
from stkr.domain.variance import Materiality, Timing
from stkr.rules.doc import parse_rules

RULES = parse_rules(
    """
    currency: GBP
    locations:
      fixings-aisle:
        name: Fixings aisle
        approver: {name: Priya, email: priya@example.com}
        escalation: {name: Morgan, email: morgan@example.com}
        counters: [{name: Sam, email: sam@example.com}]
      paint-aisle:
        name: Paint aisle
        approver: {name: Noor, email: noor@example.com}
    """
)
PRIYA = RULES.locations["fixings-aisle"].approver

EVIDENCE = Evidence(
    gap_units=Decimal(-48),
    gap_pct=Decimal("-10.0000"),
    gap_value=Decimal("-16.80"),
    counted_qty=Decimal(432),
    system_qty=Decimal(480),
    sold_since_count=Decimal(96),
    last_receipt=DatedFact(day="2026-10-17", days_ago=35, quantity=Decimal(200)),
    last_count=DatedFact(day="2026-09-26", days_ago=56),
    flags=(Flag.MULTIPLE_OF_PACK_SIZE,),
)
RATIONALE = "A sustained shortage with no recent receiving and normal sales points to loss."

SESSION = Session(
    session_id="2026-11-21-fixings-aisle-7f3a9c01",
    location="fixings-aisle",
    counter="Sam",
    opened_at="2026-11-21T09:00:00.000000Z",
    captured_at="2026-11-21T14:05:00.000000Z",
    status=SessionStatus.RECONCILED,
    expected=120,
)


def line(**changed: object) -> Line:
    """Bolts, short 48, with attributes replaced."""
    bolts = Line(
        session_id=SESSION.session_id,
        sku="BOLT-M6-50",
        name="M6 bolts 50 mm",
        location="fixings-aisle",
        kind=LineKind.COUNTED,
        materiality=Materiality.MATERIAL,
        state=LineState.QUEUED,
        system_qty=Decimal(480),
        snapshot_version=3,
        revision=1,
        rule="default",
        capture_seq=1,
        counted_qty=Decimal(432),
        gap_units=Decimal(-48),
        gap_pct=Decimal("-10.0000"),
        gap_value=Decimal("-16.80"),
        unit_cost=Decimal("0.35"),
        evidence=EVIDENCE,
        cause=Cause.SHRINKAGE,
        rationale=RATIONALE,
        queued_at="2026-11-21T14:06:00.000000Z",
    )
    return bolts.model_copy(update=changed)


def rolled(**changed: object) -> Line:
    """The bolts counted at 10:14, when 480 were expected; nine were sold since."""
    timing = Timing(
        snapshot_qty=Decimal(482),
        counted_from="2026-11-21T10:14:00.000000Z",
        counted_to="2026-11-21T10:14:59.999999Z",
        expected_qty=Decimal(480),
        moved_qty=Decimal(-11),
    )
    return line(**{"system_qty": Decimal(471), "timing": timing, **changed})


def uncounted(**changed: object) -> Line:
    """An item that was expected and not counted."""
    missing = {
        "sku": "HINGE-75",
        "name": "Butt hinge 75 mm",
        "kind": LineKind.UNCOUNTED,
        "system_qty": Decimal(12),
        "unit_cost": Decimal("1.25"),
        **dict.fromkeys(("counted_qty", "gap_units", "gap_pct", "gap_value", "evidence", "cause", "rationale")),
    }
    return line(**missing | changed)


def unrecorded(**changed: object) -> Line:
    """An item the system does not stock here, and three were on the shelf."""
    found = {
        "sku": "PAINT-RED",
        "name": "Red gloss 1 l",
        "kind": LineKind.UNRECORDED,
        "system_qty": Decimal(0),
        "counted_qty": Decimal(3),
        "gap_units": Decimal(3),
        "gap_pct": None,
        "gap_value": Decimal("37.50"),
        "unit_cost": Decimal("12.50"),
        "cause": Cause.UNKNOWN,
        "rationale": "",
    }
    return line(**found | changed)


HOSTILE = "<script>alert(1)</script>\"'&"


@dataclass
class Read(HTMLParser):
    """What a browser makes of a page: its elements, their attributes, and its text."""

    html: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    _silent: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in {"style", "script", "title"}
        if tag not in {"strong", "span", "a", "code"}:
            self.text += " "

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def fields(self) -> dict[str, str]:
        """Name and value of every input."""
        return {each["name"]: each.get("value", "") for each in self.all("input")}

    def links(self) -> list[str]:
        """Where the links lead, in order."""
        return [each["href"] for each in self.all("a")]

    def check(self) -> None:
        """Assert what holds for every page: one heading, labelled fields, no script, nothing loaded from elsewhere."""
        tags = [tag for tag, _ in self.elements]
        assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
        assert self.all("html") == [{"lang": "en-GB"}]
        assert not {"script", "img", "link", "iframe", "object", "embed"} & set(tags)
        assert not [name for _, attributes in self.elements for name in attributes if name.startswith("on")]
        assert not [attributes for _, attributes in self.elements if "style" in attributes]
        assert not [each for each in self.all("meta") if "http-equiv" in each]
        labelled = {each["for"] for each in self.all("label")}
        shown = [each for tag in ("input", "select", "textarea") for each in self.all(tag)]
        assert all(each.get("type") == "hidden" or each["id"] in labelled for each in shown)
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        described = {name for _, each in self.elements for name in each.get("aria-describedby", "").split()}
        assert described <= set(ids)
