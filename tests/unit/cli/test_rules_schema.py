"""The published schema: as it is made from the model, and of one mind with the check as far as a schema can say it.

It cannot say: names of time zones; what is wrong between settings (the same name or address twice, locations that are
not there, overrides of equal rank, quiet hours without an end); how a number is spelt; that digits may be in quotes.
"""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are another package

from local import shop
from stkr.domain.errors import RulesError
from stkr.rules.doc import Group, Rules, parse_rules
from stkr_cli.rules_schema import schema, schema_text

pytestmark = pytest.mark.unit

PUBLISHED = resources.files("stkr_cli").joinpath("rules.schema.json").read_text("utf-8")
VALIDATOR = Draft202012Validator(json.loads(PUBLISHED))


def as_editors_read(text: str) -> Any:
    """A doc by YAML 1.2, as far as the tests' docs tell it from 1.1."""
    return yaml.safe_load(text)


def test_the_published_schema_is_made_from_the_model() -> None:
    assert schema_text() == PUBLISHED, "make it anew: stkr rules schema > cli/stkr_cli/rules.schema.json"
    Draft202012Validator.check_schema(json.loads(PUBLISHED))


def test_the_default_and_the_demos_rules_fit_the_schema() -> None:
    default = resources.files("stkr.rules").joinpath("default.yaml").read_text("utf-8")
    assert default.startswith("# yaml-language-server: $schema=rules.schema.json\n")
    for text in (default, shop.rules(datetime(2026, 11, 21, 14, tzinfo=UTC))):
        VALIDATOR.validate(as_editors_read(text))
        parse_rules(text)


def test_the_default_doc_with_its_examples_in_force_fits_both() -> None:
    default = resources.files("stkr.rules").joinpath("default.yaml").read_text("utf-8")
    lines = []
    for line in default.splitlines():
        in_force = line.removeprefix("# ") if line.startswith(("# author:", "# operations:")) else line
        lines.append(in_force.replace("#   ", "    ", 1).replace(" []", "").replace(" {}", ""))
    text = "\n".join(lines).replace("timber-yard", "fixings-aisle")
    VALIDATOR.validate(as_editors_read(text))
    rules = parse_rules(text)
    assert rules.author
    assert rules.operations
    assert len(rules.overrides) == 3
    assert len(rules.locations) == 1


def groups() -> list[tuple[str, type[Group], dict[str, Any]]]:
    made = schema()
    every: tuple[type[Group], ...] = (Rules, *(group for group in Group.__subclasses__() if group is not Rules))
    return [(group.__name__, group, made["$defs"].get(group.__name__, made)) for group in every]


def test_every_setting_is_described_and_every_example_and_default_is_valid() -> None:
    for name, group, made in groups():
        assert set(made["properties"]) == set(group.settings()), name
        for setting, about in made["properties"].items():
            assert about["description"].endswith("."), (name, setting)
            validator = Draft202012Validator({**about, "$defs": schema()["$defs"]})
            for shown in (*about.get("examples", ()), *([about["default"]] if "default" in about else [])):
                validator.validate(shown)


def test_defaults_in_the_schema_are_those_of_the_model() -> None:
    made = schema()["properties"]
    given_ones = {name: about["default"] for name, about in made.items() if "default" in about}
    assert Rules.model_validate(given_ones) == Rules()


addresses = st.integers(0, 10**6).map(lambda number: f"p{number}@example.com")
words = st.text("abcdefgh", min_size=1, max_size=8)
numbers = st.integers(0, 999) | st.decimals(0, 999, places=2).map(float)


