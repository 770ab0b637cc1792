"""An upload to a session's folder becomes clean lines and parked rows."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from stkr.capture.shell import capture_session, note_refused
from stkr.domain import instants
from stkr.domain.errors import SessionError
from stkr.domain.session import RefusedUpload
from stkr.infra.settings import CaptureSettings, load
from stkr.infra.telemetry import following, logger, metrics
from stkr.store import keyspace


class _Object(BaseModel):
    key: str


class _Detail(BaseModel):
    object: _Object
    again: bool = False


class _Event(BaseModel):
    detail: _Detail


# Not with a model of Powertools' own: they all come together, and take as long to load as the rest of the function.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def _capture(record: SQSRecord) -> None:
    detail = _Event.model_validate_json(record.body).detail
    session_id = keyspace.session_of(detail.object.key, keyspace.UPLOADS)
    if session_id is None:
        return  # A folder marker, not a file.
    settings, now = load(CaptureSettings), instants.instant(datetime.now(UTC))
    with following(session_id):
        try:
            capture_session(settings, session_id, now, again=detail.again)
        except SessionError as error:
            # Trying again would not help: it is noted for people instead, and the file stays where it is.
            logger.error("upload refused", error=type(error).__name__)
            file = detail.object.key.removeprefix(keyspace.upload_prefix(session_id))
            note_refused(settings, session_id, RefusedUpload(file=file, problem=str(error), refused_at=now))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Take a batch from the capture queue; only the messages that failed are tried again."""
    return process_partial_response(event=event, record_handler=_capture, processor=processor, context=context)
