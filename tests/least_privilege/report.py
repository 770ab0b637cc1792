"""What the simulation found, as a page for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tests.least_privilege.iam import Request
from tests.least_privilege.wildcards import REASONS, wildcards
from tests.template.stack import Stack


@dataclass(frozen=True)
class Attempt:
    """A question to IAM, why it is asked, and (once answered) what came of it and by which statements."""

    request: Request
    how: str
    forbidden: bool = False
    outcome: str = ""
    error: str | None = None
    statements: tuple[str, ...] = ()

    def answered(self, answer: Mapping[str, Any]) -> "Attempt":
        """The attempt with its answer."""
        return replace(self, outcome=answer["outcome"], error=answer["error"], statements=tuple(answer["statements"]))

    @property
    def as_it_should_be(self) -> bool:
        """Allowed where it is needed, refused where it is forbidden."""
        return self.error is None and (self.outcome == "Allowed") is not self.forbidden


class Verdict:
    """The answered attempts of every function, judged."""

    def __init__(self, stack: Stack, attempts: Mapping[str, Sequence[Attempt]], noticed: Mapping[str, bool]) -> None:
        """Judge ``attempts``, which are by function; ``noticed`` tells whether each change of the policies was."""
        self.stack, self.attempts, self.noticed = stack, attempts, noticed

    @cached_property
    def wrong(self) -> list[tuple[str, Attempt]]:
        """Attempts that went the wrong way."""
        return [(name, one) for name, tried in self.attempts.items() for one in tried if not one.as_it_should_be]

    @cached_property
    def unused(self) -> list[tuple[str, str, str]]:
        """Function, statement and action of every permission that nothing used."""
        found = []
        for name, tried in self.attempts.items():
            used = {(sid, one.request.action.lower()) for one in tried if not one.forbidden for sid in one.statements}
            for statement in self.stack.function_statements(name):
                found += [
                    (name, statement.sid, action)
                    for action in sorted(statement.actions)
                    if (statement.sid, action.lower()) not in used
                ]
        return found

    @property
    def passed(self) -> bool:
        """Whether everything is as it should be."""
        return not self.wrong and not self.unused and all(self.noticed.values())


_PAGE = """\
# Least privilege, simulated

Every call that the functions' code makes in the tests of their handlers ({calls:,} of them) was put to a simulator of
IAM together with the policies of the transformed template, and so was a matrix of what must not be possible
(`tests/least_privilege/`). Then all of it was asked again with each action, resource and condition of the policies, and
each value of a condition, taken away, and with each statement's resources widened to any, one at a time: that has to
change an answer. `make least-privilege` wrote this page.

{setting}

{goals}

| function | questions its code asks | all allowed | forbidden attempts | all refused | permissions | all used |
|---|--:|---|--:|---|--:|---|
{rows}

## What must not be possible

| what | attempts | accepted |
|---|--:|--:|
{matrix}

## Wildcards

Actions are written out, and so are resources and the values of condition keys, but for these:

| wildcard | why | statements |
|---|---|--:|
{wildcards}
{wrong}
Condition keys are worked out from each call as the service authorization reference describes them: leading keys and
attributes of DynamoDB, the enclosing transaction, prefixes of the bucket, senders, event sources, the model's profile.
What AWS does in a function's name (logs, queues, dead letters) is asked as well, and what the tests answer themselves
(`tests/least_privilege/beyond.py`). A wildcard without a reason fails the ordinary tests.
"""


def report(verdict: Verdict, calls: int, setting: str) -> str:
    """The page."""
    attempts = [one for tried in verdict.attempts.values() for one in tried]
    needed, barred = [one for one in attempts if not one.forbidden], [one for one in attempts if one.forbidden]
    accepted = sum(not one.as_it_should_be for one in barred)
    unnoticed = sum(not noticed for noticed in verdict.noticed.values())
    permissions = sum(len(one.actions) for name in verdict.attempts for one in verdict.stack.function_statements(name))
    found = Counter(wildcard for wildcard, _ in wildcards(verdict.stack))
    goals = [
        (all(one.as_it_should_be for one in needed), f"{len(needed):,} questions of working code, all allowed"),
        (not accepted, f"{len(barred):,} forbidden attempts, {accepted} accepted"),
        (not unnoticed, f"{len(verdict.noticed)} changes of the policies, one at a time, {unnoticed} unnoticed"),
        (not verdict.unused, f"{permissions} permissions, {len(verdict.unused)} without a use"),
        (found.keys() <= REASONS.keys(), f"{len(found)} kinds of wildcard, {len(found.keys() - REASONS)} unexplained"),
    ]
    return _PAGE.format(
        calls=calls,
        setting=setting,
        goals="\n".join(f"- {'met' if met else '**missed**'}: {what}" for met, what in goals),
        rows="\n".join(_row(verdict, name) for name in verdict.attempts),
        matrix=_matrix(barred),
        wildcards="\n".join(
            f"| `{wildcard}` | {REASONS.get(wildcard, '**nobody said**')} | {number} |"
            for wildcard, number in sorted(found.items())
        ),
        wrong=_wrong(verdict),
    )


def _row(verdict: Verdict, name: str) -> str:
    tried = verdict.attempts[name]
    needed, barred = [one for one in tried if not one.forbidden], [one for one in tried if one.forbidden]
    permissions = sum(len(one.actions) for one in verdict.stack.function_statements(name))
    unused = [action for function, _, action in verdict.unused if function == name]
    cells = (
        name,
        f"{len(needed):,}",
        _yes(all(one.as_it_should_be for one in needed)),
        f"{len(barred):,}",
        _yes(all(one.as_it_should_be for one in barred)),
        str(permissions),
        _yes(not unused),
    )
    return "| " + " | ".join(cells) + " |"


def _yes(so: bool) -> str:
    return "yes" if so else "**no**"


def _matrix(barred: Sequence[Attempt]) -> str:
    tried = Counter(one.how for one in barred)
    accepted = Counter(one.how for one in barred if not one.as_it_should_be)
    return "\n".join(f"| {how} | {number} | {accepted[how]} |" for how, number in tried.items())


def _wrong(verdict: Verdict) -> str:
    if verdict.passed:
        return ""
    lines = ["\n## What is wrong\n"]
    lines += [
        f"- {name}: `{one.request.action}` on `{one.request.resource}` {dict(one.request.context)} ({one.how}): "
        f"{one.error or one.outcome}"
        for name, one in verdict.wrong
    ]
    lines += [f"- {name}: nothing uses `{action}` of {sid}" for name, sid, action in verdict.unused]
    lines += [f"- nothing notices {what}" for what, noticed in verdict.noticed.items() if not noticed]
    return "\n".join([*lines, ""])
