"""What the documents tell people to type exists, and does what they show."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from stkr_cli.app import app

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
IDS = [str(path.relative_to(ROOT)) for path in DOCS]
SHOWN = re.compile(r"```sh\n([^\n]+)\n```\n\n```text\n([^`]*)```")
"""A command of the README and, below it, what it prints."""


def commands() -> dict[str, set[str]]:
    """Every command as it is typed, with its options."""
    return dict(_below(get_command(app), ""))


def _below(command: Any, path: str) -> Iterator[tuple[str, set[str]]]:
    if not hasattr(command, "list_commands"):
        params = getattr(command, "params", ())
        yield path, {option for param in params for option in param.opts if option.startswith("-")} | {"--help"}
        return
    context = click.Context(click.Command("stkr"))
    for name in command.list_commands(context):
        yield from _below(command.get_command(context, name), f"{path} {name}".strip())


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every command line of ``stkr`` in a document: its words before the first argument, and its options."""
    for line in re.findall(r"(?:`|^\s*)stkr ([a-z][^`\n#]*)", text, re.MULTILINE):
        yield line, re.findall(r"(?<!\S)--?[a-z][\w-]*", line)


@pytest.mark.parametrize("path", DOCS, ids=IDS)
def test_every_command_that_a_document_names_exists_with_its_options(path: Path) -> None:
    known = commands()
    for line, options in typed(path.read_text("utf-8")):
        words = line.split()
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert name in known, f"{path.name}: stkr {line}"
        assert set(options) <= known[name], f"{path.name}: stkr {line}"


def test_the_runbook_names_commands_at_all() -> None:
    found = list(typed((ROOT / "docs" / "runbook.md").read_text("utf-8")))
    assert len(found) > 10
    assert any(options for _, options in found)


@pytest.mark.parametrize("path", DOCS, ids=IDS)
def test_every_link_within_the_documents_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}, target


def listed_targets() -> set[str]:
    """The targets that ``make`` lists."""
    return set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", DOCS, ids=IDS)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z0-9-]*)", path.read_text("utf-8"), re.MULTILINE))
    assert named <= listed_targets()


def shown() -> dict[str, str]:
    """The commands of the README that are followed by what they print."""
    return dict(SHOWN.findall((ROOT / "README.md").read_text("utf-8")))


def test_the_readme_shows_what_both_offline_commands_print() -> None:
    assert [shlex.split(command)[:2] for command in shown()] == [
        [".venv/bin/stkr", "check"],
        [".venv/bin/stkr", "reconcile"],
    ]


@pytest.mark.parametrize("command", shown())
def test_a_command_of_the_readme_runs_as_typed_and_prints_what_is_shown(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    # The README leaves out empty lines, and may leave out the beginning.
    printed = [line.rstrip() for line in result.stdout.splitlines() if line.strip()]
    expected = shown()[command].splitlines()
    assert printed[-len(expected) :] == expected


DECISIONS = (ROOT / "docs" / "decisions.md").read_text("utf-8")


def test_decisions_are_numbered_in_order_and_each_has_a_date_and_a_status() -> None:
    heads = re.findall(r"^(\d+)\. ", DECISIONS, re.MULTILINE)
    assert heads == [str(number) for number in range(1, len(heads) + 1)]
    ends = re.findall(r"\*(\d{4}-\d\d-\d\d), (?:Accepted|Superseded by (\d+))\*$", DECISIONS, re.MULTILINE)
    assert len(ends) == len(heads)
    assert {by for _, by in ends if by} <= set(heads)
