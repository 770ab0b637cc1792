"""The one logger and the ten custom metrics (the number CloudWatch does not charge for).

No e-mail address, name, token or item name is ever logged. A session is followed through all functions by its id, which
every line about it carries as ``correlation_id``.
"""

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from stkr.domain.names import SessionId

# Most invocations count nothing; Powertools would say so in the log every time.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger()
metrics = Metrics()


@contextmanager
def following(session_id: SessionId) -> Iterator[None]:
    """Have every line that is logged inside carry the session's id, and a failure leave one.

    For work on one session among others of an invocation, and for work that is tried again after a failure. Where an
    invocation is about one session from end to end, ``logger.set_correlation_id`` does.
    """
    with logger.append_context_keys(correlation_id=session_id):
        try:
            yield
        except Exception as error:
            # Not its text, which may quote what people have typed. Lambda and Powertools say nothing of the session.
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            logger.error("the work on this session failed", error=type(error).__name__, where=where)  # noqa: TRY400 - see above
            raise


class Metric(StrEnum):
    """Every custom metric there is; none has a dimension beside the service, or it would be billed as another one."""

    ROWS_CAPTURED = "RowsCaptured"
    ROWS_PARKED = "RowsParked"
    VARIANCES_QUEUED = "VariancesQueued"
    LABELS_UNKNOWN = "LabelsUnknown"
    ADJUSTMENTS_POSTED = "AdjustmentsPosted"
    POSTS_HELD = "PostsHeld"
    SYNC_ROWS_CHANGED = "SyncRowsChanged"
    SYNC_REFUSED = "SyncRefused"
    MAILS_SENT = "MailsSent"
    RULES_INVALID = "RulesInvalid"


def count(metric: Metric, amount: int = 1) -> None:
    """Add to a metric; nothing is written for zero."""
    if amount:
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=amount)
