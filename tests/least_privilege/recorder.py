"""A pytest plugin that notes what IAM is asked for the calls that functions' code makes in the tests.

Use: ``pytest -p tests.least_privilege.recorder``; every process of the run writes a file of its own into the folder
that ``STKR_LEAST_PRIVILEGE_ASKED`` names: each distinct question of each function, and the calls of which nobody has
said how IAM sees them.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from tests.least_privilege.iam import NotKnown, as_given, requests

_CALL = "_make_api_call"  # where every call of every client passes


@pytest.fixture(autouse=True, scope="session")
def _recorded() -> Iterator[None]:
    # Not above: it imports the functions' libraries, which read the environment that tests/conftest.py sets first.
    from tests.deployment import running  # noqa: PLC0415

    plain = getattr(BaseClient, _CALL)
    calls, unknown = 0, set[str]()
    asked: dict[tuple[str, str], dict[str, Any]] = {}

    def heard(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        nonlocal calls
        if running:
            calls += 1
            call = f"{client.meta.service_model.service_name}.{operation}"
            try:
                for one in as_given(list(requests(call, request))):
                    asked[running[-1], json.dumps(one)] = one
            except NotKnown:  # Here it would end in the function's own handling of errors.
                unknown.add(call)
        return plain(client, operation, request)

    with patch.object(BaseClient, _CALL, heard):
        yield
    found = {
        "calls": calls,
        "asked": [[function, one] for (function, _), one in asked.items()],
        "unknown": sorted(unknown),
    }
    (Path(os.environ["STKR_LEAST_PRIVILEGE_ASKED"]) / f"{os.getpid()}.json").write_text(json.dumps(found), "utf-8")
