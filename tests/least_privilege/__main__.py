"""`python -m tests.least_privilege`: simulates every function's policy on what it does and on what it must not do.

Writes docs/proof/least-privilege.md and ends with 1 where a call would be refused, something forbidden is allowed, a
permission is used by nothing, or a change of the policies would go unnoticed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.least_privilege.beyond import beyond
from tests.least_privilege.changes import Policies, changes
from tests.least_privilege.forbidden import forbidden
from tests.least_privilege.iam import NotKnown, Request, as_given
from tests.least_privilege.report import Attempt, Verdict, report
from tests.machine import machine
from tests.template.stack import ACCOUNT, FUNCTIONS, ROOT, Stack

_HERE = Path(__file__).parent
_WORK = ROOT / ".local" / "privilege"
_PROOF = ROOT / "docs" / "proof" / "least-privilege.md"
_RECORDING_SECONDS: Final = 1800
"""When a recording is given up: some ten times what it takes on two idle cores."""


def main() -> int:
    """Record, simulate, judge, report."""
    begun = time.monotonic()
    calls, asked = _record()
    stack = Stack()
    attempts = {
        name: [
            *(Attempt(one, how="its code in the tests") for one in asked.get(name, [])),
            *(Attempt(one, how=how) for how, one in beyond(stack, name)),
            *(Attempt(one, how=how, forbidden=True) for how, one in forbidden(stack, name)),
        ]
        for name in FUNCTIONS
    }
    for tried in attempts.values():
        tried.extend(_of_another_stack(tried, stack.parameters["Prefix"]))
    as_it_is = {name: Case(name, stack.function_policies(name), attempts[name]) for name in FUNCTIONS}
    changed = {
        f"{name}: {what}": Case(name, policies, attempts[name])
        for name, case in as_it_is.items()
        for what, policies in changes(case.policies)
    }
    cases = {**as_it_is, **changed}
    print(f"simulating {sum(len(case.attempts) for case in cases.values()):,} questions, some minutes ...", flush=True)
    answered = _simulated(cases)
    noticed = {what: _differ(answered[case.function], answered[what]) for what, case in changed.items()}
    verdict = Verdict(stack, {name: answered[name] for name in FUNCTIONS}, noticed)
    text = report(verdict, calls, _setting(time.monotonic() - begun))
    print(text)
    _PROOF.write_text(text, "utf-8")
    return int(not verdict.passed)


def _record() -> tuple[int, dict[str, list[Request]]]:
    """How many calls the functions' code makes in the tests of handlers, and each distinct question of every function.

    :raises NotKnown: for calls nobody has said how IAM sees them.
    """
    noted = _WORK / "asked"
    shutil.rmtree(noted, ignore_errors=True)
    noted.mkdir(parents=True)
    # The other tests that run handlers play the services themselves, or repeat what these do.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "auto",
        "-p",
        "tests.least_privilege.recorder",
        "tests/handlers",
    ]
    environment = {**os.environ, "STKR_LEAST_PRIVILEGE_ASKED": str(noted)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=_RECORDING_SECONDS)
    calls, unknown = 0, set[str]()
    asked: dict[str, dict[str, Request]] = {}
    for file in sorted(noted.glob("*.json")):
        found = json.loads(file.read_text("utf-8"))
        calls += found["calls"]
        unknown |= set(found["unknown"])
        for function, one in found["asked"]:
            asked.setdefault(function, {})[json.dumps(one)] = Request(**one)
    if unknown:
        raise NotKnown(", ".join(sorted(unknown)))
    return calls, {function: [of[key] for key in sorted(of)] for function, of in asked.items()}


def _setting(seconds: float) -> str:
    """When, on what and with what."""
    lock = json.loads((_HERE / "package-lock.json").read_text("utf-8"))["packages"]
    packages = [
        f"{name} {lock[f'node_modules/@cloud-copilot/{name}']['version']}" for name in ("iam-simulate", "iam-data")
    ]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return " · ".join([machine("moto", "boto3"), f"node {node}", *packages, f"{seconds / 60:.0f} minutes"])


@dataclass(frozen=True)
class Case:
    """A function with these policies, and what it attempts."""

    function: str
    policies: Policies
    attempts: list[Attempt]


def _of_another_stack(tried: list[Attempt], prefix: str) -> list[Attempt]:
    """All that a function needs, of the resources of another stack in the account, whose names begin otherwise."""
    needed = [one.request for one in tried if not one.forbidden]
    others = [replace(one, resource=re.sub(rf"(?<=[:/]){prefix}(?=[-/])", "other", one.resource)) for one in needed]
    return [
        Attempt(other, how="what it needs, of another stack", forbidden=True)
        for other, own in zip(others, needed, strict=True)
        if other != own
    ]


def _differ(before: list[Attempt], after: list[Attempt]) -> bool:
    """Whether any answer is another one, and no mere error."""
    return any(one.outcome != other.outcome and other.error is None for one, other in zip(before, after, strict=True))


def _simulated(cases: Mapping[str, Case]) -> dict[str, list[Attempt]]:
    """The attempts of each case with what the simulator says of them."""
    for name in ("simulate.mjs", "package.json", "package-lock.json"):
        shutil.copy(_HERE / name, _WORK)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=_WORK, check=True)
    question = {
        name: {
            "role": f"arn:aws:iam::{ACCOUNT}:role/shop-{case.function}",
            "account": ACCOUNT,
            "policies": case.policies,
            "requests": as_given([attempt.request for attempt in case.attempts]),
        }
        for name, case in cases.items()
    }
    # The simulator knows no ARN without a Region; AWS's statement for global inference has one.
    text = json.dumps(question).replace("arn:aws:bedrock:::", "arn:aws:bedrock:us-east-1::")
    done = subprocess.run(["node", "simulate.mjs"], cwd=_WORK, input=text, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    return {
        name: [attempt.answered(answer) for attempt, answer in zip(case.attempts, answers[name], strict=True)]
        for name, case in cases.items()
    }


if __name__ == "__main__":
    sys.exit(main())
