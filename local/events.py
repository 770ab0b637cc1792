"""The events under events/<function>/<case>.json, as the tests and `make invoke` replay them.

Links and function URLs differ from stack to stack, so an event may hold placeholders: `{approve}`, `{reject}`,
`{open}`, `{session}` and `{summary}` for tokens, and with `-url` for the ids of the function URLs.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"


def cases() -> list[tuple[str, str]]:
    """Every function and case there is."""
    return sorted((path.parent.name, path.stem) for path in EVENTS.glob("*/*.json"))


def event(function: str, case: str, values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An event with its placeholders filled in; a form is base64, as function URLs deliver it.

    Raises FileNotFoundError for an unknown case, KeyError for a placeholder without a value.
    """
    content: dict[str, Any] = _filled(json.loads((EVENTS / function / f"{case}.json").read_text("utf-8")), values or {})
    is_form = content.get("headers", {}).get("content-type") == "application/x-www-form-urlencoded"
    if is_form and not content["isBase64Encoded"]:
        content |= {"body": base64.b64encode(content["body"].encode()).decode(), "isBase64Encoded": True}
    return content


PLACEHOLDERS = ("approve", "reject", "open", "session", "summary", "approve-url", "reject-url", "session-url")


def _filled(node: Any, values: Mapping[str, str]) -> Any:
    match node:
        case dict():
            return {key: _filled(value, values) for key, value in node.items()}
        case list():
            return [_filled(value, values) for value in node]
        case str():
            for name in PLACEHOLDERS:
                if f"{{{name}}}" in node:
                    node = node.replace(f"{{{name}}}", values[name])
            return node
    return node
