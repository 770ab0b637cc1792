"""Policies with one thing changed, which the simulation has to notice: what shows that it asks enough."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Policies = list[dict[str, Any]]


def changes(policies: Policies) -> Iterator[tuple[str, Policies]]:
    """What is changed, and the policies with it: one action, resource, condition or value of a condition less, or the
    resources of a statement widened to any.
    """
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
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for resource in resources if len(resources) > 1 else ():
                copy, of = changed()
                of["Resource"] = [one for one in resources if one != resource]
                yield f"{sid} without {resource}", copy
            for operator, keys in statement.get("Condition", {}).items():
                for key in keys:
                    copy, of = changed()
                    del of["Condition"][operator][key]
                    yield f"{sid} without the condition {operator} {key}", copy
                    values = keys[key] if isinstance(keys[key], list) else [keys[key]]
                    for value in values if len(values) > 1 else ():
                        copy, of = changed()
                        of["Condition"][operator][key] = [one for one in values if one != value]
                        yield f"{sid} without {value} in the condition {operator} {key}", copy
            if statement["Resource"] != "*":
                copy, of = changed()
                of["Resource"] = "*"
                yield f"{sid} on any resource", copy
