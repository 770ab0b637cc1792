"""The one logger and the ten custom metrics (the number CloudWatch does not charge for).

No e-mail address, name, token or item name is ever logged; a session is followed by its id.
"""

import warnings
from enum import StrEnum

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

# Most invocations count nothing; Powertools would say so in the log every time.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger()
metrics = Metrics()


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
