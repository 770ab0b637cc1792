"""Files of the shapes that other systems and people make: nothing is counted that a careful person would not count."""

from decimal import Decimal

import pytest

from tests.unit.capture.cases_report import CASES, Case, Outcome, Verdict, all_cases, judge, outcome_of

pytestmark = pytest.mark.unit

RENAME = "'Cartons' may be the count: name the count column counted_qty"


def case(refuse: str, *, bad_advice: bool = False) -> Case:
    """Two items of a file that is there, with another expectation."""
    expected = {
        "input": "input.csv",
        "inventory": "../shop.csv",
        "right": {"TEA-80": "48", "BIS-400": "48"},
        "refuse": refuse,
        "bad_advice": bad_advice,
    }
    return Case(CASES / "cartons_only", expected)


def counted(tea: str, *, parked: int | None = None) -> Outcome:
    rows = [] if parked is None else [{"row": parked, "reason": "unknown_unit"}]
    return Outcome(counted={"TEA-80": Decimal(tea)}, parked=rows)


def test_every_folder_of_the_cases_has_an_expected_outcome() -> None:
    assert {case.folder for case in all_cases()} == {path for path in CASES.iterdir() if path.is_dir()}


@pytest.mark.parametrize(
    ("refuse", "outcome", "verdict"),
    [
        ("safe", Outcome(counted={"TEA-80": Decimal("48.0"), "BIS-400": Decimal(48)}), Verdict.RIGHT),
        ("safe", counted("48", parked=3), Verdict.SAFE),
        ("wrong", counted("48", parked=3), Verdict.TOO_STRICT),
        ("safe", counted("4", parked=3), Verdict.WRONG),
        # The row of BIS-400, the third, is neither counted nor parked.
        ("safe", counted("48"), Verdict.WRONG),
        ("safe", counted("48", parked=2), Verdict.WRONG),
        ("safe", Outcome(counted={"COF-250": Decimal(1)}), Verdict.WRONG),
        ("safe", Outcome(refusal="which column?"), Verdict.SAFE),
        ("right", Outcome(refusal="which column?"), Verdict.RIGHT),
        ("wrong", Outcome(refusal="which column?"), Verdict.TOO_STRICT),
        ("safe", Outcome(refusal=RENAME), Verdict.SAFE),
    ],
)
def test_an_outcome_is_judged_by_what_a_careful_person_would_count(
    refuse: str, outcome: Outcome, verdict: Verdict
) -> None:
    assert judge(case(refuse), outcome).verdict is verdict


def test_a_refusal_that_talks_people_into_a_wrong_figure_is_wrong() -> None:
    assert judge(case("safe", bad_advice=True), Outcome(refusal=RENAME)).verdict is Verdict.WRONG


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.folder.name)
def test_no_figure_of_a_file_is_silently_wrong_and_what_is_plain_is_read(case: Case) -> None:
    judgement = judge(case, outcome_of(case))

    assert judgement.verdict in (Verdict.RIGHT, Verdict.SAFE), f"{judgement.verdict}: {judgement.why}"
