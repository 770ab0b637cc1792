"""A calendar month by the shop's calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_NAMES = (
    "January February March April May June July August September October November December".split()  # not the locale's
)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; ``number`` is 1 to 12."""

    year: int
    number: int

    @classmethod
    def at(cls, moment: datetime, zone: tzinfo) -> "Month":
        """The month an aware datetime falls into by the shop's calendar."""
        local = moment.astimezone(zone)
        return cls(local.year, local.month)

    def back(self, months: int) -> "Month":
        """The month so many months before."""
        index = self.year * 12 + self.number - 1 - months
        return Month(index // 12, index % 12 + 1)

    def start(self, zone: tzinfo) -> datetime:
        """The first moment of the month in the shop's zone, as a UTC instant."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    @property
    def key(self) -> str:
        """As it is stored: ``2026-11``."""
        return f"{self.year}-{self.number:02}"

    @property
    def label(self) -> str:
        """As people write it: ``November 2026``."""
        return f"{_NAMES[self.number - 1]} {self.year}"
