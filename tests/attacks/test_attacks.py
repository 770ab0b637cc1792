"""No attempt of any family gets in, and none breaks anything; the genuine link of each entrance does get in."""

from collections.abc import Callable, Iterator

import pytest

from stkr.tabular.csv_out import csv_text
from tests.attacks import files, names, requests, tokens
from tests.attacks.attacker import Attacker, Attempt
from tests.attacks.tokens import ENTRANCES, token_for
from tests.unit.capture.workbooks import workbook

pytestmark = pytest.mark.attacks

LINKS = (
    tokens.changed_characters,
    tokens.truncated,
    tokens.flipped_bits,
    tokens.respelled,
    tokens.forged,
    tokens.edited,
    tokens.other_kinds,
    tokens.other_stacks,
    tokens.expired,
    tokens.old_keys,
    tokens.endless,
    tokens.replayed,
)
REQUESTS = (
    requests.methods,
    requests.paths,
    requests.parameters,
    requests.bodies,
    requests.headers,
    requests.other_counts,
    requests.uploads,
)
NAMES = (
    names.hostile_names,
    names.orders_to_the_model,
    names.answers_of_a_model,
    names.hostile_addresses,
)
Family = Callable[[Attacker], Iterator[Attempt]]
Keep = Callable[[str, list[Attempt]], None]


def name_of(family: Family) -> str:
    return family.__name__.replace("_", " ")


def hold(family: Family, attacker: Attacker, tried: Keep) -> None:
    """Try a family, keep what came of it, and demand that all was refused."""
    attempts = list(family(attacker))
    tried(name_of(family), attempts)
    assert attempts
    assert [one for one in attempts if not one.refused] == []


@pytest.mark.parametrize("family", [*LINKS, *REQUESTS], ids=name_of)
def test_nobody_gets_in_without_a_genuine_link_of_that_entrance(
    family: Family, attacker: Attacker, tried: Keep
) -> None:
    attacker.world.counted()
    attacker.world.replay("summary", "monthly")
    hold(family, attacker, tried)


@pytest.mark.parametrize("family", NAMES, ids=name_of)
def test_no_name_acts_where_it_is_shown_sent_or_asked_about(family: Family, attacker: Attacker, tried: Keep) -> None:
    attacker.world.counted()
    hold(family, attacker, tried)


def test_no_file_exhausts_or_misleads_whoever_reads_it(attacker: Attacker, tried: Keep) -> None:
    attacker.world.stock()
    hold(files.hostile_files, attacker, tried)


def test_the_genuine_link_of_each_entrance_opens_it(attacker: Attacker) -> None:
    attacker.world.counted()
    attacker.world.replay("summary", "monthly")
    # The first of them approves, so that the other links of that variance find it decided.
    expected = {"approve": 200, "reject": 409, "look at a variance": 409, "open a count": 303}
    for entrance in ENTRANCES:
        answer = attacker.carry(entrance, token_for(attacker, entrance))
        assert answer.status == expected.get(entrance.name, 200)
        assert bool(answer.writes) == (entrance.name in {"approve", "open a count"})


@pytest.mark.parametrize("text", names.HOSTILE["formulas"])
def test_no_text_becomes_a_formula_of_a_csv(text: str) -> None:
    assert not names.calculates(csv_text(("name",), [(text,)]).encode("utf-8-sig"))


def test_a_page_a_table_or_a_workbook_that_acts_is_noticed() -> None:
    for page in names.HOSTILE["HTML"][:4]:
        assert names.page_acts(f"<p>{page}</p>")
    assert names.page_acts('<a href="javascript:alert(1)">x</a>')
    assert not names.page_acts('<p>&lt;script&gt;</p><a href="https://example.com/">x</a>')
    assert names.calculates(b"a,b\n1,=1+1\n")
    assert not names.calculates(b"a,b\n-1,'=1+1\n")
    assert names.workbook_calculates(workbook([["SKU", "=1+1"]]))
    assert not names.workbook_calculates(workbook([["SKU", "Counted"]]))
