"""The trail refuses to be written over, and all the code that writes it is the request that refuses.

IAM cannot demand a condition of a put, so that a role which may add a row may also replace one. What holds it is here.
"""

import re
from decimal import Decimal

import pytest

from stkr.domain.counted import LineKind
from stkr.domain.line import Line, LineState
from stkr.domain.names import Instant
from stkr.domain.trail import TrailAction, TrailEntry
from stkr.domain.variance import Materiality
from stkr.store.dynamodb import pause, transact
from stkr.store.trail import append, read_trail
from tests.deployment import stack
from tests.template.stack import FUNCTIONS, ROOT

TABLE = "shop-adjustments"
NOON = Instant("2026-11-21T12:00:00.000000Z")

LINE = Line(
    session_id="2026-11-21-count", sku="BOLT-M6-50", name="Bolts", location="fixings-aisle", kind=LineKind.COUNTED,
    materiality=Materiality.MATERIAL, state=LineState.QUEUED, system_qty=Decimal(480), snapshot_version=1, revision=100,
    rule="default", capture_seq=1, counted_qty=Decimal(432), gap_units=Decimal(-48), gap_value=Decimal("-16.80"),
)  # fmt: skip


def entry(action: TrailAction, user: str) -> TrailEntry:
    return TrailEntry(action, NOON, user, LINE, LINE.system_qty, LINE.qty_after)


@pytest.mark.adapters
@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize("action", TrailAction)
def test_a_row_of_the_trail_is_never_written_over(action: TrailAction) -> None:
    assert transact([append(TABLE, entry(action, "Priya"))], pause) == ["done"]
    assert transact([append(TABLE, entry(action, "Somebody else"))], pause) == ["condition"]
    [row] = read_trail(TABLE, LINE.sku)
    assert (row.user, row.action, row.units) == ("Priya", action, Decimal(-48))


@pytest.mark.adapters
@pytest.mark.usefixtures("deployment")
def test_the_two_rows_of_one_tap_do_not_collide() -> None:
    both = [append(TABLE, entry(action, "Priya")) for action in (TrailAction.APPROVED, TrailAction.POSTED)]
    assert transact(both, pause) == ["done", "done"]
    assert [row.action for row in read_trail(TABLE, LINE.sku)] == ["approved", "posted"]


@pytest.mark.unit
def test_every_module_that_is_told_the_trails_table_hands_it_to_the_request_that_adds_a_row() -> None:
    package = ROOT / "layers" / "common" / "stkr"
    texts = {path: path.read_text("utf-8") for folder in (package, ROOT / "functions") for path in folder.rglob("*.py")}
    naming = {path.relative_to(package).as_posix() for path, text in texts.items() if "adjustments_table" in text}
    assert naming == {"infra/settings.py", "variance/shell.py", "approval/shell.py"}
    for module in naming - {"infra/settings.py"}:
        uses = re.findall(r"(\w*\(?)settings\.adjustments_table", texts[package / module])
        assert set(uses) == {"append("}, module


@pytest.mark.template
def test_only_the_functions_that_add_to_the_trail_are_told_its_table() -> None:
    told = {name for name in FUNCTIONS if "ADJUSTMENTS_TABLE" in stack().function(name)["Environment"]["Variables"]}
    assert told == {"variance", "approve"}
