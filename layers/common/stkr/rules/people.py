"""Who may decide, and who counted: the separation of duties that the rules doc asks for."""

from stkr.domain.line import Line
from stkr.domain.session import Session
from stkr.rules.doc import Rules


def may_decide(rules: Rules, line: Line, addressee: str) -> bool:
    """Whether the rules doc still has the addressee of a link decide at the line's location.

    A location that left the doc names nobody else, so the links of its variances stay good.
    """
    location = rules.locations.get(line.location)
    if location is None:
        return True
    people = [location.approver, *([location.escalation] if location.escalation else [])]
    return _folded(addressee) in {_folded(person.email) for person in people}


def counted_by(session: Session, rules: Rules, name: str, addressee: str) -> bool:
    """Whether whoever decides, by the name typed or the address the link went to, is who counted the session."""
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
