"""Ids of variances: ``<session>.<SKU>.r<revision>``. Adjustments, recounts and rows of the trail refer to them."""

import re
from typing import Final

from stkr.domain.names import SessionId

_HOLDS: Final = 100
"""Revisions that are kept free for the holds of a line, until the next capture's begin."""

_BEGINS_WITH_A_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d-")


def variance_id(session_id: SessionId, sku: str, revision: int) -> str:
    """The id of one variance in one revision; a link or an adjustment belongs to exactly one."""
    return f"{session_id}.{sku}.r{revision}"


def session_of_variance(reference: str, sku: str) -> SessionId | None:
    """The session in the id of a variance of a SKU; ``None`` for any other reference that a source may list."""
    head, separator, revision = reference.rpartition(".r")
    session_id = head.removesuffix(f".{sku}")
    if not (separator and revision.isdecimal() and len(session_id) < len(head)):
        return None
    return SessionId(session_id) if _BEGINS_WITH_A_DAY.match(session_id) else None


def first_revision(capture_seq: int) -> int:
    """The revision of a line that capture ``capture_seq`` wrote; a hold adds one.

    It is made from the capture's number and not counted up: a line that went away and came back must not get a revision
    for which an old link is still out.
    """
    return capture_seq * _HOLDS


def held_variance(variance: str, step: int) -> str | None:
    """The id of a variance's next revision by a hold (``step`` 1), or of the one before it (``step`` -1).

    :returns: ``None`` where there is none before, because a capture made this revision.
    """
    head, _, revision = variance.rpartition(".r")
    if not revision.isdecimal() or (step < 0 and int(revision) % _HOLDS == 0):
        return None
    return f"{head}.r{int(revision) + step}"
