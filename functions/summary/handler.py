"""Mails the summary of the month that is over."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel, Field

from stkr.infra.settings import SummarySettings, load
from stkr.infra.telemetry import logger, metrics
from stkr.mail.outbox import outbox
from stkr.summary.shell import summarise

_REMEMBER = timedelta(days=40)
"""Longer than until the next summary, so that repeating this one by hand reaches only those who have not got it."""


class _Event(BaseModel):
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str | int]:
    """Sum up the month before the event's time, or before now where it has none."""
    settings = load(SummarySettings)
    deliver = outbox(settings.counts_table, settings.mail_from, settings.mail_configuration_set, _REMEMBER, context)
    return asdict(summarise(settings, deliver, _Event.model_validate(event).time))
