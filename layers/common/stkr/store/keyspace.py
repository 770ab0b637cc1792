"""The formats of the keys in the three tables and the bucket; no other module spells one out."""

from typing import Final

from stkr.domain.names import Instant, SessionId

META: Final = "META"
OPEN_SESSIONS: Final = "OPEN"
"""Partition of the queue index that lists the sessions which are not closed."""

ALIASES: Final = "ALIASES"
"""Counts partition of the codes that people have confirmed for an item, beside those of the system of record."""

OPENED: Final = "SESSION"
"""Kind of the month index's entries that are sessions, each at the instant it was opened."""

DECIDED: Final = "DECISION"
"""Kind of the month index's entries that are decided variances, each at the instant of the decision."""

SOURCE_STATE: Final = "SOURCE#STATE"
UNBOOKED: Final = "UNBOOKED"
"""Booking-index partition of the rows with approved adjustments that the system of record does not show yet."""

SENT_MAILS: Final = "IDEMPOTENCY#mail"
"""Counts partition that remembers for some days which mails went out."""

RULES_KEY: Final = "config/rules.yaml"
UPLOADS: Final = "sessions/"
CAPTURES: Final = "captures/"
SNAPSHOTS: Final = "snapshots/"
MOVEMENTS: Final = "movements/"
SUMMARIES: Final = "summaries/"
TO_BOOK: Final = "bookings/to-book.csv"
FILE_BOOKINGS: Final = "bookings/stock-file.json.gz"
_RESULT_SUFFIX: Final = ".json.gz"


def month_of(stored_instant: str) -> str:
    """Month-index partition of a stored instant, or of a UTC month (``2026-11``): ``MONTH#2026-11``."""
    return f"MONTH#{stored_instant[:7]}"


def location(name: str) -> str:
    """Inventory partition of a location."""
    return f"LOC#{name}"


def sku(code: str) -> str:
    """Inventory sort key, and adjustments partition, of a SKU."""
    return f"SKU#{code}"


def last_count(name: str) -> str:
    """Counts partition that remembers when a location was last counted and reminded."""
    return f"LOCATION#{name}"


def zone(name: str) -> str:
    """Counts sort key, beside that of its location, of the note when a zone was last counted."""
    return f"ZONE#{name.casefold()}"


def counted(opened_at: Instant, session_id: SessionId) -> str:
    """Counts sort key, beside that of its location, of the note that a session counted it; the latest comes last."""
    return f"COUNTED#{opened_at}#{session_id}"


def session(session_id: SessionId) -> str:
    """Counts partition of a session."""
    return f"SESSION#{session_id}"


def refused_upload(file: str) -> str:
    """Counts sort key of an upload that came for an unknown or closed session."""
    return f"REFUSED#{file}"


def line(code: str) -> str:
    """Counts sort key of a SKU's line."""
    return f"LINE#{code}"


def alias(code: str) -> str:
    """Counts sort key of a confirmed code; ``code`` is folded, so that every spelling of it is one."""
    return f"CODE#{code}"


def queue(location_name: str) -> str:
    """Queue-index partition of a location's undecided variances."""
    return f"QUEUE#{location_name}"


def queue_position(due: str, session_id: SessionId, code: str) -> str:
    """Queue-index sort key: what is due first comes first."""
    return f"{due}#{session_id}#{code}"


def month_position(kind: str, stored_instant: Instant, name: str) -> str:
    """Month-index sort key: ``kind`` is ``OPENED`` or ``DECIDED``, each in order of time."""
    return f"{kind}#{stored_instant}#{name}"


def trail(stored_instant: Instant, variance: str, action: str) -> str:
    """Adjustments sort key. The action is part of it: the ``approved`` and ``posted`` of one tap must not collide."""
    return f"TS#{stored_instant}#{variance}#{action}"


def capture_object(session_id: SessionId, seq: int) -> str:
    """Object that holds one capture of a session; writing it is the session-captured event, and it never changes."""
    return f"{CAPTURES}{session_id}/{seq:06d}{_RESULT_SUFFIX}"


def parked_object(session_id: SessionId, seq: int) -> str:
    """Object that holds the rows which one capture of a session parked, one a line."""
    return f"{CAPTURES}{session_id}/{seq:06d}.parked.jsonl.gz"


def snapshot_object(session_id: SessionId) -> str:
    """Object that holds a session's snapshot."""
    return f"{SNAPSHOTS}{session_id}{_RESULT_SUFFIX}"


def movements_object(location_name: str) -> str:
    """Object that holds what is known of how the stock of a location moved lately."""
    return f"{MOVEMENTS}{location_name}{_RESULT_SUFFIX}"


def summary_object(month: str) -> str:
    """Object that holds the summary of a month (``2026-11``)."""
    return f"{SUMMARIES}{month}{_RESULT_SUFFIX}"


def upload_prefix(session_id: SessionId, area: str = "") -> str:
    """The folder staff upload a session's files to, or the folder in it for one area."""
    return f"{UPLOADS}{session_id}/{area}/" if area else f"{UPLOADS}{session_id}/"


def session_of(key: str, folder: str) -> SessionId | None:
    """The session id in ``<folder>/<id>/<file>`` (``folder`` ends in a slash); ``None`` for any other key."""
    if not key.startswith(folder):
        return None
    session_id, _, file = key.removeprefix(folder).partition("/")
    return SessionId(session_id) if session_id and file else None


def capture_of(key: str) -> tuple[SessionId, int] | None:
    """Session id and number of the capture that ``key`` holds; ``None`` for any other key."""
    session_id = session_of(key, CAPTURES)
    number = key.rpartition("/")[2].removesuffix(_RESULT_SUFFIX)
    return (session_id, int(number)) if session_id and number.isdecimal() and key.endswith(_RESULT_SUFFIX) else None
