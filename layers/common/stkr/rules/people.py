"""Who may decide and who counted, as far as the rules doc says."""

from stkr.domain.line import Line
from stkr.domain.session import Session
from stkr.rules.doc import Rules


def may_decide(rules: Rules, line: Line, addressee: str) -> bool:
    """Whether the addressee of a link may still decide at the line's location.

    Where the location is no longer in the rules doc, nobody replaced them, so the links stay valid.
    """
    location = rules.locations.get(line.location)
    if location is None:
        return True
    people = [location.approver, *([location.escalation] if location.escalation else [])]
    return _folded(addressee) in {_folded(person.email) for person in people}


def counted_by(session: Session, rules: Rules, name: str, addressee: str) -> bool:
    """Whether a person counted the session: by the name they type, or by the address that their link went to."""
    counter = _folded(session.counter)
    location = rules.locations.get(session.location)
    people = (
        [location.approver, *([location.escalation] if location.escalation else []), *location.counters]
        if location
        else []
    )
    counters = {counter, *(_folded(person.email) for person in people if _folded(person.name) == counter)}
    return _folded(name) in counters or _folded(addressee) in counters


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
