"""The structure that docs/architecture.md describes: what may import what, and that one name stands for one thing.

A new module is pure unless its place or its name says that it is at the edge; a new folder takes its place in `ORDER`.
Every check also runs on a copy of the layer with a violation planted in it, and has to find it there.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "common"
TREES = (LAYER, ROOT / "cli", ROOT / "functions", ROOT / "local", ROOT / "bench")

ORDER = (
    "domain", "gc_pause", "tabular", "headings", "stockfile", "links", "rules", "infra", "store", "web", "mail",
    "capture", "cause", "sync", "variance", "approval", "session", "summary", "sweep",
)  # fmt: skip
"""The folders of the layer. Each may import those before it, so there is no cycle: nouns, tools, then the stages."""

HEAVY = ("boto3", "botocore", "aws_lambda_powertools", "jinja2")
"""What a pure module does not load: they take most of a function's start, and a core has no use for them."""

AWS_FOLDERS = ("infra", "store", "mail", "sync.connectors")
"""Everything in them talks to AWS or to the system of record, or works for what does."""

AWS_MODULES = ("links.signing_keys", "variance.labelling", "sync.to_book_list")
"""Modules beside a stage's `shell` that call AWS as well."""

HTML_FOLDERS = ("web",)
HTML_FILES = ("views", "page", "pages", "mail")
"""They fill templates; so does a file whose name ends in `_mail`."""


def calls_aws(module: str) -> bool:
    """Whether a module (`approval.shell`) may use the AWS clients."""
    return _is_in(module, AWS_FOLDERS) or module in AWS_MODULES or _file(module) == "shell"


def is_pure(module: str) -> bool:
    """Whether a module must not load anything that is `HEAVY`."""
    fills_templates = _is_in(module, HTML_FOLDERS) or _file(module) in HTML_FILES or module.endswith("_mail")
    return not calls_aws(module) and not fills_templates


def _is_in(module: str, folders: tuple[str, ...]) -> bool:
    return module.startswith(tuple(f"{folder}." for folder in folders))


def _file(module: str) -> str:
    return module.rpartition(".")[2]


# What the source says.


def modules(layer: Path) -> dict[str, ast.Module]:
    """The modules of the layer's package by their names in it (`approval.core`), packages included."""
    package = layer / "stkr"
    return {
        ".".join(path.relative_to(package).with_suffix("").parts).removesuffix("__init__").rstrip("."): _parsed(
            path.read_text("utf-8")
        )
        for path in sorted(package.rglob("*.py"))
    }


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every name that is imported anywhere in a module, with its dots: `stkr.domain.line.Line`, `json`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute, so that they can be searched for"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.Module) -> list[str]:
    """What a module imports of the layer, by names in it: `domain.line.Line`."""
    return [name.removeprefix("stkr.") for name in imports(tree) if name.startswith("stkr.")]


# The checks: each returns its violations.

_LOADS = """
import importlib, sys
heavy, modules = sys.argv[1].split(","), sys.argv[2:]

class Refuse:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in heavy:
            raise ImportError("loads " + name)

sys.meta_path.insert(0, Refuse)
for module in modules:
    try:
        importlib.import_module(module)
    except ImportError as error:
        trace, way = error.__traceback__, []
        while trace:
            way.append(trace.tb_frame.f_globals["__name__"])
            trace = trace.tb_next
        print(module, error, "in", [name for name in way if name.startswith("stkr")][-1])
"""
"""A process in which nothing heavy can be imported: a module that needs it fails, and stays out of `sys.modules`."""


def heavy_pure_modules(layer: Path) -> list[str]:
    """Pure modules that load something heavy when they are imported."""
    pure = [f"stkr.{module}" for module in modules(layer) if module and is_pure(module)]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(layer)!r})\n{_LOADS}", ",".join(HEAVY)]
    # A measured process would leave figures about the copies of the layer, which are gone when they are reported.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = subprocess.run([*command, *pure], env=unmeasured, check=True, capture_output=True, text=True)  # noqa: S603 - this interpreter
    return process.stdout.splitlines()


def imports_against_the_order(layer: Path) -> list[str]:
    """Imports of a folder that does not come before one's own, and folders that have no place in the order."""
    violations = []
    for module, tree in modules(layer).items():
        folder = module.partition(".")[0]
        if folder and folder not in ORDER:
            violations.append(f"{folder} has no place in the order")
            continue
        before = ORDER[: ORDER.index(folder) + 1] if folder else ()
        violations += [f"{module} imports {name}" for name in own_imports(tree) if name.partition(".")[0] not in before]
    return violations


def imports_of_the_domain(layer: Path) -> list[str]:
    """What the domain imports besides itself, the standard library and pydantic."""
    allowed = {"stkr", "pydantic", *sys.stdlib_module_names}
    return [
        f"{module} imports {name}"
        for module, tree in modules(layer).items()
        if module.startswith("domain.")
        for name in imports(tree)
        if name.partition(".")[0] not in allowed
    ]


def imports_from_outside(layer: Path) -> list[str]:
    """What the layer imports of the trees around it, which are not deployed with it."""
    around = {"functions", "stkr_cli", "local", "bench", "tests"}
    return [
        f"{module} imports {name}"
        for module, tree in modules(layer).items()
        for name in imports(tree)
        if name.partition(".")[0] in around
    ]


def stray_uses_of_aws(layer: Path) -> list[str]:
    """Modules that use the AWS clients although they are not among those that may."""
    return [
        module
        for module, tree in modules(layer).items()
        if not calls_aws(module) and any(name.startswith("infra.aws") for name in own_imports(tree))
    ]


