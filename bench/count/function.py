"""The capture function's use case with everything it imports, on answers that are ready instead of AWS."""

import os
from datetime import UTC, datetime
from io import BytesIO

from botocore.response import StreamingBody
from botocore.stub import Stubber

from stkr.domain.names import Instant, SessionId

os.environ |= {
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "stkr",
    "POWERTOOLS_METRICS_NAMESPACE": "stkr",
}

# The handler for all that it imports, which is in the function's memory, too.
import functions.capture.handler  # noqa: F401 - as said
from stkr.capture.shell import capture_session
from stkr.infra import aws
from stkr.infra.settings import CaptureSettings

_SESSION = {
    "session_id": {"S": "s"},
    "location": {"S": "Main"},
    "counter": {"S": "Sam"},
    "opened_at": {"S": "2026-06-27T09:00:00Z"},
    "status": {"S": "open"},
    "capture_seq": {"N": "1"},
}


def run_capture(content: bytes, stock: bytes) -> None:
    """Capture a session whose folder holds this file, against this stored snapshot."""
    uploaded = datetime(2026, 6, 27, 10, tzinfo=UTC)
    listed = {"Key": "sessions/s/count.csv", "Size": len(content), "ETag": "e", "LastModified": uploaded}
    with Stubber(aws.s3()) as s3, Stubber(aws.dynamodb()) as dynamodb:
        dynamodb.add_response("update_item", {"Attributes": _SESSION})
        s3.add_response("list_objects_v2", {"Contents": [listed]})
        s3.add_response("get_object", {"Body": StreamingBody(BytesIO(content), len(content))})
        s3.add_response("get_object", {"Body": StreamingBody(BytesIO(stock), len(stock))})
        s3.add_response("put_object", {})  # the parked rows
        dynamodb.add_response("update_item", {})
        s3.add_response("put_object", {})  # the outcome
        capture_session(
            CaptureSettings(bucket="bucket", counts_table="counts"), SessionId("s"), Instant("2026-06-27T10:00:01Z")
        )
        s3.assert_no_pending_responses()
        dynamodb.assert_no_pending_responses()
