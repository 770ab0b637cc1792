"""Mirrors the system of record every quarter of an hour."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.infra.settings import SyncSettings, load
from stkr.infra.telemetry import logger, metrics
from stkr.sync.shell import sync


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int | str | None]:
    """Sync once; no two runs write at the same time."""
    lifetime = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return asdict(sync(load(SyncSettings), datetime.now(UTC), lifetime))
