"""The mail about an upload of a rules doc that is not valid. The last valid version stays in force."""

import re
from collections.abc import Sequence

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from botocore.exceptions import BotoCoreError, ClientError

from stkr.domain.errors import RulesError, RulesProblem
from stkr.infra.settings import SweepSettings
from stkr.infra.telemetry import logger
from stkr.mail.message import Mail
from stkr.mail.outbox import Outbox
from stkr.rules.doc import Rules, read_rules
from stkr.rules.values import is_email
from stkr.store.rules_doc import current_rules, read_doc
from stkr.sweep.report_mail import report_mail
from stkr.sweep.shell import MailsFailed

MAX_PROBLEMS = 40
"""Problems in one mail; the next upload brings a mail about the rest."""


def tell_of_invalid(settings: SweepSettings, deliver: Outbox) -> int:
    """Mail what is wrong with the latest version of the rules doc, once; about a valid one there is no mail.

    An event of an upload that comes late or twice is about the latest version as well, so that there is no mail about a
    version that another upload has replaced. The mail does not wait for the end of quiet hours, because its reader has
    just uploaded the doc.

    :returns: to how many people it went, now or before.
    :raises MailsFailed: when the mail could not be sent; the event is to be repeated.
    """
    latest = read_doc(settings.bucket, None)
    if latest is None:
        return 0
    try:
        read_rules(latest.content)
    except RulesError as error:
        # Logs the lines and raises the alarm, as every reading does.
        in_force = current_rules(settings.bucket).rules
        to = addressee(latest.content, in_force)
        if to is None:
            logger.error("nobody to mail about the invalid rules doc: name its author or operations in it")
            return 0
        _deliver(deliver, f"rules {latest.version_id}", refusal(to, error.problems))
        return 1
    return 0


def addressee(content: bytes, in_force: Rules) -> str | None:
    """Who gets the mail: the author that the doc names, else its operations, else those of the rules in force.

    The doc is not valid, so it is read line by line, and an address is taken only if it is the only one there.
    Naming the addressee is no new power: people who can upload a rules doc can name approvers in it.
    """
    text = content.decode("utf-8", errors="replace")
    for setting in ("author", "operations"):
        named: set[str] = set(
            re.findall(rf"^{setting}:[ \t]*[\"']?([^\s\"'#]+)[\"']?[ \t]*(?:#.*)?\r?$", text, re.MULTILINE)
        )
        if len(named) == 1 and is_email(address := named.pop()):
            return address
    return in_force.operations


def refusal(to: str, problems: Sequence[RulesProblem]) -> Mail:
    """The mail about what is wrong."""
    listed = [str(problem) for problem in problems[:MAX_PROBLEMS]]
    if len(problems) > MAX_PROBLEMS:
        listed.append(f"And more: {len(problems) - MAX_PROBLEMS} that are not listed here.")
    paragraphs = (
        "The rules doc that was uploaded just now is not valid, so nothing has changed: the last valid version "
        "stays in force. Mend what is listed and upload it again; `stkr rules check` tells beforehand.",
        *(line[0].upper() + line[1:] for line in listed),
    )
    return report_mail(to, "The new rules are not in force", paragraphs, ())


def _deliver(deliver: Outbox, identity: str, mail: Mail) -> None:
    try:
        delivered = deliver(identity, mail)
    except (BotoCoreError, ClientError, IdempotencyPersistenceLayerError) as error:
        # Without its cause: SES names the address that it refuses.
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise MailsFailed(f"the mail about the invalid rules doc could not be sent: {code}") from None
    if not delivered:
        raise MailsFailed("the mail about the invalid rules doc is being sent by another run, which may fail")
