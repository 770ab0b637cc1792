"""Labelling, after every variance is safely stored: bounded chunks through a queue, each one call of ``cause``.

Nothing depends on a label. A chunk that fails for good lands in its dead-letter queue; its variances stay queued.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from stkr.cause.prompt import LabelAnswer, LabelQuestion, VarianceToLabel
from stkr.domain.line import Line
from stkr.domain.names import SessionId
from stkr.infra import aws
from stkr.infra.events import announce_due_variances
from stkr.infra.settings import VarianceSettings
from stkr.infra.telemetry import logger
from stkr.store.dynamodb import conditional_update, pause, transact_groups, values
from stkr.store.lines import label_line
from stkr.store.sessions import begin_label_round, complete_label_chunk

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

CHUNK = 10
"""Gaps in a chunk: ten model calls, five at a time, take seconds and at worst forty."""

_BATCH = 10
"""SQS takes ten messages a request."""


class Chunk(BaseModel):
    """A message of the label queue: some gaps of one round of labelling, with all their evidence.

    A gap's ``ref`` is the line's SKU; ``revisions`` are the lines' revisions in the same order.
    """

    model_config = ConfigDict(frozen=True)

    session_id: SessionId
    location: str
    run: str
    number: int
    gaps: tuple[VarianceToLabel, ...]
    revisions: Annotated[tuple[int, ...], Field(min_length=1)]


def enqueue(settings: VarianceSettings, session_id: SessionId, seq: int, run: str, lines: Sequence[Line]) -> int | None:
    """Start a round of labelling for the ``lines`` of capture ``seq``, named ``run``, which ends any earlier one.

    :returns: the number of chunks; ``None`` when a later capture took over, whose round must not be ended.
    """
    chunks = [
        Chunk(
            session_id=session_id,
            location=part[0].location,
            run=run,
            number=number,
            gaps=tuple(VarianceToLabel(ref=line.sku, evidence=line.evidence) for line in part if line.evidence),
            revisions=tuple(line.revision for line in part),
        )
        for number, part in enumerate(lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK))
    ]
    # The round is noted before its first message is out: the first chunk may be back before the last is sent.
    request = begin_label_round(settings.counts_table, session_id, seq, run=run, chunks=len(chunks))
    if conditional_update(request) is None:
        return None
    for start in range(0, len(chunks), _BATCH):
        _send(settings.label_queue_url, chunks[start : start + _BATCH])
    return len(chunks)


def _send(queue_url: str, chunks: Sequence[Chunk]) -> None:
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(chunk.number), "MessageBody": chunk.model_dump_json()} for chunk in chunks
    ]
    for _ in range(3):
        answer = aws.sqs().send_message_batch(QueueUrl=queue_url, Entries=entries)
        failed = {failure["Id"] for failure in answer.get("Failed", [])}
        entries = [entry for entry in entries if entry["Id"] in failed]
        if not entries:
            return
    raise RuntimeError(f"the label queue refused {len(entries)} messages three times")


def label_chunk(settings: VarianceSettings, chunk: Chunk) -> None:
    """Ask ``cause`` about a chunk and store its labels; the chunk that completes the round has the managers mailed.

    A line that was changed or decided meanwhile keeps what it has. Safe to repeat.
    """
    answer = _ask(settings.cause_function, LabelQuestion(session_id=chunk.session_id, gaps=chunk.gaps))
    revisions = {gap.ref: revision for gap, revision in zip(chunk.gaps, chunk.revisions, strict=True)}
    updates = [
        [label_line(settings.counts_table, chunk.session_id, label.ref, revisions[label.ref], label)]
        for label in answer.labels
        if label.ref in revisions
    ]
    refused = transact_groups(updates, pause)
    if refused:
        logger.info("some lines changed before their label came", lines=len(refused))
    logger.info("labelled", chunk=chunk.number, lines=len(updates) - len(refused))
    if _completes_round(settings.counts_table, chunk):
        announce_due_variances(settings.event_source, chunk.location)


def _ask(function: str, question: LabelQuestion) -> LabelAnswer:
    answer = aws.functions().invoke(FunctionName=function, Payload=question.model_dump_json().encode())
    payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise RuntimeError("cause failed; the chunk will be tried again and then parked in its dead-letter queue")
    return LabelAnswer.model_validate_json(payload)


def _completes_round(table: str, chunk: Chunk) -> bool:
    """Note the chunk as labelled, and see whether it was the last one."""
    answer = conditional_update(complete_label_chunk(table, chunk.session_id, run=chunk.run, number=chunk.number))
    if answer is None:
        return False  # A later round took over; its last chunk will announce.
    header = values(answer["Attributes"])
    return bool(len(header["labelled_chunks"]) >= header["label_chunks"])
