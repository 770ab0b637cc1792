"""What `sam build` puts together, as far as it can be told without building."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.template.stack import FUNCTIONS, ROOT, Stack

pytestmark = pytest.mark.template

LAYER = ROOT / "layers" / "common"


def normal(name: str) -> str:
    """A distribution's name as the package index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    """The layer's requirements: name to version."""
    lines = (LAYER / "requirements.txt").read_text("utf-8").splitlines()
    requirements = [line.split("#")[0].strip() for line in lines]
    return {normal(name): version for name, _, version in (found.partition("==") for found in requirements if found)}


def imported(path: Path) -> Iterator[str]:
    """The top-level modules that a source file imports when it runs, not only for its annotations."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def runtime_sources() -> list[Path]:
    """Every source file that runs in a function."""
    return [*(LAYER / "stkr").rglob("*.py"), *(ROOT / "functions").glob("*/handler.py")]


def test_every_requirement_of_the_layer_is_pinned_to_one_version() -> None:
    assert all(re.fullmatch(r"[\w.]+", version) for version in pinned().values())


def test_everything_the_functions_import_is_in_the_layer() -> None:
    distributions = packages_distributions()
    modules = {module for path in runtime_sources() for module in imported(path)}
    third_party = modules - set(sys.stdlib_module_names) - {"stkr", "__future__"}
    needed = {normal(distributions[module][0]) for module in third_party}
    assert needed <= set(pinned())


def test_the_models_of_all_services_that_are_called_stay_in_the_layer() -> None:
    (services,) = re.findall(r"^SERVICES = (.+)$", (LAYER / "Makefile").read_text("utf-8"), re.MULTILINE)
    sources = " ".join(path.read_text("utf-8") for path in runtime_sources())
    called = set(re.findall(r'boto3\.client\(\s*"([a-z0-9-]+)"', sources))
    # Powertools' parameters and idempotency make these two clients themselves.
    assert called | {"secretsmanager", "dynamodb"} == set(services.split())


def test_functions_and_layer_are_built_by_make_so_that_no_python_3_14_is_needed(stack: Stack) -> None:
    for name in FUNCTIONS:
        assert stack.source["Resources"][f"{name.capitalize()}Function"]["Metadata"]["BuildMethod"] == "makefile"
    assert stack.source["Resources"]["CommonLayer"]["Metadata"]["BuildMethod"] == "makefile"
    assert stack.source["Globals"]["Function"]["CodeUri"] == "functions/"
