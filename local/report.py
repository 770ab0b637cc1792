"""The demo's report: what happens, as it happens, and every figure held against what it should be.

All of it is printed as it is: a text in brackets is no markup.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text


class Report:
    """Writes to the console and remembers every figure that is not as it should be."""

    def __init__(self, console: Console) -> None:
        """Write to `console`."""
        self._console = console
        self._started = time.monotonic()
        self.checked = 0
        self.wrong: list[str] = []

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self._print(Text.assemble("\n", (title, "bold"), (f"  {self.seconds()} s", "dim")))

    def say(self, text: str, style: str = "") -> None:
        """Print a line of the story."""
        self._print(Text.assemble("  ", (text, style)))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show figures; columns after the first are set to the right."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for number, column in enumerate(columns):
            table.add_column(column, justify="right" if number else "left")
        for row in rows:
            table.add_row(*(Text(_shown(figure)) for figure in row))
        self._console.print(table)

    def check(self, what: str, figure: object, expected: object) -> None:
        """Hold a figure against what it must be; a line is printed for each."""
        self.checked += 1
        if figure == expected:
            self._print(Text.assemble("  ", ("✓", "green"), f" {what}: {_shown(figure)}"))
        else:
            problem = f"{what}: {figure!r}, should be {expected!r}"
            self.wrong.append(problem)
            self._print(Text(f"  ✗ {problem}", "red"))

    def check_quietly(self, what: str, figure: object, expected: object) -> None:
        """The same for one of many: only what is wrong is printed."""
        if figure == expected:
            self.checked += 1
        else:
            self.check(what, figure, expected)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something takes its time."""
        with self._console.status(Text(f"{what} ...")):
            started = time.monotonic()
            yield
        self._print(Text.assemble(f"  {what} ", (f"({time.monotonic() - started:.0f} s)", "dim")))

    def seconds(self) -> int:
        """Since the report began."""
        return round(time.monotonic() - self._started)

    def _print(self, text: Text) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def _shown(figure: object) -> str:
    """A figure as people write it."""
    match figure:
        case None:
            return ""
        case tuple() | list():
            return ", ".join(map(_shown, figure))
        case bool():
            return "yes" if figure else "no"
        case Decimal():
            return f"{figure:f}"
        case int():
            return str(int(figure))
    return str(figure)
