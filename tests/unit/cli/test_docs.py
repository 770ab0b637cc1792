"""What the documents tell people to type exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from typer.main import get_command

from stkr_cli.app import app

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


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


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
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


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
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
