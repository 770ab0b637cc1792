"""Which Chromium is taken: the one that is named, the one on PATH, else one that is installed."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).parents[3] / "requirements" / "chromium.sh"
STARTS = "exit 0"
TOOLS = ("bash", "env", "sh", "chmod", "cp")


class Machine:
    """A machine with nothing on its PATH but the tools of a shell, and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(Path("/bin") / tool if (Path("/bin") / tool).exists() else f"/usr/bin/{tool}")
        self.has("id", "echo 0")
        self.has("python", "exit 1")  # its playwright has no browser and reaches none

    def has(self, program: str, does: str) -> Path:
        path = self.bin / program
        path.write_text(f"#!/bin/bash\n{does}\n")
        path.chmod(0o755)
        return path

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the project's own script
            [self.bin / "bash", SCRIPT, self.bin / "python"],
            env={"PATH": os.fspath(self.bin), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_chromium_on_path_is_taken_and_nothing_is_installed(machine: Machine) -> None:
    machine.has("apt-get", f"echo asked > {machine.bin}/asked")
    chromium = machine.has("chromium", STARTS)
    assert machine.run().stdout == f"{chromium}\n"
    assert not (machine.bin / "asked").exists()


def test_a_named_one_comes_first_and_has_to_start(machine: Machine) -> None:
    machine.has("chromium", STARTS)
    named = machine.has("my-browser", STARTS)
    assert machine.run(CHROMIUM=str(named)).stdout == f"{named}\n"
    broken = machine.run(CHROMIUM=str(machine.has("broken", "exit 1")))
    assert broken.returncode == 1
    assert "does not start" in broken.stderr


def test_one_that_does_not_start_is_passed_over(machine: Machine) -> None:
    machine.has("chromium-browser", "echo install the snap; exit 1")
    chrome = machine.has("google-chrome", STARTS)
    assert machine.run().stdout == f"{chrome}\n"


def test_where_there_is_none_apt_installs_it_with_fonts(machine: Machine) -> None:
    package = machine.has("package", STARTS)
    unpack = f"cp {package} {machine.bin}/chromium"
    machine.has("apt-get", f'echo "$@" >> {machine.bin}/asked; case "$*" in *install*) {unpack};; esac')
    assert machine.run().stdout == f"{machine.bin}/chromium\n"
    update, install = (machine.bin / "asked").read_text().splitlines()
    assert update == "-qq update"
    assert install.startswith("-qq install -y --no-install-recommends chromium fonts-")


def test_without_the_right_to_install_playwright_fetches_its_own(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("apt-get", "exit 1")
    fetched = machine.bin / "fetched"
    machine.has(
        "python",
        f'case "$*" in *install*) echo exit 0 > {fetched}; chmod +x {fetched};; *) echo {fetched};; esac',
    )
    assert machine.run().stdout == f"{fetched}\n"


def test_where_nothing_helps_it_says_what_to_do(machine: Machine) -> None:
    failed = machine.run()
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "Install Chromium or Google Chrome, or name one with CHROMIUM=" in failed.stderr
