"""`python -m tests.audit`: has the tools look, and holds what they find against the reasons in justified.yaml.

Writes docs/proof/audit.md and docs/proof/sbom.cdx.json, and ends with 1 where a finding has no reason, or a reason no
finding.
"""

import sys
from collections.abc import Mapping, Sequence

from tests.audit.findings import Justified, Look, justified, stale, unjustified
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
## Known vulnerabilities

pip-audit asks PyPI about each release that is pinned. Where a mirror of PyPI says nothing about single releases, the
deployed packages that are pinned to their newest one are asked about by name. What then is left is *open*, because
silence is no proof; run where PyPI itself is reached, pip-audit closes it. Deployed and open here: {untold}.
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
    silent = 0
    for purpose, file in DEVELOPMENT.items():
        look, untold = pip_audit(purpose, file)
        looks.append(look)
        silent += len(untold)
    looks.append(sbom())
    reasons = justified()
    text = _page(looks, reasons, left, silent)
    print(text)
    (ROOT / "docs" / "proof" / "audit.md").write_text(text, "utf-8")
    return int(bool(unjustified(looks, reasons) or stale(looks, reasons)))


def _page(looks: Sequence[Look], reasons: Sequence[Justified], left: Mapping[str, str], silent: int) -> str:
    bare, idle = unjustified(looks, reasons), stale(looks, reasons)
    found = set().union(*(look.findings for look in looks))
    goals = [
        ("**missed**" if bare else "met", f"{len(found)} findings, {len(bare)} without a reason"),
        ("**missed**" if idle else "met", f"{len(reasons)} reasons, {len(idle)} for what is no longer found"),
        ("**open**" if left else "met", f"{len(left)} deployed packages about which nothing was told"),
        ("**open**" if silent else "met", f"{silent} packages of development about which nothing was told"),
    ]
    wrong = [f"- {one.tool} {one.rule} on {one.on}" for one in bare]
    wrong += [f"- no longer found: {one.tool} {one.rule} on {one.on}" for one in idle]
    return _PAGE.format(
        setting=machine(),
        goals="\n".join(f"- {how}: {what}" for how, what in goals),
        looks="\n".join(_row(look, bare) for look in looks),
        justified="\n".join(
            f"| {one.tool} {one.rule}: {one.what} | {', '.join(one.resources)} | {one.reason} |" for one in reasons
        ),
        wrong="\n".join(["\n## What is wrong\n", *wrong, ""]) if wrong else "",
        untold=", ".join(f"{name} {pinned}" for name, pinned in sorted(left.items())) or "none",
    )


def _row(look: Look, bare: Sequence[object]) -> str:
    justified = len(look.findings - set(bare))
    return f"| {look.tool} | {look.version} | {look.at} | {len(look.findings)} | {justified} |"


if __name__ == "__main__":
    sys.exit(main())
