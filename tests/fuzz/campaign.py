"""Case after case until so many rows were read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from traceback import format_exc

from tests.fuzz.inputs import make_case
from tests.fuzz.laws import FuzzTally, hold

CaseId = tuple[int, int]
"""Seed and number of a case."""


class Breach(Exception):
    """A case that breaks a law, or capture itself."""

    def __init__(self, seed: int, number: int, trace: str) -> None:
        """The case, and where it went wrong."""
        super().__init__(seed, number, trace)
        self.seed = seed
        self.number = number
        self.trace = trace


def attempt(case_id: CaseId) -> FuzzTally | Breach:
    """Make one case and hold it to the laws."""
    try:
        return hold(make_case(*case_id))
    except Exception:  # noqa: BLE001 - any error is what this program looks for
        return Breach(*case_id, format_exc())


MapCases = Callable[[Callable[[CaseId], FuzzTally | Breach], Iterable[CaseId]], Iterable[FuzzTally | Breach]]


def campaign(rows: int, seed: int, map_cases: MapCases = map) -> Iterator[FuzzTally]:
    """The tally so far, after every case, until ``rows`` rows were read; ``map_cases`` may work in parallel.

    :raises Breach: at the first one.
    """
    total = FuzzTally()
    for outcome in map_cases(attempt, ((seed, number) for number in count())):
        if isinstance(outcome, Breach):
            raise outcome
        total.add(outcome)
        yield total
        if total.read >= rows:
            return
