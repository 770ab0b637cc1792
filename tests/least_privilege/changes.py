"""Policies with one thing changed, which the simulation has to notice: what shows that it asks enough."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.template.stack import listed

Policies = list[dict[str, Any]]


def changes(policies: Policies) -> Iterator[tuple[str, Policies]]:
    """What is changed, and the policies with it: one action, resource, condition or value of a condition less, or the
    resources of a statement widened to any.
    """
    for number, policy in enumerate(policies):
        for place, statement in enumerate(policy["policy"]["Statement"]):
            for what, other in _changed(statement):
                copy = deepcopy(policies)
                copy[number]["policy"]["Statement"][place] = other
                yield f"{policy['name']}/{statement['Sid']} {what}", copy


def _changed(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for action, others in _one_less(statement["Action"]):
        # A statement has to allow something; nothing here asks for this.
        yield f"without {action}", {**statement, "Action": others or ["sns:TagResource"]}
    for resource, others in _one_less(statement["Resource"]):
        if others:  # Without any it is the statement without its actions.
            yield f"without {resource}", {**statement, "Resource": others}
    conditions = statement.get("Condition", {})
    for operator, keys in conditions.items():
        for key, values in keys.items():
            rest = {name: value for name, value in keys.items() if name != key}
            lifted = {**conditions, operator: rest}
            yield f"without the condition {operator} {key}", {**statement, "Condition": lifted}
            for value, others in _one_less(values):
                if others:  # Without any it would allow nothing, or everything.
                    narrowed = {**conditions, operator: {**rest, key: others}}
                    yield f"without {value} in the condition {operator} {key}", {**statement, "Condition": narrowed}
    if statement["Resource"] != "*":
        yield "on any resource", {**statement, "Resource": "*"}


def _one_less(given: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Each value of one or several, and the others."""
    values = listed(given)
    for value in values:
        yield value, [other for other in values if other != value]
