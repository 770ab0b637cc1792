"""The rules doc: exact values, and every problem named with where it stands and what to write."""

from datetime import time
from decimal import Decimal

import pytest

from stkr.domain.errors import RulesError, RulesProblem
from stkr.rules.doc import MAX_ENTRIES, MAX_PROBLEMS, default_rules, parse_rules, read_rules, tolerance_for

pytestmark = pytest.mark.unit


def problems(text: str) -> list[str]:
    """What is wrong with a doc, as people read it."""
    with pytest.raises(RulesError) as raised:
        parse_rules(text)
    return [str(problem) for problem in raised.value.problems]


def test_the_default_is_the_seeds_tolerance_and_mails_nobody() -> None:
    rules = default_rules()
    applied = tolerance_for(rules, "A", "", "aisle")
    assert (applied.units, applied.percent, applied.value, applied.rule) == (
        Decimal(2),
        Decimal(1),
        Decimal(20),
        "default",
    )
    assert rules.locations == {}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "tolerance:\noverrides:\nlocations: ~\noperations: null"])
def test_a_setting_without_a_value_is_the_default(text: str) -> None:
    assert parse_rules(text) == parse_rules("{}")


def test_numbers_are_exact() -> None:
    tolerance = parse_rules("tolerance: {units: 2, percent: 0.1, value: 19.990000001}").tolerance
    assert (tolerance.percent, tolerance.value) == (Decimal("0.1"), Decimal("19.990000001"))


def test_text_stays_as_it_is_written() -> None:
    rules = parse_rules("overrides: [{sku: 00123, units: 1}, {category: no, units: 1}]")
    assert [rule.label for rule in rules.overrides] == ["sku 00123", "category no"]


