"""A finding without a reason and a reason without a finding both come to light."""

import pytest

from tests.audit.findings import Finding, Justified, Look, justified, stale, unjustified
from tests.template.stack import Stack

pytestmark = pytest.mark.template


def look(*resources: str) -> Look:
    return Look("tool", "1", "all", frozenset(Finding("tool", "RULE", one) for one in resources))


def test_a_finding_on_a_resource_that_the_reason_does_not_name_stays_unjustified() -> None:
    reasons = [Justified("tool", "RULE", "what", ["Queue"], "because")]
    assert unjustified([look("Queue"), look("Topic")], reasons) == [Finding("tool", "RULE", "Topic")]
    assert unjustified([look("Queue")], reasons) == []


def test_a_reason_for_what_is_no_longer_found_is_told() -> None:
    reasons = [Justified("tool", "RULE", "what", ["Queue", "Topic"], "because")]
    assert stale([look("Queue")], reasons) == [Finding("tool", "RULE", "Topic")]


def test_every_justified_finding_is_about_a_resource_of_the_template_and_has_its_reason_once() -> None:
    reasons, resources = justified(), Stack().resources
    assert {resource.split()[0] for one in reasons for resource in one.resources} <= resources.keys()
    assert all(one.reason for one in reasons)
    rules = [(one.tool, one.rule) for one in reasons]
    assert len(set(rules)) == len(rules)
