"""`python -m local`: the commands behind the Makefile's targets."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError
from rich.console import Console
from rich.text import Text

from local import gallery, screenshots, shop, shop_floor, story, story_odoo
from local.chromium import NoChromiumError, chromium
from local.deploy import PROJECT, CommandFailedError, build_and_deploy, layer_bytes
from local.emulator import DEFAULT_PORT, Emulator, NotHealthyError, StillRunningError
from local.invoke import InvocationError, invoke
from local.odoo import NoOdooError
from local.process import PortTakenError, free_port
from local.report import Report
from local.stack import Stack

HOME = PROJECT / ".local"
SCREENSHOTS = PROJECT / "docs" / "screenshots"
LAYER_LIMIT = 250 * 1024 * 1024  # Lambda's limit for a function's layers and code together, unzipped

STORIES = {"spreadsheet": story.tell, "odoo": story_odoo.tell}

# What tools, logs and mails say may hold brackets, which must not be read as markup.
console = Console(markup=False)


def demo(source: str) -> int:
    """Play the story on a stack of its own, and take it down again. Returns 0 when every figure is right."""
    emulator = Emulator(HOME / "demo", free_port(), free_port())
    report = Report(console)
    if emulator.running():
        raise StillRunningError("Another demo is running here. Let it end, or end it with `make stop`.")
    try:
        _deploy(emulator, report)
        with _telling_troubles(Stack(emulator)) as stack:
            STORIES[source](stack, report)
    finally:
        emulator.stop()
    console.print()
    if report.wrong:
        console.print(f"{len(report.wrong)} of {report.checked} figures are not as they should be:", style="red")
        for figure in report.wrong:
            console.print(f"  {figure}", highlight=False)
        return 1
    console.print(Text(f"All {report.checked} figures are as they should be", "green"), f"({report.seconds()} s).")
    return 0


def take_screenshots() -> int:
    """Take pictures of every page and mail on a stack of its own."""
    emulator = Emulator(HOME / "screenshots", free_port(), free_port())
    report = Report(console)
    try:
        _deploy(emulator, report)
        with _telling_troubles(Stack(emulator)) as stack, chromium() as browser:
            shop_floor.stock_the_shop(stack)
            with report.working("Count the fixings aisle, and keep every page and mail"):
                pages = gallery.walk(stack, shop.BOLT)
            with report.working("Take the pictures"):
                taken = screenshots.take(browser, pages, SCREENSHOTS)
    finally:
        emulator.stop()
    size = sum(path.stat().st_size for path in taken)
    console.print(f"{len(taken)} pictures ({size / 1024 / 1024:.1f} MB) are in {SCREENSHOTS}.", highlight=False)
    return 0


def up(port: int) -> int:
    """Deploy the stack with the demo shop and leave it running; in a terminal, show the mails until interrupted."""
    emulator = Emulator(HOME / "stack", port, port + 1)
    report = Report(console)
    if not emulator.running():
        emulator.start()
    report.chapter("The stack")
    with report.working("Build and deploy"):
        build_and_deploy(emulator)
    stack = Stack(emulator)
    items = shop_floor.stock_the_shop(stack)
    report.say(f"{len(items)} items are in stock.")
    report.chapter("Open in a browser")
    for location in shop.KINDS:
        report.say(f"Count the {location}: {stack.command('link', location)}")
    report.chapter("For programs")
    report.say(f"AWS_ENDPOINT_URL={emulator.url}, region eu-west-2")
    for name in ("BucketName", "SessionUrl", "ApproveUrl", "RejectUrl"):
        report.say(f"{name}: {stack.outputs[name]}")
    report.say("`make stop` ends it.")
    if sys.stdout.isatty():
        report.chapter("Mails (Ctrl-C leaves the stack running)")
        _show_mails(stack)
    return 0


def stop() -> int:
    """End what `up` left running, and what a demo or the screenshots left that were killed."""
    ended = [Emulator(HOME / name).stop() for name in ("stack", "demo", "screenshots")]
    console.print("The local stack has ended." if any(ended) else "No local stack was running.")
    return 0


def layer_size() -> int:
    """Say how large the layer built for AWS is; 1 when Lambda would refuse it."""
    size = layer_bytes()
    console.print(f"The layer is {size / 1024 / 1024:.1f} MB unzipped; Lambda takes up to 250 MB.", highlight=False)
    return 0 if size < LAYER_LIMIT else 1


def _deploy(emulator: Emulator, report: Report) -> None:
    report.chapter("The stack")
    with report.working("Start the AWS emulator, with IAM enforcement on"):
        emulator.start()
    with report.working("sam build and sam deploy the template"):
        build_and_deploy(emulator)


@contextmanager
def _telling_troubles(stack: Stack) -> Iterator[Stack]:
    """Show what the functions logged as errors when something that should have happened did not."""
    try:
        yield stack
    except (shop_floor.NothingHappenedError, shop_floor.NoSuchFormError):
        for trouble in stack.troubles():
            console.print(trouble, highlight=False)
        raise


def _show_mails(stack: Stack) -> None:
    shown = 0
    try:
        while True:
            mails = stack.mailbox()
            for mail in mails[shown:]:
                console.rule(Text(f"{mail.subject} (to {', '.join(mail.to)})"))
                console.print(mail.text, highlight=False)
            shown = len(mails)
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("\nThe stack is still running; `make stop` ends it.")


def main() -> int:
    """Run one command; its problems are told in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m local")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help=demo.__doc__).add_argument("--source", choices=STORIES, default="spreadsheet")
    up_parser = commands.add_parser("up", help=up.__doc__)
    commands.add_parser("stop", help=stop.__doc__)
    commands.add_parser("screenshots", help=take_screenshots.__doc__)
    commands.add_parser("layer-size", help=layer_size.__doc__)
    invoke_parser = commands.add_parser("invoke", help=invoke.__doc__)
    invoke_parser.add_argument("function")
    invoke_parser.add_argument("case")
    for with_port in (up_parser, invoke_parser):
        with_port.add_argument("--port", type=int, default=DEFAULT_PORT)
    arguments = parser.parse_args()
    run: dict[str, Callable[[], int]] = {
        "demo": lambda: demo(arguments.source),
        "up": lambda: up(arguments.port),
        "stop": stop,
        "screenshots": take_screenshots,
        "layer-size": layer_size,
        "invoke": lambda: invoke(Emulator(HOME / "stack", arguments.port), arguments.function, arguments.case),
    }
    try:
        return run[arguments.command]()
    except (
        CommandFailedError,
        ClientError,
        InvocationError,
        NoChromiumError,
        NotHealthyError,
        PortTakenError,
        StillRunningError,
        NoOdooError,
        shop_floor.NoSuchFormError,
        shop_floor.NothingHappenedError,
    ) as error:
        name = Text(f"{type(error).__name__.removesuffix('Error')}:", "red")
        console.print(name, str(error), highlight=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
