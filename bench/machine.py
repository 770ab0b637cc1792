"""What was measured on, for the heads of the pages."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    """Date, cores, processor, system, the versions of Python and of ``packages``, and how busy the machine is."""
    versions = [f"{platform.python_implementation()} {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in packages]
    return (
        f"{datetime.now(UTC).date()} · {os.cpu_count()} cores of {_processor()} · {platform.system()} · "
        f"{' · '.join(versions)} · load {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    """The processor's model where the system tells, else its kind."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
