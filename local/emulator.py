"""The AWS emulator and the model stand-in as background programs on 127.0.0.1, with IAM enforcement on."""

import http.client
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.process import Program, require_free

REGION = "eu-west-2"
ACCOUNT = "123456789012"  # the one the events under events/ speak of
ACCESS_KEY = "local-operator"  # the emulator's account owner; functions get keys of their own roles
SECRET_KEY = "local-operator-secret"  # noqa: S105 - protects nothing but an emulator bound to 127.0.0.1
DEFAULT_PORT = 4566
START_SECONDS = 60
MODEL_TIMEOUT_SECONDS = (
    60  # longer than any function waits for Bedrock, so that a slow model is seen as the timeout it would be
)


class StillRunningError(Exception):
    """An earlier run in the same directory has not ended."""


class NotHealthyError(Exception):
    """A background program did not come up."""


@dataclass(frozen=True)
class Emulator:
    """One emulator on `port` with its model stand-in on `model_port`; their files are in `directory`."""

    directory: Path
    port: int = DEFAULT_PORT
    model_port: int = DEFAULT_PORT + 1

    @property
    def url(self) -> str:
        """Where every AWS endpoint is."""
        return f"http://127.0.0.1:{self.port}"

    def client_environment(self) -> dict[str, str]:
        """What a program needs in its environment to talk to the emulator as the account's owner."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self, functions_environment: Mapping[str, str] | None = None) -> None:
        """Start both programs and wait until they answer; every function has ``functions_environment`` beside its own.

        Raises StillRunningError when they run already, PortTakenError when another program has a port, and
        NotHealthyError when one of them does not come up.
        """
        if self.running():
            raise StillRunningError(f"An emulator with its files in {self.directory} is running already.")
        for port, owner in ((self.port, "The AWS emulator"), (self.model_port, "The model stand-in")):
            require_free(port, owner)
        self._model.start([sys.executable, "-m", "local.model", str(self.model_port)], self._model_environment())
        environment = {**self._ministack_environment(), **(functions_environment or {})}
        self._ministack.start([sys.executable, "-m", "ministack"], environment)
        _wait_until_healthy(self._model, self.model_port, "/admin")
        _wait_until_healthy(self._ministack, self.port, "/_ministack/ready")

    def running(self) -> bool:
        """Whether this emulator (not merely some program on its port) is up."""
        return self._ministack.running() is not None

    def stop(self) -> bool:
        """End both programs and clear what they unpacked; True when the emulator was running."""
        self._model.stop()
        was_running = self._ministack.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)  # a copy of the layer for each worker: tens of megabytes
        return was_running

    @property
    def _scratch(self) -> Path:
        return self.directory / "scratch"

    @property
    def _ministack(self) -> Program:
        return Program("emulator", self.directory, "ministack")

    @property
    def _model(self) -> Program:
        return Program("model", self.directory, "local.model")

    def _ministack_environment(self) -> dict[str, str]:
        """A whole environment, nothing inherited but PATH: the emulator hands its own on to every function."""
        scratch = self._scratch
        scratch.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch),
            "LANG": "C.UTF-8",
            "TMPDIR": str(scratch),
            "STATE_DIR": str(scratch / "state"),
            "S3_DATA_DIR": str(scratch / "s3"),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_BEDROCK_PROXY_URL": f"http://127.0.0.1:{self.model_port}",
            "MINISTACK_BEDROCK_PROXY_TIMEOUT_SECONDS": str(MODEL_TIMEOUT_SECONDS),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }

    def _model_environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


def _wait_until_healthy(program: Program, port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if program.running() is None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise NotHealthyError(f"The {program.name} did not come up; its log is {program.log}.")
