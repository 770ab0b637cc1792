"""Which open sessions are stuck, and which can be closed. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from stkr.domain.instants import moment_of
from stkr.domain.session import Session

UNUSED_AFTER: Final = timedelta(days=30)
"""How long a count in which nothing was ever counted is kept open; operations have been told of it by then."""


def stuck(session: Session) -> bool:
    """Whether an upload of a session came to nothing: it was never read, or what it counts was never compared."""
    unread = session.capture_seq > max(session.captured_seq, session.idle_seq)
    return unread or (session.captured_seq > session.reconciled_seq and bool((session.rows or {}).get("counted")))


def finished(session: Session, waiting: Collection[str], close_days: int, now: datetime) -> bool:
    """Whether a session can be closed: nothing has happened in it for long enough, and nothing is to be done in it.

    :param waiting: ids of the sessions with variances that wait for a decision.
    """
    if session.session_id in waiting or stuck(session):
        return False
    latest = max(filter(None, (session.opened_at, session.captured_at, session.reconciled_at)))
    patience = timedelta(days=close_days) if session.reconciled_seq else UNUSED_AFTER
    return now - moment_of(latest) >= patience
