"""CPU time from a fresh process to a ready handler, in turns with a bare client, and the size of the layer's zip."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Final

from tests.template.stack import FUNCTIONS, REGION, ROOT

BARE: Final = "a bare client"
FLOOR: Final = "a bare client, pydantic, Powertools' logger and metrics"

_CLIENT: Final = "import boto3; boto3.client('dynamodb')"
_USED_BY_ALL: Final = "from pydantic import BaseModel; from aws_lambda_powertools import Logger, Metrics"
_FIRST_CLIENT: Final = {name: "bedrock" if name == "cause" else "dynamodb" for name in FUNCTIONS}
_CODE: Final = {
    BARE: (_CLIENT, ""),
    FLOOR: (f"{_CLIENT}; {_USED_BY_ALL}", ""),
    **{
        name: (f"import functions.{name}.handler", f"from stkr.infra import aws; aws.{client}()")
        for name, client in _FIRST_CLIENT.items()
    },
}
"""What is started, by name: until it is ready, and what a function's first request then adds."""


@dataclass(frozen=True, slots=True)
class ProcessStart:
    """CPU seconds of a fresh process, both medians: until it is ready, and until it has its first client, too."""

    ready: float
    with_client: float


def start_with_the_project(runs: int) -> dict[str, ProcessStart]:
    """Starts with all the packages of the environment that runs this."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "common")))
    return _starts(runs, [sys.executable, "-c"], "", {"PYTHONPATH": path})


def start_with_the_layer(runs: int, layer: Path) -> dict[str, ProcessStart]:
    """Starts with the packages of a layer that was built for this interpreter, and no others."""
    # Without the environment's own packages, as in a function.
    path = f"import sys; sys.path[:0] = [{str(layer / 'python')!r}, {str(ROOT)!r}]; "
    return _starts(runs, [sys.executable, "-S", "-E", "-c"], path, {})


def build_layer(folder: Path) -> None:
    """Build the layer for this interpreter, as the local emulator gets it.

    :raises subprocess.CalledProcessError: its Makefile failed; what it said is on the error stream.
    """
    told = {"STKR_LAYER_PYTHON": "host", "PYTHON": sys.executable, "ARTIFACTS_DIR": str(folder)}
    subprocess.run(
        ["make", "--silent", "build-CommonLayer"],  # noqa: S607 - whatever make there is
        cwd=ROOT / "layers" / "common",
        env=os.environ | told,
        stdout=subprocess.DEVNULL,
        check=True,
    )


@dataclass(frozen=True, slots=True)
class LayerSize:
    """Bytes of the layer as it is stored and as it is deployed, and whether there is compiled code in it."""

    unzipped: int
    zipped: int
    compiled: bool


def size_of(layer: Path) -> LayerSize:
    """Of a layer that was built. It is zipped as `sam deploy` does."""
    files = sorted(path for path in layer.rglob("*") if path.is_file())
    with TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(layer))
        zipped = target.tell()
    return LayerSize(sum(path.stat().st_size for path in files), zipped, any(path.suffix == ".pyc" for path in files))


def _starts(runs: int, command: Sequence[str], path: str, given: dict[str, str]) -> dict[str, ProcessStart]:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        **{f"AWS_{name}": "testing" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")},
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "stkr",
        "POWERTOOLS_METRICS_NAMESPACE": "stkr",
        **given,
    }

    def start(name: str) -> tuple[float, float]:
        until_ready, then = _CODE[name]
        code = f"{path}{until_ready}; import time; ready = time.process_time(); {then or 'pass'}; "
        code += "print([ready, time.process_time()])"
        told = subprocess.run([*command, code], env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter on our own code
        ready, with_client = json.loads(told.stdout)
        return ready, with_client

    return in_turns(list(_CODE), start, runs)


def in_turns(names: Sequence[str], start: Callable[[str], tuple[float, float]], runs: int) -> dict[str, ProcessStart]:
    """Medians of each after ``runs`` rounds through all, so that whatever else the machine does meets all of them.

    A first round does not count: it compiles what nobody has run before, which a deployed function finds compiled.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(runs + 1):
        print(f"  start {turn} of {runs} of each", file=sys.stderr)
        for name in names:
            times = start(name)
            if turn:
                taken[name].append(times)
    return {name: ProcessStart(*map(median, zip(*times, strict=True))) for name, times in taken.items()}
