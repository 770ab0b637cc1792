"""The reminder: the mail that asks a location's counters to count it, and says what to begin with."""

from collections.abc import Sequence
from dataclasses import dataclass

from stkr.mail.message import Mail, write_mail
from stkr.rules.doc import Person, Rules
from stkr.sweep.reminder import Proposal
from stkr.web.formatting import counted_noun
from stkr.web.wording import place


@dataclass(frozen=True, slots=True)
class LocationToCount:
    """A location that is to be counted: not counted as a whole for ``days`` (``None``: never).

    ``share`` says how many items of how many are not counted in time, where others were. ``open_url`` opens a count of
    the location, ``first_url`` one of the ``proposals`` only; it is empty where their codes are too long for a link.
    """

    location: str
    days: int | None
    open_url: str
    first_url: str = ""
    share: tuple[int, int] | None = None
    proposals: Sequence[Proposal] = ()


def reminder_mail(to: Person, to_count: LocationToCount, rules: Rules) -> Mail:
    """A location has not been counted for long; what to begin with, and how."""
    where = place(rules, to_count.location)
    if to_count.share:
        uncounted, expected = to_count.share
        interval = counted_noun(rules.locations[to_count.location].count_every_days, "day")
        since = f"{uncounted:,} of {counted_noun(expected, 'item')} not counted within {interval}"
    elif to_count.days is None:
        since = "never counted yet"
    else:
        since = f"not counted for {counted_noun(to_count.days, 'day')}"
    return write_mail(
        to.email, f"{where}: {since}", "sweep/reminder", to=to, place=where, since=since, to_count=to_count
    )
