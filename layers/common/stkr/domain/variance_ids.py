"""The id of a variance in one revision: the name that links, adjustments and rows of the trail carry."""

import re
from typing import Final

_HOLDS: Final = 100
"""Room for the holds of one capture's line among its revisions."""

_BEGINS_WITH_A_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d-")


def variance_id(session_id: str, code: str, revision: int) -> str:
    """The name of one variance in one revision; a link or an adjustment belongs to exactly one."""
    return f"{session_id}.{code}.r{revision}"


def session_of_variance(name: str, code: str) -> str | None:
    """The session in the name of a variance of a SKU; ``None`` for anything else that a reference may be."""
    head, found, revision = name.rpartition(".r")
    session_id = head.removesuffix(f".{code}")
    if not (found and revision.isdecimal() and len(session_id) < len(head)):
        return None
    return session_id if _BEGINS_WITH_A_DAY.match(session_id) else None


def first_revision(capture_seq: int) -> int:
    """The revision of a line that capture ``capture_seq`` (re)wrote; a hold adds one.

    Made from the capture's number rather than counted up, so that a line which went away and came back never meets an
    old link again.
    """
    return capture_seq * _HOLDS


def held_variance(name: str, step: int) -> str | None:
    """The name of a variance's next revision by a hold (``step`` 1), or of the one before it (``step`` -1).

    :returns: ``None`` where there is none before, because a capture made this revision.
    """
    head, _, revision = name.rpartition(".r")
    if not revision.isdecimal() or (step < 0 and int(revision) % _HOLDS == 0):
        return None
    return f"{head}.r{int(revision) + step}"
