"""The base of what is stored as an item: frozen, and tolerant of attributes that a newer version added."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Stored(BaseModel):
    """Fields are the attributes of the item."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def attributes(self) -> dict[str, Any]:
        """As plain values, without what is absent."""
        return self.model_dump(exclude_none=True)
