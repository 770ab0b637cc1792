"""Build the stack and deploy it to the emulator: `sam build`, the bridges, `sam deploy`, in the environment `local`."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from local.bridges import bridge
from local.emulator import REGION, Emulator
from local.stack import client

PROJECT = Path(__file__).resolve().parents[1]
BUILD = PROJECT / ".aws-sam" / "local"  # build_dir and template_file in samconfig.toml, environment local
ARTIFACTS_BUCKET = "stkr-artifacts"  # s3_bucket there


class CommandFailedError(Exception):
    """One of the tools failed; the message says which and where its output is."""


def build_and_deploy(emulator: Emulator) -> None:
    """Bring the project as it stands now onto a running emulator.

    Raises CommandFailedError with the tool's last lines. One at a time: the build directory is shared.
    """
    with _alone():
        _build(emulator)
        bridged = yaml.safe_load((BUILD / "template.yaml").read_text())
        bridge(bridged, emulator.port)
        (BUILD / "template.yaml").write_text(yaml.safe_dump(bridged, sort_keys=False))
        s3 = client(emulator, "s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=ARTIFACTS_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        run_tool(emulator, "deploy", ["sam", "deploy", "--config-env", "local", "--no-progressbar"])


def layer_bytes() -> int:
    """How large the layer that `sam build` made for AWS is, unzipped."""
    layer = PROJECT / ".aws-sam" / "build" / "CommonLayer"
    return sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())


def run_tool(emulator: Emulator, name: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Run one of the environment's tools against the emulator, with its output in `<name>.log` of the emulator's files.

    Raises CommandFailedError with the last lines of its output.
    """
    log = emulator.directory / f"{name}.log"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env={**emulator.client_environment(), "SAM_CLI_TELEMETRY": "0", **(environment or {}), "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise CommandFailedError(f"{' '.join(command[:2])} failed (its whole output is {log}):\n{last}")


def _build(emulator: Emulator) -> None:
    """Build for this machine's interpreter, and check that the layer needs nothing beside itself.

    The emulator runs functions with the interpreter of this environment, whose packages would hide one that the layer
    lacks.
    """
    run_tool(
        emulator,
        "build",
        ["sam", "build", "--config-env", "local"],
        {"STKR_LAYER_PYTHON": "host", "PYTHON": sys.executable},
    )
    handlers = sorted(path.parent.name for path in (PROJECT / "functions").glob("*/handler.py"))
    alone = f"import sys; sys.path[:0] = [{str(BUILD / 'CommonLayer' / 'python')!r}, '.']; " + "; ".join(
        f"import functions.{name}.handler" for name in handlers
    )
    # Some modules are loaded only when they are asked for.
    alone += "; import importlib, pkgutil, stkr; "
    alone += "[importlib.import_module(module.name) for module in pkgutil.walk_packages(stkr.__path__, 'stkr.')]"
    run_tool(emulator, "layer", [sys.executable, "-S", "-E", "-c", alone])


@contextmanager
def _alone() -> Iterator[None]:
    BUILD.parent.mkdir(exist_ok=True)
    with (BUILD.parent / "local.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
