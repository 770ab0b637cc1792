"""Reconciles a captured session, and labels its material variances chunk by chunk."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.domain import instants
from stkr.infra.settings import VarianceSettings, load
from stkr.infra.telemetry import following, logger, metrics
from stkr.store import keyspace
from stkr.variance.labelling import Chunk, label_chunk
from stkr.variance.shell import reconcile

# Not with a model of Powertools' own: they all come together, and take as long to load as the rest of the function.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def _label(record: SQSRecord) -> None:
    chunk = Chunk.model_validate_json(record.body)
    with following(chunk.session_id):
        label_chunk(load(VarianceSettings), chunk)


def _reconcile(event: EventBridgeEvent) -> None:
    captured = keyspace.capture_of(event.detail["object"]["key"])
    if captured is None:
        return  # Not a capture's document.
    session_id, seq = captured
    with following(session_id):
        reconcile(load(VarianceSettings), session_id, seq, instants.instant(datetime.now(UTC)), run=uuid4().hex)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Reconcile on a session-captured event; label on messages of the label queue."""
    if "Records" in event:
        return process_partial_response(event=event, record_handler=_label, processor=processor, context=context)
    _reconcile(EventBridgeEvent(event))
    return None
