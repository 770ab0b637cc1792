"""One bounded call of the language model. Whatever goes wrong, the answer is simply missing: nothing depends on it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from stkr.infra import aws
from stkr.infra.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef


def ask(
    model_id: str, instructions: str, prompt: str, *, max_tokens: int, schema: Mapping[str, Any] | None = None
) -> str:
    """The text of a finished reply; empty when the model could not be asked, refused, or was cut off.

    :param model_id: id of an inference profile.
    :param schema: JSON schema of the reply, where it is to be an object. Still to be checked: it is a request only.
    """
    shape: dict[str, Any] = {}
    if schema is not None:
        structure = {"jsonSchema": {"schema": json.dumps(schema)}}
        shape = {"outputConfig": {"textFormat": {"type": "json_schema", "structure": structure}}}
    try:
        answer = aws.bedrock().converse(
            modelId=model_id,
            system=[{"text": instructions}],
            messages=[{"role": "user", "content": [{"text": prompt}]}],
            inferenceConfig={"maxTokens": max_tokens, "temperature": 0},
            **shape,
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("the model could not be asked", error=type(error).__name__)
        return ""
    return _text(answer)


def _text(answer: "ConverseResponseTypeDef") -> str:
    if answer.get("stopReason") not in {"end_turn", "stop_sequence"}:
        logger.warning("the model did not finish its reply", stop_reason=answer.get("stopReason"))
        return ""
    content = answer["output"].get("message", {}).get("content", [])
    return "".join(block.get("text", "") for block in content)
