"""Form posts, bounded before they are parsed."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent

MAX_BODY_CHARS: Final = 65_536
MAX_NAME_CHARS: Final = 80
_MAX_FIELDS = 20


def posted(event: LambdaFunctionUrlEvent) -> str:
    """The body of a request as text; empty where there is none, or where it is no text and so no form."""
    try:
        return event.decoded_body or ""
    except ValueError:  # Not UTF-8, or not the base64 that it is said to be.
        return ""


def fields(body: str) -> Mapping[str, str]:
    """The fields of an ``application/x-www-form-urlencoded`` body, the first of each name.

    A body that is no form, or larger than any of ours, has no fields.
    """
    if len(body) > MAX_BODY_CHARS:
        return {}
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return dict(reversed(pairs))
