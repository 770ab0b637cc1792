"""How the secret describes a connection to Odoo."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class OdooSource(BaseModel):
    """Odoo as the secret describes it.

    ``locations`` maps our locations to the full names of Odoo's, such as ``{"shop": "WH/Stock"}``; where it is missing,
    the stock of every warehouse is a location called like the warehouse's code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1)

    connector: Literal["odoo"]
    url: str
    database: str
    api_key: Annotated[SecretStr, Field(min_length=1)]
    locations: Mapping[str, str] = {}
