"""The errors that a person can act on.

::

    StkrError
    ├── CountFileError       a count or stock file cannot be read as a whole
    │   └── FileUnclear      the same, and one answer settles it (in ``stkr.capture.questions``)
    ├── RulesError           the rules doc is not valid
    ├── SessionError
    │   ├── UnknownSession   no such count session
    │   └── SessionClosed    the session takes no more uploads
    ├── ScopeError           a session cannot be opened for what was asked
    ├── Busy                 the items to be written kept changing; trying again later is safe
    ├── NothingWaits         there is no such adjustment to be booked
    ├── SourceRefused        the system of record's data is not to be trusted; nothing was touched
    ├── SourceUnavailable    the system of record does not answer; the next run tries again
    └── LinkError            a signed link is not to be followed
        ├── LinkTampered     the signature does not fit, or the link is malformed
        └── LinkExpired      the link was genuine but its time is over

A single row that cannot be read is not an error: it is parked (``stkr.capture.result``).
"""

from dataclasses import dataclass


class StkrError(Exception):
    """Base of every error a person can act on; its text says what is wrong and what to do."""


class CountFileError(StkrError):
    """A file cannot be read as a whole: empty, oversized, not a table, or without a column we can be sure of."""


@dataclass(frozen=True, slots=True)
class RulesProblem:
    """One thing that is wrong with a rules doc. Lines and columns count from 1; 0 is about the file as a whole."""

    text: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """As people read it: ``line 14, column 5: …``."""
        return f"line {self.line}, column {self.column}: {self.text}" if self.line else self.text


class RulesError(StkrError):
    """The rules doc does not validate; ``problems`` are all that is wrong, the text lists them one a line.

    The text repeats parts of the doc, so it is for the doc's author and must not be logged.
    """

    def __init__(self, *problems: RulesProblem) -> None:
        """Take the problems in the order of the doc."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class SessionError(StkrError):
    """A count session cannot be used for what was asked."""


class UnknownSession(SessionError):
    """There is no session with this id."""


class SessionClosed(SessionError):
    """The session is closed: corrections need a fresh count."""


class ScopeError(StkrError):
    """A session cannot be opened: unknown location, or nothing is stocked in the zone or list that was asked for.

    ``about`` is the part of the request that is wrong: ``counter``, ``location``, ``zone`` or ``skus``.
    """

    def __init__(self, text: str, about: str) -> None:
        """Take the text, and the part of the request that it is about."""
        super().__init__(text)
        self.about = about


class Busy(StkrError):
    """The items to be written kept changing after they were read; nothing was written, trying again is safe."""


class NothingWaits(StkrError):
    """No adjustment with this id waits to be booked."""


class SourceRefused(StkrError):
    """The system of record handed over something that must not be mirrored; nothing was changed."""


class SourceUnavailable(StkrError):
    """The system of record does not answer, or not in time; nothing was changed, the next run tries again."""


class LinkError(StkrError):
    """A signed link is not to be followed."""


class LinkTampered(LinkError):
    """The signature does not fit, or the link is malformed."""


class LinkExpired(LinkError):
    """The link was genuine, but its time is over."""
