"""`python -m tests.audit`: has the tools look, and holds what they find against the reasons in justified.yaml.

Writes docs/proof/audit.md and docs/proof/sbom.cdx.json, and ends with 1 where a finding has no reason, or a reason no
finding.
"""

import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from tests.audit.findings import Justified, Look, stale, unjustified
from tests.audit.tools import DEPLOYED, DEVELOPMENT, cfn_lint, checkov, newest_releases, parliament, pip_audit, sbom
from tests.machine import machine
from tests.template.stack import ROOT, Stack

_PAGE = """\
# Audit

Tools of others on the template, on every statement of its policies, and on the packages: `make audit` wrote this page
(`tests/audit/`). A finding fails it unless it is among the justified ones below, which name the resources; a reason
that nothing needs any more fails it as well.

{setting}

{goals}

| tool | version | what it looked at | findings | justified |
|---|---|---|--:|--:|
{looks}

## Justified

| finding | on | why it stays |
|---|---|---|
{justified}
{wrong}
## Vulnerabilities that are known

{unanswered}
"""


def main() -> int:
    """Look, judge, report."""
    stack = Stack()
    print("cfn-lint, checkov, parliament ...", flush=True)
    looks = [cfn_lint(), checkov(stack), parliament(stack)]
    print("pip-audit ...", flush=True)
    deployed, left = pip_audit("that are deployed", DEPLOYED)
    looks.append(deployed)
    if left:
        newest, left = newest_releases(left)
        looks.append(newest)
    silent = {"that are deployed": left}
    for purpose, file in DEVELOPMENT.items():
        look, silent[purpose] = pip_audit(purpose, file)
        looks.append(look)
    looks.append(sbom())
    text = _page(looks, _justified(), silent)
    print(text)
    (ROOT / "docs" / "proof" / "audit.md").write_text(text, "utf-8")
    return int(bool(unjustified(looks, _justified()) or stale(looks, _justified())))


def _justified() -> list[Justified]:
    told = yaml.safe_load((Path(__file__).parent / "justified.yaml").read_text("utf-8"))
    return [Justified(**one) for one in told["justified"]]


def _page(looks: Sequence[Look], justified: Sequence[Justified], silent: Mapping[str, Mapping[str, str]]) -> str:
    bare, idle = unjustified(looks, justified), stale(looks, justified)
    found = set().union(*(look.findings for look in looks))
    goals = [
        (not bare, f"{len(found)} findings, {len(bare)} without a reason"),
        (not idle, f"{len(justified)} reasons, {len(idle)} for what is no longer found"),
    ]
    wrong = [f"- {one.tool} {one.rule} on {one.on}" for one in bare]
    wrong += [f"- no longer found: {one.tool} {one.rule} on {one.on}" for one in idle]
    return _PAGE.format(
        setting=f"{datetime.now(UTC):%Y-%m-%d} · {machine()} · CPython {platform.python_version()}",
        goals="\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in goals),
        looks="\n".join(_row(look, bare) for look in looks),
        justified="\n".join(
            f"| {one.tool} {one.rule}: {one.what} | {', '.join(one.resources)} | {one.reason} |" for one in justified
        ),
        wrong="\n".join(["\n## What is wrong\n", *wrong, ""]) if wrong else "",
        unanswered="\n".join(_unanswered(purpose, packages) for purpose, packages in silent.items()),
    )


def _row(look: Look, bare: Sequence[object]) -> str:
    justified = len(look.findings - set(bare))
    return f"| {look.tool} | {look.version} | {look.at} | {len(look.findings)} | {justified} |"


def _unanswered(purpose: str, packages: Mapping[str, str]) -> str:
    """What nobody was found to answer for is said, because silence is no proof."""
    names = ", ".join(f"{name} {pinned}" for name, pinned in sorted(packages.items()))
    untold = f"the registry used here told nothing about the release of {len(packages)}: {names}" if packages else ""
    return f"- Packages {purpose}: {untold or 'the registry told of each what is known about it'}."


if __name__ == "__main__":
    sys.exit(main())
