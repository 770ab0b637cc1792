"""Mails what is due: one location's variances when they are announced, everything and the reminders daily.

After the upload of a rules doc with errors it mails what is wrong with it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from stkr.infra.settings import SweepSettings, load
from stkr.infra.telemetry import logger, metrics
from stkr.mail.outbox import outbox
from stkr.sweep.rules_mail import tell_of_invalid
from stkr.sweep.shell import sweep


class _Detail(BaseModel):
    location: str | None = None
    object: dict[str, Any] | None = None


class _Event(BaseModel):
    detail: _Detail = _Detail()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep the location that the event names, or all of them; look at the rules doc if one was stored."""
    settings = load(SweepSettings)
    # A mail belongs to a calendar day, and one in autumn has 25 hours.
    deliver = outbox(
        settings.counts_table, settings.mail_from, settings.mail_configuration_set, timedelta(days=2), context
    )
    detail = _Event.model_validate(event).detail
    if detail.object:
        return {"mails": tell_of_invalid(settings, deliver)}
    return {"mails": sweep(settings, deliver, datetime.now(UTC), detail.location)}
