"""Which system of record a stack is connected to, as its secret says."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import TransformParameterError
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from stkr.domain.errors import SourceRefused
from stkr.sync.connector import Connector
from stkr.sync.connectors.jsonapi.connector import JsonApi
from stkr.sync.connectors.jsonapi.description import JsonApiSource
from stkr.sync.connectors.odoo.connector import Odoo
from stkr.sync.connectors.odoo.description import OdooSource
from stkr.sync.connectors.spreadsheet import SpreadsheetSource, open_spreadsheet

_FRESH_SECONDS = 300
_SOURCE: TypeAdapter[SpreadsheetSource | OdooSource | JsonApiSource] = TypeAdapter(
    Annotated[SpreadsheetSource | OdooSource | JsonApiSource, Field(discriminator="connector")]
)


def connector_of(secret: str, bucket: str, now: datetime) -> Connector:
    """The connector that the secret describes; ``bucket`` is the stack's own, ``now`` is when the run began.

    :raises SourceRefused: the secret describes none.
    """
    name = f"the secret {secret}"
    try:
        described = parameters.get_secret(secret, transform="json", max_age=_FRESH_SECONDS)
    except TransformParameterError:
        # The cause is not chained: it quotes the secret.
        raise SourceRefused(f"{name} does not describe a source; nothing was changed. It is no JSON") from None
    return choose(described, name, lambda: bucket, now)


def choose(described: Any, name: str, bucket: Callable[[], str], now: datetime) -> Connector:
    """The connector for a description: the secret's JSON, or an operator's draft of it called ``name``.

    :param bucket: finds the stack's bucket, and is only asked where the source is in it.
    :param now: when the run began.
    :raises SourceRefused: naming every part that is not valid, but no value, since one of them is the credential.
    """
    try:
        source = _SOURCE.validate_python(described)
    except ValidationError as error:
        # The cause is not chained: it quotes the values.
        problems = "; ".join(map(_in_words, error.errors()))
        raise SourceRefused(f"{name} does not describe a source; nothing was changed. {problems}") from None
    match source:
        case SpreadsheetSource():
            return open_spreadsheet(source, bucket())
        case OdooSource():
            return Odoo(source, now)
        case JsonApiSource():
            return JsonApi(source)


def _in_words(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"]))
    if problem["type"] == "union_tag_invalid":
        # The library's own message quotes the value.
        what = "{discriminator} must be one of {expected_tags}".format(**problem["ctx"])
    else:
        what = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
