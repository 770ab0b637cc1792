"""A doc is as large as it looks, and what is not YAML is said in plain words where it stands."""

from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.domain.errors import RulesError
from stkr.rules.doc import Rules, parse_rules
from stkr.rules.yamldoc import read_yaml

pytestmark = pytest.mark.unit

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tolerance:\n\tunits: 2", "line 2, column 1: there is a tab here"),
        ("a: b: c", "line 1, column 5: there is a colon too many"),
        ("a: 1\n  b: 2", "line 2, column 4: there is a colon too many"),
        ("currency: GBP\ntime_zone UTC\n", "line 2, column 1: a colon is missing"),
        ("a:\n  b: 1\n c: 2", "line 3, column 2: the indentation does not fit"),
        ("x: 1\na: {b: 1", "line 2, column 4: a brace is not closed"),
        ("a: [b, c", "line 1, column 4: a bracket is not closed"),
        ("a: 1\nb: 'text\nc: 2", "line 2, column 4: a quote is not closed"),
        ('a: "\\d"', "a backslash in"),
        ("a: @home", "line 1, column 4: a text that begins with this character belongs in quotes"),
        ("a: 1\nb: \x07", "line 2, column 4: there is a control character here"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a line of --- begins another doc"),
        ("a: *", "line 1, column 5: a text that begins with * or & belongs in quotes"),
        ("sku: *-18V", "line 1, column 6: anchors and aliases are not read"),
        (BOMB, "line 1, column 4: anchors and aliases are not read"),
        ("a: &a\n  b: *a", "anchors and aliases are not read"),
        ("a: !!float 1.0", "line 1, column 4: tags are not read"),
        ("a: !!python/object/apply:os.system [ls]", "line 1, column 4: tags are not read"),
        ("[" * 100_000, "line 1, column 13: this is nested too deeply"),
        ("\n".join(" " * depth + "a:" for depth in range(400)), "this is nested too deeply"),
    ],
)
def test_what_is_not_read_is_said_in_plain_words_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(RulesError) as raised:
        read_yaml(text)
    (problem,) = raised.value.problems
    assert told in str(problem)


def test_nothing_is_resolved() -> None:
    text = "{a: 1.0, b: 20:00, c: no, d: 0x1F, e: 2026-11-24, f: '', g: null, h: '~', <<: {i: 1}}"
    assert read_yaml(text).content == {
        "a": "1.0", "b": "20:00", "c": "no", "d": "0x1F", "e": "2026-11-24", "f": "", "g": None, "h": "~",
        "<<": {"i": "1"},
    }  # fmt: skip


def test_a_name_that_is_a_list_is_refused() -> None:
    assert [str(problem) for problem in read_yaml("? [a, b]\n: 1\nc: 2").problems] == [
        "line 1, column 3: a name is expected before the colon"
    ]


names = st.text("abcdef", min_size=1, max_size=6)
contents = st.recursive(
    st.text("abc123", min_size=1, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


def written(content: Any) -> list[str]:
    """Block style, one name or entry a line, each text in quotes."""
    if isinstance(content, str):
        return [f'"{content}"']
    lines = []
    entries = content.items() if isinstance(content, dict) else [(None, item) for item in content]
    for name, inner in entries:
        head = "-" if name is None else f"{name}:"
        below = written(inner)
        flat = isinstance(inner, str) or not inner
        lines += [f"{head} {below[0]}"] if flat else [head, *(f"  {line}" for line in below)]
    return lines or ["[]" if isinstance(content, list) else "{}"]


@given(st.dictionaries(names, contents, min_size=1, max_size=4))
def test_every_name_is_found_in_the_line_that_it_stands_in(content: dict[str, Any]) -> None:
    lines = written(content)
    document = read_yaml("\n".join(lines))
    assert document.content == content
    for where, place in document.names.items():
        assert lines[place.line - 1][place.column - 1 :].startswith(f"{where[-1]}:")
    for where, place in document.values.items():
        text: Any = reduce(getitem, where, content)  # type: ignore[arg-type]  # lists and mappings alike
        begins = f'"{text}"' if isinstance(text, str) else ""
        assert lines[place.line - 1][place.column - 1 :].startswith(begins)


@given(st.text(max_size=200) | st.text("ab:-[]{}#&*!|>'\"%@`\n\t ?,", max_size=60))
def test_any_text_is_read_or_refused_with_problems(text: str) -> None:
    try:
        read: Rules | RulesError = parse_rules(text)
    except RulesError as error:
        read = error
    if isinstance(read, RulesError):
        lines = 1 + sum(text.count(end) for end in "\n\r\x85\u2028\u2029")
        assert read.problems
        assert all(problem.text and 1 <= problem.line <= lines for problem in read.problems)
    else:
        assert read == Rules()
