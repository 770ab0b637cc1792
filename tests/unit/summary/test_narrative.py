"""What the summary says in sentences, and what a model is not allowed to."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.model import NARRATIVE
from stkr.summary.narrative import MAX_CHARS, check_narrative, phrases, plain_narrative, prompt
from tests.unit.summary.counts import decision, facts, november, session

pytestmark = pytest.mark.unit

FACTS = november()
NOTHING = facts()
SIGN = "\u00a3"

GOOD = (
    "In {month} the shop made {counts}, with {lines_counted} and {accuracy_by_lines}; that is {accuracy_change}.\n\n"
    "Managers dealt with {approved} and {rejected}, and {cause_shrinkage} stand beside {cause_miscount}. "
    "What still needs attention is {waiting}, and {short_again}."
)


LONG = f"{GOOD} It is {'very ' * (MAX_CHARS // 5)}near {{overdue}}."


def test_the_phrases_are_put_where_the_model_named_them() -> None:
    assert check_narrative(GOOD, FACTS, SIGN) == (
        "In November 2026 the shop made 1 count, with 2,142 lines counted and an accuracy by lines of 93.4%; that is "
        "an accuracy by lines 3.4 percentage points better than in October 2026.",
        "Managers dealt with 2 variances approved and 1 variance rejected, and 1 variance worth \u00a316.80 labelled "
        "shrinkage stand beside 1 variance worth \u00a31,200.01 labelled miscount. What still needs attention is 2 "
        "variances waiting for a decision, and 1 item short again within 3 months.",
    )


@pytest.mark.parametrize(
    "said",
    [
        # figures of its own, however they are written
        "That makes 142 of them.",
        "It rose by 3.4%.",
        "There were twelve of them.",
        "There were Seventeen of them.",
        "There were twenty-one of them.",
        "There was one of them.",
        "There were a dozen of them.",
        "There were two-thirds of them.",
        "It was half of them.",
        "It was a quarter of them.",
        "The value doubled.",
        "It is a tenfold of it.",
        "It happened twice.",
        "It is the third such month.",
        "There were XII of them.",
        "There were xiv of them.",
        "There were \u0661\u0662 of them.",
        "There were \uff11\uff12 of them.",
        "There were \u216b of them.",
        "There were \u00bd of them.",
        "It cost pounds.",
        # claims of size, denials and estimates
        "Most of it agreed.",
        "All shelves were visited.",
        "It went up.",
        "It was better than before.",
        "There is nothing to do.",
        "It isn't so.",
        "It isn\u2019t so.",
        "There were not {material_variances} at hand.",
        "There were about {material_variances} at hand.",
        "There were over {material_variances} at hand.",
        "The main cause is known.",
        "The bulk of it is known.",
        "The value is steady.",
        "Losses soared.",
        "Shrinkage leads it.",
        "It is a small matter.",
        "It is a considerable matter.",
        "It is a slight slip.",
        "Accuracy is high.",
        "It is a low figure.",
        "Shelves are often short.",
        "It is always so.",
        "Accuracy worsened.",
        "It slipped.",
        "The pace slowed.",
        "The matter is an average one.",
        # whose fault it was
        "It is theft.",
        "Somebody stole it.",
        "Staff were careless.",
        # months, names, and what was never told
        "That was in October.",
        "That was so in May.",
        "December looks good.",
        "Please thank Priya for it.",
        "Look at BOLT first.",
        "It was {sales}.",
        "It was {Material_variances}.",
        "It was {material_variances .",
        "It was {0}.",
        # a phrase bent into something else
        "It was non-{material_variances}.",
        "It was un{material_variances}.",
        "It was {material_variances}ish.",
        "It was {material_variances} {minor_variances}.",
        "It was {material_variances}{minor_variances}.",
        "{material_variances} were there.",
        "It was {counts}.",  # a second time
        # links, mark-up, and what is no prose
        "See https://example.com for it.",
        "See example.com for it.",
        "Write to boss@example.com.",
        "<b>Well done.</b>",
        "[Well done](x).",
        "Well done \U0001f389.",
        "Ignore the rest: /etc/passwd.",
        "* a point.",
    ],
)
def test_a_text_with_a_claim_of_its_own_a_name_a_link_or_mark_up_is_not_taken(said: str) -> None:
    assert beside_a_phrase("It was so.") is not None
    assert beside_a_phrase(said) is None


def beside_a_phrase(said: str) -> tuple[str, ...] | None:
    """What becomes of a text with such a sentence, which holds a phrase as every one has to."""
    return check_narrative(f"{GOOD} {said.removesuffix('.')} beside {{overdue}}.", FACTS, SIGN)


@pytest.mark.parametrize("said", ["It is well.", "Somebody took it home; somebody knows.", "It is well ()."])
def test_a_sentence_without_a_phrase_is_a_claim_of_its_own_and_not_taken(said: str) -> None:
    assert check_narrative(f"{GOOD} {said}", FACTS, SIGN) is None
    assert check_narrative(f"{said} {GOOD}", FACTS, SIGN) is None


def test_a_text_that_does_not_end_as_a_sentence_is_not_taken() -> None:
    assert check_narrative(GOOD.removesuffix("."), FACTS, SIGN) is None


@pytest.mark.parametrize(
    "said",
    [
        "Managers may look at {overdue} as well.",
        "Also on the list is {unbooked}.",
        "Behind these figures is a mild kind of slip, as did occur at {minor_variances}.",
        "Together they came to {value_caught} and {net_value}; for managers, that's {value_caught_change}.",
    ],
)
def test_plain_words_around_a_phrase_are_taken(said: str) -> None:
    assert check_narrative(f"{GOOD} {said}", FACTS, SIGN) is not None


@pytest.mark.parametrize("text", ["", "   ", "All is well.", "In {month} there was {counts}.", LONG])
def test_a_text_that_is_missing_too_thin_or_too_long_is_not_taken(text: str) -> None:
    assert check_narrative(text, FACTS, SIGN) is None


def test_a_text_is_judged_by_its_length_once_its_phrases_are_in_it() -> None:
    assert check_narrative(LONG.replace("very ", "", 150), FACTS, SIGN) is not None


_NAMES = st.sampled_from([f"{{{name}}}" for name in phrases(FACTS, SIGN)])
_WORDS = st.text() | st.sampled_from("the shop made 12 twelve \u0663 no In . , managers saw".split())


@given(st.lists(_NAMES | _WORDS, max_size=30).map(" ".join))
def test_whatever_a_model_says_no_figure_comes_out_that_was_not_put_there(text: str) -> None:
    taken = check_narrative(text, FACTS, SIGN)

    if taken is not None:
        rest = " ".join(taken)
        for name in re.findall(r"\{([a-z_]+)\}", text):
            rest = rest.replace(phrases(FACTS, SIGN)[name], "", 1)
        assert not any(char.isnumeric() for char in rest)


def test_what_the_demos_stand_in_for_the_model_says_is_taken() -> None:
    assert check_narrative(NARRATIVE, FACTS, SIGN) is not None


def test_the_model_is_told_figures_only_and_nothing_a_stranger_could_have_typed() -> None:
    told = prompt(FACTS, SIGN)

    for typed in ("BOLT", "Item", "ixings", "Priya", "Sam"):
        assert typed not in told
    assert "2 variances approved" in told


def test_a_phrase_holds_no_brace_that_would_be_taken_for_a_name() -> None:
    assert not any("{" in phrase or "}" in phrase for phrase in phrases(FACTS, SIGN).values())


def test_the_plain_text_says_the_same_every_time() -> None:
    assert plain_narrative(FACTS, SIGN) == (
        "1 count, 2,142 lines counted, with an accuracy by lines of 93.4% and an accuracy by value of 98%. That is an "
        "accuracy by lines 3.4 percentage points better than in October 2026. There were 37 variances sent to a "
        "manager and 110 minor variances.",
        "2 variances approved, 1 variance rejected: variances worth \u00a31,216.81 caught, stock worth \u00a31,183.21 "
        "more on the books. The causes: 1 variance worth \u00a31,200.01 labelled miscount; 1 variance worth "
        "\u00a316.80 labelled shrinkage.",
        "To look at: 1 item short again within 3 months; 1 location not counted as a whole in time; 2 approved "
        "adjustments not booked yet; 2 variances waiting for a decision.",
    )


def test_a_month_without_a_count_says_so() -> None:
    counted = replace(NOTHING, places=())

    assert plain_narrative(counted, SIGN) == ("Nothing was counted this month.",)


def test_figures_that_are_not_known_are_not_spoken_of() -> None:
    old = session("a", "2026-11-07T09:00:00.000000Z", counted=10)
    unknown = replace(facts([old]), figures=replace(facts([old]).figures, in_agreement=None, system_value=None))

    assert not {"accuracy_by_lines", "accuracy_by_value", "accuracy_change"} & phrases(unknown, SIGN).keys()
    assert "accuracy" not in " ".join(plain_narrative(unknown, SIGN))


def test_a_month_is_compared_with_the_one_right_before_it_and_with_no_other() -> None:
    november_count = session("a", "2026-11-07T09:00:00.000000Z", counted=10, counted_in_agreement=8)
    october_count = session("b", "2026-10-07T09:00:00.000000Z", counted=10, counted_in_agreement=9)
    september_count = session("c", "2026-09-07T09:00:00.000000Z", counted=10, counted_in_agreement=9)
    caught = decision("b", "BOLT", "2026-10-22T10:00:00.000000Z", -20)

    told = phrases(facts([november_count, october_count], [caught]), SIGN)
    assert told["accuracy_change"] == "an accuracy by lines 10 percentage points worse than in October 2026"
    assert told["value_caught_change"] == "\u00a37.00 less caught than in October 2026"
    assert "accuracy_change" not in phrases(facts([november_count, september_count]), SIGN)
