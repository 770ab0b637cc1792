"""What tools found, and which of it is justified."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, order=True)
class Finding:
    """A rule that a resource (or a statement, or a package) breaks, by the tool that says so."""

    tool: str
    rule: str
    on: str


@dataclass(frozen=True)
class Justified:
    """Why a rule of a tool may be broken on some resources; ``what`` is what the rule asks for."""

    tool: str
    rule: str
    what: str
    resources: Sequence[str]
    reason: str

    def findings(self) -> set[Finding]:
        """What it justifies."""
        return {Finding(self.tool, self.rule, on) for on in self.resources}


@dataclass(frozen=True)
class Look:
    """What a tool looked at, and what it found there."""

    tool: str
    version: str
    at: str
    findings: frozenset[Finding]


def justified() -> list[Justified]:
    """The reasons in justified.yaml."""
    told = yaml.safe_load((Path(__file__).parent / "justified.yaml").read_text("utf-8"))
    return [Justified(**one) for one in told["justified"]]


def unjustified(looks: Iterable[Look], reasons: Iterable[Justified]) -> list[Finding]:
    """Findings that nobody gave a reason for."""
    given = set[Finding]().union(*(one.findings() for one in reasons))
    return sorted(set[Finding]().union(*(look.findings for look in looks)) - given)


def stale(looks: Iterable[Look], reasons: Iterable[Justified]) -> list[Finding]:
    """Reasons for what is no longer found."""
    found = set[Finding]().union(*(look.findings for look in looks))
    return sorted(set[Finding]().union(*(one.findings() for one in reasons)) - found)
