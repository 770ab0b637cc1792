"""The model calls: one for each gap, a few at a time, each bounded far below the function's own time-out."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stkr import aws
from stkr.cause.evidence import Cause
from stkr.cause.label import INSTRUCTIONS, MAX_TOKENS, SCHEMA, Answer, Gap, Label, Question, check, prompt
from stkr.telemetry import Metric, count, logger

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef

_AT_ONCE = 5
"""Calls in flight: a chunk of ten is two rounds of at most twenty seconds, and Bedrock is not flooded."""


def suggest(model_id: str, question: Question) -> Answer:
    """Ask the model about each gap; a failure of any kind makes that label ``unknown`` and hurts no other."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        labels = tuple(pool.map(lambda gap: _suggest(model_id, gap), question.gaps))
    count(Metric.LABELS_UNKNOWN, sum(label.cause is Cause.UNKNOWN for label in labels))
    return Answer(labels=labels)


def _suggest(model_id: str, gap: Gap) -> Label:
    try:
        answer = aws.bedrock().converse(
            modelId=model_id,
            system=[{"text": INSTRUCTIONS}],
            messages=[{"role": "user", "content": [{"text": prompt(gap.evidence)}]}],
            inferenceConfig={"maxTokens": MAX_TOKENS, "temperature": 0},
            outputConfig={
                "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA)}}}
            },
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("no suggestion: the model could not be asked", error=type(error).__name__)
        return Label(ref=gap.ref, cause=Cause.UNKNOWN, rationale="")
    label = check(gap.ref, _text(answer), gap.evidence)
    if label.cause is Cause.UNKNOWN:
        logger.warning("no suggestion: the reply was not usable", stop_reason=answer.get("stopReason"))
    return label


def _text(answer: "ConverseResponseTypeDef") -> str:
    """The text of a finished reply; a refusal or a cut-off one counts as none."""
    if answer.get("stopReason") not in {"end_turn", "stop_sequence"}:
        return ""
    content = answer["output"].get("message", {}).get("content", [])
    return "".join(block.get("text", "") for block in content)
