"""Suggests causes: variances with their evidence in, likely causes out. Asks the model and writes nothing."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.cause.prompt import LabelQuestion
from stkr.cause.shell import suggest
from stkr.infra.settings import CauseSettings, load
from stkr.infra.telemetry import logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one chunk of gaps."""
    question = LabelQuestion.model_validate(event)
    logger.set_correlation_id(question.session_id)
    return suggest(load(CauseSettings).model_id, question).model_dump(mode="json")
