"""The problems of a rules doc in a shopkeeper's words: which setting, what it should be, what to write."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from stkr.domain.errors import RulesProblem
from stkr.rules.values import did_you_mean
from stkr.rules.yamldoc import Where, YamlDocument

_PLAIN = {
    "model_type": "is to be a group of settings, each on a line of its own",
    "mapping_type": "is to be a group of settings, each on a line of its own",
    "tuple_type": "is to be a list, each entry beginning with a dash",
    "too_long": "has more than {max_length} entries",
    "greater_than_equal": "is to be at least {ge}",
    "less_than_equal": "is to be at most {le}",
    "string_pattern_mismatch": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "value_error": "{error}",
}
"""What pydantic finds, by its name for it; anything else is a list or a group where one value is expected."""


def complaint(detail: ErrorDetails, document: YamlDocument, doc: type[BaseModel]) -> RulesProblem:
    """One of pydantic's errors, in plain words and with its position.

    :param doc: the model that the document was validated with.
    """
    kind, where = detail["type"], detail["loc"]
    *group, name = where or ("",)
    if kind == "extra_forbidden":
        return document.problem(where, _unknown(str(name), tuple(group), doc), of_name=True)
    if kind == "missing":
        text = f"{_path(tuple(group)) or 'the doc'} lacks `{name}`"
        # What is there without a value is not given, and is pointed at; else the group's own name.
        return document.problem(where if where in document.names else tuple(group), text, of_name=True)
    if name == "[key]":
        text = "is not a location's key: letters, digits, spaces, dots, hyphens and underscores, 64 at most"
        return document.problem(tuple(group), f"`{group[-1]}` {text}", of_name=True)
    if detail["input"] is None:
        return document.problem(where, f"{_path(where)} is empty", of_name=True)
    says = _PLAIN.get(kind, "is to be a single value").format_map(detail.get("ctx", {}))
    return document.problem(where, f"{_path(where) or 'the doc'} {says}")


def _unknown(name: str, group: Where, doc: type[BaseModel]) -> str:
    settings = list(_settings(group, doc))
    near = did_you_mean(name, settings) or f"; there is {', '.join(settings)}"
    of = f" of {_path(group)}" if group else ""
    return f"`{name}` is not a setting{of}{near}"


def _path(where: Where) -> str:
    """The way to a value, e.g. ``locations.aisle.counters.email``; the line tells which entry of a list it is."""
    names = ".".join(part for part in where if isinstance(part, str))
    return f"an entry of {names}" if where and isinstance(where[-1], int) else names


def _settings(group: Where, doc: type[BaseModel]) -> Iterator[str]:
    """The names that a group of settings may have."""
    names = iter(part for part in group if isinstance(part, str))
    model = doc
    for name in names:
        field = next(field for key, field in model.model_fields.items() if name in (field.alias, key))
        model = next(_models(field.annotation), model)
        if _keyed(field.annotation):
            next(names, None)
    return (field.alias or name for name, field in model.model_fields.items())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside a type, such as the one of ``tuple[Person, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _keyed(annotation: Any) -> bool:
    """Whether the groups of a setting have names of their own, as locations have."""
    return getattr(annotation, "__origin__", None) is Mapping
