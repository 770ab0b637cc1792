"""Whoever is mailed by an alarm finds in the runbook what it means and what to do."""

import re

import pytest

from tests.template.stack import ROOT, Stack

pytestmark = pytest.mark.template

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")


def entries() -> dict[str, str]:
    """The entries of the runbook's part about alarms, by their headings."""
    (alarms,) = re.findall(r"^## Alarms\n(.*?)^## ", RUNBOOK, re.MULTILINE | re.DOTALL)
    _, *parts = re.split(r"^### ", alarms, flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def test_each_alarm_has_its_entry_and_each_entry_its_alarm(stack: Stack) -> None:
    alarms = {alarm["AlarmName"].removeprefix("shop-") for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()}
    assert set(entries()) == alarms


def test_each_alarm_says_where_its_entry_is(stack: Stack) -> None:
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        entry = alarm["AlarmName"].removeprefix("shop-")
        assert alarm["AlarmDescription"].endswith(f"See docs/runbook.md#{entry}.")


@pytest.mark.parametrize("name", entries())
def test_an_entry_has_symptom_cause_and_what_to_do(name: str) -> None:
    places = [entries()[name].find(f"**{part}.**") for part in ("Symptom", "Cause", "Do")]
    assert -1 not in places
    assert places == sorted(places)
    assert "`" in entries()[name] or "dashboard" in entries()[name]


def test_everything_an_operator_does_rarely_has_an_entry() -> None:
    parts = set(re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE))
    assert parts >= {"A wrong approval", "Verify", "Backup", "Restore", "Rotate the signing key", "Secrets"}
    assert "Move to another account" in parts


def test_the_functions_that_are_stopped_for_a_restore_are_those_that_write_and_all_start_again(stack: Stack) -> None:
    loops = re.findall(r"for F in ([a-z ]+); do aws lambda (\w+)-", RUNBOOK)
    assert [verb for _, verb in loops] == ["put", "delete"]
    stopped, started = (set(names.split()) for names, _ in loops)
    tables = [stack.arn(name) for name in stack.of_type("AWS::DynamoDB::Table")]
    writers = {
        name
        for table in tables
        for action in ("PutItem", "UpdateItem", "DeleteItem")
        for name in stack.roles_that_could(f"dynamodb:{action}", table)
    }
    assert stopped == started == writers


def test_outputs_that_the_runbook_sends_people_to_exist(stack: Stack) -> None:
    named = set(re.findall(r"output `(\w+)`", RUNBOOK))
    assert named
    assert named <= set(stack.source["Outputs"])
