"""The rules doc as a JSON schema, with which editors complete settings and mark mistakes while somebody types.

It says less than `stkr rules check`: not which names of time zones there are, nor what is wrong between settings.
It also wants values as YAML 1.2 has them, where the check takes ``"2"`` for 2 and a name of digits without quotes.
"""

import json
from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from stkr.rules.doc import Group, Rules

_NOTHING = {"type": "null"}
_ABOUT = ("description", "default", "examples")
"""What is said about a setting, beside what it may be."""


class _Generate(GenerateJsonSchema):
    """Numbers stay numbers; pydantic would write a decimal as text."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Group):
            return {name: self.encode_default(value) for name, value in dft}
        return int(dft) if isinstance(dft, Decimal) else super().encode_default(dft)


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12), made from the model."""
    made = Rules.model_json_schema(schema_generator=_Generate)
    for group in (made, *made["$defs"].values()):
        for name, setting in group["properties"].items():
            setting.pop("title", None)  # only the name again
            if name not in group.get("required", ()):
                group["properties"][name] = _or_nothing(setting)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _or_nothing(setting: dict[str, Any]) -> dict[str, Any]:
    """A setting without a value is one that is not given."""
    about = {key: setting.pop(key) for key in _ABOUT if key in setting}
    if about.get("default") is None:
        about.pop("default", None)
    kinds = setting.get("anyOf", [setting])
    return {**about, "anyOf": [*(kind for kind in kinds if kind != _NOTHING), _NOTHING]}
