"""Which system of record a stack is connected to, as its secret says."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import TransformParameterError
from pydantic import ValidationError

from stkr.errors import SourceRefused
from stkr.sync.connector import Connector
from stkr.sync.connectors.spreadsheet import SpreadsheetSource, open_spreadsheet

_FRESH_SECONDS = 300


def connector_of(secret: str, bucket: str) -> Connector:
    """The connector that the secret describes; ``bucket`` is the stack's own.

    :raises SourceRefused: the secret describes none.
    """
    try:
        described = parameters.get_secret(secret, transform="json", max_age=_FRESH_SECONDS)
        return open_spreadsheet(SpreadsheetSource.model_validate(described), bucket)
    except (TransformParameterError, ValidationError):
        # The errors quote the secret's value, which must not get into a log.
        raise SourceRefused(
            f"the secret {secret} does not describe a source; nothing was changed. "
            'Set it to {"connector": "spreadsheet", "key": "source/<file>"}'
        ) from None
