"""Which mails of variances go to whom: each holds as many as one mail can show. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

from stkr.domain.counted import LineKind
from stkr.domain.exact import ZERO
from stkr.domain.line import Line
from stkr.rules.doc import Person
from stkr.sweep.due import DueLine

MAX_ITEMS: Final = 30
"""Variances in one digest, each up to 3.3 kB of HTML: Gmail hides what is beyond 102 kB, buttons included."""

MAX_WAITING: Final = 26
"""Variances in a digest of what waits: each may have its age, and a heading of its own with its count."""


@dataclass(frozen=True, slots=True)
class PlannedDigest:
    """One mail to one person: ``part`` of ``parts``, first notices of one session, or all that has been waiting.

    ``name`` is what the mail is remembered by.
    """

    name: str
    to: Person
    lines: tuple[Line, ...]
    part: int
    parts: int


def plan_digests(due: Iterable[DueLine], day: str) -> list[PlannedDigest]:
    """The mails of a calendar day: to each person one for each session that is new to them, and one for all that waits.

    A line that a digest of the day has already taken in stays in it, whatever became of the digest's other lines since;
    only what no digest has is put into further ones. So no repeat can mail a person the same line in another mail.
    """
    by_address: dict[str, Person] = {}
    bundles: dict[tuple[str, str], list[Line]] = {}
    for due_line in due:
        line = due_line.line
        for person in due_line.people:
            address = person.email.casefold()
            by_address.setdefault(address, person)
            # Of what was mailed before, one mail names all sessions.
            bundles.setdefault((address, "" if line.mails else line.session_id), []).append(line)
    return [
        PlannedDigest(name=name, to=by_address[address], lines=tuple(by_weight(lines)), part=number, parts=len(mails))
        for (address, session_id), bundle in sorted(bundles.items())
        for mails in [_split(bundle, address, day, MAX_ITEMS if session_id else MAX_WAITING)]
        for number, (name, lines) in enumerate(mails.items(), start=1)
    ]


def _split(bundle: Iterable[Line], address: str, day: str, most: int) -> dict[str, list[Line]]:
    """The lines of one person in mails of at most ``most`` lines, by name: those of before, then new ones."""
    mails: dict[str, list[Line]] = {}
    fresh: list[Line] = []
    for line in bundle:
        name = (line.digests or {}).get(address, "")
        if name.startswith(day):
            mails.setdefault(name, []).append(line)
        else:
            fresh.append(line)
    ordered = by_weight(fresh)
    for start in range(0, len(ordered), most):
        part = ordered[start : start + most]
        content = "|".join([address, *sorted(line.variance_id for line in part)])
        mails[f"{day} {sha256(content.encode()).hexdigest()[:24]}"] = part
    return mails


def by_weight(lines: Iterable[Line]) -> list[Line]:
    """The most valuable variance first, uncounted lines last."""

    def weight(line: Line) -> tuple[bool, Decimal, Decimal, str, str]:
        value, units = abs(line.gap_value or ZERO), abs(line.gap_units or ZERO)
        return (line.kind is LineKind.UNCOUNTED, -value, -units, line.sku, line.session_id)

    return sorted(lines, key=weight)


def digest_names(planned: Iterable[PlannedDigest]) -> dict[str, dict[str, str]]:
    """For each line's variance id: the name of the digest in which each recipient (by address) gets it."""
    names: dict[str, dict[str, str]] = {}
    for digest in planned:
        for line in digest.lines:
            names.setdefault(line.variance_id, {})[digest.to.email.casefold()] = digest.name
    return names
