"""YAML as plain text, lists and mappings, with the line and column of each: what a person typed, and where.

Nothing is resolved: ``0.1`` stays text, so that it can be read exactly, ``20:00`` does not become 1200 and ``no`` not
false. Anchors, aliases and tags are refused, so that a doc is as large as it looks; so is nesting without end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from stkr.domain.errors import RulesError, RulesProblem

Content: TypeAlias = "str | list[Content] | dict[str, Content] | None"
Where: TypeAlias = tuple[str | int, ...]
"""The way to a value: names of settings and indexes of lists."""

_MAX_DEPTH = 12
"""Twice what a rules doc nests."""

_EMPTY = ("", "~", "null", "Null", "NULL")

_PLAIN_WORDS: Mapping[str, str] = {
    "found character '\\t'": "there is a tab here; YAML takes only spaces for indentation",
    "found character": "a text that begins with this character belongs in quotes",
    "mapping values are not allowed here": "there is a colon too many, or the line above is not finished; "
    "a text with a colon in it belongs in quotes",
    "could not find expected ':'": "a colon is missing after the name of a setting",
    "expected <block end>": "the indentation does not fit the lines above",
    "expected ',' or '}'": "a brace is not closed, or a comma is missing",
    "expected ',' or ']'": "a bracket is not closed, or a comma is missing",
    "found unexpected end of stream": "a quote is not closed",
    "found unexpected document separator": "a quote is not closed",
    "found unknown escape character": 'a backslash in "double quotes" has a meaning of its own; use single quotes',
    "expected alphabetic or numeric character": "a text that begins with * or & belongs in quotes",
    "but found another document": "a line of --- begins another doc; there can be one only",
}
"""The beginnings of PyYAML's messages, each with what it means in plain words."""

_WHERE_IT_BEGAN = ("could not find expected ':'", "expected ','", "found unexpected")
"""Complaints whose cause is where the construct began, not where reading gave up."""


@dataclass(frozen=True, slots=True)
class YamlPosition:
    """A position in the text; line and column count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class YamlDocument:
    """A doc's content, the positions of its names and values, and what is wrong with its names."""

    content: Content = None
    names: dict[Where, YamlPosition] = field(default_factory=dict)
    values: dict[Where, YamlPosition] = field(default_factory=dict)
    problems: list[RulesProblem] = field(default_factory=list)

    def place(self, where: Where, *, of_name: bool = False) -> YamlPosition:
        """The position of a value (or of the name before it); where it is missing, that of the nearest group."""
        for length in range(len(where), -1, -1):
            position = self.names.get(where[:length]) if of_name else None
            position = position or self.values.get(where[:length])
            if position:
                return position
        return YamlPosition(1, 1)

    def problem(self, where: Where, text: str, *, of_name: bool = False) -> RulesProblem:
        """Something wrong with a value, or with the name before it."""
        at = self.place(where, of_name=of_name)
        return RulesProblem(text, at.line, at.column)


def read_yaml(text: str) -> YamlDocument:
    """Read a doc.

    :raises RulesError: where it cannot be read as YAML, or uses more of YAML than a rules doc may.
    """
    document = YamlDocument()
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = error.position - before.rfind("\n")
        raise RulesError(RulesProblem("there is a control character here", before.count("\n") + 1, column)) from None
    except yaml.MarkedYAMLError as error:
        # Without its cause, which quotes the doc, and so perhaps an address.
        raise RulesError(_problem(error)) from None
    if node is not None:
        document.content = _content(node, (), document)
    return document


class _Loader(yaml.BaseLoader):
    """Composes nodes, none of them shared, tagged or nested too deeply."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # of PyYAML
        refused = None
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            refused = "anchors and aliases are not read: write it out; a text that begins with * or & belongs in quotes"
        elif event.tag:
            refused = "tags are not read; a text that begins with ! belongs in quotes"
        elif self._depth == _MAX_DEPTH:
            refused = "this is nested too deeply for a rules doc"
        if refused:
            raise yaml.MarkedYAMLError(problem=refused, problem_mark=event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _problem(error: yaml.MarkedYAMLError) -> RulesProblem:
    complaint = error.problem or "this cannot be read"
    mark = error.problem_mark
    if complaint.startswith(_WHERE_IT_BEGAN) and error.context_mark:
        mark = error.context_mark
    plain = next((words for begins, words in _PLAIN_WORDS.items() if complaint.startswith(begins)), complaint)
    return RulesProblem(plain, mark.line + 1, mark.column + 1) if mark else RulesProblem(plain)


def _content(node: yaml.Node, where: Where, document: YamlDocument) -> Content:
    document.values[where] = _place(node)
    if isinstance(node, yaml.SequenceNode):
        return [_content(item, (*where, number), document) for number, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, document)
    text = str(node.value)
    quoted = isinstance(node, yaml.ScalarNode) and node.style is not None
    return None if text in _EMPTY and not quoted else text


def _mapping(node: yaml.MappingNode, where: Where, document: YamlDocument) -> Content:
    content: dict[str, Content] = {}
    for key, value in node.value:
        at = _place(key)
        if not isinstance(key, yaml.ScalarNode):
            document.problems.append(RulesProblem("a name is expected before the colon", at.line, at.column))
            continue
        inside = (*where, key.value)
        if key.value in content:
            first = document.names[inside].line
            text = f"`{key.value}` is there twice, first in line {first}: take one out"
            document.problems.append(RulesProblem(text, at.line, at.column))
            continue
        document.names[inside] = at
        content[key.value] = _content(value, inside, document)
    return content


def _place(node: yaml.Node) -> YamlPosition:
    return YamlPosition(node.start_mark.line + 1, node.start_mark.column + 1)
