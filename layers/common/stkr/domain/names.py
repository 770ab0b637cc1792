"""Instants and session ids as types of their own, so that a type checker notices where other text stands for one.

Both are plain text at run time and in what is stored. An instant is easily mistaken for a day, or for a date in the
system of record's own words; a session id for the id of a variance, which begins with it.
"""

from typing import Final, NewType

Instant = NewType("Instant", str)
"""A stored instant; see ``stkr.domain.instants``."""

SessionId = NewType("SessionId", str)

NO_INSTANT: Final = Instant("")
"""Where there is none; sorts before every instant."""

NO_SESSION: Final = SessionId("")