def places_that_are_gone(layer: Path) -> list[str]:
    """Folders and modules that are listed as being at the edge and do not exist, so that the lists stay true."""
    known = modules(layer)
    gone = [folder for folder in (*AWS_FOLDERS, *HTML_FOLDERS) if folder not in known]
    return gone + [module for module in AWS_MODULES if module not in known]


def names_with_two_meanings(*trees: Path) -> list[str]:
    """Public classes that are defined twice, and names of ours that are imported under another one."""
    places: dict[str, list[str]] = defaultdict(list)
    renamed = []
    for tree in trees:
        for path in sorted(tree.rglob("*.py")):
            where = str(path.relative_to(tree.parent))
            for node in ast.walk(_parsed(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(where)
                elif isinstance(node, ast.Import | ast.ImportFrom):
                    renamed += [f"{where} renames {name}" for name in _renamed(node)]
    return renamed + [f"{name} is defined in {', '.join(found)}" for name, found in places.items() if len(found) > 1]


def _renamed(node: ast.Import | ast.ImportFrom) -> list[str]:
    module = node.module if isinstance(node, ast.ImportFrom) else None
    names = [(f"{module}.{alias.name}" if module else alias.name) for alias in node.names if alias.asname]
    ours = {"stkr", "stkr_cli", "functions", "local", "bench"}
    return [name for name in names if name.partition(".")[0] in ours]


# The tree as it is.


def test_no_pure_module_loads_the_sdk_powertools_or_templates() -> None:
    assert heavy_pure_modules(LAYER) == []


def test_every_folder_imports_only_folders_before_it() -> None:
    assert imports_against_the_order(LAYER) == []


def test_the_domain_imports_only_itself() -> None:
    assert imports_of_the_domain(LAYER) == []


def test_the_layer_imports_nothing_that_is_not_deployed_with_it() -> None:
    assert imports_from_outside(LAYER) == []


def test_only_stores_and_shells_use_the_aws_clients() -> None:
    assert stray_uses_of_aws(LAYER) == []


def test_every_place_at_the_edge_exists() -> None:
    assert places_that_are_gone(LAYER) == []


def test_one_name_stands_for_one_thing() -> None:
    assert names_with_two_meanings(*TREES) == []


# The checks, on violations.


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A copy of the layer's package."""
    shutil.copytree(LAYER / "stkr", tmp_path / "stkr", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def plant(layer: Path, module: str, line: str) -> None:
    """Add a line to a module of the copy, or make a module of it."""
    path = layer / "stkr" / f"{module.replace('.', '/')}.py"
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", "utf-8")


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("variance.core", "import boto3"),
        ("domain.line", "from stkr.store import dynamodb"),
        ("approval.new_core", "from stkr.web import page"),
    ],
)
def test_a_pure_module_that_loads_something_heavy_is_found(layer: Path, module: str, line: str) -> None:
    plant(layer, module, line)
    assert f"stkr.{module}" in {found.partition(" ")[0] for found in heavy_pure_modules(layer)}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("domain.line", "from stkr.rules import doc"),
        ("mail.message", "from stkr.summary.facts import Facts"),
        ("store.lines", "if TYPE_CHECKING:\n    from stkr.capture import result"),
        ("tabular.sheet", "def late() -> None:\n    import stkr.store.lines"),
    ],
)
def test_an_import_against_the_order_is_found(layer: Path, module: str, line: str) -> None:
    plant(layer, module, line)
    assert [found for found in imports_against_the_order(layer) if found.startswith(f"{module} imports")]


def test_a_folder_without_a_place_in_the_order_is_found(layer: Path) -> None:
    (layer / "stkr" / "forecast").mkdir()
    plant(layer, "forecast.core", "")
    assert "forecast has no place in the order" in imports_against_the_order(layer)


def test_a_domain_that_imports_a_library_is_found(layer: Path) -> None:
    plant(layer, "domain.line", "import yaml")
    assert imports_of_the_domain(layer) == ["domain.line imports yaml"]


def test_an_import_of_what_is_not_deployed_is_found(layer: Path) -> None:
    plant(layer, "capture.shell", "from stkr_cli.scan import scan")
    assert imports_from_outside(layer) == ["capture.shell imports stkr_cli.scan.scan"]


@pytest.mark.parametrize("module", ["approval.pages", "session.views", "web.page", "cause.evidence"])
def test_a_stray_use_of_the_aws_clients_is_found(layer: Path, module: str) -> None:
    plant(layer, module, "from stkr.infra import aws")
    assert stray_uses_of_aws(layer) == [module]


def test_a_place_that_is_gone_is_found(layer: Path) -> None:
    (layer / "stkr" / "links" / "signing_keys.py").unlink()
    assert places_that_are_gone(layer) == ["links.signing_keys"]


@pytest.mark.parametrize(
    ("line", "violation"),
    [
        ("class Line: ...", "Line is defined in stkr/approval/core.py, stkr/domain/line.py"),
        ("from stkr.domain.line import Line as Row", "stkr/approval/core.py renames stkr.domain.line.Line"),
        ("import stkr.domain.line as row", "stkr/approval/core.py renames stkr.domain.line"),
    ],
)
def test_a_name_with_two_meanings_is_found(layer: Path, line: str, violation: str) -> None:
    plant(layer, "approval.core", line)
    assert names_with_two_meanings(layer / "stkr") == [violation]
