"""`python -m tests.privilege`: simulates every function's policy on what it does and on what it must not do.

Writes docs/proof/least-privilege.md and ends with 1 where a call would be refused, something forbidden is allowed, or a
permission is used by nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.privilege.beyond import beyond
from tests.privilege.forbidden import forbidden
from tests.privilege.iam import Request, as_given, requests
from tests.privilege.report import Attempt, Verdict, report
from tests.template.stack import ACCOUNT, FUNCTIONS, ROOT, Stack

_HERE = Path(__file__).parent
_WORK = ROOT / ".local" / "privilege"
_PROOF = ROOT / "docs" / "proof" / "least-privilege.md"


def main() -> int:
    """Record, simulate, judge, report."""
    calls = _record()
    stack = Stack()
    attempts = {
        name: [
            *(Attempt(one, how="its code in the tests") for one in _asked(calls, name)),
            *(Attempt(one, how=how) for how, one in beyond(stack, name)),
            *(Attempt(one, how=how, forbidden=True) for how, one in forbidden(stack, name)),
        ]
        for name in FUNCTIONS
    }
    verdict = Verdict(stack, _simulated(stack, attempts))
    text = report(verdict, datetime.now(UTC).date(), len(calls))
    print(text)
    _PROOF.write_text(text, "utf-8")
    return int(not verdict.passed)


def _record() -> list[dict[str, Any]]:
    """Every call of every function in the tests of handlers."""
    _WORK.mkdir(parents=True, exist_ok=True)
    file = _WORK / "calls.jsonl"
    file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "handlers", "-n", "auto", "-p", "tests.privilege.recorder"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "STKR_CALLS": str(file)}, check=True)
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _asked(calls: Iterable[dict[str, Any]], function: str) -> list[Request]:
    """What IAM is asked for a function's calls, each distinct question once."""
    asked: dict[str, Request] = {}
    for call in calls:
        if call["function"] == function:
            for one in requests(call["call"], call["request"]):
                asked[json.dumps(as_given([one]))] = one
    return list(asked.values())


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
