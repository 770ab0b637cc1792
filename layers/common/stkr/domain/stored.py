"""Base of the models that are stored as items: frozen, and tolerant of attributes that a newer version added."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Stored(BaseModel):
    """A model whose fields are the attributes of an item."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def attributes(self) -> dict[str, Any]:
        """The fields as plain values, without those that are ``None``."""
        return self.model_dump(exclude_none=True)
