"""The line that says when and on what a page's figures were measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    """Day, cores, processor, system, interpreter, the versions of ``packages``, and how busy the machine is."""
    versions = [f"{name} {version(name)}" for name in packages]
    parts = [
        f"{datetime.now(UTC):%Y-%m-%d}",
        f"{os.cpu_count()} cores of {_processor()}",
        platform.system(),
        f"{platform.python_implementation()} {platform.python_version()}",
        *versions,
        f"load {os.getloadavg()[0]:.1f}",
    ]
    return " · ".join(parts)


def _processor() -> str:
    """The processor's model where the system tells, else its kind."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
