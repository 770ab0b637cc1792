"""People who tap at the same moment, and what each of them is answered."""

import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psutil

from local.browser import Form
from local.process import Program
from local.stack import Stack

_STARTED_AT_ONCE = 4
_FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """What a tap was answered: the status, the page's heading, and who decided and when, where the page tells."""

    tapped_by: str
    status: int
    heading: str
    decided_by: str | None
    decided_at: str | None

    @property
    def fresh(self) -> bool:
        """Whether it was this tap that decided."""
        return self.status == 200

    @property
    def held(self) -> bool:
        """Whether this tap had the post held, because stock had moved."""
        return self.heading.startswith("Not adjusted")


class Crowd:
    """Counts how many of its taps are unanswered at one moment; the emulator runs an invocation for each of them."""

    def __init__(self, stack: Stack) -> None:
        """In front of this stack."""
        self.most_in_flight = 0
        self._stack = stack
        self._lock = threading.Lock()
        self._in_flight = 0

    def tap(self, form: Form, name: str) -> Answer:
        """Press a button under a name."""
        with self._lock:
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            page = self._stack.browser.submit(form, name=name)
        finally:
            with self._lock:
                self._in_flight -= 1
        heading = re.search(r"<h1>([^<]*)", page.body)
        return Answer(
            name,
            page.status,
            heading[1] if heading else "",
            _figure(page.body, "[A-Z]\\w+ by"),
            _figure(page.body, "When"),
        )

    def all_at_once(self, people: Sequence[Callable[[], Result]]) -> list[Result]:
        """Have every one of them begin at the same moment, each in a thread; what each came to, in their order."""
        start = threading.Barrier(len(people))

        def begin(person: Callable[[], Result]) -> Result:
            start.wait()
            return person()

        with ThreadPoolExecutor(len(people)) as threads:
            return list(threads.map(begin, people))


def warm_up(stack: Stack, crowd: Crowd, urls: Sequence[str], people: int) -> None:
    """Have as many execution environments up as there will be people, by looking at pages, which changes nothing.

    A few more at a time: a machine of two cores does not start fifty within the time that a browser waits.
    """
    for number in range(_STARTED_AT_ONCE, people + _STARTED_AT_ONCE, _STARTED_AT_ONCE):
        looks = [partial(stack.browser.get, urls[person % len(urls)]) for person in range(min(number, people))]
        crowd.all_at_once(looks)


def environments(stack: Stack, function: str) -> int:
    """How many execution environments of a function are up.

    The emulator makes a new one only while all others are at work, so that there are as many as were ever at work at
    once.
    """
    emulator = Program("emulator", stack.emulator.directory, "ministack").running()
    children = psutil.Process(emulator).children() if emulator else []
    return sum(_runs(child, f"stkr-{function}") for child in children)


def _runs(process: psutil.Process, function: str) -> bool:
    try:
        return process.environ().get(_FUNCTION) == function
    except psutil.Error:
        return False


def _figure(body: str, label: str) -> str | None:
    found = re.search(rf"<dt>{label}</dt><dd>([^<]*)</dd>", body)
    return found[1] if found else None
