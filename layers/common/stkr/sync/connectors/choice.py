"""Which system of record a description of one means."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from stkr.errors import SourceRefused
from stkr.sync.connector import Connector
from stkr.sync.connectors.jsonapi import JsonApi, JsonApiSource

_SOURCE: TypeAdapter[JsonApiSource] = TypeAdapter(JsonApiSource)


def choose(described: Any) -> Connector:
    """The connector that a description means: the secret's JSON, or an operator's draft of it.

    :raises SourceRefused: naming every part that cannot be meant, and no value, since one of them is the credential.
    """
    try:
        source = _SOURCE.validate_python(described)
    except ValidationError as error:
        # The error itself quotes the values.
        told = ((".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")) for one in error.errors())
        problems = "; ".join(f"{where}: {problem}" for where, problem in told)
        raise SourceRefused(f"this does not describe a source: {problems}") from None
    return JsonApi(source)
