"""JMESPath expressions, with which the secret says where a value is in the source's JSON."""

from typing import Annotated, Any

import jmespath  # type: ignore[import-untyped]  # it comes without types, and nobody publishes any
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]  # see above
from pydantic import AfterValidator

from stkr.domain.errors import SourceRefused


def _compiled(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except JMESPathError:
        # The cause is not chained: it quotes the expression.
        raise ValueError("is not a JMESPath expression") from None
    return expression


Expression = Annotated[str, AfterValidator(_compiled)]
"""A JMESPath expression: ``stock.on_hand`` says where a value is, ``'shop'`` is the text itself."""


def find(expression: str, value: Any) -> Any:
    """What an ``Expression`` finds in JSON; ``None`` for nothing.

    :raises SourceRefused: it calls a function on a value that the function does not take.
    """
    try:
        return jmespath.search(expression, value)
    except JMESPathError as error:
        raise SourceRefused(f"the expression {expression!r} cannot be applied to the source's answer") from error
