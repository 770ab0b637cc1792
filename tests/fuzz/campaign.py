"""Case after case until so many rows were read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from traceback import format_exc

from tests.fuzz.inputs import make_case
from tests.fuzz.laws import Seen, hold

Try = tuple[int, int]
"""Seed and number of a case."""


class Breach(Exception):
    """A case that breaks a law, or capture itself."""

    def __init__(self, seed: int, number: int, trace: str) -> None:
        """The case, and where it went wrong."""
        super().__init__(seed, number, trace)
        self.seed = seed
        self.number = number
        self.trace = trace


def attempt(of: Try) -> Seen | Breach:
    """Make one case and hold it to the laws."""
    try:
        return hold(make_case(*of))
    except Exception:  # noqa: BLE001 - whatever it is, it is what this program looks for
        return Breach(*of, format_exc())


Mapping = Callable[[Callable[[Try], Seen | Breach], Iterable[Try]], Iterable[Seen | Breach]]


def campaign(rows: int, seed: int, mapping: Mapping = map) -> Iterator[Seen]:
    """All that was seen so far, after every case, until ``rows`` rows were read; ``mapping`` may work in parallel.

    :raises Breach: at the first one.
    """
    seen = Seen()
    for outcome in mapping(attempt, ((seed, number) for number in count())):
        if isinstance(outcome, Breach):
            raise outcome
        seen.add(outcome)
        yield seen
        if seen.read >= rows:
            return
