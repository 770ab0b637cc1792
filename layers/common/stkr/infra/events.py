"""The events that a function puts on the bus itself."""

import json

from stkr.infra import aws
from stkr.infra.telemetry import logger


def announce_due_variances(source: str, location: str) -> None:
    """Tell ``sweep`` that a location has variances to be mailed. Should it get lost, the daily sweep finds them."""
    answer = aws.events().put_events(
        Entries=[{"Source": source, "DetailType": "variances-due", "Detail": json.dumps({"location": location})}]
    )
    if answer["FailedEntryCount"]:
        logger.warning("the announcement was not taken; the daily sweep will mail these variances", location=location)