@st.composite
def docs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid doc, as a mapping, with any of its settings."""
    emails = iter(draw(st.lists(addresses, min_size=8, max_size=8, unique=True)))

    def person() -> dict[str, str]:
        return {"name": draw(words), "email": next(emails)}

    thresholds = st.fixed_dictionaries({}, optional={"units": numbers, "percent": numbers, "value": numbers})
    overrides = [
        {"sku": sku, **draw(thresholds), "units": draw(numbers)}
        for sku in draw(st.lists(words, max_size=3, unique=True))
    ]
    place = {
        "name": draw(words),
        "approver": person(),
        "escalation": person(),
        "counters": [person(), person()],
        "count_every_days": draw(st.integers(1, 730)),
    }
    whole = {
        "author": next(emails),
        "currency": draw(st.sampled_from(["GBP", "EUR", "JPY"])),
        "time_zone": draw(st.sampled_from(["Europe/London", "UTC"])),
        "tolerance": draw(thresholds),
        "overrides": overrides,
        "quiet_hours": {"from": f"{draw(st.integers(12, 23))}:30", "to": f"{draw(st.integers(0, 11)):02}:00"},
        "due_days": draw(st.integers(1, 60)),
        "approver_may_count": draw(st.booleans()),
        "max_missing_percent": draw(st.integers(0, 100)),
        "locations": {draw(words): place},
    }
    return {name: whole[name] for name in draw(st.sets(st.sampled_from(sorted(whole))))}


JUNK: tuple[Any, ...] = ({}, [], [{}], {"unheard-of": 1}, "x" * 100, "", None, -1, 10**9, "nobody@", "25:00", "?")


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A doc in which a setting may be missing, junk, or unknown."""
    doc: dict[str, Any] = deepcopy(draw(docs()))
    node: Any = doc
    while True:
        inner = [key for key in (node if isinstance(node, dict) else range(len(node))) if node[key]]
        deeper = [key for key in inner if isinstance(node[key], dict | list)]
        if not deeper or draw(st.booleans()):
            break
        node = node[draw(st.sampled_from(deeper))]
    chosen = draw(st.sampled_from([*(node if isinstance(node, dict) else range(len(node))), "extra"]))
    if chosen == "extra" and isinstance(node, list):
        node.append(draw(st.sampled_from(JUNK)))
    elif chosen != "extra" and draw(st.booleans()):
        del node[chosen]
    else:
        node[chosen] = draw(st.sampled_from(JUNK))
    return doc


def beyond_a_schema(doc: dict[str, Any]) -> bool:
    """Whether a doc has what a schema cannot say, so that the two need not agree."""
    zone = doc.get("time_zone")
    digits = any(isinstance(value, int) for name, value in leaves(doc) if name == "name")
    return digits or (isinstance(zone, str) and zone not in {"Europe/London", "UTC"})


def leaves(node: Any, key: Any = None) -> list[tuple[Any, Any]]:
    """Every value that is not a group or list, with its name."""
    if isinstance(node, dict):
        return [leaf for name, inner in node.items() for leaf in leaves(inner, name)]
    if isinstance(node, list):
        return [leaf for inner in node for leaf in leaves(inner)]
    return [(key, node)]


@given(docs())
def test_what_is_valid_fits_the_schema(doc: dict[str, Any]) -> None:
    VALIDATOR.validate(doc)
    parse_rules(yaml.safe_dump(doc))


@given(damaged())
def test_the_schema_and_the_check_agree_on_any_doc_as_far_as_a_schema_can_say_it(doc: dict[str, Any]) -> None:
    text = yaml.safe_dump(doc)
    try:
        parse_rules(text)
        taken = True
    except RulesError:
        taken = False
    if not beyond_a_schema(doc):
        assert VALIDATOR.is_valid(as_editors_read(text)) == taken


PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")


def as_yaml(value: Any) -> str:
    """A default or example as it is written in a doc; nothing where there is none."""
    if value in (None, [], {}) or isinstance(value, dict):
        return ""
    text = json.dumps(value)
    return f"`{text if re.search('[:*]', text) else text.strip(chr(34))}`"


def test_the_docs_page_lists_every_setting_as_the_schema_has_it() -> None:
    expected = []
    for _, _, made in groups():
        for setting, about in made["properties"].items():
            example = as_yaml(next(iter(about.get("examples", ())), None))
            default = "needed" if setting in made.get("required", ()) else as_yaml(about.get("default"))
            expected.append(f"| `{setting}` | {about['description']} | {default} | {example} |")
    assert sorted(line for line in PAGE.splitlines() if re.match(r"\| `[a-z_]+` \|", line)) == sorted(expected)


@pytest.mark.parametrize("doc", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_the_docs_pages_examples_are_valid(doc: str) -> None:
    parse_rules(doc)
    VALIDATOR.validate(as_editors_read(doc))
