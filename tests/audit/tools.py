"""The tools, each run on what it is for."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from tests.audit.findings import Finding, Look
from tests.template.stack import ROOT, Stack

WORK: Final = ROOT / ".local" / "audit"
DEPLOYED: Final = "layers/common/requirements.txt"
DEVELOPMENT: Final = {
    "to develop and test": "requirements/dev.txt",
    "to measure": "requirements/bench.txt",
    "to audit": "requirements/audit.txt",
}
SBOM: Final = "docs/proof/sbom.cdx.json"
_TIMEOUT_SECONDS: Final = 600
_PIN: Final = r"^([\w.-]+)==([^\s;]+)"
_HERE: Final = Path(sys.executable).parent
"""The development tools; the others are in an environment of their own."""


def cfn_lint() -> Look:
    """cfn-lint on the template, as `make lint` runs it; it is one of the development tools."""
    found = json.loads(_run([_HERE / "cfn-lint", "--format", "json", "template.yaml"], ends_in=range(16)) or "[]")
    lines = {Finding("cfn-lint", one["Rule"]["Id"], f"line {one['Location']['Start']['LineNumber']}") for one in found}
    return Look("cfn-lint", version("cfn-lint"), "template.yaml", frozenset(lines))


def checkov(stack: Stack) -> Look:
    """checkov on the transformed template, which has the resources that SAM adds."""
    file = WORK / "template.json"
    # Every reference worked out: on references in a transformed template checkov ends in an error.
    file.write_text(json.dumps({"Resources": stack.resources}, indent=1), "utf-8")
    told = json.loads(
        _run([
            _tool("checkov"), "--file", file, "--framework", "cloudformation", "--output", "json", "--compact",
            "--skip-download", "--soft-fail",
        ])
    )  # fmt: skip
    summary = told["summary"]
    assert not summary["parsing_errors"]
    failed = told["results"]["failed_checks"]
    found = {Finding("checkov", one["check_id"], one["resource"].rpartition(".")[2]) for one in failed}
    checks = summary["passed"] + summary["failed"]
    at = f"{summary['resource_count']} resources of the transformed template, {checks} checks"
    return Look("checkov", summary["checkov_version"], at, frozenset(found))


def parliament(stack: Stack) -> Look:
    """parliament on every statement of every policy; each in a file of its own, so that a finding names it."""
    folder = WORK / "statements"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    number = 0
    for logical_id, document in stack.documents():
        for statement in document["Statement"]:
            # A trust policy speaks of its own role, so it has no resource, which parliament asks for.
            if "Resource" in statement:
                number += 1
                alone = json.dumps({**document, "Statement": [statement]})
                (folder / f"{logical_id} {statement['Sid']}.json").write_text(alone, "utf-8")
    told = _run(
        [_tool("parliament"), "--directory", folder, "--include_policy_extension", "json", "--json"], ends_in=range(2)
    )
    found = {
        Finding("parliament", one["issue"], Path(one["location"]["filepath"]).stem)
        for one in map(json.loads, told.splitlines())
    }
    at = f"{number} statements of the transformed template's policies"
    return Look("parliament", _version("parliament"), at, frozenset(found))


def pip_audit(of: str, file: str) -> tuple[Look, dict[str, str]]:
    """Known vulnerabilities of what a requirements file pins, as PyPI tells them; and the packages about whose pinned
    release it says nothing, be they safe or not, with that release.
    """
    told = json.loads(
        _run(
            [
                _tool("pip-audit"), "--requirement", file, "--no-deps", "--disable-pip", "--format", "json",
                "--progress-spinner", "off",
            ],
            ends_in=range(2),
        )
    )  # fmt: skip
    packages = told["dependencies"]
    found = {
        Finding("pip-audit", advisory["id"], f"{one['name']} {one['version']}")
        for one in packages
        for advisory in one.get("vulns", [])
    }
    # Of a package that it skips pip-audit tells the version in words only.
    pinned = dict(re.findall(_PIN, (ROOT / file).read_text("utf-8"), re.MULTILINE))
    unanswered = {one["name"]: pinned[one["name"]] for one in packages if "skip_reason" in one}
    at = f"{len(packages)} packages {of}, {len(packages) - len(unanswered)} of them answered for"
    return Look("pip-audit", _version("pip-audit"), at, frozenset(found)), unanswered


def newest_releases(packages: Mapping[str, str]) -> tuple[Look, dict[str, str]]:
    """The same of those packages that are pinned to their newest release; and the others.

    A mirror of PyPI may answer about packages, which tells of their newest release, but not about a single release.
    """
    found, unanswered = set[Finding](), dict(packages)
    for name, pinned in packages.items():
        with urlopen(f"https://pypi.org/pypi/{name}/json", timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        if told["info"]["version"] == pinned:
            del unanswered[name]
            advisories = [one["id"] for one in told["vulnerabilities"] if not one["withdrawn"]]
            found |= {Finding("PyPI", one, f"{name} {pinned}") for one in advisories}
    at = f"{len(packages)} of these that are left, {len(packages) - len(unanswered)} of them the newest release"
    return Look("PyPI", "its JSON", at, frozenset(found)), unanswered


def sbom() -> Look:
    """Write the list of what is deployed."""
    _run([
        _HERE / "cyclonedx-py", "requirements", DEPLOYED, "--pyproject", "pyproject.toml", "--output-reproducible",
        "--short-PURLs", "--output-format", "JSON", "--spec-version", "1.6", "--output-file", SBOM,
    ])  # fmt: skip
    components = json.loads((ROOT / SBOM).read_text("utf-8"))["components"]
    at = f"{len(components)} packages that are deployed, listed in [sbom.cdx.json](sbom.cdx.json)"
    return Look("cyclonedx-py", version("cyclonedx-bom"), at, frozenset())


def _tool(name: str) -> Path:
    return WORK / "venv" / "bin" / name


def _version(package: str) -> str:
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    return _run([_tool("python"), "-c", code, package]).strip()


def _run(command: Sequence[str | Path], ends_in: Sequence[int] = (0,)) -> str:
    """Its standard output.

    :raises SystemExit: it ended in another way than it does where it found something or nothing.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS)
    # Some end in 1 for a finding and for a failure alike; who found something says what.
    if done.returncode not in ends_in or (done.returncode and not done.stdout):
        raise SystemExit(f"{command[0]} ended in {done.returncode}: {done.stderr}")
    return done.stdout
