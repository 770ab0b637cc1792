"""Who works in the shop, how they are with their mails, and the rules that they have in the course of the year."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tests.simulated_year.oracle import RulesDoc

OPERATIONS = "operations@example.com"


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets mails: how long they take, how often they let one lie, and when they are away."""

    name: str
    slow_hours: float = 6
    forgetful: float = 0.1
    away: tuple[tuple[date, date], ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether they are on holiday."""
        return any(first <= day <= last for first, last in self.away)


_CHRISTMAS = (date(2026, 12, 23), date(2027, 1, 1))
PEOPLE = {
    "priya@example.com": Recipient("Priya", 4, 0.05, ((date(2026, 8, 1), date(2026, 8, 23)), _CHRISTMAS)),
    "jo@example.com": Recipient(
        "Jo", 30, 0.35, ((date(2026, 2, 14), date(2026, 2, 22)), (date(2026, 3, 30), date(2026, 4, 11)))
    ),
    "kim@example.com": Recipient("Kim", 10, 0.15, ((date(2026, 6, 10), date(2026, 7, 3)), _CHRISTMAS)),
    "lee@example.com": Recipient("Lee", 60, 0.5, (_CHRISTMAS,)),
    "morgan@example.com": Recipient("Morgan", 20, 0.2, ((date(2026, 8, 10), date(2026, 8, 16)),)),
}

FIRST_RULES = RulesDoc(
    units=Decimal(2),
    percent=Decimal(1),
    value=Decimal(20),
    quiet=("20:00", "07:00"),
    due_days=2,
    approvers={"fixings": "priya@example.com", "paint": "jo@example.com", "yard": "lee@example.com"},
    escalations=dict.fromkeys(("fixings", "paint", "yard"), "morgan@example.com"),
    counters={"fixings": "sam@example.com", "paint": "sam@example.com", "yard": "alex@example.com"},
    every_days={"fixings": 35, "paint": 60, "yard": 30},
)
_TIGHTER = replace(FIRST_RULES, units=Decimal(1), percent=Decimal("0.5"), value=Decimal(15))
_KIM = replace(_TIGHTER, approvers=_TIGHTER.approvers | {"paint": "kim@example.com"})
_LONG_NIGHTS = replace(_KIM, quiet=("18:30", "08:00"))
_LOOSER = replace(_LONG_NIGHTS, units=Decimal(3), percent=Decimal(2), value=Decimal(40), quiet=("01:30", "06:15"))
_RARER = replace(_LOOSER, due_days=3, quiet=("22:00", "06:30"))

CHANGES: tuple[tuple[int, RulesDoc | bytes], ...] = (
    (60, _TIGHTER),
    (95, b"tolerance: {units: many}\nlocations: {fixings: {name: Fixings}}\n"),
    (99, _KIM),
    (150, _LONG_NIGHTS),
    (221, b"locations: [\n"),
    (225, _LOOSER),
    (310, _RARER),
)
"""On which day of the year (0 is its first) which doc is uploaded; plain text is one that is not valid."""


def as_yaml(rules: RulesDoc) -> bytes:
    """The doc as the shop uploads it."""
    lines = [
        f"operations: {OPERATIONS}",
        "time_zone: Europe/London",
        f"tolerance: {{units: {rules.units}, percent: {rules.percent}, value: {rules.value}}}",
        "overrides:",
        "  - {category: tools, units: 0, percent: 0}",
        f"due_days: {rules.due_days}",
        f"link_days: {rules.link_days}",
        f"close_days: {rules.close_days}",
    ]
    if rules.quiet:
        lines.append(f'quiet_hours: {{from: "{rules.quiet[0]}", to: "{rules.quiet[1]}"}}')
    lines.append("locations:")
    for place, approver in rules.approvers.items():
        lines += [
            f"  {place}:",
            f"    name: The {place}",
            f"    approver: {_person(approver)}",
            f"    escalation: {_person(rules.escalations[place])}",
            f"    counters: [{_person(rules.counters[place])}]",
            f"    count_every_days: {rules.every_days[place]}",
        ]
    return "\n".join(lines).encode()


def _person(email: str) -> str:
    return f"{{name: {email.partition('@')[0].capitalize()}, email: {email}}}"
