"""The keys that signed links are made and checked with, from the secret the template generated."""

from datetime import datetime
from functools import lru_cache

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from stkr.links.tokens import SigningKeys

_FRESH_SECONDS = 300
"""A rotated key is known everywhere within five minutes; until then most links carry the previous one."""


def signing_keys(secret: str, now: datetime) -> SigningKeys:
    """The current key, and the previous one while the secret keeps it (after a rotation).

    :param secret: id of a secret whose value is ``{"key": "..."}``.
    """
    return _keys(secret, int(now.timestamp()) // _FRESH_SECONDS)


@lru_cache(maxsize=2)
def _keys(secret: str, _period: int) -> SigningKeys:
    current = _key(secret, "AWSCURRENT")
    try:
        return SigningKeys(current, _key(secret, "AWSPREVIOUS"))
    except GetParameterError as error:
        if "ResourceNotFoundException" not in str(error):
            raise
        return SigningKeys(current)  # Never rotated: there is no previous key.


def _key(secret: str, stage: str) -> str:
    # Powertools' own cache does not tell stages apart, so it is passed by; `_keys` remembers instead.
    value = parameters.get_secret(secret, transform="json", force_fetch=True, VersionStage=stage)
    return str(value["key"])
