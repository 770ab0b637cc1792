"""The demo's report: what happens, as it happens, and every figure held against what it should be."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from rich.console import Console
from rich.table import Table


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
        self._console.print(f"\n[bold]{title}[/]  [dim]{self.seconds()} s[/]", highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Tell something."""
        self._console.print(f"  {text}", highlight=False, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show figures; columns after the first are set to the right."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for number, column in enumerate(columns):
            table.add_column(column, justify="right" if number else "left")
        for row in rows:
            table.add_row(*map(_shown, row))
        self._console.print(table)

    def check(self, what: str, found: object, expected: object) -> None:
        """Hold a figure against what it must be; a line is printed for each."""
        self.checked += 1
        if found == expected:
            self._console.print(f"  [green]✓[/] {what}: {_shown(found)}", highlight=False, soft_wrap=True)
        else:
            self.wrong.append(f"{what}: {found!r}, should be {expected!r}")
            self._console.print(
                f"  [red]✗ {what}: {found!r}, should be {expected!r}[/]", highlight=False, soft_wrap=True
            )

    def check_quietly(self, what: str, found: object, expected: object) -> None:
        """The same for one of many: only what is wrong is printed."""
        if found == expected:
            self.checked += 1
        else:
            self.check(what, found, expected)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something takes its time."""
        with self._console.status(f"{what} ..."):
            started = time.monotonic()
            yield
        self.say(f"{what} [dim]({time.monotonic() - started:.0f} s)[/]")

    def seconds(self) -> int:
        """Since the report began."""
        return round(time.monotonic() - self._started)


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
