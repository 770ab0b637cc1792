"""Count sessions, the uploads they did not take, and when a location was last counted."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from stkr.domain.names import Instant, SessionId
from stkr.domain.stored import Stored


class SessionStatus(StrEnum):
    """The state of a session."""

    OPEN = "open"
    CAPTURED = "captured"
    RECONCILED = "reconciled"
    CLOSED = "closed"


class Session(Stored):
    """A session: who counts what, since when, against which snapshot and which version of the rules doc.

    ``capture_seq`` counts the captures begun. The other numbers each name a capture: ``captured_seq`` the latest that
    finished, ``idle_seq`` the latest that found nothing new, ``fence_seq`` the one whose lines may be written,
    ``reconciled_seq`` the one that the lines were last made from.
    ``captured_files`` is the fingerprint of the folder as the latest capture read it, ``rows`` what became of its rows.
    ``expected`` is the number of SKUs in scope. ``label_run`` names the current round of labelling, which is complete
    when the header's set ``labelled_chunks`` holds ``label_chunks`` numbers.
    """

    session_id: SessionId
    location: str
    counter: str
    opened_at: Instant
    status: SessionStatus
    zone: str | None = None
    skus: tuple[str, ...] | None = None
    recount_of: str | None = None
    snapshot_version_id: str | None = None
    rules_version_id: str | None = None
    expected: int = 0
    capture_seq: int = 0
    idle_seq: int = 0
    captured_seq: int = 0
    captured_at: Instant | None = None
    captured_files: str | None = None
    rows: dict[str, int] | None = None
    fence_seq: int = 0
    reconciled_seq: int = 0
    reconciled_at: Instant | None = None
    outcome: dict[str, Decimal] | None = None
    label_run: str | None = None
    label_chunks: int = 0


class RefusedUpload(Stored):
    """An upload that no session took: its name within the session's folder, why, and the stored instant of that."""

    file: str
    problem: str
    refused_at: Instant


class LastCount(Stored):
    """When a location was last counted as a whole, when each of its zones was (by the zone's folded name), and when its
    counters were last reminded; stored instants.
    """

    counted_at: Instant | None = None
    reminded_at: Instant | None = None
    zones: Mapping[str, Instant] = {}


class CountNote(Stored):
    """A session that counted a location or a part of it, and when it was opened."""

    session_id: SessionId
    opened_at: Instant
