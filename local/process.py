"""Programs in the background: started in a session of their own, logged to a file, stopped by their recorded id."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_SECONDS = 10


class PortTakenError(Exception):
    """Another program listens on the port this one needs."""


@dataclass(frozen=True)
class Program:
    """A background program: what it is called, where it keeps its files, and a word its command line is known by."""

    name: str
    directory: Path
    mark: str

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.directory / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command` with exactly `environment`, in the program's directory."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_text(str(child.pid))
        child.returncode = 0  # it is to outlive this object, which would otherwise complain about it when collected

    def running(self) -> int | None:
        """Its process id while it runs, else None. A recorded id that now belongs to another program does not count."""
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # a child of ours that has ended stays listed until it is collected
        try:
            return pid if self.mark in " ".join(psutil.Process(pid).cmdline()) else None
        except psutil.Error:
            return None

    def stop(self) -> bool:
        """End it and what it started; True when it was running."""
        pid = self.running()
        if pid is not None:
            _signal_group(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self.running() is not None and time.monotonic() < deadline:
                time.sleep(0.1)
            _signal_group(pid, signal.SIGKILL)  # whatever of the group is left
        self._pid_file.unlink(missing_ok=True)
        return pid is not None


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, owner: str) -> None:
    """Raise PortTakenError when something listens on `port`; `owner` names who wanted it."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise PortTakenError(
                f"{owner} needs port {port} of 127.0.0.1, but another program listens there. "
                f"Stop that program, or choose another port with PORT=<number>."
            )
