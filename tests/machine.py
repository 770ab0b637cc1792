"""The machine that a page's figures were made on."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Cores, processor and system."""
    return f"{os.cpu_count()} cores of {_processor()} · {platform.system()}"


def _processor() -> str:
    """As Linux names it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
