"""Case after case until so many rows were read."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from traceback import format_exc

from tests.fuzz.inputs import make_case
from tests.fuzz.known_counts import make_known_count
from tests.fuzz.laws import FuzzTally, hold, hold_known

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
    """Make one case and one count of which the figures are known, and hold them to the laws."""
    try:
        tally = hold(make_case(*case_id))
        tally.add(hold_known(*make_known_count(*case_id)))
    except Exception:  # noqa: BLE001 - any error is what this program looks for
        return Breach(*case_id, format_exc())
    return tally


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
