"""A captured session is reconciled; its material gaps are labelled, chunk by chunk."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from stkr import keys
from stkr.settings import Variance, load
from stkr.telemetry import following, logger, metrics
from stkr.variance.labels import Chunk, label_chunk
from stkr.variance.shell import reconcile


class _Record(SqsRecordModel):
    body: Json[Chunk]


processor = BatchProcessor(event_type=EventType.SQS, model=_Record, raise_on_entire_batch_failure=False)


def _label(record: _Record) -> None:
    with following(record.body.session_id):
        label_chunk(load(Variance), record.body)


def _reconcile(event: EventBridgeEvent) -> None:
    captured = keys.capture_of(event.detail["object"]["key"])
    if captured is None:
        return  # Not a capture's document.
    session_id, seq = captured
    with following(session_id):
        reconcile(load(Variance), session_id, seq, keys.instant(datetime.now(UTC)), run=uuid4().hex)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Reconcile on a session-captured event; label on messages of the label queue."""
    if "Records" in event:
        return process_partial_response(event=event, record_handler=_label, processor=processor, context=context)
    _reconcile(EventBridgeEvent(event))
    return None
