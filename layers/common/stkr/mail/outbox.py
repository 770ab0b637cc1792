"""Sending each mail once: a repeated event, or two sweeps at a time, never mail anybody twice in a day."""

from collections.abc import Callable
from datetime import timedelta

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.infra.telemetry import Metric, count
from stkr.mail.message import Mail
from stkr.mail.send import send
from stkr.store.sent_mails import sent_mails

Outbox = Callable[[str, Mail], bool]
"""Sends a mail under an identity, unless one went out before; ``False`` while another run is sending it."""


def outbox(table: str, sender: str, configuration_set: str, remember: timedelta, context: LambdaContext) -> Outbox:
    """An outbox that remembers for ``remember`` what went out.

    A mail that could not be sent is forgotten, so that it is tried again. The Lambda ``context`` tells how long this
    run can last at most, so that a run that dies does not block the mail for longer.
    """
    store = sent_mails(table, remember)
    config = IdempotencyConfig(expires_after_seconds=int(remember.total_seconds()), raise_on_no_idempotency_key=True)
    config.register_lambda_context(context)

    # Powertools leaves its decorator untyped; it finds the identity among the arguments by its name.
    @idempotent_function(data_keyword_argument="identity", persistence_store=store, config=config)  # type: ignore[untyped-decorator]
    def send_once(*, identity: str, mail: Mail) -> str:  # noqa: ARG001 - see above
        message_id = send(mail, sender, configuration_set)
        count(Metric.MAILS_SENT)
        return message_id

    def deliver(identity: str, mail: Mail) -> bool:
        try:
            send_once(identity=identity, mail=mail)
        except IdempotencyAlreadyInProgressError:
            return False
        return True

    return deliver
