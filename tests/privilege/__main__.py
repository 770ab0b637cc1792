"""`python -m tests.privilege`: simulates every function's policy on what it does and on what it must not do.

Writes docs/proof/least-privilege.md and ends with 1 where a call would be refused, something forbidden is allowed, or a
permission is used by nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.machine import machine
from tests.privilege.beyond import beyond
from tests.privilege.forbidden import forbidden
from tests.privilege.iam import NotKnown, Request, as_given
from tests.privilege.report import Attempt, Verdict, report
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
    print(f"simulating {sum(map(len, attempts.values())):,} questions ...", flush=True)
    verdict = Verdict(stack, _simulated(stack, attempts))
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
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "tests.privilege.recorder", "tests/handlers"]
    environment = {**os.environ, "STKR_ASKED": str(noted)}
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


def _simulated(stack: Stack, attempts: dict[str, list[Attempt]]) -> dict[str, list[Attempt]]:
    """The attempts with what the simulator says of each."""
    for name in ("simulate.mjs", "package.json", "package-lock.json"):
        shutil.copy(_HERE / name, _WORK)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=_WORK, check=True)
    question = {
        name: {
            "role": f"arn:aws:iam::{ACCOUNT}:role/shop-{name}",
            "account": ACCOUNT,
            "policies": stack.function_policies(name),
            "requests": as_given([attempt.request for attempt in tried]),
        }
        for name, tried in attempts.items()
    }
    # The simulator knows no ARN without a Region; AWS's statement for global inference has one.
    text = json.dumps(question).replace("arn:aws:bedrock:::", "arn:aws:bedrock:us-east-1::")
    done = subprocess.run(["node", "simulate.mjs"], cwd=_WORK, input=text, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    return {
        name: [attempt.answered(answer) for attempt, answer in zip(tried, answers[name], strict=True)]
        for name, tried in attempts.items()
    }


if __name__ == "__main__":
    sys.exit(main())
