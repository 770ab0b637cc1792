"""The model calls: one for each gap, a few at a time, each bounded far below the function's own time-out."""

from concurrent.futures import ThreadPoolExecutor

from stkr.cause.prompt import (
    INSTRUCTIONS,
    MAX_TOKENS,
    SCHEMA,
    LabelAnswer,
    LabelQuestion,
    VarianceToLabel,
    check,
    prompt,
)
from stkr.domain.cause import Cause, SuggestedCause
from stkr.infra.bedrock import ask
from stkr.infra.telemetry import Metric, count, logger

_AT_ONCE = 5
"""Calls in flight: a chunk of ten is two rounds of at most twenty seconds, and Bedrock is not flooded."""


def suggest(model_id: str, question: LabelQuestion) -> LabelAnswer:
    """Ask the model about each gap; a failure of any kind makes that label ``unknown`` and hurts no other."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        labels = tuple(pool.map(lambda gap: _suggest(model_id, gap), question.gaps))
    unknown = sum(label.cause is Cause.UNKNOWN for label in labels)
    if unknown:
        logger.warning("some gaps stay without a suggested cause", unknown=unknown, asked=len(labels))
    else:
        logger.info("every gap got a suggested cause", asked=len(labels))
    count(Metric.LABELS_UNKNOWN, unknown)
    return LabelAnswer(labels=labels)


def _suggest(model_id: str, gap: VarianceToLabel) -> SuggestedCause:
    reply = ask(model_id, INSTRUCTIONS, prompt(gap.evidence), max_tokens=MAX_TOKENS, schema=SCHEMA)
    return check(gap.ref, reply, gap.evidence)