@pytest.mark.parametrize("written", ["20:00", '"20:00"', "'20:00'"])
def test_a_time_of_day_needs_no_quotes(written: str) -> None:
    quiet = parse_rules(f"quiet_hours: {{from: {written}, to: 7:30}}").quiet_hours
    assert quiet
    assert (quiet.start, quiet.end) == (time(20), time(7, 30))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tolerance: {units: many}", "line 1, column 20: tolerance.units is to be a number alone"),
        ("tolerance:\n  value: £20", "line 2, column 10: tolerance.value is to be a number alone"),
        ("tolerance: {percent: 5%}", "column 22: tolerance.percent is to be a number alone"),
        ("tolerance: {units: -1}", "tolerance.units is below zero"),
        ("tolerance: {units: NaN}", "tolerance.units is to be a number alone"),
        ("tolerance: {units: 1_000}", "tolerance.units is to be a number alone"),
        ("tolerance: {units: 1e3}", "tolerance.units is to be a number alone"),
        ("tolerance: {value: '1,5'}", "tolerance.value is to be written with a point"),
        ("tolerance: {units: [2]}", "tolerance.units is to be a single value"),
        ("tolerance: 5", "column 12: tolerance is to be a group of settings"),
        ("tolerance: {unit: 1}", "column 13: `unit` is not a setting of tolerance; did you mean `units`?"),
        ("tolerance: {zzz: }", "`zzz` is not a setting of tolerance; there is units, percent, value"),
        ("curency: GBP", "line 1, column 1: `curency` is not a setting; did you mean `currency`?"),
        ("time_zone: London", "time_zone is not a time zone name such as Europe/London; did you mean `Europe/London`?"),
        ("time_zone: Europe/Londn", "did you mean `Europe/London`?"),
        ("currency: pounds", "currency is not the code of a currency such as GBP"),
        ("currency: GPB", "did you mean `GBP`?"),
        ("currency: gbp", "did you mean `GBP`?"),
        ("due_days: 0", "due_days is to be at least 1"),
        ("due_days: 61", "due_days is to be at most 60"),
        ("due_days: 2.5", "due_days is to be a whole number"),
        ("due_days: +2", "due_days is to be a whole number"),
        ("max_missing_percent: 101", "max_missing_percent is to be at most 100"),
        ("approver_may_count: no", "approver_may_count is to be true or false: write false"),
        ("approver_may_count: 1", "approver_may_count is to be true or false"),
        ("operations: Ops <operations@example.com>", "operations is not an e-mail address"),
        ("quiet_hours: {from: '25:00', to: '07:00'}", "quiet_hours.from is not a time of day"),
        ("quiet_hours: {from: 1200, to: 07:00}", 'quiet_hours.from is a plain number; write the time in quotes'),
        ("quiet_hours: {from: '20:00:30', to: 07:00}", "quiet_hours.from is not a time of day"),
        ("quiet_hours: {from: '07:00', to: 7:00}", "quiet_hours begin and end at the same time"),
        ("quiet_hours: {from: '07:00'}", "line 1, column 1: quiet_hours lacks `to`"),
        ("quiet_hours:\n  from: '07:00'\n  to:", "line 3, column 3: quiet_hours lacks `to`"),
        ("overrides: {sku: A}", "overrides is to be a list"),
        ("overrides: [A]", "column 13: an entry of overrides is to be a group of settings"),
        ("overrides: [{units: 3}]", "an entry of overrides needs a sku pattern"),
        ("overrides: [{sku: A}]", "an entry of overrides needs at least one of"),
        ("overrides: [{sku: '*', units: 3}]", "overrides.sku fits every SKU"),
        ("locations:\n  aisle:", "line 2, column 3: locations.aisle is empty"),
        ("locations:\n  aisle:\n    name: Aisle", "line 2, column 3: locations.aisle lacks `approver`"),
        ("locations: {'a/b': {name: A, approver: {name: P, email: p@example.com}}}", "`a/b` is not a location's key"),
        ("- a list", "the doc is to be a group of settings"),
        ("just text", "the doc is to be a group of settings"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_stands(text: str, told: str) -> None:
    (problem,) = problems(text)
    assert told in problem


PLACE = """\
locations:
  aisle:
    name: Aisle
    approver: {name: Priya, email: priya@example.com}
    escalation: {name: Morgan, email: morgan@example.com}
    counters:
      - {name: Sam, email: sam@example.com}
      - {name: Ola, email: ola@example.com}
"""


@pytest.mark.parametrize(
    "address",
    [
        "nobody", "a@b", "a b@example.com", "@x.com", "a@", "a@@example.com", ".a@example.com", "a..b@example.com",
        "a.@example.com", "a@-x.example", "a@example..com", "a@example.com.", "a@example.c", "a@example.123",
        "käthe@example.com", "a@example.com, b@example.com", f"{'a' * 65}@example.com", f"a@{'b' * 60}.{'c.' * 96}com",
    ],
)  # fmt: skip
def test_an_address_that_no_mail_would_reach_is_named_but_not_repeated(address: str) -> None:
    (problem,) = problems(PLACE.replace("ola@example.com", f'"{address}"'))
    assert (
        problem
        == "line 8, column 28: locations.aisle.counters.email is not an e-mail address such as priya@example.com"
    )


@pytest.mark.parametrize("address", ["o'neil+stock@sub.example.com", "a@x.co", "A.B@EXAMPLE.COM", "1@2.example"])
def test_an_address_that_mail_may_reach_is_taken(address: str) -> None:
    assert parse_rules(f'operations: "{address}"').operations == address


def test_all_mistakes_are_told_at_once_in_the_order_of_the_doc() -> None:
    overrides = "overrides:\n  - {sku: 'A*', units: -1}\n  - {sku: 'B*', units: 1}\n  - {sku: '*B', units: 1}\n"
    told = problems(f"{PLACE.replace('approver', 'aprover')}{overrides}currency: x\ncurrency: GBP")
    assert [problem.split(", ")[0] for problem in told] == [f"line {line}" for line in (2, 4, 10, 12, 13, 14)]


def test_a_setting_that_is_there_twice_is_refused_with_both_lines() -> None:
    assert problems("due_days: 2\ncurrency: GBP\ndue_days: 3") == [
        "line 3, column 1: `due_days` is there twice, first in line 1: take one out"
    ]


def test_the_escalation_contact_is_somebody_else_than_the_approver() -> None:
    (problem,) = problems(PLACE.replace("morgan@", "Priya@"))
    assert problem.startswith("line 5, column 39: the escalation contact has the approver's address")


def test_nobody_is_reminded_twice_of_the_same_count() -> None:
    (problem,) = problems(PLACE.replace("ola@", "SAM@"))
    assert problem == "line 8, column 28: this address is among the counters already, in line 7"


def test_an_approver_may_be_a_counter_and_people_may_serve_several_locations() -> None:
    doc = PLACE.replace("ola@", "priya@") + PLACE.replace("locations:\n", "").replace("aisle:", "yard:")
    assert list(parse_rules(doc).locations) == ["aisle", "yard"]


def test_locations_that_differ_only_in_case_are_refused() -> None:
    (problem,) = problems(PLACE + PLACE.replace("locations:\n", "").replace("aisle:", "Aisle:"))
    assert problem == "line 9, column 3: this location differs from `aisle` only in upper and lower case"


def test_an_override_for_a_location_that_is_not_there_is_refused_unless_there_are_none() -> None:
    override = "overrides:\n  - {location: aisel, units: 1}\n"
    (problem,) = problems(PLACE + override)
    assert problem == "line 10, column 16: there is no location of this name; did you mean `aisle`?"
    assert parse_rules(override).overrides
    assert parse_rules(PLACE + override.replace("aisel", "AISLE")).overrides


def test_a_doc_that_is_wrong_all_over_is_not_told_without_end() -> None:
    assert len(problems("\n".join(f"setting{number}: 1" for number in range(1000)))) == MAX_PROBLEMS
    too_many = "\n".join(f"  - {{sku: A{number}, units: 1}}" for number in range(MAX_ENTRIES + 1))
    assert problems(f"overrides:\n{too_many}") == [f"line 2, column 3: overrides has more than {MAX_ENTRIES} entries"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"x" * 100_001, RulesProblem("the rules doc is larger than 100 kB; is this the right file?")),
        (b"a: 1\nb: \xe9", RulesProblem("the rules doc is not UTF-8 text; save it as UTF-8", 2, 1)),
    ],
)
def test_a_file_that_is_no_text_of_a_sensible_size_is_refused_unread(content: bytes, problem: RulesProblem) -> None:
    with pytest.raises(RulesError) as raised:
        read_rules(content)
    assert raised.value.problems == (problem,)


def test_what_windows_editors_write_is_read() -> None:
    assert read_rules(b"\xef\xbb\xbfcurrency: EUR\r\ndue_days: 3\r\n").currency_sign == "€"


def test_a_name_is_on_one_line_without_marks_that_turn_it_around_and_can_be_seen() -> None:
    def doc(name: str) -> str:
        place = f'{{name: "{name}", approver: {{name: "{name}", email: priya@example.com}}}}'
        return f"locations:\n  aisle: {place}\n"

    aisle = parse_rules(doc(r"Fixings\r\nBcc: x\u202e\0")).locations["aisle"]
    assert (aisle.name, aisle.approver.name) == ("Fixings Bcc: x", "Fixings Bcc: x")
    with pytest.raises(RulesError, match="has no character that can be seen"):
        parse_rules(doc(r"\0\x07"))
