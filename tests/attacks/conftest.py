"""The attacker of a shop, and the report of `make attacks`."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.attacker import Attacker, Attempt
from tests.attacks.report import PROOF, report
from tests.handlers.conftest import world  # noqa: F401 - a fixture, found by its name
from tests.handlers.world import World
from tests.shop.quick import quicken_tables

_ALL = os.environ.get("STKR_ATTACKS") == "all"
_FEW = 89
"""Every so many generated attempts are made in the ordinary tests; a prime, so that no position is always left out."""


@pytest.fixture
def attacker(world: World, monkeypatch: pytest.MonkeyPatch) -> Attacker:  # noqa: F811 - the fixture
    """The shop with every call of its handlers watched, and no count yet."""
    quicken_tables(monkeypatch)
    return Attacker(world, monkeypatch, every=1 if _ALL else _FEW)


@pytest.fixture(scope="session")
def tried(request: pytest.FixtureRequest) -> Iterator[Callable[[str, list[Attempt]], None]]:
    """Keeps what was tried for the report, which only `make attacks` writes: the other tests try a part."""
    families: dict[str, list[Attempt]] = {}
    yield families.__setitem__
    if _ALL:
        PROOF.write_text(report(families, request.session.testsfailed), "utf-8")
