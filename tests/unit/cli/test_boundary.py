"""What only operators run stays outside of what is deployed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DEPLOYED = [*(ROOT / "layers").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]


def imported(source: str) -> Iterator[str]:
    """The modules that a source file imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_nothing_that_is_deployed_imports_the_command() -> None:
    assert len(DEPLOYED) > 100
    assert [
        str(path.relative_to(ROOT))
        for path in DEPLOYED
        if any(module.partition(".")[0] == "stkr_cli" for module in imported(path.read_text("utf-8")))
    ] == []


@pytest.mark.parametrize(
    "line", ["import stkr_cli", "from stkr_cli.scan import scan", "def f():\n    import stkr_cli.app"]
)
def test_an_import_of_the_command_would_be_found(line: str) -> None:
    assert [module.partition(".")[0] for module in imported(line)] == ["stkr_cli"]
