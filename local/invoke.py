"""One event of events/ replayed in one function by `sam local invoke`, against the running local stack."""

import subprocess
from typing import Any

from local.emulator import Emulator


class InvocationError(Exception):
    """The event cannot be replayed; the message says what is missing."""


def invoke(emulator: Emulator, function: str, case: str) -> int:
    """Replay events/<function>/<case>.json; returns the exit code of `sam local invoke`."""
    raise InvocationError("in the making")
