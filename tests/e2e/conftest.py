"""The real template on an emulator of its own, deployed once for all end-to-end tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.deploy import PROJECT, build_and_deploy
from local.emulator import Emulator
from local.process import free_port
from local.stack import Stack


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """A running emulator with its model stand-in, on ports nobody uses, with IAM enforcement on."""
    emulator = Emulator(Path(PROJECT) / ".local" / "tests", port=free_port(), model_port=free_port())
    emulator.stop()  # what an interrupted run may have left
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def stack(emulator: Emulator) -> Stack:
    """The deployed stack."""
    build_and_deploy(emulator)
    return Stack(emulator)
