"""What operations are told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stkr.domain.inventory import Unbooked, UnbookedRow
from stkr.domain.names import Instant
from stkr.domain.session import Session, SessionStatus
from stkr.sweep.report import LEFT_AFTER, MAX_TABLE_ROWS, Findings, ReportTable, tables_of, title
from tests.unit.web.samples import RULES, line, uncounted

pytestmark = pytest.mark.unit

COUNTED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NOW = COUNTED + LEFT_AFTER


def session(**stands: object) -> Session:
    opened = {
        "session_id": "s1", "location": "fixings-aisle", "counter": "Sam", "opened_at": "2026-11-21T09:00:00.000000Z",
        "status": SessionStatus.OPEN,
    }  # fmt: skip
    return Session.model_validate({**opened, **stands})


UPLOADED = {"captured_at": "2026-11-21T09:00:00.000000Z", "capture_seq": 1, "captured_seq": 1}
RECONCILED = {**UPLOADED, "reconciled_seq": 1, "status": SessionStatus.RECONCILED}


def reported(now: datetime = NOW, **findings: object) -> dict[str, list[tuple[str, str]]]:
    return {table.title: list(table.rows) for table in tables_of(Findings(**findings), RULES, now)}  # type: ignore[arg-type]  # by name


def test_where_all_is_well_there_is_nothing_to_tell() -> None:
    well = session(**RECONCILED, rows={"counted": 5, "parked": 0})
    assert reported(sessions=[well], queued=[line(), uncounted(cause=None)]) == {}


@pytest.mark.parametrize(
    ("stands", "state"),
    [
        ({}, "opened Sat 21 Nov 2026, nothing uploaded"),
        ({**UPLOADED, "rows": {"counted": 0, "parked": 0}}, "uploaded Sat 21 Nov 2026, but no item is counted in it"),
    ],
    ids=["never uploaded to", "nothing counted"],
)
def test_a_count_that_was_left_open_is_told_after_some_days(stands: dict[str, object], state: str) -> None:
    left = session(**stands, zone="Bulk")
    expected = {"Counts that were left open": [("Fixings aisle, Bulk, s1", state)]}
    assert reported(sessions=[left]) == expected
    assert reported(NOW - timedelta(seconds=1), sessions=[left]) == {}


@pytest.mark.parametrize(
    "stands",
    [{"capture_seq": 1}, {**UPLOADED, "rows": {"counted": 4}}, {**RECONCILED, "capture_seq": 2}],
    ids=["not read", "not reconciled", "correction not read"],
)
def test_an_upload_that_got_stuck_is_told_once_its_retries_are_over(stands: dict[str, object]) -> None:
    expected = {"Uploads that did not become variances": [("Fixings aisle, s1", "since Sat 21 Nov 2026")]}
    assert reported(COUNTED + timedelta(hours=1), sessions=[session(**stands)]) == expected
    assert reported(COUNTED + timedelta(minutes=59), sessions=[session(**stands)]) == {}


def test_rows_that_stay_parked_are_told_with_their_session() -> None:
    parked = session(**RECONCILED, rows={"counted": 5, "parked": 3})
    assert reported(sessions=[parked]) == {
        "Parked rows that nobody has mended": [("Fixings aisle, s1", "3 rows since Sat 21 Nov 2026")]
    }
    assert reported(NOW - timedelta(seconds=1), sessions=[parked]) == {}


def test_labels_that_never_came_are_told_by_session_and_only_where_one_was_to_come() -> None:
    queued = [
        line(cause=None, session_id=name, queued_at=f"2026-11-{day}T09:00:00.000000Z")
        for name, day in (("s2", 20), ("s1", 19), ("s2", 18), ("s1", 24))
    ]
    assert reported(queued=[*queued, line(), uncounted()]) == {
        "Variances whose likely cause never came": [
            ("Fixings aisle, s1", "1 variance since Thu 19 Nov 2026"),
            ("Fixings aisle, s2", "2 variances since Wed 18 Nov 2026"),
        ]
    }


def test_variances_that_nobody_is_asked_about_are_told() -> None:
    gone = line(location="attic")
    assert reported(queued=[gone, gone, line()], undecidable=["s2"]) == {
        "Variances that nobody is asked about": [
            ("attic", "2 variances; the rules doc does not have this location"),
            ("s2", "whoever could decide has counted it"),
        ]
    }


def test_unsent_mails_are_told_by_location() -> None:
    assert reported(unsent={"paint-aisle": 2, "fixings-aisle": 1}) == {
        "Mails that could not be sent": [("Fixings aisle", "1 mail"), ("Paint aisle", "2 mails")]
    }


def test_of_a_long_list_the_report_says_how_much_it_leaves_out() -> None:
    since = "2026-11-01T09:00:00.000000Z"
    units = (Unbooked(id="a", units=Decimal(-2), at=since), Unbooked(id="b", units=Decimal(5), at=since))
    waiting = [
        UnbookedRow("paint-aisle", f"S{number:02}", "Paint", units, Instant(since))
        for number in range(MAX_TABLE_ROWS + 2)
    ]
    [rows] = reported(unbooked=waiting).values()
    assert rows[0] == ("Paint aisle, S00: Paint", "+3 since Sun 1 Nov 2026")
    assert rows[MAX_TABLE_ROWS:] == [("and others", "2 more")]
    [exact] = reported(unbooked=waiting[:MAX_TABLE_ROWS]).values()
    assert len(exact) == MAX_TABLE_ROWS


def test_the_subject_is_the_first_matter_and_how_many_there_are_beside_it() -> None:
    matters = [ReportTable(name, [("a", "b")]) for name in ("Left", "Parked", "Stuck")]
    assert title(matters[:1]) == "Left"
    assert title(matters[:2]) == "Left, and 1 other matter"
    assert title(matters) == "Left, and 2 other matters"
