"""The events under events/ are what the tests and `make invoke` replay: each is taken by its function."""

import pytest

from local.events import EVENTS, cases
from tests.handlers.world import World
from tests.template.stack import FUNCTIONS

pytestmark = pytest.mark.handlers

EXPECTED_STATUS = {
    ("approve", "tampered"): 403,
    ("approve", "wrong-url"): 403,
    ("session", "open"): 303,
    ("session", "show-summary"): 404,  # nobody has summed up the month yet
    ("session", "summary-csv"): 404,
}


def test_every_function_has_events() -> None:
    assert {function for function, _ in cases()} == set(FUNCTIONS)


@pytest.mark.parametrize(("function", "case"), cases(), ids=[f"{function} {case}" for function, case in cases()])
def test_an_event_is_taken_by_its_function(world: World, function: str, case: str) -> None:
    world.counted()
    answer = world.replay(function, case)
    if function in {"approve", "session"}:
        assert answer["statusCode"] == EXPECTED_STATUS.get((function, case), 200)
    elif function == "capture":
        assert len(answer["batchItemFailures"]) == (case == "one-of-two-unreadable")


def test_the_bolts_are_labelled_by_cause_alone(world: World) -> None:
    [label] = world.replay("cause", "bolts")["labels"]
    assert (label["ref"], label["cause"]) == ("BOLT-M6-50", "shrinkage")
    assert label["rationale"]


def test_no_event_names_anything_but_placeholders_where_a_token_belongs() -> None:
    for path in EVENTS.glob("*/*.json"):
        assert "eyJ" not in path.read_text("utf-8").replace("eyJ2IjoxfQ.AAAA", ""), path
