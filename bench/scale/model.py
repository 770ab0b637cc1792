"""A night of counts flowing through stages that share what AWS allows. Pure: rates and needs go in, hours come out.

It is a fluid model: in every second a stage passes on as many counts as have reached it and as the scarcest of the
things it needs allows. Later stages are served first, because whatever holds a place keeps it until it is through.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

EPSILON = 1e-9
"""Below this a fraction of a count is rounding."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that every count takes, and what one count needs of each resource for it (none of them zero)."""

    name: str
    needs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StageNight:
    """How the night went at one stage.

    ``done_at`` is the second the last count was through, ``waiting`` the most counts that a second left waiting because
    something was used up, ``scarce`` the resource that held counts up for the most seconds (``None`` where none did).
    """

    stage: str
    done_at: int
    waiting: float
    scarce: str | None


def arrivals(counts: int, window: int) -> Iterator[float]:
    """Counts that are uploaded in each second of a ``window``: rising to its middle and falling again, so that the
    busiest second has twice the average.
    """
    middle = window / 2
    for second in range(window):
        yield counts / middle * (1 - abs(second + 0.5 - middle) / middle)


def night(arriving: Iterable[float], stages: Sequence[Stage], supply: Mapping[str, float]) -> list[StageNight]:
    """Let the counts flow until all are through.

    :param supply: what there is of each resource, a second.
    :raises KeyError: a stage needs something that there is no supply of.
    """
    waiting = [0.0] * len(stages)
    worst, done_at = [0.0] * len(stages), [0] * len(stages)
    held: list[dict[str, int]] = [{} for _ in stages]
    coming, second, more = iter(arriving), 0, True
    while more or any(each > EPSILON for each in waiting):
        come = next(coming, None)
        more = come is not None
        waiting[0] += come or 0.0
        left = dict(supply)
        for place in reversed(range(len(stages))):
            needs = stages[place].needs
            scarce = min(needs, key=lambda name: left[name] / needs[name])
            passed = min(waiting[place], left[scarce] / needs[scarce])
            for name, need in needs.items():
                left[name] = max(0.0, left[name] - passed * need)
            if passed > EPSILON:
                done_at[place] = second + 1
            waiting[place] -= passed
            if waiting[place] > EPSILON:
                held[place][scarce] = held[place].get(scarce, 0) + 1
                worst[place] = max(worst[place], waiting[place])
            if place + 1 < len(stages):
                waiting[place + 1] += passed
        second += 1
    return [
        StageNight(stage.name, done, most, max(seconds, key=lambda name: seconds[name]) if seconds else None)
        for stage, done, most, seconds in zip(stages, done_at, worst, held, strict=True)
    ]


def bound(stages: Iterable[Stage], resource: str, supply: float, window: int) -> float:
    """Counts in a night at which the busiest second takes all there is of a resource."""
    need = sum(stage.needs.get(resource, 0.0) for stage in stages)
    return supply / need * window / 2
