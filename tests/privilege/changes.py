"""Policies with one thing changed, which the simulation has to notice: what shows that it asks enough."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Policies = list[dict[str, Any]]


def changes(policies: Policies) -> Iterator[tuple[str, Policies]]:
    """What is changed, and the policies with it: an action less, a condition less, or any resource."""
    for number, policy in enumerate(policies):
        for place, statement in enumerate(policy["policy"]["Statement"]):

            def changed(number: int = number, place: int = place) -> tuple[Policies, dict[str, Any]]:
                copy = deepcopy(policies)
                return copy, copy[number]["policy"]["Statement"][place]

            sid = statement["Sid"]
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                copy, of = changed()
                # A statement has to allow something; nothing here asks for this.
                of["Action"] = [one for one in actions if one != action] or ["sns:TagResource"]
                yield f"{sid} without {action}", copy
            if statement["Effect"] != "Allow":
                continue
            for operator, keys in statement.get("Condition", {}).items():
                for key in keys:
                    copy, of = changed()
                    del of["Condition"][operator][key]
                    yield f"{sid} without the condition {operator} {key}", copy
            if statement["Resource"] != "*":
                copy, of = changed()
                of["Resource"] = "*"
                yield f"{sid} on any resource", copy
