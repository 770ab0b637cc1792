"""`python -m bench.stack`: times a large count on the emulated stack, prints the result and keeps it in docs/proof."""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from botocore.exceptions import ClientError
from rich.console import Console

from bench.count.data import make_count, make_stock
from bench.count.with_pandas import reconcile
from bench.stack import count, peer
from bench.stack.report import missed, report
from local import shop_floor
from local.deploy import CommandFailedError, build_and_deploy
from local.emulator import Emulator
from local.odoo import NoOdooError
from local.process import free_port
from local.stack import Stack

LINES: Final = 20_000
_TELL_EVERY: Final = 5
"""Seconds, where there is no terminal to show how far it is."""

_PROOF = Path(__file__).parents[2] / "docs" / "proof" / "stack-speed.md"


def main() -> int:
    """Measure the stack, then Odoo if one is named. Returns 1 where the goal is missed or a result is wrong."""
    console = Console(stderr=True)
    with console.status("Make the count") as status:
        told = time.monotonic()

        def tell(what: str) -> None:
            nonlocal told
            status.update(what)
            if not console.is_terminal and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                console.print(f"  {what}", highlight=False, markup=False)

        try:
            taken = _stack(tell)
            applied = peer.apply_count(LINES, taken.variances, tell) if "STKR_ODOO_URL" in os.environ else None
        except (ClientError, CommandFailedError, NoOdooError, count.WrongResult, peer.WrongStock) as error:
            console.print(f"{type(error).__name__}: {error}", highlight=False, markup=False)
            return 1
    page = report(LINES, taken, applied)
    print(page)
    _PROOF.write_text(page, "utf-8")
    return int(missed(taken))


def _stack(tell: count.Tell) -> count.StageTimes:
    stock = make_stock(LINES)
    content = make_count(stock, 1)
    expected = reconcile(content, stock)
    with TemporaryDirectory() as folder:
        emulator = Emulator(Path(folder), free_port(), free_port())
        try:
            tell("Start the emulator, build and deploy")
            emulator.start()
            build_and_deploy(emulator)
            stack = Stack(emulator)
            count.mirror(stack, stock, tell)
            try:
                return count.count(stack, stock, content, expected, tell)
            except shop_floor.NothingHappenedError:
                for trouble in stack.troubles():
                    print(trouble, file=sys.stderr)
                raise
        finally:
            emulator.stop()


if __name__ == "__main__":
    sys.exit(main())
