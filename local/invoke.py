"""One event of events/ replayed in one function by `sam local invoke`: Lambda's own image against the running stack."""

import json
import platform
import re
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from local import shop, shop_floor
from local.deploy import PROJECT, run_tool
from local.emulator import Emulator
from local.events import cases, event
from local.stack import Stack

BUILD = PROJECT / ".aws-sam" / "invoke"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
RUNTIME_IMAGE = "public.ecr.aws/lambda/python:3.14-rapid-{}"
SAMPLE_SESSION = "2026-11-21-fixings-aisle-5a7d"  # the count that the events speak of


class InvocationError(Exception):
    """The event cannot be replayed; the message says what is missing."""


def invoke(emulator: Emulator, function: str, case: str) -> int:
    """Replay events/<function>/<case>.json; returns the exit code of `sam local invoke`.

    Links in the event become real ones of the running stack, and its count becomes the newest count there.
    Raises InvocationError.
    """
    if (function, case) not in cases():
        replayable = "\n".join(f"  make invoke FN={name} CASE={other}" for name, other in cases())
        raise InvocationError(f"There is no events/{function}/{case}.json. There are:\n{replayable}")
    _require_docker()
    if not emulator.running():
        raise InvocationError("No local stack is running. Start it with `make local` and try again.")
    stack = Stack(emulator)
    replayed = json.dumps(event(function, case, _values(stack, function, case)))
    session = _newest_session(stack)
    if session:
        replayed = replayed.replace(SAMPLE_SESSION, session)
    (emulator.directory / "event.json").write_text(replayed)
    logical_id = f"{function.capitalize()}Function"
    with _reachable_from_containers(emulator.port) as endpoint:
        _build(stack, logical_id, endpoint)
        image = RUNTIME_IMAGE.format(_architecture())
        present = (
            subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0
        )
        command = ["sam", "local", "invoke", logical_id, "--template-file", str(BUILD / "template.yaml")]
        command += ["--event", str(emulator.directory / "event.json"), "--region", "eu-west-2"]
        command += ["--skip-pull-image"] if present else []
        # SAM lets a variable of its own environment win over the template's.
        environment = {**emulator.client_environment(), "AWS_ENDPOINT_URL": endpoint}
        done = subprocess.run(command, cwd=PROJECT, env=environment, check=False)
    return done.returncode


def _require_docker() -> None:
    if platform.system() != "Linux":
        raise InvocationError("This replays events on Linux only: elsewhere containers cannot reach the emulator.")
    if shutil.which("docker") is None:
        raise InvocationError("Docker is not installed; `sam local invoke` runs the function in a container of it.")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        raise InvocationError("Docker is installed, but its engine does not answer. Start it and try again.")


def _architecture() -> str:
    return ARCHITECTURES[platform.machine()]


def _values(stack: Stack, function: str, case: str) -> Mapping[str, str]:
    """What the placeholders of an event stand for in the running stack."""
    text = (PROJECT / "events" / function / f"{case}.json").read_text("utf-8")
    wanted = set(re.findall(r"\{([a-z-]+)\}", text))
    outputs = {"approve-url": "ApproveUrl", "reject-url": "RejectUrl", "session-url": "SessionUrl"}
    values = {
        name: (urlsplit(stack.outputs[output]).hostname or "").partition(".")[0] for name, output in outputs.items()
    }
    if wanted & {"open", "session"}:
        opening = stack.command("link", shop.FIXINGS)
        values["open"] = _token(opening)
        if "session" in wanted:
            values["session"] = _token(shop_floor.open_count(stack, shop.FIXINGS, "Sam").url)
    for action in wanted & {"approve", "reject"}:
        values[action] = _token(_newest_decision(stack, action.capitalize()))
    if "summary" in wanted:
        values["summary"] = _token(_newest_summary(stack))
    return values


def _newest_decision(stack: Stack, label: str) -> str:
    for mail in reversed(stack.mailbox()):
        try:
            return mail.link(shop.BOLT, label)
        except LookupError:
            continue
    raise InvocationError(f"No mail with an {label} button for {shop.BOLT} has been sent yet: count it first.")


def _newest_summary(stack: Stack) -> str:
    for mail in reversed(stack.mailbox()):
        link = re.search(r"https?://\S+/summary\?t=\S+", mail.text)
        if link:
            return link[0]
    raise InvocationError("No summary has been mailed yet. Try `make invoke FN=summary CASE=monthly` first.")


def _token(link: str) -> str:
    return parse_qs(urlsplit(link).query)["t"][0]


def _newest_session(stack: Stack) -> str | None:
    listed = stack.client("s3").list_objects_v2(Bucket=stack.outputs["BucketName"], Prefix="snapshots/")
    newest = max(listed.get("Contents", ()), key=lambda item: item["LastModified"], default=None)
    return str(newest["Key"]).removeprefix("snapshots/").removesuffix(".json.gz") if newest else None


def _build(stack: Stack, logical_id: str, endpoint: str) -> None:
    """Build for this machine's architecture, and give the function what it is given in the running stack.

    SAM passes on only variables that the template declares, and would make up its own names for the resources.
    """
    wheels = platform.machine().replace("arm64", "aarch64")
    build = ["sam", "build", "--build-dir", str(BUILD), "--no-cached"]
    run_tool(stack.emulator, "invoke-build", build, {"STKR_LAYER_PLATFORM": f"manylinux2014_{wheels}"})
    template: dict[str, Any] = yaml.safe_load((BUILD / "template.yaml").read_text())
    template["Globals"]["Function"]["Architectures"] = [_architecture()]
    template["Globals"]["Function"]["Environment"]["Variables"] = {}
    template["Resources"]["CommonLayer"]["Properties"]["CompatibleArchitectures"] = [_architecture()]
    properties = template["Resources"][logical_id]["Properties"]
    name = logical_id.removesuffix("Function").lower()
    deployed = stack.client("lambda").get_function_configuration(FunctionName=f"stkr-{name}")
    variables = deployed["Environment"]["Variables"]
    properties["Environment"] = {"Variables": {**variables, "AWS_ENDPOINT_URL": endpoint}}
    (BUILD / "template.yaml").write_text(yaml.safe_dump(template, sort_keys=False))


@contextmanager
def _reachable_from_containers(port: int) -> Iterator[str]:
    """The emulator's address inside containers, while a relay on Docker's bridge hands their connections on to it."""
    inspect = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    shown = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout
    bridge = json.loads(shown)[0]
    gateway = bridge.get("Gateway") or str(ip_network(bridge["Subnet"])[1])  # it is named only where it was configured
    with _Relay((gateway, 0), port) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{relay.server_address[1]}"
        relay.shutdown()


class _Relay(socketserver.ThreadingTCPServer):
    """Hands every connection on to a port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], port: int) -> None:
        self.port = port
        super().__init__(address, _Relayed)


class _Relayed(socketserver.BaseRequestHandler):
    """One connection."""

    server: _Relay

    def handle(self) -> None:
        """Copy both ways until both sides are done."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as target:
            back = threading.Thread(target=_copy, args=(target, self.request), daemon=True)
            back.start()
            _copy(self.request, target)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
