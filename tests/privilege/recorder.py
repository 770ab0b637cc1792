"""A pytest plugin that notes every AWS call a function's code makes in the tests, with the function that made it.

Use: ``pytest -p tests.privilege.recorder``; the calls go to the file that ``STKR_CALLS`` names, one JSON a line.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from tests.deployment import running

_CALL = "_make_api_call"  # where every call of every client passes


@pytest.fixture(autouse=True, scope="session")
def _recorded() -> Iterator[None]:
    plain = getattr(BaseClient, _CALL)
    with Path(os.environ["STKR_CALLS"]).open("a", encoding="utf-8") as file:

        def heard(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
            if running:
                service = client.meta.service_model.service_name
                call = {"function": running[-1], "call": f"{service}.{operation}", "request": request}
                file.write(json.dumps(call, default=_plain) + "\n")
            return plain(client, operation, request)

        with patch.object(BaseClient, _CALL, heard):
            yield


def _plain(value: object) -> Any:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal() | datetime():
            return str(value)
        case set() | frozenset():
            return sorted(map(str, value))
    return type(value).__name__  # A stream: nobody asks for what is in it.
