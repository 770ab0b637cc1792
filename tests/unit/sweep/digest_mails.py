"""Digests and their variances for the tests of the mails."""

from datetime import UTC, datetime
from decimal import Decimal

from stkr.domain.cause import Cause
from stkr.domain.line import Line
from stkr.mail.message import Mail
from stkr.rules.doc import Person
from stkr.sweep.digest_mail import CountInDigest, DigestItem, digest_mail
from tests.unit.web.samples import PRIYA, RULES, SESSION, line

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DRILL = line(
    sku="DRILL-18V",
    name="Cordless drill 18 V",
    counted_qty=Decimal(3),
    system_qty=Decimal(4),
    gap_units=Decimal(-1),
    gap_pct=Decimal(-25),
    gap_value=Decimal(-200),
    cause=Cause.UNKNOWN,
    rationale="",
)


def item(shown: Line) -> DigestItem:
    """A variance with an address behind each of its buttons."""
    base = f"https://{{}}.example.com/?t={shown.sku}"
    return DigestItem(shown, base.format("approve"), base.format("reject"))


def mail(*lines: Line, to: Person = PRIYA, now: datetime = NOW, part: int = 1, parts: int = 1) -> Mail:
    """The digest of one count."""
    return digest_mail(to, [CountInDigest(SESSION, [item(each) for each in lines])], RULES, now, part=part, parts=parts)
